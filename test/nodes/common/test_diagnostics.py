# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Counts, rates and problems."""

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


def test_lost_is_a_warning(clock):
    assert Monitor().status('tracker', 'cpu', 'lost', active=True).level == DiagnosticStatus.WARN


def test_silence(clock):
    monitor = Monitor()
    clock[0] += 3
    assert monitor.silence() == pytest.approx(3)
    monitor.image_received()
    assert monitor.silence() == 0
    clock[0] += 3
    monitor.restart_silence()
    assert monitor.silence() == 0


def test_array_has_the_header(clock):
    header = Header(frame_id='x')
    status = Monitor().status('tracker', 'cpu', 'idle', active=False)
    array = diagnostics.make_array(header, status)
    assert (array.header, list(array.status)) == (header, [status])
