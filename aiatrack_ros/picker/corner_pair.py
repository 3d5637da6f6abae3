# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Turns two clicks, on two opposite corners, into a box."""

from collections.abc import Sequence
from dataclasses import dataclass
import math

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.boxes import Box

# The least width and height of a box in pixels, unless told otherwise; smaller ones are slips.
SMALLEST_BOX = 4.0


@dataclass(frozen=True)
class Corner:
    """
    A click.

    Attributes:
        column: Its position in pixels of the picture.
        row: Its position in pixels of the picture.
        source: The tool from which it came.
        time: When it came, in seconds of any clock that `CornerPair.expire` is asked by as well.
    """

    column: float
    row: float
    source: str
    time: float


def enclosing_box(points: Sequence[tuple[float, float]], smallest: float) -> Box:
    """
    Return the upright box x, y, w, h around points, in pixels.

    Args:
        points: Column and row of each, in any order.
        smallest: The least width and height that the box may have, in pixels.

    Raises:
        InputError: There are fewer than two points, one is NaN or infinite, or the box is too
            small.
    """
    if len(points) < 2:
        raise InputError(f'a rectangle of {len(points)} points; two corners are the least')
    if not all(math.isfinite(value) for point in points for value in point):
        raise InputError('a rectangle with points that are not finite')
    columns, rows = zip(*points)
    x, y = min(columns), min(rows)
    w, h = max(columns) - x, max(rows) - y
    if min(w, h) < smallest:
        raise InputError(
            f'a box of {w:.1f} x {h:.1f} pixels is too small; '
            f'the least is {smallest:g} pixels each way'
        )
    return x, y, w, h


class CornerPair:
    """
    Waits for the second of two clicks.

    Attributes:
        first: The click that waits for another; None if there is none.
    """

    def __init__(self) -> None:
        self.first: Corner | None = None

    def add(self, corner: Corner, smallest: float) -> Box | None:
        """
        Take a click; return the box if it completes one, None if it waits for the second.

        A click from another tool than the first starts anew.

        Args:
            corner: The click.
            smallest: The least width and height that the box may have, in pixels.

        Raises:
            InputError: The two clicks give no usable box; both are forgotten.
        """
        first, self.first = self.first, None
        if first is None or first.source != corner.source:
            self.first = corner
            return None
        return enclosing_box([(first.column, first.row), (corner.column, corner.row)], smallest)

    def expire(self, now: float, patience: float) -> float | None:
        """Forget a click that is older than `patience` seconds; return its age, or None."""
        if self.first is None or now - self.first.time <= patience:
            return None
        age = now - self.first.time
        self.first = None
        return age

    def clear(self) -> None:
        """Forget the click that waits."""
        self.first = None
