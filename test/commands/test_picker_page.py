# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""aiatrack track with the page: in a real browser, from a file and from a stream."""

from contextlib import contextmanager
import json
import re
import signal
import subprocess
import sys
import threading

from aiatrack_ros.commands import picker_page
from aiatrack_ros.commands.picker_page import PickerPage
from aiatrack_ros.commands.target_choice import BoxByNumbers
from aiatrack_ros.model.checkpoint import shipped_weights
from aiatrack_ros.tracking.target_state import State
from aiatrack_ros.tracking.tracker import TrackResult
from aiatrack_ros.tracking.video import Video
from browser import chromium
from browser import open_page
from browser import shown_stamp
from moving_square import write_film
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
    corners = [(40 + 2 * number, 40) for number in range(5)]
    return write_film(tmp_path / 'film', (160, 120), corners)


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


@contextmanager
def followed_stream(browser, *arguments):
    """Draw a box on a stream; yield the stream, the process of the command, and the page."""
    stream = PictureStream()
    process = track(stream.address, *arguments)
    try:
        with open_page(browser, address_of(process)) as page:
            draw(page)
            expect(page.locator('#state')).to_have_text(re.compile('tracking|lost'))
            yield stream, process, page
    finally:
        process.kill()
        stream.close()


def interrupted(process):
    """End the command as Ctrl-C does; return what it printed."""
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=100)
    assert process.returncode == 0, errors
    return output


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
    with followed_stream(browser, '--csv', table) as (_, process, page):
        seen = shown_stamp(page)
        wait_for(lambda: shown_stamp(page) > seen + 3, 'more pictures')
        output = interrupted(process)
    assert len(table.read_text().splitlines()) > 4
    assert 'frames, lost in' in output


def test_forget_leaves_a_live_source_without_a_target_until_the_next_is_drawn(browser, tmp_path):
    lines = tmp_path / 'boxes.jsonl'

    def states():
        return [json.loads(line)['state'] for line in lines.read_text().splitlines()]

    files = ('--json', lines, '--output', tmp_path / 'out.mp4')
    with followed_stream(browser, *files) as (_, process, page):
        page.click('#forget')
        expect(page.locator('#hint')).to_have_text('Forgotten.')
        expect(page.locator('#state')).to_have_text('idle')
        wait_for(lambda: states()[-5:] == ['idle'] * 5, 'rows without a target')
        draw(page)
        wait_for(lambda: states()[-1] in ('tracking', 'lost'), 'the next target')
        output = interrupted(process)
    rows = [json.loads(line) for line in lines.read_text().splitlines()]
    assert {row['x'] is None for row in rows if row['state'] == 'idle'} == {True}
    assert f'{len(rows)} frames' in output
    assert len(list(Video(tmp_path / 'out.mp4'))) == len(rows)


def test_the_page_says_that_a_stream_stalls_until_it_goes_on(browser):
    with followed_stream(browser) as (stream, process, page):
        stream.silent = True
        problem = page.locator('#problem')
        expect(problem).to_contain_text('gives no picture for', timeout=20_000)
        stream.silent = False
        expect(problem).to_be_hidden(timeout=20_000)
        output = interrupted(process)
    assert 'gives no picture for' in output and 'goes on after' in output


class Forgetful:
    """Stands where the tracker does."""

    def __init__(self):
        self.seen = []

    def initialize(self, image, box):
        self.seen.append((int(image[0, 0, 0]), box))

    def track(self, image):
        self.seen.append(int(image[0, 0, 0]))
        return TrackResult((1, 2, 3, 4), 0.5, 0.0, False, State.TRACKING, {'total': 0.01})

    def reset(self):
        self.seen.append('reset')


class Film:
    path, fps, frame_count = 'made up', 9.0, 9

    def __init__(self, live):
        self.live = live

    def __iter__(self):
        return iter([np.full((120, 160, 3), number, np.uint8) for number in range(9)])


@pytest.mark.parametrize('live', [True, False])
def test_what_was_asked_for_last_holds_and_a_file_waits_for_the_next_box(live):
    typed, drawn, answers = (1.0, 2.0, 3.0, 4.0), (10.0, 10.0, 20.0, 20.0), []

    def answer(good, _):
        answers.append(good)

    with PickerPage(BoxByNumbers('1,2,3,4')) as page:
        box, begun = page.choose(Film(live))
        first, second, third, fourth, *_ = begun
        tracker = Forgetful()
        shown = page.shown(tracker)
        shown.initialize(first, box)
        assert shown.track(second) is not None
        page.follow(2, drawn, answer)
        page.forget(answer)
        if live:
            assert shown.track(third) is None
            page.follow(3, drawn, answer)
            assert shown.track(fourth) is not None
        else:
            threading.Timer(0.5, page.follow, (3, drawn, answer)).start()
            assert shown.track(third) is not None
        assert tracker.seen == [(0, typed), 1, 'reset', (2, drawn), 3 if live else 2]
        page.follow(77, drawn, answer)
        assert page.taken() is None
        assert answers == [True, True, True, False]


def test_pictures_are_kept_up_to_a_size(monkeypatch):
    monkeypatch.setattr(picker_page, 'KEPT_BYTES', 4 * 120 * 160 * 3)
    answers = []
    page = PickerPage()
    for number in range(9):
        page.show(np.full((120, 160, 3), number, np.uint8))
    for number in (5, 6):
        page.follow(number, (1.0, 2.0, 30.0, 40.0), lambda good, _: answers.append(good))
    assert int(page.taken().picture[0, 0, 0]) == 5
    assert answers == [False, True]
