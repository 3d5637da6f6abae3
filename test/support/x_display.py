# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A display without a screen, with a mouse and a keyboard, for the tests of windows."""

from collections.abc import Iterator
from contextlib import contextmanager
import os
import shutil
import subprocess
import time

import pytest
from ros_harness import wait_for


class Display:
    """An X server; `name` is for DISPLAY."""

    def __init__(self, name):
        self.name = name
        self.environment = {**os.environ, 'DISPLAY': name, 'QT_LOGGING_RULES': '*=false'}
        self.environment.pop('WAYLAND_DISPLAY', None)

    def do(self, *arguments):
        """Run xdotool; return what it prints."""
        return subprocess.run(
            ['xdotool', *map(str, arguments)],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=20,
        ).stdout.strip()

    def window(self, title):
        """Return the number of a window, once it is there, and give it the keyboard."""
        number = wait_for(
            lambda: self.do('search', '--onlyvisible', '--name', f'^{title}$'),
            'the window',
            deadline=50.0,
        )  # a busy machine takes long to start a program
        self.do('windowfocus', number)
        return number

    def mouse(self, window, *steps):
        """Go through steps: (x, y) to move to within the window, 'down' or 'up'."""
        for step in steps:
            if isinstance(step, str):
                self.do(f'mouse{step}', 1)
            else:
                self.do('mousemove', '--window', window, *step)

    def key(self, name):
        """
        Press a key, and give a window that asks for keys between its pictures time to see it.

        Such a window hears the mouse at once: without the pause a later drag would come first.
        """
        self.do('key', name)
        time.sleep(0.5)


@contextmanager
def display() -> Iterator[Display]:
    """Start an X server; skip the test where there is none to start."""
    missing = [name for name in ('Xvfb', 'xdotool') if not shutil.which(name)]
    if missing:
        pytest.skip(f'needs {" and ".join(missing)}: apt install xvfb xdotool')
    reading, writing = os.pipe()
    server = subprocess.Popen(
        [
            'Xvfb',
            '-displayfd',
            str(writing),
            '-screen',
            '0',
            '1024x768x24',
            '-nolisten',
            'tcp',
            '-noreset',
        ],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        number = os.read(reading, 20).decode().strip()  # the server is ready then
        assert number, 'Xvfb did not start'
        yield Display(f':{number}')
    finally:
        os.close(reading)
        server.terminate()
        server.wait(10)
