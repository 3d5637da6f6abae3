# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Depth images: how far away the thing in a box is.

By REP 118 they are 16UC1 in millimetres with 0 for unknown, or 32FC1 in metres with NaN for
unknown. The depth image must be registered to the camera image, which means that it shows the same
view; its size may differ.
"""

from array import array
import math

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.boxes import Box
import numpy as np
from sensor_msgs.msg import Image
from std_msgs.msg import Header

# Only the middle of the box is looked at, with this share of its width and height, for the target
# is there, and other things are at the edges.
CENTRAL = 0.5
# The depth of at least this share of those pixels must be known, or their median means little.
KNOWN = 0.1

# The numbers of each encoding, and the metres that a 1 stands for.
_TYPES = {'16UC1': ('u2', 0.001), 'mono16': ('u2', 0.001), '32FC1': ('f4', 1.0)}


def depth_in_box(message: Image, box: Box, width: int, height: int) -> float | None:
    """
    Return the median depth in the middle of a box, in metres; None where too little is known.

    Args:
        message: The depth image.
        box: x, y, w, h in pixels of the camera image; it may reach out of that.
        width: Of the camera image in pixels.
        height: Of the camera image in pixels.

    Raises:
        InputError: The message is no depth image, or shows another view than the camera image.
    """
    depth = _view(message)
    # If the sides have another ratio, the view is another one: it is cropped, or not registered. A
    # difference of one pixel may come from rounding.
    if abs(depth.shape[0] - depth.shape[1] * height / width) > 1 + height / width:
        raise InputError(
            f'the depth image is {depth.shape[1]}x{depth.shape[0]}, which is not the view of the '
            f'{width}x{height} camera image; register depth to the images of the tracker'
        )
    scale_x, scale_y = depth.shape[1] / width, depth.shape[0] / height
    x, y, w, h = box
    columns = _span(x + w / 2, w, scale_x, depth.shape[1])
    rows = _span(y + h / 2, h, scale_y, depth.shape[0])
    middle = depth[rows, columns].astype(float) * _TYPES[message.encoding][1]
    known = middle[np.isfinite(middle) & (middle > 0)]
    if known.size == 0 or known.size < KNOWN * middle.size:
        return None
    return float(np.median(known))


def encode(depth: np.ndarray, header: Header) -> Image:
    """Return a 16UC1 message of depths in metres, (H, W) floats.

    What is not finite becomes unknown; what is farther than 65.535 m becomes 65.535 m.
    """
    with np.errstate(invalid='ignore'):
        millimetres = np.rint(np.nan_to_num(1000 * depth, nan=0, posinf=0, neginf=0))
    data = array('B')
    data.frombytes(np.clip(millimetres, 0, 65535).astype('<u2').tobytes())
    rows, columns = depth.shape
    return Image(
        header=header, height=rows, width=columns, encoding='16UC1', step=2 * columns, data=data
    )


def _span(center: float, size: float, scale: float, limit: int) -> slice:
    """Return the central pixels of a box along one axis: at least one, all inside the image.

    `center` and `size` are in pixels of the camera image, `scale` leads to those of the depth
    image, and `limit` is how many that has.
    """
    first = math.floor((center - size * CENTRAL / 2) * scale)
    last = math.ceil((center + size * CENTRAL / 2) * scale)
    first = min(max(first, 0), limit - 1)
    return slice(first, min(max(last, first + 1), limit))


def _view(message: Image) -> np.ndarray:
    """Return the depths as the message has them, (H, W); they are copied if rows are padded.

    Raises:
        InputError: The encoding is unknown, or size, step and amount of data do not fit together.
    """
    if message.encoding not in _TYPES:
        raise InputError(
            f"depth encoding '{message.encoding}' is not known; known are "
            '16UC1 (millimetres) and 32FC1 (metres)'
        )
    kind = ('>' if message.is_bigendian else '<') + _TYPES[message.encoding][0]
    row_bytes = message.width * np.dtype(kind).itemsize
    if (
        not (row_bytes and message.height)
        or message.step < row_bytes
        or (len(message.data) < message.step * message.height)
    ):
        raise InputError(
            f'a depth image of {message.width}x{message.height} pixels with step '
            f'{message.step} and {len(message.data)} bytes of data'
        )
    data = np.frombuffer(message.data, np.uint8, message.step * message.height)
    data = data.reshape(message.height, message.step)[:, :row_bytes]
    # Arrays with gaps between their rows can't be viewed as other numbers in the NumPy of Humble.
    return np.ascontiguousarray(data).view(kind)
