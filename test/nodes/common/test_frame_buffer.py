# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The ring of recent frames."""

from aiatrack_ros.errors import InputError
from aiatrack_ros.nodes.common.frame_buffer import FrameBuffer
import pytest
from ros_harness import image_message

MS = 10**6
IMAGE_BYTES = 64 * 48 * 3


def filled(count, seconds=1.0, **options):
    """Return a buffer with frames 1 to `count`, 100 ms apart, the first at 1.1 s."""
    buffer = FrameBuffer(seconds, **options)
    for number in range(1, count + 1):
        assert buffer.add(number, image_message(number, 1000 * MS + number * 100 * MS))
    return buffer


def test_keeps_the_last_second():
    buffer = filled(20)
    assert len(buffer) == 11  # both ends
    assert buffer.newest().sequence == 20
    assert buffer.find(2000 * MS).sequence == 10


def test_keeps_within_its_bytes():
    buffer = filled(20, max_bytes=3 * IMAGE_BYTES + 5)
    assert len(buffer) == 3
    assert buffer.find(2800 * MS).sequence == 18


def test_always_keeps_the_newest():
    assert len(filled(3, seconds=0.0)) == 1
    assert filled(3, max_bytes=10).newest().sequence == 3


def test_span_may_change():
    buffer = filled(10)
    buffer.seconds = 0.2
    buffer.add(11, image_message(11, 2100 * MS))
    assert len(buffer) == 3


def test_finds_the_frame_of_a_stamp_or_the_nearest():
    buffer = filled(5)
    assert buffer.find(1200 * MS).sequence == 2
    assert buffer.find(1240 * MS).sequence == 2
    assert buffer.find(1260 * MS).sequence == 3
    assert buffer.find(0).sequence == 5


def test_nearest_may_be_earlier_or_later():
    assert FrameBuffer(1.0).nearest(0) is None
    buffer = filled(3)
    numbers = [buffer.nearest(stamp * MS).sequence for stamp in (0, 1149, 1151, 1240, 5000)]
    assert numbers == [1, 1, 2, 2, 3]


def test_a_stamp_to_come_is_not_there_yet():
    assert FrameBuffer(1.0).find(0) is None
    assert FrameBuffer(1.0).newest() is None
    assert filled(5).find(1501 * MS) is None


def test_an_old_stamp_is_refused_with_numbers():
    with pytest.raises(InputError, match=r'1\.000 s, 2\.000 s before .* last 1\.000 s'):
        filled(20).find(1000 * MS)


def test_stamps_that_jump_back_clear_it():
    buffer = filled(5)
    assert not buffer.add(6, image_message(6, 1100 * MS))
    assert len(buffer) == 1
    assert buffer.newest().sequence == 6
    assert buffer.add(7, image_message(7, 1200 * MS))


def test_a_camera_without_stamps_fills_one_slot():
    buffer = FrameBuffer(1.0, max_bytes=2 * IMAGE_BYTES)
    for number in range(1, 10):
        assert buffer.add(number, image_message(number, 0))
    assert len(buffer) == 1
    assert buffer.find(0).sequence == 9
    for number in range(10, 13):  # the bytes of those replaced do not count on
        buffer.add(number, image_message(number, number * MS))
    assert len(buffer) == 2


def test_walks_on_from_a_frame():
    buffer = filled(5)
    assert buffer.after(1, 0).sequence == 2
    assert buffer.after(1, 1400 * MS).sequence == 4
    assert buffer.after(1, 1401 * MS).sequence == 5
    assert buffer.after(1, 1501 * MS) is None
    assert buffer.after(5, 0) is None
    buffer.clear()
    assert buffer.after(0, 0) is None
