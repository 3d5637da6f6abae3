# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A box that a person drags with the mouse on a picture that stands still meanwhile."""

from aiatrack_ros.errors import InputError
from aiatrack_ros.picker.corner_pair import enclosing_box
from aiatrack_ros.tracking.boxes import Box

Position = tuple[float, float]


class DragSelection:
    """
    Follows the mouse; positions are (column, row) in pixels of the picture and may leave it.

    `active` from the press of the button until `clear`: so long the picture must stand still.
    """

    def __init__(self) -> None:
        self.active = False
        self.dragging = False
        self._start: Position = (0.0, 0.0)
        self._end: Position = (0.0, 0.0)
        self._size = (0, 0)

    @property
    def advice(self) -> str:
        """What to do now, for a caption."""
        if self.active:
            return 'Enter: track this    r: draw again    Esc: back'
        return 'drag a box around the target    Esc: end'

    def mouse(self, kind: str, position: Position, columns: int, rows: int) -> None:
        """Take what SelectionWindow tells of the mouse, over a picture of this size."""
        if kind == 'press':
            self.press(position, columns, rows)
        elif kind == 'move':
            self.move(position)
        else:
            self.release(position)

    def press(self, position: Position, columns: int, rows: int) -> None:
        """Begin a box, in place of one drawn before, on a picture of this size."""
        self._size = (columns, rows)
        self._start = self._end = self._clamped(position)
        self.active = self.dragging = True

    def move(self, position: Position) -> None:
        """Follow the mouse."""
        if self.dragging:
            self._end = self._clamped(position)

    def release(self, position: Position) -> None:
        """End the box."""
        self.move(position)
        self.dragging = False

    def clear(self) -> None:
        """Forget the box."""
        self.active = self.dragging = False

    def outline(self) -> tuple[Position, Position]:
        """Return the two corners, of a box of any size."""
        return self._start, self._end

    def box(self, smallest: float) -> Box:
        """Return the box; raise InputError without one, or if a side is under `smallest`."""
        if not self.active:
            raise InputError('no box is drawn yet')
        return enclosing_box([self._start, self._end], smallest)

    def _clamped(self, position: Position) -> Position:
        columns, rows = self._size
        column, row = position
        return min(max(column, 0.0), float(columns)), min(max(row, 0.0), float(rows))
