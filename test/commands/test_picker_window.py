# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""aiatrack track with the window: on a real display, with a real mouse."""

import csv
import signal
import subprocess
import sys

from aiatrack_ros import cli
from aiatrack_ros.model.checkpoint import shipped_weights
from moving_square import write_film
from picker_bench import wait_for
from picture_stream import PictureStream
import pytest
from x_display import display

pytestmark = pytest.mark.timeout(200)

CAPTION = 44  # rows of text above the picture


@pytest.fixture
def film(tmp_path):
    corners = [(40 + 2 * number, 40) for number in range(5)]
    return write_film(tmp_path / 'film', (320, 240), corners)


def track(screen, *arguments):
    checkpoint = ['--checkpoint', str(shipped_weights('aiatrack_lite'))]
    options = ['--select', 'window', *checkpoint, *map(str, arguments)]
    return subprocess.Popen(
        [sys.executable, '-m', 'aiatrack_ros.cli', 'track', *options],
        env=screen.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ready(screen, size):
    """Return the window, once it shows a picture of this size."""
    window = screen.window('aiatrack track')
    wait_for(lambda: size in screen.do('getwindowgeometry', window), 'a picture')
    return window


def drag(screen, window, *corners):
    first, *others = [(x, y + CAPTION) for x, y in corners]
    screen.mouse(window, first, 'down', *others, 'up')


def test_a_box_is_drawn_in_a_window_on_the_first_picture(film, tmp_path):
    table = tmp_path / 'boxes.csv'
    with display() as screen:
        process = track(screen, film, '--csv', table)
        try:
            window = ready(screen, f'320x{240 + CAPTION}')
            drag(screen, window, (10, 10), (12, 90))  # a slip
            screen.key('Return')
            drag(screen, window, (10, 10), (200, 200))
            screen.key('Escape')  # goes back
            drag(screen, window, (90, 80), (40, 40))
            screen.key('Return')
            output, errors = process.communicate(timeout=100)
        finally:
            process.kill()
    assert process.returncode == 0, errors
    rows = list(csv.DictReader(table.open()))
    assert [float(rows[0][side]) for side in 'xywh'] == [40.5, 40.5, 50, 40]
    assert '5 frames' in output


def test_a_live_source_is_shown_until_the_press_and_the_window_may_be_closed(tmp_path):
    stream = PictureStream()
    try:
        with display() as screen:
            process = track(screen, stream.address)
            try:
                ready(screen, f'160x{120 + CAPTION}')
                screen.key('Escape')
                _, errors = process.communicate(timeout=60)
                assert process.returncode == 2
                assert 'the window was closed before a box was drawn' in errors
            finally:
                process.kill()
            table = tmp_path / 'boxes.csv'
            process = track(screen, stream.address, '--csv', table)
            try:
                window = ready(screen, f'160x{120 + CAPTION}')
                drag(screen, window, (40, 40), (90, 80))
                screen.key('Return')
                wait_for(lambda: table.exists() and table.read_text().count('\n') > 4, 'rows')
                process.send_signal(signal.SIGINT)
                output, errors = process.communicate(timeout=60)
                assert process.returncode == 0, errors
                assert 'frames, lost in' in output
            finally:
                process.kill()
    finally:
        stream.close()


def test_without_a_display_one_line_says_what_to_do(film, monkeypatch, capsys):
    monkeypatch.delenv('DISPLAY', raising=False)
    monkeypatch.delenv('WAYLAND_DISPLAY', raising=False)
    assert cli.main(['track', str(film), '--select', 'window']) == 2
    error = capsys.readouterr().err
    assert 'there is no display' in error and error.count('\n') == 1
