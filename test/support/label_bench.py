# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Somebody who takes what is labelled on the page, without tracking."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiatrack_ros.errors import InputError
from aiatrack_ros.picker import wire
from aiatrack_ros.picker.label_server import LabelServer
from aiatrack_ros.picker.page_server import Reply
from aiatrack_ros.picker.picker_settings import PickerSettings
from aiatrack_ros.tracking.boxes import Box
import cv2
import numpy as np

SIZE = WIDTH, HEIGHT = 640, 480
COUNT = 40
TORN = 39  # an image that can't be decoded
BOX = (100.0, 120.0, 200.0, 160.0)


def film() -> wire.Film:
    """Return a film whose target stands still in BOX, and was lost in its second half."""
    half = COUNT // 2
    return wire.Film(
        'clip_hall',
        [index / 25 for index in range(COUNT)],
        [BOX] * half + [None] * half,
        [None] + [0.8] * (COUNT - 1),
        [0, 13, 26],
    )


class Desk:
    """Takes corrections; what was ordered is noted, and done only when the test does it."""

    def __init__(self) -> None:
        self.given: dict[int, Box | None] = {}
        self.filled: dict[int, Box | None] = {}
        self.blank = [(0, COUNT - 1)]
        self.ordered: list[str] = []
        self.objection = ''
        self.looked: list[int] = []
        self.server: LabelServer

    def picture(self, index: int) -> np.ndarray:
        self.looked.append(index)
        if index == TORN:
            raise InputError(f'image {index} is torn')
        picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
        cv2.putText(picture, str(index), (40, 90), cv2.FONT_HERSHEY_SIMPLEX, 3, (255, 255, 255), 6)
        return picture

    def correct(self, index: int, box: Box | None, reply: Reply) -> None:
        if not self.objection:
            self.given[index] = box
            self.tell()
        reply(not self.objection, self.objection)

    def take_back(self, index: int, reply: Reply) -> None:
        self.given.pop(index, None)
        self.tell()
        reply(True, '')

    def order(self, what: str, reply: Reply) -> None:
        self.ordered.append(what)
        reply(not self.objection, self.objection)

    def tell(self, saved: bool = False, problem: str = '') -> None:
        self.server.tell(wire.Labels(self.given, self.filled, self.blank, saved, problem))


@contextmanager
def labelling(**settings: Any) -> Iterator[Desk]:
    """Serve the page of a film on a free port."""
    desk = Desk()
    chosen = {'port': 0, 'keep_seconds': 0.0, 'picture_rate': 60.0, **settings}
    desk.server = LabelServer(desk, film(), PickerSettings(**chosen))
    desk.server.start()
    desk.tell()
    try:
        yield desk
    finally:
        desk.server.stop()
