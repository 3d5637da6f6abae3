# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Where pictures come from: files, patterns, cameras, streams."""

import threading
import time
from types import SimpleNamespace

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.sources import open_source
from aiatrack_ros.tracking.video import VideoWriter
import cv2
import numpy as np
from picture_stream import PictureStream
import pytest

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def pictures(tmp_path):
    for number in (1, 2, 10):
        picture = np.full((24, 32, 3), 10 * number, np.uint8)
        cv2.imwrite(str(tmp_path / f'shot{number}.png'), picture)
    cv2.imwrite(str(tmp_path / 'other.png'), np.zeros((24, 32, 3), np.uint8))
    (tmp_path / 'shot3.txt').touch()
    return tmp_path


@pytest.mark.parametrize('pattern', ['shot*.png', 'shot*', 'shot%d.png', 'shot%02d.png'])
def test_patterns_give_their_pictures_in_the_order_of_numbers(pictures, pattern):
    source = open_source(str(pictures / pattern))
    assert [int(picture[0, 0, 0]) for picture in source] == [10, 20, 100]
    assert (source.frame_count, source.live) == (3, False)


def test_a_pattern_without_pictures_is_told(pictures):
    with pytest.raises(InputError, match='no picture fits'):
        open_source(str(pictures / '*.jpg'))


def test_files_and_folders_are_as_they_were(pictures, tmp_path):
    assert open_source(str(pictures)).frame_count == 4
    with VideoWriter(tmp_path / 'a[1].mp4', 10.0) as writer:  # a name, not a pattern
        writer.write(np.zeros((48, 64, 3), np.uint8))
    source = open_source(str(tmp_path / 'a[1].mp4'))
    assert (len(list(source)), source.live) == (1, False)
    with pytest.raises(InputError, match='does not exist'):
        open_source('nowhere.mp4')


@pytest.mark.parametrize('camera', ['97', '/dev/video97'])
def test_a_camera_that_is_not_there_is_one_line(camera, capfd):
    with pytest.raises(InputError, match=f"camera '{camera}' does not open; is it plugged in"):
        open_source(camera)
    assert capfd.readouterr().err == ''


@pytest.mark.parametrize('place', ['OpenCV 5', 'nowhere'])
def test_opencv_is_silenced_where_it_can_be(place, monkeypatch):
    levels = [3]
    said = SimpleNamespace(getLogLevel=lambda: levels[-1], setLogLevel=levels.append)
    for name in ('getLogLevel', 'setLogLevel'):
        monkeypatch.delattr(cv2, name, raising=False)
    monkeypatch.delattr(cv2.utils, 'logging', raising=False)
    if place == 'OpenCV 5':
        monkeypatch.setattr(cv2.utils, 'logging', said, raising=False)
    with pytest.raises(InputError):
        open_source('/dev/video97')
    assert levels == ([3, 0, 3] if place == 'OpenCV 5' else [3])


def test_an_address_that_nobody_serves_is_one_line():
    with pytest.raises(InputError, match='does not open; is the address right'):
        open_source('http://127.0.0.1:9/stream')


@pytest.fixture
def stream():
    served = PictureStream()
    yield served
    served.close()


def test_a_stream_gives_its_newest_picture_until_it_is_ended(stream):
    source = open_source(stream.address)
    assert source.live
    seen = []
    for picture in source:
        seen.append(int(picture[0, 0, 0]))
        if len(seen) == 3:
            stream.level = 200
            time.sleep(1.0)  # what came meanwhile is not queued
        if len(seen) == 8:
            source.end()
    assert len(seen) == 8
    assert all(abs(level - 100) < 3 for level in seen[:3])
    assert all(abs(level - 200) < 3 for level in seen[-3:])


def test_a_stream_that_stalls_is_told_and_taken_up_again(stream):
    told = []
    source = open_source(stream.address, told.append)
    pictures = iter(source)
    next(pictures)
    stream.silent = True
    # The stream goes on once the silence has been told.
    deadline = time.monotonic() + 60

    def mend():
        while not told and time.monotonic() < deadline:
            time.sleep(0.05)
        stream.level, stream.silent = 220, False

    threading.Thread(target=mend, daemon=True).start()
    while abs(int(next(pictures)[0, 0, 0]) - 220) > 3:
        assert time.monotonic() < deadline
    source.end()
    assert 'gives no picture for 3 s; waiting for it' in told[0]
    assert 'goes on after' in told[1]
