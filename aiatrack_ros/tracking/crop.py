# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Cutting the square search region out of an image, as the published tracker does, to the pixel.

The region is padded with black, then resized bilinearly on uint8 by OpenCV itself. However large
the region, the work is bounded: bilinear interpolation looks at no more than two source rows for
each row of the crop, and only those are copied.
"""

from dataclasses import dataclass
from dataclasses import replace
import math
import mmap
import threading

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.boxes import Box
import cv2
import numpy as np

# A plane up to this size is kept for the next region: fresh memory costs its first use more than
# all the rest. Most of it is never written, and takes no memory.
_PLANE_BYTES = 2**29

# Of a box's sides: how far around it is painted out as well, for who is in it moves meanwhile.
AROUND = 0.1


@dataclass(frozen=True)
class Crop:
    """A search region, resized to the network's input.

    Attributes:
        pixels: (S, S, 3) uint8, RGB.
        padded_rows: (S,) bool, True where a row of the crop lies outside the image, or is
            interpolated from one that does.
        padded_columns: (S,) bool, the same of its columns.
        center: x, y of the box that the region was cut around, in pixels of the image.
        side: The region's side in pixels of the image.
    """

    pixels: np.ndarray
    padded_rows: np.ndarray
    padded_columns: np.ndarray
    center: tuple[float, float]
    side: int

    def to_image(self, box: Box) -> Box:
        """Map a box (x, y, w, h) in [0, 1] of the crop to pixels of the image."""
        x, y, w, h = (value * self.side for value in box)
        return x + self.center[0] - self.side / 2, y + self.center[1] - self.side / 2, w, h

    def to_crop(self, box: Box) -> Box:
        """Map a box (x, y, w, h) in pixels of the image to [0, 1] of the crop."""
        x, y, w, h = box
        left = x - self.center[0] + self.side / 2
        top = y - self.center[1] + self.side / 2
        return left / self.side, top / self.side, w / self.side, h / self.side

    def without(self, box: Box) -> 'Crop':
        """Return the crop with what is in and around a box (pixels of the image) painted out."""
        size = len(self.pixels)
        x, y, w, h = (value * size for value in self.to_crop(box))
        left, top = (max(0, round(v - AROUND * side)) for v, side in ((x, w), (y, h)))
        right, bottom = (max(0, round(v + AROUND * side)) for v, side in ((x + w, w), (y + h, h)))
        pixels = self.pixels.copy()
        pixels[top:bottom, left:right] = self.pixels.mean((0, 1))
        return replace(self, pixels=pixels)


def check_image(image: np.ndarray) -> None:
    """Refuse anything but a uint8 image (H, W, 3) that has pixels.

    Raises:
        InputError: The array has another type, another shape, or no pixels.
    """
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
        kind = getattr(image, 'dtype', type(image).__name__)
        raise InputError(f'image is {kind}; give a numpy array of uint8')
    if image.ndim != 3 or image.shape[2] != 3:
        raise InputError(f'image has shape {image.shape}; give (height, width, 3), RGB')
    if not image.size:
        raise InputError(f'image of {image.shape[1]}x{image.shape[0]} pixels is empty')


def crop_region(image: np.ndarray, box: Box, factor: float, size: int) -> Crop:
    """Cut the square region around a box and resize it.

    Args:
        image: (H, W, 3) uint8, RGB. A reversed view of a BGR image costs nothing: only the crop is
            turned round.
        box: x, y, w, h in pixels.
        factor: Side of the region over the square root of the box's area.
        size: Side of the crop, S.

    Raises:
        InputError: The region is smaller than a pixel or does not touch the image.
    """
    x, y, w, h = box
    height, width = image.shape[:2]
    side = math.ceil(math.sqrt(w * h) * factor)
    if side < 1:
        raise InputError(f'box ({x:g}, {y:g}, {w:g}, {h:g}) is too small to crop')
    left = round(x + w / 2 - side / 2)
    top = round(y + h / 2 - side / 2)
    columns = _Axis(left, side, width, size)
    rows = _Axis(top, side, height, size)
    if rows.empty or columns.empty:
        raise InputError(
            f'box ({x:g}, {y:g}, {w:g}, {h:g}) has its search region outside the image of '
            f'{width}x{height} pixels'
        )
    reversed_channels = image.strides[2] < 0
    source = image[..., ::-1] if reversed_channels else image
    if not (rows.before or rows.after or columns.before or columns.after):
        region = source[rows.low : rows.high, columns.low : columns.high]
    else:
        region = _plane.padded(source, rows, columns, size)
    pixels = cv2.resize(region, (size, size), interpolation=cv2.INTER_LINEAR)
    if reversed_channels:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
    return Crop(pixels, rows.padded, columns.padded, (x + w / 2, y + h / 2), side)


class _Axis:
    """One axis of a region: where it meets the image, and what of the crop is padding.

    The region begins at `start` and is `side` long, in pixels of the image, which is `extent`
    long; `size` is the side of the crop.
    """

    def __init__(self, start: int, side: int, extent: int, size: int) -> None:
        self.start, self.side = start, side
        # The published cut is one pixel shy of the right and bottom borders of the image.
        self.before = max(0, -start)
        self.after = max(start + side - extent + 1, 0)
        self.empty = self.before + self.after >= side
        self.low, self.high = start + self.before, start + side - self.after
        padding = np.ones((side, 1), np.float32)
        padding[self.before : side - self.after] = 0
        resized = cv2.resize(padding, (1, size), interpolation=cv2.INTER_LINEAR)
        self.padded = resized[:, 0] != 0

    def places(self, size: int) -> np.ndarray:
        """Return which places of the region a resize to `size` looks at inside the image."""
        first = np.floor((np.arange(size) + 0.5) * (self.side / size) - 0.5).astype(np.int64)
        places = np.unique(np.concatenate((first, first + 1)).clip(0, self.side - 1))
        return places[(places >= self.before) & (places < self.side - self.after)]


class _Plane(threading.local):
    """A black plane around the image, of which padded regions are views; each thread has its own.

    The image has its place, and the rest is never written: so whatever regions are cut, the
    process holds no more of the plane than where the image is.
    """

    def __init__(self) -> None:
        self._plane = np.zeros((0, 0, 3), np.uint8)
        self._extent = (0, 0)  # of the image, rows and columns
        self._margin = 0  # around the image; the largest side of a region

    def padded(self, image: np.ndarray, rows: _Axis, columns: _Axis, size: int) -> np.ndarray:
        """Return the region (side, side, 3) of an image, black outside.

        Only the rows that a resize to `size` looks at are filled in. The array holds until the
        next call.
        """
        side = rows.side
        if self._extent != image.shape[:2]:
            height, width = image.shape[:2]
            self._extent, self._margin = (height, width), 0
        if self._margin < side:
            self._widen(side)
        if self._margin < side:
            region = np.zeros((side, side, 3), np.uint8)
        else:
            top, left = self._margin + rows.start, self._margin + columns.start
            region = self._plane[top : top + side, left : left + side]
        places = rows.places(size)
        inside = slice(columns.before, side - columns.after)
        region[places, inside] = image[places + rows.start, columns.low : columns.high]
        return region

    def _widen(self, side: int) -> None:
        """Make a plane for regions of this side and somewhat larger, if it may be so large."""
        margin = 2 ** math.ceil(math.log2(side))
        shape = tuple(length + 2 * margin for length in self._extent)
        count = 3 * math.prod(shape)
        if count <= _PLANE_BYTES:
            # Not of the C library, which might write zeros to all of it.
            memory = mmap.mmap(-1, count, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            self._plane = np.frombuffer(memory, np.uint8).reshape(*shape, 3)
            self._margin = margin


_plane = _Plane()
