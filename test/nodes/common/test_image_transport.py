# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Where images come from, and what is said where none come."""

from aiatrack_ros.nodes.common.image_transport import image_input
from aiatrack_ros.nodes.common.image_transport import IMAGE_TRANSPORT
from aiatrack_ros.nodes.common.image_transport import wrong_topic
from aiatrack_ros.nodes.common.parameters import declare
import pytest
import rclpy
from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.parameter import Parameter
from ros_harness import Ros
from ros_harness import wait_for
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image


@pytest.fixture
def make_node():
    context = rclpy.Context()
    rclpy.init(context=context, args=['--ros-args', '-r', 'image:=/camera/color'])
    nodes = []

    def make(transport):
        value = Parameter('image_transport', value=transport)
        nodes.append(Node('taker', context=context, parameter_overrides=[value]))
        declare(nodes[-1], [IMAGE_TRANSPORT])
        return nodes[-1]

    yield make
    for node in nodes:
        node.destroy_node()
    rclpy.shutdown(context=context)


def test_compressed_images_are_beside_what_image_is_remapped_to(make_node):
    assert image_input(make_node('raw'))[:2] == ('/camera/color', Image)
    assert image_input(make_node('compressed'))[:2] == (
        '/camera/color/compressed',
        CompressedImage,
    )


def test_another_transport_is_refused(make_node):
    with pytest.raises(ParameterException, match="'theora'; it must be one of raw, compressed"):
        make_node('theora')


@pytest.mark.parametrize(
    ('transport', 'published', 'message_type', 'words'),
    [
        ('raw', '/camera/color', CompressedImage, 'set image_transport to compressed and remap '),
        ('raw', '/camera/color/compressed', CompressedImage, 'set image_transport to compressed'),
        ('compressed', '/camera/color', Image, '/camera/color holds Image; set image_transport'),
        ('raw', '/elsewhere', Image, 'nobody publishes it; remap image'),
    ],
)
def test_where_images_are_instead(make_node, transport, published, message_type, words):
    ros = Ros()
    try:
        ros.spin(Node, 'camera').create_publisher(message_type, published, 1)
        node = make_node(transport)
        topic = image_input(node).topic
        wait_for(lambda: words in wrong_topic(node, topic), words)
    finally:
        ros.close()


def test_nothing_is_said_of_the_right_topic(make_node):
    ros = Ros()
    try:
        ros.spin(Node, 'camera').create_publisher(Image, '/camera/color', 1)
        node = make_node('raw')
        wait_for(lambda: wrong_topic(node, '/camera/color') == '', 'the camera')
    finally:
        ros.close()
