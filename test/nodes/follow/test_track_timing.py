# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A robot can follow stamps and rates that are good; what is wrong with others is told."""

from aiatrack_ros.nodes.follow.track_timing import TrackTiming
import pytest

LIMIT = 1.0


class Stream:
    """Tracks that come, and what is said of them."""

    def __init__(self):
        self.now = 500.0
        self.timing = TrackTiming(self.now)

    def come(self, stamps, period=0.1):
        said = []
        for stamp in stamps:
            self.now += period
            said.append(self.timing.hear(stamp, self.now, LIMIT))
        return said


def test_a_camera_says_nothing_worth_a_word():
    stream = Stream()
    assert not any(stream.come(1.8e9 + number / 10 for number in range(50)))
    # Simulated time may pass slower or faster than real time.
    assert not any(stream.come(1.9e9 + number / 500 for number in range(50)))
    assert not any(stream.come(2e9 + number / 2 for number in range(50)))
    assert stream.timing.silence(stream.now + 3) == pytest.approx(3)
    assert stream.timing.standstill(stream.now + 3) == pytest.approx(3)


@pytest.mark.parametrize(
    ('stamps', 'word'),
    [
        ([0.0] * 30, 'are 0'),
        ([77.0] * 30, 'stand at 77.000 s'),
        ([77.0 + number / 1e6 for number in range(30)], 'stand at'),  # the unit is wrong
    ],
)
def test_stamps_that_stand(stamps, word):
    stream = Stream()
    said = stream.come(stamps)
    assert not any(said[:9])
    assert all('stamps' in text and word in text for text in said[12:])
    assert stream.timing.standstill(stream.now) == pytest.approx(2.9)
    assert stream.timing.silence(stream.now) == 0
    # Tracks of the present pass again.
    assert not any(stream.come(78.0 + number / 10 for number in range(1, 9))[1:])


def test_an_image_said_again_is_no_standstill():
    stream = Stream()
    assert not any(stream.come(100 + number // 3 / 10 for number in range(60)))
    assert stream.timing.standstill(stream.now) < 0.3


@pytest.mark.parametrize(('stamp_period', 'period'), [(1.2, 1.2), (0.1, 1.2), (1.2, 0.1)])
def test_tracks_that_come_too_seldom(stamp_period, period):
    said = Stream().come((9 + stamp_period * number for number in range(9)), period)
    assert said[:2] == ['', '']
    assert all('once in 1.20 s' in text and 'stop_after (1 s)' in text for text in said[2:])


def test_one_gap_is_an_accident():
    stream = Stream()
    stream.come(number / 10 for number in range(9))
    assert not any(stream.come([7.0], 6.0) + stream.come([7.1, 7.2]))


def test_stamps_that_jump_back():
    stream = Stream()
    stream.come(100 + number / 10 for number in range(9))
    said = stream.come([50.0, 50.1])
    assert 'jumped back by 50.800 s' in said[0]
    assert said[1] == ''
