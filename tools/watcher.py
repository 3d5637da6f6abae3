# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What scripts that measure the tracker node share: a watch on its topics and its process."""

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
from dataclasses import dataclass
import os
from pathlib import Path
import time
from typing import Any

from aiatrack_ros.msg import TrackerStatus
from aiatrack_ros.nodes.common import messages
from aiatrack_ros.srv import SetTarget
from aiatrack_ros.timing import Stopwatch
from processes import check
from processes import Part
from processes import ProcessError
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from vision_msgs.msg import Detection2D
from vision_msgs.msg import Detection2DArray

START_SECONDS = 90.0  # a process has started after so long, even with torch on a slow disk
ANSWER_SECONDS = 10.0  # a service answers within so long
REFUSALS = 5  # a target may be refused so often, because a new camera's images may not arrive yet


@dataclass(frozen=True)
class Answer:
    """What the tracker said of one image, and when `tracker/tracks` of it arrived here."""

    status: TrackerStatus
    arrival: float  # seconds after the stamp of the image


class Watcher(Node):
    """Hears all that the tracker says; `parts` are the processes that have to go on meanwhile.

    Attributes:
        answers: What the tracker said of each image, as long as nobody clears the list.
        newest: The newest status; None before the first.
        target: The newest box that the camera told of.
    """

    def __init__(self, parts: list[Part], **node_options: Any) -> None:
        super().__init__('watcher', **node_options)
        self._parts = parts
        self.answers: list[Answer] = []
        self.newest: TrackerStatus | None = None
        self.target: Detection2D | None = None
        # Seconds after its stamp that tracks arrived, by that stamp, until their status comes.
        self._arrivals: dict[int, float] = {}
        best_effort = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
        self.create_subscription(Detection2D, 'target', self._on_target, best_effort)
        self.create_subscription(Detection2DArray, 'tracker/tracks', self._on_tracks, 50)
        self.create_subscription(TrackerStatus, 'tracker/status', self._on_status, 50)
        self._set_target = self.create_client(SetTarget, 'tracker/set_target')
        self._executor = SingleThreadedExecutor(context=self.context)
        self._executor.add_node(self)

    def watch(self, seconds: float) -> None:
        """Listen for so long; raise ProcessError if a process ends meanwhile."""
        with contextlib.suppress(TimeoutError):
            self.watch_until(lambda: False, seconds)

    def watch_until(self, condition: Callable[[], Any], seconds: float) -> None:
        """Listen until a condition holds; raise TimeoutError if it does not in time."""
        end = time.monotonic() + seconds
        while not condition():
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._executor.spin_once(timeout_sec=min(left, 0.2))
            check(self._parts)

    def expect(self, condition: Callable[[], Any], what: str, seconds: float) -> None:
        """Listen until a condition holds; raise ProcessError, saying what did not come."""
        try:
            self.watch_until(condition, seconds)
        except TimeoutError as error:
            raise ProcessError(f'not within {seconds:.0f} s: {what}') from error

    def call(self, client: Any, request: Any) -> Any:
        """Return the answer of a service."""
        self.expect(client.service_is_ready, f'the service {client.srv_name}', ANSWER_SECONDS)
        future = client.call_async(request)
        self.expect(future.done, f'an answer of {client.srv_name}', ANSWER_SECONDS)
        return future.result()

    def point_at_target(self) -> None:
        """Give the tracker the target that the camera shows; raise ProcessError if it refuses."""
        for _ in range(REFUSALS):
            self.target = None
            self.expect(lambda: self.target, 'a target in the picture', START_SECONDS)
            answer = self.call(self._set_target, SetTarget.Request(target=self.target))
            if answer.success:
                return
        raise ProcessError(f'target refused: {answer.message}')

    def _on_target(self, message: Detection2D) -> None:
        self.target = message

    def _on_tracks(self, message: Detection2DArray) -> None:
        stamp = messages.nanoseconds(message.header.stamp)
        self._arrivals[stamp] = (self.get_clock().now().nanoseconds - stamp) / 1e9

    def _on_status(self, message: TrackerStatus) -> None:
        self.newest = message
        arrival = self._arrivals.pop(messages.nanoseconds(message.header.stamp), None)
        if arrival is not None:
            self.answers.append(Answer(message, arrival))
        if len(self._arrivals) > 100:
            self._arrivals.clear()


@contextlib.contextmanager
def own_context() -> Iterator[Context]:
    """Give a ROS context that leaves the signals of the process alone."""
    context = Context()
    rclpy.init(context=context, signal_handler_options=SignalHandlerOptions.NO)
    try:
        yield context
    finally:
        rclpy.shutdown(context=context)


@contextlib.contextmanager
def watching(parts: list[Part]) -> Iterator[Watcher]:
    """Give a watcher in a ROS context of its own."""
    with own_context() as context:
        watcher = Watcher(parts, context=context)
        try:
            yield watcher
        finally:
            watcher.destroy_node()


class ProcessorUse:
    """The processor time that a process uses from when this is made."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._before = cpu_seconds(pid)
        self._watch = Stopwatch()

    def read(self) -> tuple[float, float]:
        """Return the seconds of one core that were used, and those that have passed."""
        return cpu_seconds(self._pid) - self._before, self._watch.lap()


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used, in seconds."""
    # The second field is a name in brackets, which may hold blanks.
    fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')
