# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Word of QoS that does not match, from both ends of a topic."""

from aiatrack_ros.nodes.common import qos_events
import pytest
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from ros_harness import Ros
from ros_harness import wait_for
from std_msgs.msg import Empty


@pytest.fixture
def ros():
    ros = Ros()
    yield ros
    ros.close()


def test_both_ends_hear_of_a_mismatch(ros):
    said = []

    def make_sender(**options):
        node = Node('sender', **options)
        node.create_publisher(
            Empty,
            'topic',
            QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT),
            event_callbacks=qos_events.of_publisher('topic', lambda *what: said.append(what)),
        )
        return node

    def make_listener(**options):
        node = Node('listener', **options)
        node.create_subscription(
            Empty,
            'topic',
            print,
            QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE),
            event_callbacks=qos_events.of_subscription('topic', lambda *what: said.append(what)),
        )
        return node

    ros.spin(make_sender)
    ros.spin(make_listener)
    wait_for(lambda: len(said) == 2, 'both words')
    texts = [text for kind, text in said if kind == 'qos']
    assert any(
        text.startswith('a subscriber of topic asks for another RELIABILITY') for text in texts
    )
    assert any('qos_overrides.topic.subscription.reliability' in text for text in texts)
