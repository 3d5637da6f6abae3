# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Turns image messages into RGB arrays, whether they come from ROS or from a bag read without it.

This module alone knows image encodings. It knows messages by their fields: those with a ``format``
are sensor_msgs/CompressedImage, all others sensor_msgs/Image.

Pictures are numpy uint8 of shape (H, W, 3), RGB. For bgr8 and the like they are views into the
message with the channels reversed, so nothing is copied, and they must not be written to. Numbers
of 16 bits and floats are taken to 8 bits as `tracking/pixel_range.py` says, and are then decoded
as those of 8 bits are.

A compressed picture is left as it is stored, whatever its EXIF data say, because camera_info and
depth images are about the stored pixels.
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

# This takes YUV of BT.601 in video range, less (16, 128, 128), to RGB. The figures are those with
# which OpenCV converts nv12.
_YUV_TO_RGB = np.array([[1.164, 0, 1.596], [1.164, -0.391, -0.813], [1.164, 2.018, 0]])


def _cv(code: int) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function that converts pixels by this code of OpenCV."""
    return lambda pixels: cv2.cvtColor(pixels, code)


@dataclass(frozen=True)
class Encoding:
    """How one encoding lies in memory and how it becomes RGB.

    Attributes:
        channels: How many numbers there are for each column of a row of data.
        to_rgb: Turns the numbers, once they are taken to 8 bits, into RGB.
        number: Kind and bytes of a number, as numpy names them: 'u1', 'u2' or 'f4'.
        halves: The sides of the picture that must be even: '', 'w', 'h' or 'wh'.
        planes: How many rows of data there are for each row of the picture.
        bridge: The encoding that cv_bridge is asked for; '' if it does not know this one.
        bridge_to_rgb: Turns what cv_bridge returns into RGB; None if `to_rgb` does.
    """

    channels: int
    to_rgb: Callable[[np.ndarray], np.ndarray]
    number: str = 'u1'
    halves: str = ''
    planes: float = 1.0
    bridge: str = 'passthrough'
    bridge_to_rgb: Callable[[np.ndarray], np.ndarray] | None = None

    @property
    def bytes_per_channel(self) -> int:
        """How many bytes one number takes."""
        return int(self.number[1])


def _bayer(code: int) -> Encoding:
    return Encoding(1, _cv(code), halves='wh', bridge='rgb8', bridge_to_rgb=np.asarray)


def _deep(encoding: Encoding, number: str = 'u2') -> Encoding:
    """Return what an encoding of 8 bits is with larger numbers."""
    # cv_bridge scales the whole range of 16 bits to 8. Most such pictures use so little of it that
    # nothing would be left of them.
    return replace(encoding, number=number, bridge='', bridge_to_rgb=None)


def _from_nv24(rows: np.ndarray) -> np.ndarray:
    """Return the RGB of nv24, (3 H, W): H rows of Y, then 2 H rows where U and V take turns."""
    height, width = len(rows) // 3, rows.shape[1]
    chroma = rows[height:].reshape(height, width, 2)
    yuv = np.dstack((rows[:height], chroma))
    offset = -_YUV_TO_RGB @ (16, 128, 128)
    return cv2.transform(yuv, np.column_stack((_YUV_TO_RGB, offset)))


def _view(order: slice | list[int]) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function that picks channels in this order, without a copy if it is a slice."""
    return lambda pixels: pixels[..., order]


_RGB, _BGR = slice(0, 3), slice(2, None, -1)
_GREY = _cv(cv2.COLOR_GRAY2RGB)
_UYVY = Encoding(2, _cv(cv2.COLOR_YUV2RGB_UYVY), halves='w', bridge='')
_YUYV = Encoding(2, _cv(cv2.COLOR_YUV2RGB_YUYV), halves='w', bridge='')

# ROS names a Bayer pattern by its first row and OpenCV by its second, so rggb is BG in OpenCV.
ENCODINGS: dict[str, Encoding] = {
    'rgb8': Encoding(3, _view(_RGB)),
    'bgr8': Encoding(3, _view(_BGR)),
    '8UC3': Encoding(3, _view(_BGR)),  # colour without a name is BGR, as in OpenCV
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
    'yuv422': _UYVY,  # this is the older name of uyvy
    'yuyv': _YUYV,
    'yuv422_yuy2': _YUYV,  # this is the older name of yuyv
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
    """Return whether a message is a CompressedImage, and not an Image."""
    return hasattr(message, 'format')


def check(message: Any) -> None:
    """Raise InputError for a message that cannot hold a picture, without reading its pixels.

    The text names the encoding, size, step or amount of data that is wrong. Of a compressed image
    it is only checked that there is data; what else is wrong shows when the image is decoded.
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
    """Return the numbers of a message as they are, as a view of it wherever that can be.

    Args:
        message: A sensor_msgs/Image that has passed `check`.
        encoding: Its encoding.

    Returns:
        An array (rows, W, C) of `encoding.number`, or (rows, W) if there is one channel; rows are
        `encoding.planes` times the height.
    """
    rows = int(message.height * encoding.planes)
    row_bytes = message.width * encoding.channels * encoding.bytes_per_channel
    data = np.frombuffer(message.data, np.uint8, rows * message.step)
    data = data.reshape(rows, message.step)
    if encoding.planes == 3:
        # A row of U and V is twice as long as one of Y, and so is the padding behind it.
        luma, chroma = data[: message.height], data[message.height :]
        chroma = chroma.reshape(message.height, -1)[:, : 2 * row_bytes].reshape(-1, row_bytes)
        data = np.concatenate((luma[:, :row_bytes], chroma))
    data = data[:, :row_bytes]
    if encoding.bytes_per_channel > 1:
        # The step may be odd, so that rows with padding cannot be seen as rows of such numbers.
        # Those are copied, and rows without padding are not.
        order = '>' if message.is_bigendian else '<'
        data = np.ascontiguousarray(data).view(order + encoding.number)
        data = data.astype(encoding.number, copy=False)
    if encoding.channels == 1:
        return data
    return data.reshape(rows, message.width, encoding.channels)


class ImageDecoder:
    """Decodes image messages.

    Args:
        pixel_range: Takes 16 bits and floats to 8 bits; one for each camera. None makes a new one.
    """

    def __init__(self, pixel_range: PixelRange | None = None) -> None:
        self._pixel_range = pixel_range or PixelRange()

    def decode(self, message: Any) -> np.ndarray:
        """Return the picture, (H, W, 3) uint8 RGB; raise InputError if the message holds none."""
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
