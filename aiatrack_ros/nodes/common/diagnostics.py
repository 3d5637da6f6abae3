# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
How a node is doing: counts, rates, latencies and recent problems, as a diagnostic status.

diagnostic_updater does the same and more, but is not part of every installation. All that is
needed here is to fill in a message.
"""

from collections import deque
import math
import threading
import time

from aiatrack_ros.timing import milliseconds
from diagnostic_msgs.msg import DiagnosticArray
from diagnostic_msgs.msg import DiagnosticStatus
from diagnostic_msgs.msg import KeyValue
from std_msgs.msg import Header

# A problem stays in the report for so many seconds after it has happened.
PROBLEM_SECONDS = 5.0
# Seconds between two log lines of one kind of problem, at least; for problems that go on by
# themselves, such as silence, it is the longer time.
LOG_SECONDS = 5.0
LONG_LOG_SECONDS = 60.0
# Rates and latencies are those of the last so many seconds.
WINDOW_SECONDS = 5.0
# After so many seconds without an image, or without an answer to one, there is a warning.
SILENCE_SECONDS = 2.0
# A stamp that is more seconds away than this is not of the node's clock. Some drivers stamp images
# with 0, or with the time since the camera was switched on.
PLAUSIBLE_LATENCY = 3600.0


class Monitor:
    """
    Counts what passes through the node.

    All methods may be called from any thread. Times are in seconds of a steady clock.

    Attributes:
        received: Images that came.
        answered: Images that ~/tracks had a message for.
        tracked: Images in which a target was searched for.
        dropped: Images that were passed over for newer ones, up to the last that was answered.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.received = 0
        self.answered = 0
        self.tracked = 0
        self.dropped = 0
        self._arrivals: deque[float] = deque()
        self._answers: deque[tuple[float, float, float]] = deque()  # when, latency, compute time
        self._problems: dict[str, tuple[float, str]] = {}  # by kind: when last, and what
        self._logged: dict[str, float] = {}  # by kind: when last
        self._began = self._silent_since = time.monotonic()
        self._unanswered_since: float | None = None

    def image_received(self) -> int:
        """Count an image; return its number, from 1."""
        now = time.monotonic()
        with self._lock:
            self.received += 1
            self._silent_since = now
            if self._unanswered_since is None:
                self._unanswered_since = now
            self._arrivals.append(now)
            _forget_before(self._arrivals, now)
            return self.received

    def image_answered(self, sequence: int, latency: float, compute_time: float | None) -> None:
        """
        Count an image as answered.

        Args:
            sequence: Its number, as image_received returned it.
            latency: Seconds from its stamp to the answer; NaN if that is unknown.
            compute_time: Seconds that the tracker took; None if there was no target.
        """
        now = time.monotonic()
        with self._lock:
            self.answered += 1
            self._unanswered_since = now if sequence < self.received else None
            self.tracked += compute_time is not None
            self.dropped = sequence - self.answered
            self._answers.append((now, latency, compute_time or 0.0))
            while self._answers[0][0] < now - WINDOW_SECONDS:
                self._answers.popleft()

    def problem(self, kind: str, text: str, log_seconds: float = LOG_SECONDS) -> bool:
        """
        Keep a problem for the report; return whether it is time to log one of its kind again.

        Args:
            kind: Any name; of each kind the last problem is kept.
            text: What went wrong, in one line.
            log_seconds: How long the log is silent of this kind after a line.
        """
        now = time.monotonic()
        with self._lock:
            self._problems[kind] = (now, text)
            if now - self._logged.get(kind, -log_seconds) < log_seconds:
                return False
            self._logged[kind] = now
            return True

    def restart(self) -> None:
        """Count the silence, the rates and what waits for an answer from now on."""
        with self._lock:
            self._began = self._silent_since = time.monotonic()
            self._unanswered_since = None
            self._arrivals.clear()
            self._answers.clear()

    def silence(self) -> float:
        """Return the seconds since the last image."""
        return time.monotonic() - self._silent_since

    def unanswered(self) -> float:
        """Return for how many seconds images have been waiting for an answer; 0 if none is."""
        since = self._unanswered_since
        return 0.0 if since is None else time.monotonic() - since

    def status(
        self, name: str, hardware_id: str, state: str, active: bool, fault: str = ''
    ) -> DiagnosticStatus:
        """
        Return the diagnostic status.

        Its level is ERROR if there is a fault; WARN if there was a problem lately, images wait for
        an answer, or the target is lost; or else OK.

        Args:
            name: What is reported of.
            hardware_id: The device that computes.
            state: The state of the node or of its target, for people.
            active: Whether the node takes images.
            fault: What makes the node useless, in one line; empty if nothing does.
        """
        now = time.monotonic()
        waited = self.unanswered()
        with self._lock:
            _forget_before(self._arrivals, now)
            recent = [
                (when, text)
                for when, text in self._problems.values()
                if now - when < PROBLEM_SECONDS
            ]
            answers = [answer for answer in self._answers if answer[0] >= now - WINDOW_SECONDS]
            passed = min(max(now - self._began, 1e-3), WINDOW_SECONDS)
            image_rate = len(self._arrivals) / passed
            counts = (self.received, self.tracked, self.dropped)
        level, message = DiagnosticStatus.OK, state
        if fault:
            level, message = DiagnosticStatus.ERROR, fault
        elif recent:
            level, message = DiagnosticStatus.WARN, max(recent)[1]
        elif active and waited > SILENCE_SECONDS:
            level, message = DiagnosticStatus.WARN, unanswered_text(waited)
        elif active and state == 'lost':
            level = DiagnosticStatus.WARN
        latencies = [latency for _, latency, _ in answers]
        computes = [compute for _, _, compute in answers if compute]
        values = {
            'state': state,
            'image rate (Hz)': f'{image_rate:.1f}',
            'track rate (Hz)': f'{len(answers) / passed:.1f}',
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


def unanswered_text(seconds: float) -> str:
    """Return the sentence that images have waited for an answer for so many seconds."""
    return f'images came, but none has been answered for {seconds:.0f} s'


def latency_of(stamp: int, now: int) -> float:
    """
    Return the seconds from the stamp of an image to now, which are both in nanoseconds.

    If they are farther apart than any latency, they are not of the same clock, and the latency is
    unknown, NaN.
    """
    latency = (now - stamp) / 1e9
    return latency if stamp and abs(latency) < PLAUSIBLE_LATENCY else math.nan


def make_array(header: Header, status: DiagnosticStatus) -> DiagnosticArray:
    """Return the message for /diagnostics."""
    return DiagnosticArray(header=header, status=[status])


def _forget_before(times: deque[float], now: float) -> None:
    while times and times[0] < now - WINDOW_SECONDS:
        times.popleft()


def _milliseconds(values: list[float]) -> str:
    """Return the median of seconds, which may be NaN for unknown, in ms, as text."""
    known = [value for value in values if not math.isnan(value)]
    if known:
        return f'{milliseconds(known):.1f}'
    return 'unknown' if values else 'none'
