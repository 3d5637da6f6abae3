# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The target picker's page, asked for the box of one picture after the other."""

from queue import SimpleQueue
from typing import Any

from aiatrack_ros.errors import InputError
from aiatrack_ros.picker.server import PickerSettings
from aiatrack_ros.picker.server import Reply
from aiatrack_ros.picker.server import TargetPicker
from aiatrack_ros.picker.wire import TargetState
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.boxes import check_box
import numpy as np


class LabelPage:
    """The page, as a context manager; raises InputError where it can't be served."""

    def __init__(self, settings: PickerSettings | None = None) -> None:
        self._answers: SimpleQueue[tuple[int, Box | None, Reply]] = SimpleQueue()
        self._number = 0
        self._picker = TargetPicker(self, settings or PickerSettings(port=0, keep_seconds=1e6))

    def __enter__(self) -> 'LabelPage':
        self._picker.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._picker.stop()

    @property
    def address(self) -> str:
        """Where it is."""
        return self._picker.address

    # --- what the page asks for, on its server's thread ---

    def follow(self, stamp: int, box: Box, reply: Reply) -> None:
        """Take the box of a picture."""
        self._answers.put((stamp, box, reply))

    def forget(self, reply: Reply) -> None:
        """Take that the target is not in the picture that is shown."""
        self._answers.put((self._number, None, reply))

    def viewers_changed(self, viewers: int, holding: int) -> None:
        """Do nothing."""

    # --- what the command does with it ---

    def ask(self, picture: np.ndarray, believed: Box | None, title: str) -> Box | None:
        """Return the box that is drawn in a picture; None where the target is not in it.

        Args:
            picture: (H, W, 3) uint8, RGB.
            believed: What the tracker took for the target there, x, y, w, h in pixels.
            title: What to say above it.
        """
        self._number += 1
        self._picker.show(self._number, lambda: picture)
        state = 'tracking' if believed else 'lost'
        self._picker.tell(TargetState(self._number, state, box=believed, problem=title))
        self._picker.notice(title)
        while True:
            stamp, box, reply = self._answers.get()
            if stamp != self._number:
                reply(False, 'that picture is answered already; draw on the one that is shown')
                continue
            if box is None:
                reply(True, 'not there')
                return None
            try:
                checked = check_box(box, picture.shape[1], picture.shape[0])
            except InputError as error:
                reply(False, str(error))
                continue
            reply(True, title)
            return checked
