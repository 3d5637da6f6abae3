# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Boxes (x, y, w, h) in pixels, floats: checking, clipping and comparing."""

from collections.abc import Sequence
import math
import re

from aiatrack_ros.errors import InputError
import numpy as np
from numpy.typing import ArrayLike

Box = tuple[float, float, float, float]  # x, y of the upper left corner, w, h; in pixels

# Pixels of a box that stay in the image on each axis; the published tracker's number.
CLIP_MARGIN = 10.0

# Of a change of size that is noise, how much is taken over at least.
LEAST_SHARE = 0.3

# A box may reach out of its image, but one that is larger than this many images is a mistake, and
# its search region would be too large to make.
LARGEST = 3.0


def parse_box(text: str) -> Box:
    """Return the box of a text 'x,y,w,h', with commas, spaces or both between the numbers.

    Raises:
        InputError: The text is not four numbers. What they are is not looked at.
    """
    try:
        x, y, w, h = (float(part) for part in re.split(r'\s*,\s*|\s+', text.strip()))
    except ValueError as error:
        raise InputError(
            f"box '{text}' is not four numbers x,y,w,h, such as 310,120,60,150"
        ) from error
    return x, y, w, h


def check_box(box: Sequence[float], width: int, height: int) -> Box:
    """Return a box as four floats, if it can be tracked in an image of this size.

    Args:
        box: x, y, w, h in pixels; it may reach out of the image.
        width: Of the image in pixels.
        height: Of the image in pixels.

    Raises:
        InputError: It has not four numbers, is not finite, is empty, lies outside the image, or
            is more than LARGEST times as wide or high as the image.
    """
    try:
        numbers = [float(value) for value in box]
    except (TypeError, ValueError) as error:
        raise InputError(f'box {box!r} is not four numbers x, y, w, h') from error
    if len(numbers) != 4:
        raise InputError(f'box {box!r} has {len(numbers)} numbers; give four: x, y, w, h')
    x, y, w, h = numbers
    shown = f'box ({x:g}, {y:g}, {w:g}, {h:g})'
    if not all(math.isfinite(value) for value in numbers):
        raise InputError(f'{shown} is not finite; give x, y, w, h in pixels')
    if w <= 0 or h <= 0:
        raise InputError(f'{shown} is empty; width and height must be above 0 pixels')
    if x >= width or y >= height or x + w <= 0 or y + h <= 0:
        raise InputError(f'{shown} lies outside the image of {width}x{height} pixels')
    if w > LARGEST * width or h > LARGEST * height:
        raise InputError(
            f'{shown} is more than {LARGEST:g} times as large as the image of {width}x{height} '
            'pixels; give x, y, w, h in pixels of the image'
        )
    return x, y, w, h


def steady_box(before: Box, found: Box, noise: float) -> Box:
    """Return a box where it was found, but of a size nearer to that of the box before.

    Corners are found to a pixel or two of the crop, so sides go up and down where the target's do
    not. A change by ``noise`` or more is taken over as it is, of a smaller one a share that grows
    with it, from LEAST_SHARE on.

    Args:
        before: x, y, w, h in pixels, in the frame before; its sides are above 0.
        found: x, y, w, h in pixels; its sides are above 0.
        noise: In the logarithm of a side; 0 leaves boxes as they are.
    """
    x, y, w, h = found
    changes = math.log(w / before[2]), math.log(h / before[3])
    largest = max(map(abs, changes))
    if largest >= noise:
        return found
    kept = 1 - max(largest / noise, LEAST_SHARE)
    width, height = (
        side * math.exp(-kept * change) for side, change in zip((w, h), changes, strict=True)
    )
    return x + (w - width) / 2, y + (h - height) / 2, width, height


def clip_box(box: Box, width: int, height: int, margin: float = CLIP_MARGIN) -> Box:
    """Return a box with both corners in the image, at least ``margin`` pixels wide and high.

    The left edge is held to [0, W - margin], the right edge to [margin, W], and the upper and
    lower edges likewise. In an image that is smaller than the margin, its whole side takes the
    place of the margin. This is how the published tracker keeps a box from shrinking away at the
    border.

    Args:
        box: x, y, w, h in pixels, finite.
        width: Of the image in pixels.
        height: Of the image in pixels.
        margin: In pixels.
    """
    x, y, w, h = box
    x1, w1 = _clip_side(x, w, width, margin)
    y1, h1 = _clip_side(y, h, height, margin)
    return x1, y1, w1, h1


def _clip_side(start: float, length: float, size: int, margin: float) -> tuple[float, float]:
    margin = min(margin, float(size))
    low = min(max(start, 0.0), size - margin)
    high = min(max(start + length, margin), float(size))
    return low, max(margin, high - low)


def box_iou(first: ArrayLike, second: ArrayLike) -> np.ndarray:
    """Return the intersection over union of boxes (..., 4) with boxes (..., 4), in [0, 1].

    Boxes are x, y, w, h; NaN in either gives NaN, two empty boxes give 0.
    """
    one, other = np.asarray(first, float), np.asarray(second, float)
    low = np.maximum(one[..., :2], other[..., :2])
    high = np.minimum(one[..., :2] + one[..., 2:], other[..., :2] + other[..., 2:])
    inter = np.prod(np.maximum(high - low, 0), axis=-1)
    union = np.prod(one[..., 2:], axis=-1) + np.prod(other[..., 2:], axis=-1) - inter
    return inter / np.where(union == 0, 1, union)
