# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The target picker's page, asked for the box of one picture after the other."""

from aiatrack_ros.commands.served_page import ServedPage
from aiatrack_ros.errors import InputError
from aiatrack_ros.picker.wire import TargetState
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.boxes import check_box
import numpy as np


class LabelPage(ServedPage):
    """The page, on which one picture after the other gets its box."""

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
            stamp, box, reply = self._requests.get()
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
