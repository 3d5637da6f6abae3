# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
The target as a tf frame, which every tool of ROS can show and look up.

tf2_ros has a broadcaster, but is not part of every installation. All that is needed here is to
fill in a message.
"""

from geometry_msgs.msg import TransformStamped
from rclpy.node import Node
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage


def namespaced_frame(node: Node, name: str) -> str:
    """Return a frame's name for a node: for 'target' in /front it is front_target; '' stays ''."""
    namespace = node.get_namespace().strip('/').replace('/', '_')
    return f'{namespace}_{name}' if namespace and name else name


def target_transform(
    header: Header, frame: str, position: tuple[float, float, float]
) -> TFMessage:
    """
    Return the message for /tf.

    The axes of the target are those of the camera, because nobody knows which way it faces.

    Args:
        header: Of the image; its frame becomes the parent, and its stamp the time.
        frame: Name of the target's frame.
        position: x, y, z of the target in metres, in the frame of the image.
    """
    transform = TransformStamped(header=header, child_frame_id=frame)
    place = transform.transform.translation
    place.x, place.y, place.z = map(float, position)
    transform.transform.rotation.w = 1.0
    return TFMessage(transforms=[transform])
