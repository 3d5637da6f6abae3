# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What colours somebody wears, and where: a description beside that of the identity head.

The head has learned to tell people apart in all sorts of light, so it looks at cut and pattern
more than at colour, and finds two striped jerseys alike whatever their stripes. Within one film
colours say more than that, and of what is no person as well. They are taken nearly as they would
be in the same light, which what is around the box tells.
"""

import math

from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.crop import Crop
import cv2
import numpy as np
from numpy.typing import NDArray

# Of the likeness of two descriptions, how much the colours say.
SHARE = 0.43
# A box is looked at in so many pixels, of which the rows at both ends are left out; the others are
# PARTS one below the other: head, trunk, legs.
HEIGHT, WIDTH, ENDS = 32, 16, 1
PARTS = 3
# The weight of pixels falls to the sides, where the background shows: its deviation, in widths.
SPREAD = 0.28
# Bins of CIE Lab's lightness and two colour axes, and where they begin and end, in the units that
# OpenCV has for uint8. Colours of film lie near grey, so the ends of the two axes are cut off.
BINS = (4, 6, 6)
LOW, HIGH = (0, 78, 78), (255, 178, 178)
# In ordinary light, what is around a box is taken to be GREY of 255 on average in each channel;
# pixels are corrected by this power of what it is more or less. A whole 1 would take the sky
# behind a skier for blue light.
GREY = 110
POWER = 0.5


def with_colours(who: NDArray[np.float32], crop: Crop, box: Box) -> NDArray[np.float32]:
    """Join the colours in a box to a description of who is in it.

    Args:
        who: (E,) unit vector, of the identity head; or E is 0, where there is none.
        crop: What the box lies in.
        box: x, y, w, h in [0, 1] of the crop.

    Returns:
        (E + C,) unit vector. The product of two is that of the heads' and that of the colours',
        averaged by SHARE. Nothing is joined to nothing.
    """
    if not len(who):
        return who
    colours = describe_colours(crop, box)
    return np.concatenate((math.sqrt(1 - SHARE) * who, math.sqrt(SHARE) * colours))


def describe_colours(crop: Crop, box: Box) -> NDArray[np.float32]:
    """Describe what is in a box by square roots of the shares of its colours.

    Args:
        crop: What the box lies in.
        box: x, y, w, h in [0, 1] of the crop.

    Returns:
        (C,) unit vector, C of PARTS times the number of bins. The product of two is the mean of
        their parts' Bhattacharyya coefficients: 1 for the same colours, 0 for none in common.
    """
    shown = _cut_out(crop.pixels, box) * (GREY / (_light(crop, box) + 1)) ** POWER
    lab = cv2.cvtColor(np.minimum(shown, 255).astype(np.uint8), cv2.COLOR_RGB2LAB)
    across = np.exp(-((((np.arange(WIDTH) + 0.5) / WIDTH - 0.5) / SPREAD) ** 2))
    parts = lab[ENDS:-ENDS].reshape(PARTS, -1, 3)
    shares = _histograms(parts, np.tile(across, parts.shape[1] // WIDTH))
    return np.sqrt(shares / shares.sum()).ravel().astype(np.float32)


def _cut_out(pixels: np.ndarray, box: Box) -> np.ndarray:
    """Return what is in a box, as far as there are pixels, (HEIGHT, WIDTH, 3)."""
    part = np.ascontiguousarray(pixels[_spans(pixels, box)])
    return cv2.resize(part, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)


def _light(crop: Crop, box: Box) -> NDArray[np.float64]:
    """Return the mean colour (3,) around a box, or of the whole crop if there is no around."""
    rows, columns = _spans(crop.pixels, box)
    around = np.ones(crop.pixels.shape[:2], np.uint8)
    around[crop.padded_rows] = around[:, crop.padded_columns] = 0
    shown = around.copy()
    around[rows, columns] = 0
    mask = around if around.any() else shown
    return np.array(cv2.mean(crop.pixels, mask)[:3])


def _spans(pixels: np.ndarray, box: Box) -> tuple[slice, slice]:
    """Return the rows and columns of a box in [0, 1] of pixels."""
    rows, columns = (
        _span(first, length, side)
        for first, length, side in zip(box[1::-1], box[:1:-1], pixels.shape[:2], strict=True)
    )
    return rows, columns


def _span(first: float, length: float, side: int) -> slice:
    """Return the pixels, one at least, that a part of a side covers."""
    start = min(max(round(first * side), 0), side - 1)
    return slice(start, min(max(round((first + length) * side), start + 1), side))


def _histograms(colours: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return histograms (P, bins) of colours (P, N, 3) with weights (N,).

    The bins next to a colour share its weight, so that a little more light changes little.
    """
    bins = np.array(BINS)
    place = (colours - np.array(LOW)) / np.subtract(HIGH, LOW) * bins - 0.5
    place = np.clip(place, 0, bins - 1)
    before = np.minimum(place.astype(int), bins - 2)
    after = place - before
    size = math.prod(BINS)
    first = size * np.arange(len(colours))[:, None]  # of each histogram
    total = np.zeros(len(colours) * size)
    for corner in np.ndindex(2, 2, 2):
        share = weights * np.where(corner, after, 1 - after).prod(-1)
        index = first + np.ravel_multi_index(tuple(np.moveaxis(before + corner, -1, 0)), BINS)
        total += np.bincount(index.ravel(), share.ravel(), len(total))
    return total.reshape(len(colours), size)
