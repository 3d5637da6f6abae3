# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""aiatrack track with the page: in a real browser, from a file and from a stream."""

import json
import re
import signal
import subprocess
import sys

from aiatrack_ros.model.checkpoint import shipped_weights
from browser import chromium
from browser import open_page
from browser import shown_stamp
import cv2
import numpy as np
from picker_bench import wait_for
from picture_stream import PictureStream
from playwright.sync_api import expect
import pytest

pytestmark = pytest.mark.timeout(200)


@pytest.fixture(scope='module')
def browser():
    with chromium() as started:
        yield started


@pytest.fixture
def film(tmp_path):
    folder = tmp_path / 'film'
    folder.mkdir()
    noise = np.random.default_rng(1).integers(0, 255, (40, 50, 3), dtype=np.uint8)
    for number in range(5):
        picture = np.full((120, 160, 3), 100, np.uint8)
        picture[40:80, 40 + 2 * number : 90 + 2 * number] = noise
        cv2.imwrite(str(folder / f'{number}.png'), picture)
    return folder


def track(*arguments):
    checkpoint = ['--checkpoint', str(shipped_weights('aiatrack_lite'))]
    return subprocess.Popen(
        [sys.executable, '-m', 'aiatrack_ros.cli', 'track', *map(str, arguments), *checkpoint],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def address_of(process):
    for line in process.stdout:
        if found := re.search(r'at (http\S+)', line):
            return found[1]
    pytest.fail(process.stderr.read())


def draw(page):
    page.wait_for_selector('#frame[data-stamp]')
    edge = page.locator('#frame').bounding_box()
    scale = edge['width'] / 160
    page.mouse.move(edge['x'] + 40 * scale, edge['y'] + 40 * scale)
    page.mouse.down()
    page.mouse.move(edge['x'] + 90 * scale, edge['y'] + 80 * scale, steps=3)
    page.mouse.up()
    page.click('#follow')


def test_without_a_box_the_page_asks_on_the_first_picture(browser, film, tmp_path):
    lines = tmp_path / 'boxes.jsonl'
    process = track(film, '--json', lines, '--output', tmp_path / 'drawn')
    try:
        with open_page(browser, address_of(process)) as page:
            draw(page)
            output, errors = process.communicate(timeout=100)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    rows = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [row['frame'] for row in rows] == list(range(5))
    assert [rows[0][side] for side in 'xywh'] == pytest.approx([40, 40, 50, 40], abs=1)
    assert len(list((tmp_path / 'drawn').iterdir())) == 5
    assert '5 frames' in output


def test_a_stream_is_shown_and_ctrl_c_keeps_what_there_is(browser, tmp_path):
    table = tmp_path / 'boxes.csv'
    stream = PictureStream()
    process = track(stream.address, '--csv', table)
    try:
        with open_page(browser, address_of(process)) as page:
            draw(page)
            expect(page.locator('#state')).to_have_text(re.compile('tracking|lost'))
            seen = shown_stamp(page)
            wait_for(lambda: shown_stamp(page) > seen + 3, 'more pictures')
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=100)
    finally:
        process.kill()
        stream.close()
    assert process.returncode == 0, errors
    assert len(table.read_text().splitlines()) > 4
    assert 'frames, lost in' in output
