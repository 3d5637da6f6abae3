# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""make try: a newcomer opens the page that it names, draws a box, and sees it followed."""

import os
import re
import signal
import socket
import subprocess
import sys

from browser import chromium
from browser import open_page
from browser import shown_stamp
from moving_square import write_film
from playwright.sync_api import expect
import pytest
from ros_harness import ROOT
from ros_harness import wait_for

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def film(tmp_path):
    """Return a video in which a patch moves to and fro, so that it repeats without a jump."""
    corners = [(100 + 2 * min(number, 12 - number), 90) for number in range(12)]
    return write_film(tmp_path / 'film', (320, 240), corners)


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, str(ROOT / 'tools' / 'try_picker.py'), *map(str, arguments)],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_a_box_drawn_on_the_running_video_is_followed_until_ctrl_c(film):
    process = start('--video', film, '--port', 0)
    try:
        address = None
        while address is None:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            address = re.search(r'open (http\S+)', line)
        with chromium() as browser, open_page(browser, address[1]) as page:
            expect(page.locator('#state')).to_have_text('idle')
            edge = page.locator('#frame').bounding_box()
            scale = edge['width'] / 320
            page.mouse.move(edge['x'] + 95 * scale, edge['y'] + 85 * scale)
            page.mouse.down()
            page.mouse.move(edge['x'] + 170 * scale, edge['y'] + 135 * scale, steps=3)
            page.mouse.up()
            page.click('#follow')
            expect(page.locator('#state')).to_have_text('tracking')
            seen = shown_stamp(page)
            # After its last frame the video begins again.
            wait_for(lambda: shown_stamp(page) > seen + 10**9, 'more than there is of it')
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, '')
    finally:
        process.kill()
    found = subprocess.run(['ps', '-ewwo', 'args'], capture_output=True, text=True).stdout
    assert str(film) not in found


def test_a_port_in_use_is_one_line(film):
    with socket.create_server(('127.0.0.1', 0)) as taken:
        process = start('--video', film, '--port', taken.getsockname()[1])
        _, errors = process.communicate(timeout=90)
    assert process.returncode == 2
    assert 'in use; give another port' in errors and errors.count('\n') == 1


def test_a_video_that_is_not_there_is_one_line():
    process = start('--video', 'nowhere.mp4')
    _, errors = process.communicate(timeout=90)
    assert process.returncode == 2
    assert "'nowhere.mp4' does not exist" in errors and errors.count('\n') == 1


def test_the_makefile_hands_on_what_it_is_given():
    answer = subprocess.run(
        ['make', '-n', 'try', 'VIDEO=a.mp4', 'HOST=0.0.0.0', 'PORT=9000'],
        cwd=ROOT,
        env={**os.environ, 'MAKEFLAGS': ''},
        capture_output=True,
        text=True,
    ).stdout
    assert "--video 'a.mp4'" in answer
    assert "--host '0.0.0.0' --port '9000'" in answer
