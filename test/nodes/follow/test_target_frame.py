# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The target as a tf frame."""

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2: run make setup, or source a distribution')

from aiatrack_ros.nodes.follow.target_frame import namespaced_frame
from aiatrack_ros.nodes.follow.target_frame import target_transform
from rclpy.node import Node
from ros_harness import Ros
from ros_harness import stamp_of
from std_msgs.msg import Header


def test_the_frame_is_where_the_target_is_at_the_time_of_its_image():
    header = Header(stamp=stamp_of(7 * 10**9), frame_id='camera_optical')
    (transform,) = target_transform(header, 'target', (0.5, -0.25, 2)).transforms
    assert transform.header == header
    assert transform.child_frame_id == 'target'
    place, turn = transform.transform.translation, transform.transform.rotation
    assert (place.x, place.y, place.z) == (0.5, -0.25, 2.0)
    assert (turn.x, turn.y, turn.z, turn.w) == (0, 0, 0, 1)


@pytest.mark.parametrize(
    ('namespace', 'name', 'frame'),
    [
        ('', 'target', 'target'),
        ('/front', 'target', 'front_target'),
        ('/robot/front', 'target', 'robot_front_target'),
        ('/front', '', ''),
    ],
)
def test_two_cameras_have_two_frames(namespace, name, frame):
    ros = Ros()
    options = {'namespace': namespace} if namespace else {}
    node = ros.spin(lambda **more: Node('follow', **options, **more))
    assert namespaced_frame(node, name) == frame
    ros.close()
