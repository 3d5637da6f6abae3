# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The window, with a real mouse and keyboard on a display without a screen."""

import ctypes.util
import json
import subprocess
import sys

from aiatrack_ros.errors import DeviceError
from aiatrack_ros.picker import selection_window
import cv2
from picker_bench import wait_for
import pytest
from x_display import display

pytestmark = pytest.mark.timeout(120)

# The window runs in a process of its own, for a process with a window ends with its display.
PROGRAM = """
import json, sys, time
import numpy as np
from aiatrack_ros.picker.selection_window import SelectionWindow
window = SelectionWindow(
    'a window', 320, lambda kind, position: print(json.dumps([kind, *position]), flush=True))
picture = np.zeros((480, 640, 3), np.uint8)
end = time.monotonic() + 100
while time.monotonic() < end:
    window.show(picture, ['one line', 'two lines'], ((10, 10), (600, 400)))
    key = window.poll()
    if key:
        print(json.dumps(['key', key]), flush=True)
    if key == 'cancel':
        break
    time.sleep(0.01)
window.close()
window.close()
"""


def test_mouse_and_keys_reach_the_program(tmp_path):
    log = tmp_path / 'events'

    def events():
        return [json.loads(line) for line in log.read_text().splitlines()]

    with display() as screen, log.open('w') as output:
        program = subprocess.Popen(
            [sys.executable, '-c', PROGRAM], stdout=output, env=screen.environment
        )
        try:
            window = screen.window('a window')
            caption = 2 * 20 + 4
            size = f'320x{240 + caption}'  # a picture of 640 x 480, halved
            wait_for(lambda: size in screen.do('getwindowgeometry', window), 'the picture')
            screen.mouse(window, (50, 60 + caption), 'down', (150, 160 + caption), 'up')
            wait_for(lambda: ['release', 301.0, 321.0] in events(), 'the mouse')
            assert ['press', 101.0, 121.0] in events()
            assert ['move', 301.0, 321.0] in events()
            for key, meaning in (('Return', 'accept'), ('r', 'redraw'), ('Escape', 'cancel')):
                screen.key(key)
                wait_for(lambda meaning=meaning: ['key', meaning] in events(), key)
            assert program.wait(20) == 0
        finally:
            program.kill()


def test_no_display_is_one_line_with_the_remedy(monkeypatch):
    monkeypatch.setattr(sys, 'platform', 'linux')
    monkeypatch.delenv('WAYLAND_DISPLAY', raising=False)
    monkeypatch.delenv('DISPLAY', raising=False)
    with pytest.raises(DeviceError, match='DISPLAY is not set.*RViz'):
        selection_window.check_display()
    if ctypes.util.find_library('X11'):
        monkeypatch.setenv('DISPLAY', ':9876')
        with pytest.raises(DeviceError, match="':9876' does not answer"):
            selection_window.check_display()


def test_headless_opencv_is_named(monkeypatch):
    monkeypatch.setattr(cv2, 'getBuildInformation', lambda: '\n  GUI:                      NONE\n')
    with pytest.raises(DeviceError, match='opencv-python-headless'):
        selection_window.check_display()
