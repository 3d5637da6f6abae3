# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Laps are as long as the clock says, and percentiles are those of NumPy."""

import time

from aiatrack_ros.timing import milliseconds
from aiatrack_ros.timing import Stopwatch
import pytest


class FakeClock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waits = 0

    def __call__(self) -> float:
        return self.now

    def wait(self) -> None:
        """Count, and take a second."""
        self.waits += 1
        self.now += 1.0


def test_laps() -> None:
    clock = FakeClock()
    watch = Stopwatch(clock=clock)
    clock.now += 2.0
    assert watch.lap('crop') == 2.0
    clock.now += 0.5
    watch.restart()  # what was before is nobody's
    clock.now += 3.0
    assert watch.lap() == 3.0
    clock.now += 4.0
    assert watch.lap('crop') == 4.0
    assert watch.laps == {'crop': 6.0}


def test_what_was_begun_is_waited_for() -> None:
    clock = FakeClock()
    watch = Stopwatch(clock.wait, clock)
    clock.now += 2.0
    assert watch.lap('kernel') == 3.0
    assert clock.waits == 2


def test_real_time() -> None:
    watch = Stopwatch()
    time.sleep(0.02)
    assert 0.02 <= watch.lap() < 5.0


def test_milliseconds() -> None:
    assert milliseconds([0.001, 0.002, 0.006]) == pytest.approx(2.0)
    assert milliseconds([0.001, 0.002]) == pytest.approx(1.5)
    assert milliseconds([0.0, 0.1], 95) == pytest.approx(95.0)
    with pytest.raises(IndexError):
        milliseconds([])
