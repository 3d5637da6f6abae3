# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A window on this machine's screen in which the target is chosen, for the command line."""

from itertools import chain
import time

from aiatrack_ros.commands.target_choice import Begun
from aiatrack_ros.errors import InputError
from aiatrack_ros.picker.corner_pair import SMALLEST_BOX
from aiatrack_ros.picker.drag_selection import DragSelection
from aiatrack_ros.picker.selection_window import ACCEPT
from aiatrack_ros.picker.selection_window import CANCEL
from aiatrack_ros.picker.selection_window import REDRAW
from aiatrack_ros.picker.selection_window import SelectionWindow
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.sources import Source
from aiatrack_ros.tracking.tracker import Tracker
import numpy as np

TITLE = 'aiatrack track'
COLUMNS = 1280  # of the window, at most
_TICK = 1 / 50


class PickerWindow:
    """
    Asks for the first box; a live source goes on in it until the mouse is pressed.

    Raises DeviceError where no window can be opened.
    """

    def __init__(self) -> None:
        self._selection = DragSelection()
        self._size = (0, 0)  # columns, rows of the picture in the window
        self._verdict = ''
        self._window = SelectionWindow(
            TITLE,
            COLUMNS,
            lambda kind, position: self._selection.mouse(kind, position, *self._size),
        )

    def choose(self, source: Source) -> tuple[Box, Begun]:
        """
        Wait until a box is drawn on the first picture, or on any of a live source.

        Returns the box, and the source from its picture on. Raises InputError if the window is
        closed, or there is no picture.
        """
        pictures = iter(source)
        try:
            for picture in pictures:
                box = self._ask(picture, source.live)
                if box:
                    return box, Begun(source, chain([picture], pictures))
        finally:
            self._window.close()
        raise InputError(f"'{source.path}' ended before a box was drawn")

    def shown(self, tracker: Tracker) -> Tracker:
        """Return the tracker as it is: the window is only for the choice."""
        return tracker

    def _ask(self, picture: np.ndarray, live: bool) -> Box | None:
        """Show a picture; return the box, or None when a live source's next one is wanted."""
        self._size = picture.shape[1], picture.shape[0]
        while True:
            outline = self._selection.outline() if self._selection.active else None
            self._window.show(picture, [self._selection.advice, self._verdict], outline)
            key = self._window.poll()
            if key == CANCEL and not self._selection.active:
                raise InputError('the window was closed before a box was drawn')
            if key in (CANCEL, REDRAW):
                self._selection.clear()
                self._verdict = ''
            elif key == ACCEPT:
                try:
                    return self._selection.box(SMALLEST_BOX)
                except InputError as error:
                    self._selection.clear()
                    self._verdict = str(error)
            if live and not self._selection.active:
                return None
            time.sleep(_TICK)
