# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Counts, rates and problems."""

import math

from aiatrack_ros.nodes.common import diagnostics
from aiatrack_ros.nodes.common.diagnostics import Monitor
from diagnostic_msgs.msg import DiagnosticStatus
import pytest
import ros_harness  # noqa: F401 (skips without ROS)
from std_msgs.msg import Header


@pytest.fixture
def clock(monkeypatch):
    """Return a list of one: the time."""
    now = [100.0]
    monkeypatch.setattr(diagnostics.time, 'monotonic', lambda: now[0])
    return now


def values(status):
    return {value.key: value.value for value in status.values}


def test_counts_and_rates(clock):
    monitor = Monitor()
    for number in range(1, 101):
        clock[0] += 0.1
        assert monitor.image_received() == number
        if number % 2 == 0:
            monitor.image_answered(number, latency=number / 1000, compute_time=0.03)
    assert (monitor.received, monitor.answered, monitor.dropped) == (100, 50, 50)
    status = monitor.status('tracker', 'cpu', 'tracking', active=True)
    assert status.level == DiagnosticStatus.OK
    assert status.message == 'tracking'
    shown = values(status)
    assert float(shown['image rate (Hz)']) == pytest.approx(10, abs=0.3)
    assert float(shown['track rate (Hz)']) == pytest.approx(5, abs=0.3)
    assert float(shown['latency, median (ms)']) == pytest.approx(75, abs=2)  # of the last 5 s
    assert shown['computing time, median (ms)'] == '30.0'
    assert shown['frames dropped'] == '50'
    clock[0] += 60
    shown = values(monitor.status('tracker', 'cpu', 'tracking', active=True))
    assert shown['image rate (Hz)'] == shown['track rate (Hz)'] == '0.0'
    assert shown['latency, median (ms)'] == 'none'


def test_frames_without_a_target_are_answered_but_not_tracked(clock):
    monitor = Monitor()
    monitor.image_answered(monitor.image_received(), 0.01, None)
    assert (monitor.answered, monitor.tracked, monitor.dropped) == (1, 0, 0)


def test_problems_are_logged_seldom_and_reported_a_while(clock):
    monitor = Monitor()
    assert monitor.problem('image', 'first')
    assert not monitor.problem('image', 'second')
    assert monitor.problem('target', 'of another kind')
    clock[0] += 1
    monitor.problem('image', 'third')
    status = monitor.status('tracker', 'cpu', 'idle', active=True)
    assert (status.level, status.message) == (DiagnosticStatus.WARN, 'third')
    clock[0] += diagnostics.PROBLEM_SECONDS + 0.1
    status = monitor.status('tracker', 'cpu', 'idle', active=True)
    assert (status.level, status.message) == (DiagnosticStatus.OK, 'idle')
    assert monitor.problem('image', 'again')


def test_images_that_nobody_answers_are_a_warning(clock):
    monitor = Monitor()
    for _ in range(90):
        assert monitor.status('tracker', 'cpu', 'idle', True).level == DiagnosticStatus.OK
        clock[0] += 1 / 45
        monitor.image_received()
    clock[0] += 0.1
    assert monitor.unanswered() == pytest.approx(2.08, abs=0.01)
    status = monitor.status('tracker', 'cpu', 'idle', active=True)
    assert status.level == DiagnosticStatus.WARN
    assert 'none has been answered for 2 s' in status.message
    assert monitor.status('tracker', 'cpu', 'idle', False).level == DiagnosticStatus.OK
    # The 90 are answered or passed over; the time of the next one counts anew.
    monitor.image_answered(90, 0.01, None)
    assert monitor.unanswered() == 0
    clock[0] += 60
    assert monitor.status('tracker', 'cpu', 'idle', True).level == DiagnosticStatus.OK
    monitor.image_received()
    monitor.image_received()
    clock[0] += 1.5
    monitor.image_answered(91, 0.01, None)
    clock[0] += 1.5
    assert monitor.unanswered() == 1.5
    assert monitor.status('tracker', 'cpu', 'idle', True).level == DiagnosticStatus.OK


def test_a_fault_is_an_error_whatever_else_there_is(clock):
    monitor = Monitor()
    monitor.problem('image', 'torn')
    status = monitor.status('tracker', 'cpu', 'lost', True, 'the thread hangs')
    assert (status.level, status.message) == (DiagnosticStatus.ERROR, 'the thread hangs')


def test_the_first_rates_are_of_the_time_that_has_passed(clock):
    monitor = Monitor()
    for _ in range(2):
        for _ in range(30):
            clock[0] += 1 / 30
            monitor.image_answered(monitor.image_received(), 0.01, 0.01)
        shown = values(monitor.status('tracker', 'cpu', 'tracking', True))
        assert shown['image rate (Hz)'] == shown['track rate (Hz)'] == '30.0'
        clock[0] += 60
        monitor.restart()
    shown = values(monitor.status('tracker', 'cpu', 'tracking', True))
    assert shown['image rate (Hz)'] == shown['track rate (Hz)'] == '0.0'


def test_latency_of_another_clock_is_unknown(clock):
    now = 1_800_000_000 * 10**9
    assert diagnostics.latency_of(now - 25 * 10**6, now) == pytest.approx(0.025)
    assert diagnostics.latency_of(now + 10**9, now) == -1
    for stamp in (0, 77 * 10**9, now - 10**13, now + 10**13):
        assert math.isnan(diagnostics.latency_of(stamp, now))
    monitor = Monitor()
    monitor.image_answered(monitor.image_received(), math.nan, 0.02)
    shown = values(monitor.status('tracker', 'cpu', 'tracking', True))
    assert shown['latency, median (ms)'] == 'unknown'
    monitor.image_answered(monitor.image_received(), 0.03, 0.02)
    shown = values(monitor.status('tracker', 'cpu', 'tracking', True))
    assert shown['latency, median (ms)'] == '30.0'


def test_lost_is_a_warning(clock):
    assert Monitor().status('tracker', 'cpu', 'lost', active=True).level == DiagnosticStatus.WARN


def test_silence(clock):
    monitor = Monitor()
    clock[0] += 3
    assert monitor.silence() == pytest.approx(3)
    monitor.image_received()
    assert monitor.silence() == 0
    clock[0] += 3
    monitor.restart()
    assert monitor.silence() == 0


def test_array_has_the_header(clock):
    header = Header(frame_id='x')
    status = Monitor().status('tracker', 'cpu', 'idle', active=False)
    array = diagnostics.make_array(header, status)
    assert (array.header, list(array.status)) == (header, [status])
