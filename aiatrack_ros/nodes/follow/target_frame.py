# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
The target as a tf frame, which every tool of ROS can show and look up.

tf2_ros has a broadcaster for it, but is not in every installation; the message is all it takes.
"""

from geometry_msgs.msg import TransformStamped
from rclpy.node import Node
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage


def namespaced_frame(node: Node, name: str) -> str:
    """Return the frame of this name for a node: front_target in /front; '' for none."""
    namespace = node.get_namespace().strip('/').replace('/', '_')
    return f'{namespace}_{name}' if namespace and name else name


def target_transform(
    header: Header, frame: str, position: tuple[float, float, float]
) -> TFMessage:
    """
    Return the message for /tf.

    `header` is that of the image: its frame is the parent, and its stamp the time. `position` is
    x, y, z in metres there. The target's axes are the camera's: which way it turns is not known.
    """
    transform = TransformStamped(header=header, child_frame_id=frame)
    place = transform.transform.translation
    place.x, place.y, place.z = map(float, position)
    transform.transform.rotation.w = 1.0
    return TFMessage(transforms=[transform])
