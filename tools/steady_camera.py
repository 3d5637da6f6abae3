#!/usr/bin/env python3
# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
A camera that keeps its pace, for measurements; it shows a patch that wanders over a blurred wall.

It publishes `image` as camera drivers do, best effort and stamped when it is sent; and on
`target`, with the same stamp, where the patch is in that image. That is reliable: it arrives even
if the image does not. Its pictures cost next to no time to make.
"""

import math
import sys
from typing import Any

from aiatrack_ros.nodes.common import images
from aiatrack_ros.nodes.common import messages
from aiatrack_ros.nodes.common.parameters import declare
from aiatrack_ros.nodes.common.parameters import Setting
from aiatrack_ros.nodes.common.run_node import run_node
import cv2
import numpy as np
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2D

ROUND = 240  # frames after which the patch is back where it was
ANNOUNCEMENTS = QoSProfile(depth=100)  # of `target`; reliable, as nothing else is said

PARAMETERS = (
    Setting('rate', 30.0, 'images per second', (0.1, 1000.0), read_only=True),
    Setting('width', 640, 'of the images, in pixels', (64, 8192), read_only=True),
    Setting('height', 480, 'of the images, in pixels', (64, 8192), read_only=True),
    Setting('show_seconds', 10.0, 'the patch is seen for so long', (0.1, 1e6), read_only=True),
    Setting('hide_seconds', 0.0, 'and then away for so long', (0.0, 1e6), read_only=True),
)


class Scene:
    """A wall and a patch, in pictures of this size in pixels."""

    def __init__(self, width: int, height: int) -> None:
        dice = np.random.default_rng(4)
        wall = dice.integers(60, 196, (height // 16 + 1, width // 16 + 1, 3), dtype=np.uint8)
        self._wall = cv2.resize(wall, (width, height), interpolation=cv2.INTER_CUBIC)
        patch = dice.integers(0, 256, (6, 4, 3), dtype=np.uint8)
        self._size = max(8, width // 10), max(8, height // 5)
        self._patch = cv2.resize(patch, self._size, interpolation=cv2.INTER_NEAREST)

    def box(self, number: int) -> tuple[float, float, float, float]:
        """Return where the patch is in the frame of this number, x, y, w, h in pixels."""
        height, width = self._wall.shape[:2]
        angle = 2 * math.pi * number / ROUND
        x = round((width - self._size[0]) * (0.5 + 0.3 * math.sin(angle)))
        y = round((height - self._size[1]) * (0.5 + 0.2 * math.sin(2 * angle)))
        return float(x), float(y), float(self._size[0]), float(self._size[1])

    def picture(self, number: int, patch: bool = True) -> np.ndarray:
        """Return the frame of this number, (H, W, 3) uint8, BGR, with or without the patch."""
        picture = self._wall.copy()
        if patch:
            x, y, width, height = map(int, self.box(number))
            picture[y : y + height, x : x + width] = self._patch
        return picture


class SteadyCamera(Node):
    """Publishes the scene, from the start of the node to Ctrl-C."""

    def __init__(self, **node_options: Any) -> None:
        super().__init__('steady_camera', **node_options)
        declare(self, PARAMETERS)
        get = {setting.name: self.get_parameter(setting.name).value for setting in PARAMETERS}
        self._scene = Scene(get['width'], get['height'])
        self._shown = round(get['show_seconds'] * get['rate'])
        self._period = self._shown + round(get['hide_seconds'] * get['rate'])
        self._number = 0
        qos = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
        self._images = self.create_publisher(Image, 'image', qos)
        self._targets = self.create_publisher(Detection2D, 'target', ANNOUNCEMENTS)
        self.create_timer(1 / get['rate'], self._show)

    def _show(self) -> None:
        seen = self._number % self._period < self._shown
        message = images.encode(self._scene.picture(self._number, seen), Header(), 'bgr8')
        message.header = Header(stamp=self.get_clock().now().to_msg(), frame_id='camera')
        self._images.publish(message)
        if seen:
            box = self._scene.box(self._number)
            self._targets.publish(messages.make_detection(message.header, box, 1.0))
        self._number += 1


def main(args: list[str] | None = None) -> int:
    """Run the camera until Ctrl-C; return the exit code."""
    return run_node(SteadyCamera, args)


if __name__ == '__main__':
    sys.exit(main())
