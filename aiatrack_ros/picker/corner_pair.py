# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Two clicks are two opposite corners of a box."""

from collections.abc import Sequence
from dataclasses import dataclass
import math

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.boxes import Box


@dataclass(frozen=True)
class Corner:
    """A click: its pixel position, the tool from which it came, and when (seconds, any clock)."""

    column: float
    row: float
    source: str
    time: float


def enclosing_box(points: Sequence[tuple[float, float]], smallest: float) -> Box:
    """
    Return the upright box (x, y, w, h) around points (column, row), in any order.

    Raises InputError for fewer than two points, for NaN or infinity, and for a box with a side
    under `smallest` pixels.
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

    `first` is the click that waits, None if there is none.
    """

    def __init__(self) -> None:
        self.first: Corner | None = None

    def add(self, corner: Corner, smallest: float) -> Box | None:
        """
        Take a click; return the box if it completes one, None if it waits for the second.

        A click from another tool than the first starts anew. Raises InputError where the two give
        no usable box; both are forgotten then.
        """
        first, self.first = self.first, None
        if first is None or first.source != corner.source:
            self.first = corner
            return None
        return enclosing_box([(first.column, first.row), (corner.column, corner.row)], smallest)

    def expire(self, now: float, patience: float) -> float | None:
        """Forget a click that has waited longer than `patience` seconds; return its age then."""
        if self.first is None or now - self.first.time <= patience:
            return None
        age = now - self.first.time
        self.first = None
        return age

    def clear(self) -> None:
        """Forget the click that waits."""
        self.first = None
