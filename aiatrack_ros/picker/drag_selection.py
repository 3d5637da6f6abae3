# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Follows a mouse that drags a box on a picture, which stands still meanwhile."""

from aiatrack_ros.errors import InputError
from aiatrack_ros.picker.corner_pair import enclosing_box
from aiatrack_ros.tracking.boxes import Box

Position = tuple[float, float]


class DragSelection:
    """
    Makes a box of what the mouse does.

    Positions are (column, row) in pixels of the picture. Those outside of it count as the nearest
    point of its edge.

    Attributes:
        active: Whether there is a box, which is so from the press of the button until `clear`.
            The picture must stand still as long.
        dragging: Whether the button is down.
    """

    def __init__(self) -> None:
        self.active = False
        self.dragging = False
        self._start: Position = (0.0, 0.0)
        self._end: Position = (0.0, 0.0)
        self._size = (0, 0)

    @property
    def advice(self) -> str:
        """A caption that tells what a person can do now."""
        if self.active:
            return 'Enter: track this    r: draw again    Esc: back'
        return 'drag a box around the target    Esc: end'

    def mouse(self, kind: str, position: Position, columns: int, rows: int) -> None:
        """Take 'press', 'move' or 'release', as SelectionWindow names them, on such a picture."""
        if kind == 'press':
            self.press(position, columns, rows)
        elif kind == 'move':
            self.move(position)
        else:
            self.release(position)

    def press(self, position: Position, columns: int, rows: int) -> None:
        """Begin a box on a picture of this size; one that was drawn before is forgotten."""
        self._size = (columns, rows)
        self._start = self._end = self._clamped(position)
        self.active = self.dragging = True

    def move(self, position: Position) -> None:
        """Have the second corner follow the mouse, while the button is down."""
        if self.dragging:
            self._end = self._clamped(position)

    def release(self, position: Position) -> None:
        """Leave the second corner where the mouse is."""
        self.move(position)
        self.dragging = False

    def clear(self) -> None:
        """Forget the box."""
        self.active = self.dragging = False

    def outline(self) -> tuple[Position, Position]:
        """Return two opposite corners, whatever the size of the box."""
        return self._start, self._end

    def box(self, smallest: float) -> Box:
        """
        Return the box x, y, w, h.

        Raises:
            InputError: None is drawn, or a side is under `smallest` pixels.
        """
        if not self.active:
            raise InputError('no box is drawn yet')
        return enclosing_box([self._start, self._end], smallest)

    def _clamped(self, position: Position) -> Position:
        columns, rows = self._size
        column, row = position
        return min(max(column, 0.0), float(columns)), min(max(row, 0.0), float(rows))
