# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The example that tracks from Python, run as its page says, with the weights that ship."""

from pathlib import Path
import subprocess
import sys

import cv2
from engine_cases import frames

EXAMPLE = Path(__file__).resolve().parents[2] / 'examples' / 'track_video.py'


def run(*arguments: object) -> subprocess.CompletedProcess:
    command = [sys.executable, str(EXAMPLE), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=50)


def test_follows_the_target_to_the_right(tmp_path):
    for number, picture in enumerate(frames(5)):
        cv2.imwrite(str(tmp_path / f'{number}.png'), picture[..., ::-1])
    done = run(tmp_path, '230,100,40,40')
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [line[:2] for line in lines] == [[str(k), 'tracked'] for k in range(1, 5)]
    for number, line in enumerate(lines, start=1):
        x, y, w, h = map(float, line[3].split(','))
        assert abs(x + w / 2 - (250 + 8 * number)) < 8  # the square goes 8 pixels a frame
        assert abs(y + h / 2 - 120) < 8


def test_mistakes_are_told_in_one_line(tmp_path):
    done = run(tmp_path / 'none.mp4', '1,2,3,4')
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith('does not exist; give a video or a folder')
