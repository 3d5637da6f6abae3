# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Image messages of ROS to RGB arrays and back.

`tracking/image_messages.py` decodes with numpy and OpenCV; where cv_bridge is installed and gives
the same pixels for an encoding in a check at start, cv_bridge decodes it.
"""

from array import array
from collections.abc import Callable
import functools
import importlib
import importlib.util
import os
import subprocess
import sys
from typing import Any
from typing import TypeAlias

from aiatrack_ros.tracking import image_messages
from aiatrack_ros.tracking.image_messages import check as check
from aiatrack_ros.tracking.image_messages import Encoding
from aiatrack_ros.tracking.image_messages import ENCODINGS as ENCODINGS
from aiatrack_ros.tracking.image_messages import pixels_of
from aiatrack_ros.tracking.pixel_range import PixelRange
import cv2
import numpy as np
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from std_msgs.msg import Header

ImageMessage: TypeAlias = Image | CompressedImage

# Has cv_bridge decode what it is asked for, to see whether that ends the process.
_TRIAL = """
from aiatrack_ros.nodes.common.images import ImageDecoder
from cv_bridge import CvBridge
ImageDecoder(CvBridge())
"""


class ImageDecoder(image_messages.ImageDecoder):
    """
    Decodes image messages, by cv_bridge where that gets an encoding right (see `trusted`).

    `bridge` is a cv_bridge.CvBridge or None; `load_bridge` gives the one to use.
    """

    def __init__(self, bridge: Any = None, pixel_range: PixelRange | None = None) -> None:
        super().__init__(pixel_range)
        self._bridge = bridge
        self.trusted = _trusted_encodings(bridge) if bridge is not None else frozenset()

    def _to_rgb(self, message: Image, encoding: Encoding) -> np.ndarray:
        if message.encoding in self.trusted and message.step == _packed_step(message, encoding):
            return _decode_by_bridge(self._bridge, message, encoding)
        return super()._to_rgb(message, encoding)


def encode(picture: np.ndarray, header: Header, encoding: str = 'rgb8') -> Image:
    """
    Return an Image message.

    `picture` is (H, W, 3) uint8, its channels in the order that `encoding` says (rgb8 or bgr8).
    The data goes through array.array: assigning numpy or bytes costs rclpy 400 ms at 1080p.
    """
    height, width = picture.shape[:2]
    data = array('B')
    data.frombytes(np.ascontiguousarray(picture).data.cast('B'))
    return Image(
        header=header,
        height=height,
        width=width,
        encoding=encoding,
        is_bigendian=0,
        step=3 * width,
        data=data,
    )


# --- cv_bridge ---


def load_bridge(say: Callable[[str], object]) -> Any:
    """
    Return a cv_bridge.CvBridge, or None where it is missing or cannot run.

    `say` gets one line if cv_bridge is there and is left aside for some encodings or for all.
    """
    if importlib.util.find_spec('cv_bridge') is None:
        return None
    versions = f'NumPy {np.__version__} and OpenCV {cv2.__version__}'
    fault = _fault_of_bridge()
    if fault:
        say(f'cv_bridge is left aside, it cannot run with {versions}: {fault}')
        return None
    from cv_bridge import CvBridge

    bridge = CvBridge()
    asked = {name for name, encoding in ENCODINGS.items() if encoding.bridge}
    failed = asked - _trusted_encodings(bridge)
    if failed:
        say(
            f'cv_bridge is left aside for {", ".join(sorted(failed))}: with {versions} it fails '
            'or gives other pixels'
        )
    return bridge


@functools.cache
def _fault_of_bridge() -> str:
    """Return why cv_bridge cannot run in this process; '' if it can."""
    if int(np.__version__.split('.')[0]) < 2:
        try:
            importlib.import_module('cv_bridge').CvBridge()
        except Exception as error:  # a broken binary raises anything
            return str(error)
        return ''
    # One that was compiled for NumPy 1 does not only raise, it ends its process: another's, then.
    answer = subprocess.run(
        [sys.executable, '-c', _TRIAL],
        env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )
    if answer.returncode < 0:
        return f'it ends the process, by signal {-answer.returncode}'
    return answer.stderr.strip().rpartition('\n')[2] if answer.returncode else ''


def _packed_step(message: Image, encoding: Encoding) -> int:
    """Return the step without padding, the only one that every cv_bridge reads right."""
    return message.width * encoding.channels * encoding.bytes_per_channel


def _decode_by_bridge(bridge: Any, message: Image, encoding: Encoding) -> np.ndarray:
    pixels = bridge.imgmsg_to_cv2(message, encoding.bridge)
    return (encoding.bridge_to_rgb or encoding.to_rgb)(pixels)


def _trusted_encodings(bridge: Any) -> frozenset[str]:
    """Return the encodings that `bridge` decodes to the very pixels that we get."""
    return frozenset(
        name
        for name, encoding in ENCODINGS.items()
        if encoding.bridge and _agrees(bridge, _sample(name, encoding), encoding)
    )


def _sample(name: str, encoding: Encoding) -> Image:
    """Return a small test image of an encoding."""
    height, width = 6, 8
    step = width * encoding.channels
    data = (np.arange(height * step) * 37 % 251).astype(np.uint8)
    return Image(
        height=height,
        width=width,
        encoding=name,
        is_bigendian=int(sys.byteorder == 'big'),
        step=step,
        data=array('B', data.tobytes()),
    )


def _agrees(bridge: Any, message: Image, encoding: Encoding) -> bool:
    try:
        theirs = _decode_by_bridge(bridge, message, encoding)
    except Exception:  # see _fault_of_bridge
        return False
    ours = encoding.to_rgb(pixels_of(message, encoding))
    return theirs.dtype == np.uint8 and np.array_equal(theirs, ours)
