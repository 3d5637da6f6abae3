# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Image messages to RGB arrays, whether ROS brings them or a bag that is read without it.

This module alone knows image encodings. Messages are told by their fields, those of
sensor_msgs/Image or, where there is a ``format``, of sensor_msgs/CompressedImage.

Pictures are numpy uint8 of shape (H, W, 3), RGB. bgr8 and the like are views into the message
with the channels reversed: nothing is copied, and they must not be written to. Encodings of 16
bits or floats are taken to 8 bits as `tracking/pixel_range.py` says, and are then as those of 8.

A compressed picture is left as it is stored, whatever its EXIF data say: camera_info and depth are
of the stored pixels.
"""

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.picture_files import decode_picture
from aiatrack_ros.tracking.pixel_range import PixelRange
import cv2
import numpy as np

# YUV of BT.601 in video range, less (16, 128, 128), to RGB; OpenCV's figures for nv12.
_YUV_TO_RGB = np.array([[1.164, 0, 1.596], [1.164, -0.391, -0.813], [1.164, 2.018, 0]])


def _cv(code: int) -> Callable[[np.ndarray], np.ndarray]:
    """Return a conversion by OpenCV."""
    return lambda pixels: cv2.cvtColor(pixels, code)


@dataclass(frozen=True)
class Encoding:
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
        """Bytes of one number."""
        return int(self.number[1])


def _bayer(code: int) -> Encoding:
    return Encoding(1, _cv(code), halves='wh', bridge='rgb8', bridge_to_rgb=np.asarray)


def _deep(encoding: Encoding, number: str = 'u2') -> Encoding:
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
_UYVY = Encoding(2, _cv(cv2.COLOR_YUV2RGB_UYVY), halves='w', bridge='')
_YUYV = Encoding(2, _cv(cv2.COLOR_YUV2RGB_YUYV), halves='w', bridge='')

# OpenCV names a Bayer pattern by its second row, ROS by its first: rggb here is BG there.
ENCODINGS: dict[str, Encoding] = {
    'rgb8': Encoding(3, _view(_RGB)),
    'bgr8': Encoding(3, _view(_BGR)),
    '8UC3': Encoding(3, _view(_BGR)),  # untyped colour is BGR, as OpenCV has it
    'rgba8': Encoding(4, _view(_RGB)),
    'bgra8': Encoding(4, _view(_BGR)),
    '8UC4': Encoding(4, _view(_BGR)),
    'mono8': Encoding(1, _GREY),
    '8UC1': Encoding(1, _GREY),
    'bayer_rggb8': _bayer(cv2.COLOR_BayerBG2RGB),
    'bayer_bggr8': _bayer(cv2.COLOR_BayerRG2RGB),
    'bayer_gbrg8': _bayer(cv2.COLOR_BayerGR2RGB),
    'bayer_grbg8': _bayer(cv2.COLOR_BayerGB2RGB),
    'uyvy': _UYVY,
    'yuv422': _UYVY,  # the older name of uyvy
    'yuyv': _YUYV,
    'yuv422_yuy2': _YUYV,  # the older name of yuyv
    'nv12': Encoding(1, _cv(cv2.COLOR_YUV2RGB_NV12), halves='wh', planes=1.5, bridge=''),
    'nv21': Encoding(1, _cv(cv2.COLOR_YUV2RGB_NV21), halves='wh', planes=1.5, bridge=''),
    'nv24': Encoding(1, _from_nv24, planes=3.0, bridge=''),
}
ENCODINGS |= {
    name.replace('8', '16', 1): _deep(encoding)
    for name, encoding in ENCODINGS.items()
    if '8' in name
}
ENCODINGS |= {f'32FC{n}': _deep(ENCODINGS[f'8UC{n}'], 'f4') for n in (1, 3, 4)}


def is_compressed(message: Any) -> bool:
    """Tell whether a message is a CompressedImage, and not an Image."""
    return hasattr(message, 'format')


def check(message: Any) -> None:
    """Raise InputError for a message that cannot hold a picture, without reading its pixels.

    It names the encoding, size, step or amount of data that is wrong. For compressed images it
    only sees that there is data; the rest shows when they are decoded.
    """
    if is_compressed(message):
        if not len(message.data):
            raise InputError('a compressed image without data')
        return
    encoding = ENCODINGS.get(message.encoding)
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


def pixels_of(message: Any, encoding: Encoding) -> np.ndarray:
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
    """Decodes image messages.

    `pixel_range` is what takes 16 bits and floats to 8, one for each camera.
    """

    def __init__(self, pixel_range: PixelRange | None = None) -> None:
        self._pixel_range = pixel_range or PixelRange()

    def decode(self, message: Any) -> np.ndarray:
        """Return the picture, (H, W, 3) uint8 RGB; raise InputError where there is none."""
        check(message)
        if is_compressed(message):
            data = np.frombuffer(message.data, np.uint8)
            try:
                return decode_picture(data, self._pixel_range, upright=False)
            except InputError as error:
                raise InputError(f"{error}; its format is '{message.format}'") from error
        return self._to_rgb(message, ENCODINGS[message.encoding])

    def _to_rgb(self, message: Any, encoding: Encoding) -> np.ndarray:
        return encoding.to_rgb(self._pixel_range.to_8_bits(pixels_of(message, encoding)))
