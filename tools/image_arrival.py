#!/usr/bin/env python3
# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Measure how many images of a camera arrive in another process, and how late.

A camera publishes colour images of each size, best effort, and this script takes them as the
tracker does, over the middleware of its environment. What that is told by the environment stays;
else it gets our file in config/, and an empty variable stands for none. So it shows whether the
middleware is set up for images (docs/middleware.md).

  make middleware
  RMW_IMPLEMENTATION=rmw_cyclonedds_cpp python3 tools/image_arrival.py
  RMW_IMPLEMENTATION=rmw_cyclonedds_cpp CYCLONEDDS_URI= python3 tools/image_arrival.py
  python3 tools/image_arrival.py --sizes 1920x1080 --rate 60

Ends with 0 if all figures keep within their limits, 1 if not, 2 if something did not run.
"""

import argparse
from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
from pathlib import Path
import sys
import tempfile
import time
from typing import Any

from aiatrack_ros.nodes.common import messages
from aiatrack_ros.nodes.common import middleware
from aiatrack_ros.nodes.common.subscription_reader import ReaderCallbackGroup
from aiatrack_ros.nodes.common.subscription_reader import SubscriptionReader
from aiatrack_ros.timing import milliseconds
from aiatrack_ros.tracking.box_text import read_size
from latency import Figure
from latency import report
from latency import SETTLE_SECONDS
from processes import check
from processes import check_number
from processes import exit_code
from processes import Part
from processes import ProcessError
from processes import ros_environment
from processes import start
from processes import stop_well
from processes import stopping
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from rclpy.utilities import get_rmw_implementation_identifier
from sensor_msgs.msg import Image
from steady_camera import ANNOUNCEMENTS
from tqdm import tqdm
from vision_msgs.msg import Detection2D
from watcher import own_context
from watcher import START_SECONDS

SIZES = '640x480,1280x720,1920x1080,3840x2160'

LOST_PERCENT = 1.0  # limit of images that do not arrive
LATE_SECONDS = 1.0  # an image that has not arrived so long after the last one was sent is lost


class Viewer(Node):
    """Takes images as the tracker does, and hears of each one that the camera has sent.

    Attributes:
        sent: Stamps of the images that the camera sent, in nanoseconds.
        arrivals: Seconds after its stamp that an image arrived, by that stamp.
        failures: What taking a message has raised.
    """

    def __init__(self, **node_options: Any) -> None:
        super().__init__('viewer', **node_options)
        self.sent: list[int] = []
        self.arrivals: dict[int, float] = {}
        self.failures: list[Exception] = []
        newest = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
        group = ReaderCallbackGroup()
        subscriptions = [
            self.create_subscription(Image, 'image', self._on_image, newest, callback_group=group),
            self.create_subscription(
                Detection2D, 'target', self._on_target, ANNOUNCEMENTS, callback_group=group
            ),
        ]
        self._reader = SubscriptionReader(self, subscriptions, self.failures.append)

    def destroy_node(self) -> None:
        """Take no more messages."""
        self._reader.stop()
        super().destroy_node()

    def _on_image(self, message: Image) -> None:
        stamp = messages.nanoseconds(message.header.stamp)
        self.arrivals[stamp] = (self.get_clock().now().nanoseconds - stamp) / 1e9

    def _on_target(self, message: Detection2D) -> None:
        self.sent.append(messages.nanoseconds(message.header.stamp))


def figures(part: str, arrivals: Sequence[float | None], seconds: float) -> list[Figure]:
    """
    Return the figures of one size of images.

    Args:
        part: What they are called.
        arrivals: Seconds after its stamp that each image arrived that was sent; None: it did not.
        seconds: How long the camera was listened to.
    """
    arrived = [arrival for arrival in arrivals if arrival is not None]
    lost = 100 * (1 - len(arrived) / len(arrivals))
    found = [
        Figure(part, 'images that the camera sent per second', len(arrivals) / seconds, 'Hz'),
        Figure(part, 'images that did not arrive', lost, '%', LOST_PERCENT),
    ]
    if arrived:
        found += [
            Figure(part, 'stamp to arrival, median', milliseconds(arrived), 'ms'),
            Figure(part, 'stamp to arrival, 99th percentile', milliseconds(arrived, 99), 'ms'),
        ]
    return found


def watch(parts: Sequence[Part], viewer: Viewer, seconds: float) -> None:
    """Wait for so long; raise ProcessError if a process ends or a message can't be taken."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, 0.1))
        check(parts)
        if viewer.failures:
            raise ProcessError(f'a message was not taken: {viewer.failures[0]}')


@contextlib.contextmanager
def viewing() -> Iterator[Viewer]:
    """Give a viewer; raise ProcessError if the middleware lets none be made."""
    with own_context() as context:
        try:
            viewer = Viewer(context=context)
        except RuntimeError as error:
            raise ProcessError(f'the middleware does not start: {error}') from error
        try:
            yield viewer
        finally:
            viewer.destroy_node()


def measure(size: tuple[int, int], rate: float, seconds: float) -> list[Figure]:
    """Return the figures of images of one size, width and height."""
    width, height = size
    parts: list[Part] = []
    with tempfile.TemporaryDirectory(prefix='aiatrack_arrival_') as name, stopping(parts):
        camera = start('steady_camera.py', Path(name), rate=rate, width=width, height=height)
        parts.append(camera)
        with viewing() as viewer:
            end = time.monotonic() + START_SECONDS
            while not viewer.sent:
                if time.monotonic() > end:
                    raise ProcessError(f'nothing heard of the camera in {START_SECONDS:.0f} s')
                watch(parts, viewer, 0.1)
            watch(parts, viewer, SETTLE_SECONDS)
            first = len(viewer.sent)
            watch(parts, viewer, seconds)
            sent = viewer.sent[first:]
            watch(parts, viewer, LATE_SECONDS)
            arrivals = [viewer.arrivals.get(stamp) for stamp in sent]
        stop_well(camera)
    if not sent:
        raise ProcessError('the camera has stopped sending')
    return figures(f'{width}x{height} at {rate:g} Hz', arrivals, seconds)


def run(args: argparse.Namespace) -> list[Figure]:
    """Measure all sizes; raise AiATrackError for what went wrong."""
    check_number('seconds', args.seconds, 3600)
    check_number('rate', args.rate, 1000)
    sizes = [read_size(text) for text in args.sizes.split(',')]
    ros_environment()
    found: list[Figure] = []
    for size in tqdm(sizes, unit='size', disable=None):
        found += measure(size, args.rate, args.seconds)
    print(f'middleware: {middleware.describe(get_rmw_implementation_identifier())}')
    return found


def main() -> int:
    """Return the exit code: 0, 1 if too much was lost, 2 if something did not run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        '--sizes',
        default=SIZES,
        metavar='LIST',
        help='of the images, WIDTHxHEIGHT; default: %(default)s',
    )
    parser.add_argument(
        '--rate', type=float, default=30.0, help='images per second; default: %(default)s'
    )
    parser.add_argument(
        '--seconds',
        type=float,
        default=20.0,
        help='how long each size takes; default: %(default)s',
    )
    args = parser.parse_args()
    return exit_code('middleware', lambda: report(run(args)))


if __name__ == '__main__':
    sys.exit(main())
