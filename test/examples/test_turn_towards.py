# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The shortest follower over real DDS."""

import math

from aiatrack_ros.nodes.common import messages
from geometry_msgs.msg import TwistStamped
import pytest
from rclpy.node import Node
from ros_harness import Ros
from ros_harness import stamp_of
from ros_harness import wait_for
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header
from turn_towards import FASTEST
from turn_towards import TurnTowards
from vision_msgs.msg import Detection2DArray

FOCAL_LENGTH = 300.0  # pixels; the middle of the picture is column 160


@pytest.fixture
def ros():
    ros = Ros()
    yield ros
    ros.close()


@pytest.fixture
def turn(ros):
    """Return a function from boxes to the rate (rad/s, positive to the left) of the answer."""
    robot = ros.spin(Node, 'robot')
    commands = []
    robot.create_subscription(TwistStamped, 'cmd_vel', commands.append, 10)
    camera = robot.create_publisher(CameraInfo, 'camera_info', 10)
    tracks = robot.create_publisher(Detection2DArray, 'tracker/tracks', 10)
    node = ros.spin(TurnTowards)
    wait_for(
        lambda: (
            camera.get_subscription_count()
            and tracks.get_subscription_count()
            and node._commands.get_subscription_count()
        ),
        'discovery',
    )
    k = [FOCAL_LENGTH, 0.0, 160.0, 0.0, FOCAL_LENGTH, 120.0, 0.0, 0.0, 1.0]
    camera.publish(CameraInfo(width=320, height=240, k=k))
    wait_for(lambda: node._camera, 'camera_info')
    stamps = iter(range(10**9, 10**10, 10**7))

    def answer(*boxes):
        header = Header(stamp=stamp_of(next(stamps)))
        detections = [messages.make_detection(header, box, score=0.9) for box in boxes]
        tracks.publish(messages.make_detections(header, detections))
        wait_for(lambda: [c for c in commands if c.header.stamp == header.stamp], 'a command')
        return commands[-1].twist.angular.z

    return answer


def test_turns_by_the_angle_of_the_target(turn):
    assert turn((150.0, 100.0, 20.0, 40.0)) == pytest.approx(0.0)
    assert turn((120.0, 100.0, 20.0, 40.0)) == pytest.approx(math.atan(30 / FOCAL_LENGTH))
    assert turn((180.0, 100.0, 20.0, 40.0)) == pytest.approx(-math.atan(30 / FOCAL_LENGTH))


def test_is_held_to_its_fastest(turn):
    assert turn((-300.0, 100.0, 20.0, 40.0)) == FASTEST


def test_stands_without_a_target(turn):
    turn((120.0, 100.0, 20.0, 40.0))
    assert turn() == 0.0
