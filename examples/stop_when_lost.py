#!/usr/bin/env python3
# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Give the tracker a target by its service, and let a robot move only while the target is in sight.

  python3 examples/stop_when_lost.py 310,120,60,150

The box is x, y, width and height in pixels of the newest image. Commands come in on cmd_vel_in and
go out on cmd_vel. Once the target is lost, or the tracker silent, a command to stop goes out.
Nothing here is a safety function.
"""

import sys
import time

from aiatrack_ros.nodes.common.messages import make_detection
from aiatrack_ros.srv import SetTarget
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.boxes import parse_box
from geometry_msgs.msg import TwistStamped
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.task import Future
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

PATIENCE = 0.5  # seconds without tracks, and the target counts as lost


class StopWhenLost(Node):
    """A gate for the commands of a robot that is open while the tracker sees its target."""

    def __init__(self, box: Box, **node_options: object) -> None:
        super().__init__('stop_when_lost', **node_options)
        self._box = box
        self._asked = False
        self._seen: float | None = None  # when the target was seen last; None: it is not
        self._commands = self.create_publisher(TwistStamped, 'cmd_vel', 10)
        self.create_subscription(TwistStamped, 'cmd_vel_in', self._on_command, 10)
        self.create_subscription(Detection2DArray, 'tracker/tracks', self._on_tracks, 10)
        self._tracker = self.create_client(SetTarget, 'tracker/set_target')
        self.create_timer(0.1, self._watch)

    def _set_target(self) -> None:
        """Ask the tracker to follow the box."""
        self._asked = True
        # A header without a stamp means the newest image. The score of a target is not looked at.
        target = make_detection(Header(), self._box, score=1.0)
        answer = self._tracker.call_async(SetTarget.Request(target=target))
        answer.add_done_callback(self._on_answer)

    def _on_answer(self, answer: Future) -> None:
        reply = answer.result()
        if reply.success:
            self.get_logger().info(f"following '{reply.message}'")
        else:
            self.get_logger().error(f'box refused: {reply.message}')

    def _on_tracks(self, tracks: Detection2DArray) -> None:
        """Take what the tracker says of an image; empty while it has no target, or has lost it."""
        if not self._asked and self._tracker.service_is_ready():
            self._set_target()  # not before there is an image for the box to begin in
        if tracks.detections:
            self._seen = time.monotonic()
        else:
            self._stop('the target is lost')

    def _watch(self) -> None:
        """Stop when the tracker says nothing any more."""
        if self._seen is not None and time.monotonic() - self._seen > PATIENCE:
            self._stop('the tracker is silent')

    def _on_command(self, command: TwistStamped) -> None:
        if self._seen is not None:
            self._commands.publish(command)

    def _stop(self, reason: str) -> None:
        if self._seen is None:
            return  # it stands already
        self._seen = None
        self.get_logger().warning(f'{reason}: stopping')
        self._commands.publish(TwistStamped(header=Header(stamp=self.get_clock().now().to_msg())))


def main() -> None:
    """Run the node until Ctrl-C."""
    rclpy.init()
    node = StopWhenLost(parse_box(rclpy.utilities.remove_ros_args(sys.argv)[1]))
    try:
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()
