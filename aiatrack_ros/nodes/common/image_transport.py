# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""How images come to a node: as they are, or compressed on a topic beside; one rule for all."""

from typing import NamedTuple

from aiatrack_ros.nodes.common.parameters import Setting
from rclpy.node import Node
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image

RAW, COMPRESSED = 'raw', 'compressed'

IMAGE_TRANSPORT = Setting(
    'image_transport',
    RAW,
    'raw takes sensor_msgs/Image on image, compressed takes '
    'sensor_msgs/CompressedImage on image/compressed',
    choices=(RAW, COMPRESSED),
    read_only=True,
)


class ImageInput(NamedTuple):
    """A topic that images come on, by its full name, and the type of its messages."""

    topic: str
    message_type: type[Image] | type[CompressedImage]
    transport: str  # RAW or COMPRESSED


def image_input(node: Node) -> ImageInput:
    """
    Return what a node that has declared IMAGE_TRANSPORT subscribes to for its images.

    Compressed images are where the packages of image_transport publish them: on the topic that
    `image` is remapped to, with /compressed behind it.
    """
    topic = node.resolve_topic_name('image')
    if node.get_parameter(IMAGE_TRANSPORT.name).value == COMPRESSED:
        return ImageInput(f'{topic}/compressed', CompressedImage, COMPRESSED)
    return ImageInput(topic, Image, RAW)


def wrong_topic(node: Node, topic: str) -> str:
    """
    Return why no images can come on a topic, and the remedy; '' if somebody publishes them there.

    Args:
        node: It has declared IMAGE_TRANSPORT.
        topic: Full name of the topic it subscribed to, which may be remapped by itself.
    """
    if image_input(node).transport == COMPRESSED:
        awaited, other, remedy = 'CompressedImage', 'Image', f'set image_transport to {RAW}'
        elsewhere, name = node.resolve_topic_name('image'), 'image'
    else:
        awaited, other, remedy = 'Image', 'CompressedImage', f'set image_transport to {COMPRESSED}'
        elsewhere, name = f'{topic}/compressed', 'image/compressed'
    types = _types_published(node, topic)
    if not types:
        if f'sensor_msgs/msg/{other}' in _types_published(node, elsewhere):
            return f'nobody publishes it, but {elsewhere} holds {other}; {remedy}'
        return 'nobody publishes it; remap image to the topic of the camera'
    if f'sensor_msgs/msg/{awaited}' not in types:
        if f'sensor_msgs/msg/{other}' in types:
            remedy = f'{remedy} and remap {name} to it'
        else:
            remedy = 'remap image to the topic of the camera'
        return f'it holds {", ".join(types)}, and {awaited} is awaited; {remedy}'
    return ''


def _types_published(node: Node, topic: str) -> list[str]:
    return sorted({info.topic_type for info in node.get_publishers_info_by_topic(topic)})
