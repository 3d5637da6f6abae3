# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Turns image messages of ROS into RGB arrays, and RGB arrays into image messages.

`tracking/image_messages.py` decodes with numpy and OpenCV. Where cv_bridge is installed, it takes
over those encodings for which a check at the start finds that it gives the same pixels.
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

# This program has cv_bridge decode a sample of each encoding. It runs in a process of its own,
# because a cv_bridge that does not fit may end the process that it is in.
_TRIAL = """
from aiatrack_ros.nodes.common.images import ImageDecoder
from cv_bridge import CvBridge
ImageDecoder(CvBridge())
"""


class ImageDecoder(image_messages.ImageDecoder):
    """
    Decodes image messages, by cv_bridge where that gets an encoding right.

    Args:
        bridge: A cv_bridge.CvBridge, as `load_bridge` returns it, or None.
        pixel_range: Takes 16 bits and floats to 8 bits; one for each camera. None makes a new one.

    Attributes:
        trusted: The encodings that cv_bridge decodes, because it gives the same pixels as we do.
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

    The data goes through array.array, because rclpy takes 400 ms at 1080p to check what numpy or
    bytes hold.

    Args:
        picture: (H, W, 3) uint8, with its channels in the order that `encoding` says.
        header: The header of the message.
        encoding: rgb8 or bgr8.
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
    Return a cv_bridge.CvBridge, or None if it is missing or cannot run.

    Args:
        say: Takes one line if cv_bridge is there but is left aside for some encodings or for all.
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
    # A cv_bridge that was compiled for NumPy 1 does not only raise under NumPy 2, it ends its
    # process. So it is tried in another one.
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
    """Return the bytes of a row without padding; some cv_bridge misread rows with padding."""
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
    """Return whether cv_bridge decodes a message to the very pixels that we get."""
    try:
        theirs = _decode_by_bridge(bridge, message, encoding)
    except Exception:  # a broken binary raises anything
        return False
    ours = encoding.to_rgb(pixels_of(message, encoding))
    return theirs.dtype == np.uint8 and np.array_equal(theirs, ours)
