#!/usr/bin/env python3
# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Turn a robot towards the target: the shortest follower on the topic ~/tracks of the tracker.

  python3 examples/turn_towards.py --ros-args -r camera_info:=/camera/camera_info

follow_node does the same with distance, limits of acceleration and lens distortion.
"""

import math

from geometry_msgs.msg import TwistStamped
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo
from vision_msgs.msg import Detection2DArray

GAIN = 1.0  # rad/s for each radian that the target is off the middle
FASTEST = 0.5  # rad/s


class TurnTowards(Node):
    """Turns by the angle of the target; stands still while there is none."""

    def __init__(self, **node_options: object) -> None:
        super().__init__('turn_towards', **node_options)
        self._camera: CameraInfo | None = None
        self._commands = self.create_publisher(TwistStamped, 'cmd_vel', 10)
        self.create_subscription(
            CameraInfo, 'camera_info', self._on_camera_info, qos_profile_sensor_data
        )
        self.create_subscription(Detection2DArray, 'tracker/tracks', self._on_tracks, 10)

    def _on_camera_info(self, camera: CameraInfo) -> None:
        if camera.k[0] > 0:  # an uncalibrated camera says 0
            self._camera = camera

    def _on_tracks(self, tracks: Detection2DArray) -> None:
        """Answer every image with a command, for the array is empty when the target is lost."""
        command = TwistStamped()
        command.header.stamp = tracks.header.stamp
        if tracks.detections and self._camera is not None:
            focal_length, middle = self._camera.k[0], self._camera.k[2]  # pixels
            column = tracks.detections[0].bbox.center.position.x
            left = math.atan2(middle - column, focal_length)  # radians, positive to the left
            command.twist.angular.z = max(-FASTEST, min(FASTEST, GAIN * left))
        self._commands.publish(command)


def main() -> None:
    """Run the node until Ctrl-C."""
    rclpy.init()
    node = TurnTowards()
    try:
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()
