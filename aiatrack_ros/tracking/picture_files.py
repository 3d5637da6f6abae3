# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Pictures from the bytes of a file, such as JPEG or PNG: decoded if whole, refused if torn."""

import re

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.pixel_range import PixelRange
import cv2
import numpy as np

# In a JPEG each segment begins with FF and a byte for its kind. Within the compressed data FF is
# followed by 00 or by a restart mark, D0 to D7; before a kind any number of FF may stand.
# (ITU-T T.81, B.1.1.)
_MARK = re.compile(rb'\xff[^\x00\xff\xd0-\xd7]', re.DOTALL)
_BEGIN, _END, _BARE = 0xD8, 0xD9, 0x01


def is_jpeg(data: bytes | memoryview) -> bool:
    """Tell whether a file begins as a JPEG does."""
    return bytes(data[:3]) == b'\xff\xd8\xff'


def is_whole_jpeg(data: bytes | memoryview) -> bool:
    """Tell whether a JPEG reaches its end mark, whatever may follow behind it.

    The segments are walked through one by one, for an end mark may also stand within a segment,
    that of a thumbnail, or in what a camera puts behind the picture.
    """
    position = 2
    while found := _MARK.search(data, position):
        kind, position = data[found.end() - 1], found.end()
        if kind == _END:
            return True
        if kind == _BEGIN:
            return False  # another picture begins before this one has ended
        if kind != _BARE:
            position += int.from_bytes(data[position : position + 2], 'big')
    return False


def decode_picture(data: np.ndarray, pixel_range: PixelRange, upright: bool) -> np.ndarray:
    """Return a picture (H, W, 3) uint8, RGB, as a reversed view of OpenCV's BGR.

    Args:
        data: The bytes of the file, uint8 (N,).
        pixel_range: Takes pictures of more than 8 bits to 8.
        upright: Whether to turn the picture as its EXIF data say, which is how a viewer shows it,
            or to leave its pixels where they are stored.

    Raises:
        InputError: It is torn, or is no picture; the text says which, without a name.
    """
    held = data.data
    if is_jpeg(held) and not is_whole_jpeg(held):
        raise InputError(f'a JPEG of {len(held)} bytes that ends early')
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH
    if not upright:
        flags |= cv2.IMREAD_IGNORE_ORIENTATION
    try:
        picture = cv2.imdecode(data, flags) if len(held) else None
    except cv2.error:  # a header that speaks of more pixels than OpenCV allows
        picture = None
    if picture is None:
        raise InputError(f'{len(held)} bytes that do not decode as a picture')
    return pixel_range.to_8_bits(picture)[..., ::-1]
