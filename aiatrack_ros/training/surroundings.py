# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""From a decoded picture to a frame of moderate size around its target."""

import math

from aiatrack_ros.datasets.archives import Image
from aiatrack_ros.datasets.archives import shrink
from aiatrack_ros.datasets.labels import Box
from aiatrack_ros.training.clips import Frame
import cv2
import numpy as np

# Side of what is kept around a target, in units of the square root of its area: a search region of
# factor 5, moved and enlarged by jitter, still lies inside.
SURROUNDINGS = 10.0


def usable(box: tuple[float, ...]) -> bool:
    """Tell whether x, y, w, h are finite and the box is at least a pixel wide and high."""
    return len(box) == 4 and all(map(math.isfinite, box)) and box[2] >= 1 and box[3] >= 1


def around(image: Image, box: Box, mask: Image | None, longest: int) -> Frame:
    """Cut a picture to its target's surroundings, then shrink it to at most `longest` pixels.

    image: (H, W, 3) uint8. box: x, y, w, h in its pixels, at least partly inside. mask: (H, W) or
    None.
    """
    x, y, w, h = box
    half = math.sqrt(w * h) * SURROUNDINGS / 2
    left, right = _span(x + w / 2, max(half, w / 2), image.shape[1])
    top, bottom = _span(y + h / 2, max(half, h / 2), image.shape[0])
    cut = np.ascontiguousarray(image[top:bottom, left:right])
    cut, scale = shrink(cut, longest)
    moved = ((x - left) * scale, (y - top) * scale, w * scale, h * scale)
    if mask is not None:
        size = (cut.shape[1], cut.shape[0])
        mask = cv2.resize(mask[top:bottom, left:right], size, interpolation=cv2.INTER_AREA)
    return Frame(cut, moved, mask)


def _span(centre: float, half: float, size: int) -> tuple[int, int]:
    first = min(max(0, math.floor(centre - half)), size - 1)
    return first, max(first + 1, min(size, math.ceil(centre + half)))
