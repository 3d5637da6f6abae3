# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Bags for the tests, as a robot records them."""

from pathlib import Path

import cv2
import numpy as np
from rosbags.rosbag2 import StoragePlugin
from rosbags.rosbag2 import Writer
from rosbags.typesys import get_typestore
from rosbags.typesys import Stores

STORE = get_typestore(Stores.ROS2_HUMBLE)
RAW, COMPRESSED = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'
FRAME = 10**9 // 10


def picture(number: int) -> np.ndarray:
    """Return a picture (48, 64, 3), RGB, whose red is 10 times its number."""
    made = np.zeros((48, 64, 3), np.uint8)
    made[..., 0] = 10 * number
    return made


def write_bag(
    folder: Path,
    count: int = 5,
    topics: tuple[tuple[str, str], ...] = (('/camera/image', RAW),),
    storage: StoragePlugin = StoragePlugin.MCAP,
    side: int = 1,
) -> Path:
    """Write a bag of `count` pictures on each topic, ten a second, and a topic of text."""
    types = STORE.types
    with Writer(folder, version=8, storage_plugin=storage) as writer:
        text = writer.add_connection('/chatter', 'std_msgs/msg/String', typestore=STORE)
        connections = [
            (writer.add_connection(name, kind, typestore=STORE), kind) for name, kind in topics
        ]
        for number in range(count):
            stamp = 10**18 + number * FRAME
            time = types['builtin_interfaces/msg/Time'](*divmod(stamp, 10**9))
            header = types['std_msgs/msg/Header'](time, 'camera')
            hello = types['std_msgs/msg/String'](f'picture {number}')
            writer.write(text, stamp, STORE.serialize_cdr(hello, 'std_msgs/msg/String'))
            pixels = np.tile(picture(number), (side, side, 1))
            for connection, kind in connections:
                if kind == RAW:
                    height, width = pixels.shape[:2]
                    data = pixels.reshape(-1)
                    message = types[RAW](header, height, width, 'rgb8', 0, 3 * width, data)
                else:
                    data = cv2.imencode('.png', pixels[..., ::-1])[1]
                    message = types[COMPRESSED](header, 'png', data)
                writer.write(connection, stamp + 1, STORE.serialize_cdr(message, kind))
    return folder
