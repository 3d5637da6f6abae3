# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
How the node does: counts, rates, latencies and what went wrong lately, as a diagnostic status.

diagnostic_updater does the like, but is not in every installation; the message is all it takes.
"""

from collections import deque
import statistics
import threading
import time

from diagnostic_msgs.msg import DiagnosticArray
from diagnostic_msgs.msg import DiagnosticStatus
from diagnostic_msgs.msg import KeyValue
from std_msgs.msg import Header

# A problem is reported for this long after it happened last.
PROBLEM_SECONDS = 5.0
# It is logged this often at most; one that goes on by itself, such as silence, less often.
LOG_SECONDS = 5.0
LONG_LOG_SECONDS = 60.0
# Rates and latencies are those of this span.
WINDOW_SECONDS = 5.0
# So long without an image is worth a warning.
SILENCE_SECONDS = 2.0


class Monitor:
    """
    Counts what passes through the node.

    All methods may be called from any thread. Times are in seconds of a steady clock.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.received = 0
        self.answered = 0  # frames with an entry on ~/tracks
        self.tracked = 0  # frames that a target was searched in
        self.dropped = 0  # frames never worked on, up to the last that was
        self._arrivals: deque[float] = deque()
        self._answers: deque[tuple[float, float, float]] = deque()  # when, latency, compute time
        self._problems: dict[str, tuple[float, str]] = {}  # kind: when last, what
        self._logged: dict[str, float] = {}
        self._silent_since = time.monotonic()

    def image_received(self) -> int:
        """Count an image; return its number, from 1."""
        now = time.monotonic()
        with self._lock:
            self.received += 1
            self._silent_since = now
            self._arrivals.append(now)
            _forget_before(self._arrivals, now)
            return self.received

    def image_answered(self, sequence: int, latency: float, compute_time: float | None) -> None:
        """Count the image of this number as worked on; `compute_time` None is without a target."""
        now = time.monotonic()
        with self._lock:
            self.answered += 1
            self.tracked += compute_time is not None
            self.dropped = sequence - self.answered
            self._answers.append((now, latency, compute_time or 0.0))
            while self._answers[0][0] < now - WINDOW_SECONDS:
                self._answers.popleft()

    def problem(self, kind: str, text: str, log_seconds: float = LOG_SECONDS) -> bool:
        """Keep a problem for the report; return whether it is time to log one of its kind."""
        now = time.monotonic()
        with self._lock:
            self._problems[kind] = (now, text)
            if now - self._logged.get(kind, -log_seconds) < log_seconds:
                return False
            self._logged[kind] = now
            return True

    def restart_silence(self) -> None:
        """Begin to wait for images now."""
        with self._lock:
            self._silent_since = time.monotonic()

    def silence(self) -> float:
        """Return the seconds since the last image."""
        return time.monotonic() - self._silent_since

    def status(self, name: str, hardware_id: str, state: str, active: bool) -> DiagnosticStatus:
        """Return the diagnostic status: OK, or WARN with the problem that happened last."""
        now = time.monotonic()
        with self._lock:
            _forget_before(self._arrivals, now)
            recent = [
                (when, text)
                for when, text in self._problems.values()
                if now - when < PROBLEM_SECONDS
            ]
            answers = [answer for answer in self._answers if answer[0] >= now - WINDOW_SECONDS]
            image_rate = len(self._arrivals) / WINDOW_SECONDS
            counts = (self.received, self.tracked, self.dropped)
        level, message = DiagnosticStatus.OK, state
        if recent:
            level, message = DiagnosticStatus.WARN, max(recent)[1]
        elif active and state == 'lost':
            level = DiagnosticStatus.WARN
        latencies = [latency for _, latency, _ in answers]
        computes = [compute for _, _, compute in answers if compute]
        values = {
            'state': state,
            'image rate (Hz)': f'{image_rate:.1f}',
            'track rate (Hz)': f'{len(answers) / WINDOW_SECONDS:.1f}',
            'latency, median (ms)': _milliseconds(latencies),
            'computing time, median (ms)': _milliseconds(computes),
            'frames received': str(counts[0]),
            'frames tracked': str(counts[1]),
            'frames dropped': str(counts[2]),
            'device': hardware_id,
        }
        return DiagnosticStatus(
            level=level,
            name=name,
            message=message,
            hardware_id=hardware_id,
            values=[KeyValue(key=key, value=value) for key, value in values.items()],
        )


def make_array(header: Header, status: DiagnosticStatus) -> DiagnosticArray:
    """Return the message for /diagnostics."""
    return DiagnosticArray(header=header, status=[status])


def _forget_before(times: deque[float], now: float) -> None:
    while times and times[0] < now - WINDOW_SECONDS:
        times.popleft()


def _milliseconds(values: list[float]) -> str:
    return f'{1000 * statistics.median(values):.1f}' if values else 'none'
