# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What the tests of the nodes share: ROS contexts, pictures, and a scripted tracker."""

from collections.abc import Callable
import contextlib
import os
from pathlib import Path
import tempfile
import threading
import time
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2: run make setup, or source a distribution')

from aiatrack_ros.nodes.common import images
from aiatrack_ros.nodes.common.middleware import profile_variable
from aiatrack_ros.tracking import State
from aiatrack_ros.tracking import TrackerSettings
from aiatrack_ros.tracking import TrackResult
from aiatrack_ros.tracking.boxes import check_box
from builtin_interfaces.msg import Time
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.task import Future
from sensor_msgs.msg import Image
from std_msgs.msg import Header

DEADLINE = 30.0  # seconds that anything may take before a test gives up
ROOT = Path(__file__).resolve().parents[2]


def _load_profile() -> None:
    """
    Load the shipped profile, but for what many participants in one process need.

    The participants have to hear each other through the transports, as processes do: Fast DDS's
    shortcut within a process now and then loses an endpoint in discovery. They also announce
    themselves more seldom: an announcement that meets the removal of another participant's writer
    can lock Fast DDS 3.2 up for good (PDP::set_next_announcement_interval and WriterProxy::stop
    wait for each other).

    A new one announces itself ten times in two seconds, and not five times in half a second: on a
    busy machine, nobody had heard a third participant by then one time in four, and the test
    waited 15 seconds for what it says next.

    Fast DDS reads its profile with a process's first participant; the processes that tests start
    are to have the shipped one, from the environment.
    """
    shipped = os.environ[profile_variable()]
    text = (ROOT / 'config' / 'fastdds.xml').read_text()
    for place, addition in (
        (
            '<profiles>',
            '<library_settings><intraprocess_delivery>OFF</intraprocess_delivery>'
            '</library_settings><profiles>',
        ),
        (
            '<rtps>',
            '<rtps><builtin><discovery_config>'
            '<leaseDuration><sec>60</sec></leaseDuration>'
            '<leaseAnnouncement><sec>15</sec></leaseAnnouncement>'
            '<initialAnnouncements><count>10</count>'
            '<period><sec>0</sec><nanosec>200000000</nanosec></period></initialAnnouncements>'
            '</discovery_config></builtin>',
        ),
    ):
        assert place in text
        text = text.replace(place, addition, 1)
    with tempfile.NamedTemporaryFile('w', suffix='.xml') as profile:
        profile.write(text)
        profile.flush()
        os.environ[profile_variable()] = profile.name
        context = rclpy.Context()
        rclpy.init(context=context)
        rclpy.create_node('profile', context=context).destroy_node()
        rclpy.shutdown(context=context)
        os.environ[profile_variable()] = shipped


_load_profile()


def wait_for(condition: Callable[[], Any], what: str, deadline: float = DEADLINE) -> Any:
    """Return the first true value of `condition`; fail the test, saying `what`, if none comes."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    pytest.fail(f'not within {deadline:g} s: {what}')


class Ros:
    """Spins nodes, each in a context of its own: a DDS participant, an executor and a thread."""

    def __init__(self) -> None:
        self._spinning: list[tuple[Node, SingleThreadedExecutor, Future, threading.Thread]] = []

    def spin(
        self,
        make_node: Callable[..., Node],
        *args: Any,
        parameters: dict[str, Any] | None = None,
        **options: Any,
    ) -> Any:
        """Make a node and spin it until the test ends."""
        context = rclpy.Context()
        rclpy.init(context=context)
        node = make_node(
            *args,
            context=context,
            parameter_overrides=[
                Parameter(name, value=value) for name, value in (parameters or {}).items()
            ],
            **options,
        )
        executor = SingleThreadedExecutor(context=context)
        executor.add_node(node)
        ended: Future = Future()

        def run() -> None:
            with contextlib.suppress(ExternalShutdownException):
                executor.spin_until_future_complete(ended)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self._spinning.append((node, executor, ended, thread))
        return node

    def call(self, client: Any, request: Any) -> Any:
        """Return the answer of a service."""
        wait_for(client.service_is_ready, f'service {client.srv_name}')
        future = client.call_async(request)
        wait_for(future.done, f'answer of {client.srv_name}')
        return future.result()

    def settle(self, client: Any, request: Any) -> None:
        """
        Ask again and again until an answer comes, for DDS loses what is said during discovery.

        Discovery goes in the order of creation: with a client and a service that were created last
        on their sides, everything else is settled too.
        """
        wait_for(client.service_is_ready, f'service {client.srv_name}')
        futures = []

        def answered() -> bool:
            futures.append(client.call_async(request))
            end = time.monotonic() + 0.2
            while time.monotonic() < end and not any(future.done() for future in futures):
                time.sleep(0.01)
            return any(future.done() for future in futures)

        wait_for(answered, f'discovery of {client.srv_name}')

    def close(self) -> None:
        """End all nodes."""
        for node, executor, ended, thread in self._spinning:
            # An executor that is shut down while it spins may fail on what the shutdown destroys.
            ended.set_result(None)
            thread.join(DEADLINE)
            executor.shutdown(timeout_sec=DEADLINE)
            context = node.context
            node.destroy_node()
            rclpy.shutdown(context=context)


def stamp_of(nanoseconds: int) -> Time:
    """Return nanoseconds as a stamp."""
    return Time(sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9)


def image_message(number: int = 0, stamp: int = 0, width: int = 64, height: int = 48) -> Image:
    """Return a picture whose first pixel is `number`, so that it can be told from others."""
    picture = np.full((height, width, 3), 128, np.uint8)
    picture[0, 0] = number % 256
    return images.encode(picture, Header(stamp=stamp_of(stamp), frame_id='camera'), 'bgr8')


class ScriptedTracker:
    """
    Stands in for the tracker: it keeps the same contract, and the test says what it believes.

    `seen` lists the calls: ('initialize', first pixel, box), ('track', first pixel), ('reset',).
    """

    description = 'scripted on cpu'

    def __init__(self, settings: TrackerSettings | None = None, **names: Any) -> None:
        self.names = names
        self.settings = settings or TrackerSettings()
        self.seen: list[tuple] = []
        self.box: tuple[float, float, float, float] = (10.5, 20.25, 8.0, 6.5)
        self.score = 0.75
        self.state = State.TRACKING
        self.seconds = 0.0  # the time that it takes for an image
        self.gate = threading.Event()  # while this is closed, track() waits
        self.gate.set()
        self.error: Exception | None = None  # what track() raises
        self.initialized = False

    @property
    def memory_fill(self) -> int:
        """A made-up number of frames that it remembers."""
        return 7 if self.initialized else 0

    def initialize(self, image: np.ndarray, box: tuple[float, ...]) -> None:
        """Take a target, with the checks of the real one."""
        check_box(box, image.shape[1], image.shape[0])
        self.seen.append(('initialize', int(image[0, 0, 0]), tuple(box)))
        self.initialized = True

    def track(self, image: np.ndarray) -> TrackResult:
        """Return what the test said that this tracker finds."""
        self.gate.wait(DEADLINE)
        time.sleep(self.seconds)
        if self.error:
            raise self.error
        self.seen.append(('track', int(image[0, 0, 0])))
        return TrackResult(
            self.box, self.score, 2 * self.score - 1, False, self.state, {'total': self.seconds}
        )

    def reset(self) -> None:
        """Forget the target."""
        self.seen.append(('reset',))
        self.initialized = False


__all__ = ['DEADLINE', 'ROOT', 'Ros', 'ScriptedTracker', 'image_message', 'stamp_of', 'wait_for']
