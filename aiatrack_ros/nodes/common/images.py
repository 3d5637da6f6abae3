# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Image messages to RGB arrays and back.

This module alone knows image encodings. It decodes with numpy and OpenCV; where cv_bridge is
installed and gives the same pixels for an encoding in a check at start, cv_bridge decodes it.

Pictures are numpy uint8 of shape (H, W, 3), RGB. bgr8 and the like are views into the message
with the channels reversed: nothing is copied, and they must not be written to. Encodings of 16
bits or floats are taken to 8 bits as `tracking/pixel_range.py` says, and are then as those of 8.

A compressed picture is left as it is stored, whatever its EXIF data say: camera_info and depth are
of the stored pixels.
"""

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace
import functools
import importlib
import importlib.util
import os
import subprocess
import sys
from typing import Any
from typing import TypeAlias

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.picture_files import decode_picture
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

# YUV of BT.601 in video range, less (16, 128, 128), to RGB; OpenCV's figures for nv12.
_YUV_TO_RGB = np.array([[1.164, 0, 1.596], [1.164, -0.391, -0.813], [1.164, 2.018, 0]])


def _cv(code: int) -> Callable[[np.ndarray], np.ndarray]:
    """Return a conversion by OpenCV."""
    return lambda pixels: cv2.cvtColor(pixels, code)


@dataclass(frozen=True)
class _Encoding:
    """How one encoding lies in memory and how it becomes RGB."""

    channels: int
    to_rgb: Callable[[np.ndarray], np.ndarray]  # of its numbers, taken to 8 bits
    number: str = 'u1'  # kind and bytes, as numpy names them
    halves: str = ''  # the sides that must be even: 'w', 'h' or both
    planes: float = 1.0  # rows of data per row of picture
    bridge: str = 'passthrough'  # what cv_bridge is asked for; '' where it knows nothing
    bridge_to_rgb: Callable[[np.ndarray], np.ndarray] | None = None  # and what remains

    @property
    def bytes_per_channel(self) -> int:
        return int(self.number[1])


def _bayer(code: int) -> _Encoding:
    return _Encoding(1, _cv(code), halves='wh', bridge='rgb8', bridge_to_rgb=np.asarray)


def _deep(encoding: _Encoding, number: str = 'u2') -> _Encoding:
    """Return an encoding of 8 bits with larger numbers."""
    # cv_bridge takes the whole of 16 bits to 8, which leaves nothing of most such pictures.
    return replace(encoding, number=number, bridge='', bridge_to_rgb=None)


def _from_nv24(rows: np.ndarray) -> np.ndarray:
    """Convert a plane of Y and one of U and V, two rows of it for each row of pixels: (3 H, W)."""
    height, width = len(rows) // 3, rows.shape[1]
    chroma = rows[height:].reshape(height, width, 2)
    yuv = np.dstack((rows[:height], chroma))
    offset = -_YUV_TO_RGB @ (16, 128, 128)
    return cv2.transform(yuv, np.column_stack((_YUV_TO_RGB, offset)))


def _view(order: slice | list[int]) -> Callable[[np.ndarray], np.ndarray]:
    return lambda pixels: pixels[..., order]


_RGB, _BGR = slice(0, 3), slice(2, None, -1)
_GREY = _cv(cv2.COLOR_GRAY2RGB)
_UYVY = _Encoding(2, _cv(cv2.COLOR_YUV2RGB_UYVY), halves='w', bridge='')
_YUYV = _Encoding(2, _cv(cv2.COLOR_YUV2RGB_YUYV), halves='w', bridge='')

# OpenCV names a Bayer pattern by its second row, ROS by its first: rggb here is BG there.
_ENCODINGS = {
    'rgb8': _Encoding(3, _view(_RGB)),
    'bgr8': _Encoding(3, _view(_BGR)),
    '8UC3': _Encoding(3, _view(_BGR)),  # untyped colour is BGR, as OpenCV has it
    'rgba8': _Encoding(4, _view(_RGB)),
    'bgra8': _Encoding(4, _view(_BGR)),
    '8UC4': _Encoding(4, _view(_BGR)),
    'mono8': _Encoding(1, _GREY),
    '8UC1': _Encoding(1, _GREY),
    'bayer_rggb8': _bayer(cv2.COLOR_BayerBG2RGB),
    'bayer_bggr8': _bayer(cv2.COLOR_BayerRG2RGB),
    'bayer_gbrg8': _bayer(cv2.COLOR_BayerGR2RGB),
    'bayer_grbg8': _bayer(cv2.COLOR_BayerGB2RGB),
    'uyvy': _UYVY,
    'yuv422': _UYVY,  # the older name of uyvy
    'yuyv': _YUYV,
    'yuv422_yuy2': _YUYV,  # the older name of yuyv
    'nv12': _Encoding(1, _cv(cv2.COLOR_YUV2RGB_NV12), halves='wh', planes=1.5, bridge=''),
    'nv21': _Encoding(1, _cv(cv2.COLOR_YUV2RGB_NV21), halves='wh', planes=1.5, bridge=''),
    'nv24': _Encoding(1, _from_nv24, planes=3.0, bridge=''),
}
_ENCODINGS |= {
    name.replace('8', '16', 1): _deep(encoding)
    for name, encoding in _ENCODINGS.items()
    if '8' in name
}
_ENCODINGS |= {f'32FC{n}': _deep(_ENCODINGS[f'8UC{n}'], 'f4') for n in (1, 3, 4)}
ENCODINGS = tuple(_ENCODINGS)


def check(message: ImageMessage) -> None:
    """
    Raise InputError for a message that cannot hold a picture, without reading its pixels.

    It names the encoding, size, step or amount of data that is wrong. For compressed images it
    only sees that there is data; the rest shows when they are decoded.
    """
    if isinstance(message, CompressedImage):
        if not message.data:
            raise InputError('a compressed image without data')
        return
    encoding = _ENCODINGS.get(message.encoding)
    if encoding is None:
        raise InputError(
            f"image encoding '{message.encoding}' is not known; known are {', '.join(ENCODINGS)}"
        )
    height, width = message.height, message.width
    if not height or not width:
        raise InputError(f'an image of {width}x{height} pixels')
    odd = [
        side
        for side, size in (('w', width), ('h', height))
        if side in encoding.halves and size % 2
    ]
    if odd:
        raise InputError(f'{message.encoding} needs even sides, the image is {width}x{height}')
    row_bytes = width * encoding.channels * encoding.bytes_per_channel
    if message.step < row_bytes:
        raise InputError(
            f'step {message.step} is too small: {width} pixels of '
            f'{message.encoding} take {row_bytes} bytes'
        )
    needed = message.step * int(height * encoding.planes)
    if len(message.data) < needed:
        raise InputError(
            f'{len(message.data)} bytes of data, where {height} rows with step '
            f'{message.step} of {message.encoding} take {needed}'
        )


def _pixels(message: Image, encoding: _Encoding) -> np.ndarray:
    """Return the raw channels (rows, W, C), or (rows, W) for one, as a view of the message."""
    rows = int(message.height * encoding.planes)
    row_bytes = message.width * encoding.channels * encoding.bytes_per_channel
    data = np.frombuffer(message.data, np.uint8, rows * message.step)
    data = data.reshape(rows, message.step)
    if encoding.planes == 3:
        # A row of U and V is twice as long as one of Y, and so is what is left free behind it.
        luma, chroma = data[: message.height], data[message.height :]
        chroma = chroma.reshape(message.height, -1)[:, : 2 * row_bytes].reshape(-1, row_bytes)
        data = np.concatenate((luma[:, :row_bytes], chroma))
    data = data[:, :row_bytes]
    if encoding.bytes_per_channel > 1:
        # Rows with an odd step are no rows of such numbers; only padded ones are copied.
        order = '>' if message.is_bigendian else '<'
        data = np.ascontiguousarray(data).view(order + encoding.number)
        data = data.astype(encoding.number, copy=False)
    if encoding.channels == 1:
        return data
    return data.reshape(rows, message.width, encoding.channels)


class ImageDecoder:
    """
    Decodes image messages.

    `bridge` is a cv_bridge.CvBridge or None; `load_bridge` gives the one to use. Encodings that
    it gets right (see `trusted`) are decoded by it, all others here; the pixels are the same.
    `pixel_range` is what takes 16 bits and floats to 8, one for each camera.
    """

    def __init__(self, bridge: Any = None, pixel_range: PixelRange | None = None) -> None:
        self._bridge = bridge
        self._pixel_range = pixel_range or PixelRange()
        self.trusted = _trusted_encodings(bridge) if bridge is not None else frozenset()

    def decode(self, message: ImageMessage) -> np.ndarray:
        """Return the picture, (H, W, 3) uint8 RGB; raise InputError where there is none."""
        check(message)
        if isinstance(message, CompressedImage):
            data = np.frombuffer(message.data, np.uint8)
            try:
                return decode_picture(data, self._pixel_range, upright=False)
            except InputError as error:
                raise InputError(f"{error}; its format is '{message.format}'") from error
        encoding = _ENCODINGS[message.encoding]
        if message.encoding in self.trusted and message.step == _packed_step(message, encoding):
            return _decode_by_bridge(self._bridge, message, encoding)
        return encoding.to_rgb(self._pixel_range.to_8_bits(_pixels(message, encoding)))


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
    asked = {name for name, encoding in _ENCODINGS.items() if encoding.bridge}
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


def _packed_step(message: Image, encoding: _Encoding) -> int:
    """Return the step without padding, the only one that every cv_bridge reads right."""
    return message.width * encoding.channels * encoding.bytes_per_channel


def _decode_by_bridge(bridge: Any, message: Image, encoding: _Encoding) -> np.ndarray:
    pixels = bridge.imgmsg_to_cv2(message, encoding.bridge)
    return (encoding.bridge_to_rgb or encoding.to_rgb)(pixels)


def _trusted_encodings(bridge: Any) -> frozenset[str]:
    """Return the encodings that `bridge` decodes to the very pixels that we get."""
    return frozenset(
        name
        for name, encoding in _ENCODINGS.items()
        if encoding.bridge and _agrees(bridge, _sample(name, encoding), encoding)
    )


def _sample(name: str, encoding: _Encoding) -> Image:
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


def _agrees(bridge: Any, message: Image, encoding: _Encoding) -> bool:
    try:
        theirs = _decode_by_bridge(bridge, message, encoding)
    except Exception:  # see _fault_of_bridge
        return False
    ours = encoding.to_rgb(_pixels(message, encoding))
    return theirs.dtype == np.uint8 and np.array_equal(theirs, ours)
