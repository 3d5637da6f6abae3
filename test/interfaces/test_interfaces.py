# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
The messages as built: what lets our tracks reach everybody else's nodes.

A type hash (RIHS01, REP-2011) covers names, types and order of all fields of a message and of all
messages inside it. Two nodes whose hashes differ do not speak with each other.
"""

import json
import time

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2: run make setup, or source a distribution')

from aiatrack_ros.msg import TrackerStatus
from aiatrack_ros.srv import SetTarget
from ament_index_python.packages import get_package_share_path
import rclpy
from rclpy.context import Context
from tf2_msgs.msg import TFMessage
from vision_msgs.msg import Detection2D
from vision_msgs.msg import Detection2DArray

# The definitions of the released vision_msgs 4 and tf2_msgs.
HASHES = {
    'Point2D': 'eab0e83f44ab4de92ceaf76dd7d0e7638f2bdd1d16ffbe16c7a136c48e407247',
    'Pose2D': 'b0b5d1d7b4c20dd4fcde3ed1d4b289a919290572007d67a97043814db25d3648',
    'BoundingBox2D': '008eacbb0cf8f26e83795547bed013eec3675485ef386ec056d80eaaf1c1ce2f',
    'ObjectHypothesis': '51da43cec11c01957a64d1e05a24acd18aae7745ec30b74348ad5f6d634f7f90',
    'ObjectHypothesisWithPose': '41c12344c0396c48b81df12467c192d99b2a0eb1463c5c37194e4223251c80bc',
    'Detection2D': '0d12b69df5c593b3455b7346fac8205437a7d4bcb09b9e0e0b2dde787ded38ea',
    'Detection2DArray': '214274120007f4a683866481336b70310268cfa107aebe9d594a6acf75bda968',
    'TFMessage': 'e369d0f05a23ae52508854b66f6aa0437f3449d652e8cbf22d5abe85d020f087',
}


@pytest.mark.parametrize('name', HASHES)
def test_hash_of_installed_message(name):
    package = 'tf2_msgs' if name == 'TFMessage' else 'vision_msgs'
    path = get_package_share_path(package) / 'msg' / f'{name}.json'
    if not path.exists():
        pytest.skip('this distribution has no type hashes')  # Humble
    hashes = {
        entry['type_name']: entry['hash_string']
        for entry in json.loads(path.read_text())['type_hashes']
    }
    assert hashes[f'{package}/msg/{name}'] == f'RIHS01_{HASHES[name]}'


@pytest.mark.parametrize('message', [Detection2D, Detection2DArray, TFMessage])
def test_hash_over_dds(message):
    context = Context()
    rclpy.init(context=context)
    try:
        node = rclpy.create_node('interfaces_test', context=context)
        node.create_publisher(message, 'found', 1)
        end = time.monotonic() + 10
        while not (publishers := node.get_publishers_info_by_topic('found')):
            assert time.monotonic() < end, 'the publisher is not seen'
            time.sleep(0.01)
        if not hasattr(publishers[0], 'topic_type_hash'):
            pytest.skip('this distribution has no type hashes')  # Humble
        assert publishers[0].topic_type_hash.value.hex() == HASHES[message.__name__]
        node.destroy_node()
    finally:
        context.shutdown()


def test_own_messages():
    status = TrackerStatus()
    assert (status.IDLE, status.TRACKING, status.LOST) == (0, 1, 2)
    assert status.header.frame_id == ''
    assert isinstance(SetTarget.Request().target, Detection2D)
    assert SetTarget.Response().get_fields_and_field_types() == {
        'success': 'boolean',
        'message': 'string',
    }
