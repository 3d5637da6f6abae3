# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The target picker's page for the command line: choose the target in it, and look on."""

from collections import deque
from dataclasses import dataclass
from itertools import chain
from queue import Empty
from queue import SimpleQueue
import time
from typing import Any

from aiatrack_ros.commands.target_choice import Begun
from aiatrack_ros.commands.target_choice import BoxByNumbers
from aiatrack_ros.errors import InputError
from aiatrack_ros.picker.server import PickerSettings
from aiatrack_ros.picker.server import Reply
from aiatrack_ros.picker.server import TargetPicker
from aiatrack_ros.picker.wire import TargetState
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.boxes import check_box
from aiatrack_ros.tracking.sources import Source
from aiatrack_ros.tracking.target_state import State
from aiatrack_ros.tracking.track_video import IDLE
from aiatrack_ros.tracking.tracker import Tracker
from aiatrack_ros.tracking.tracker import TrackResult
import numpy as np

# Pictures that are kept, so that a box begins on the one it was drawn on: so many, and so much.
KEPT_PICTURES, KEPT_BYTES = 150, 2**28
_WAIT = 0.05


@dataclass(frozen=True)
class Drawn:
    """A box in one of the pictures."""

    picture: np.ndarray
    box: Box


@dataclass(frozen=True)
class Forgotten:
    """The wish to have the target forgotten."""


_Request = tuple[int, Box | None, Reply]  # number of the picture, box; None to forget


class PickerPage:
    """
    The page, as a context manager; stamps are the numbers of the pictures, from 1.

    `typed` is the box to begin with, where there is one; else the first is drawn on the page.
    Raises InputError where it cannot be served.
    """

    def __init__(
        self, typed: BoxByNumbers | None = None, settings: PickerSettings | None = None
    ) -> None:
        self._typed = typed
        self._requests: SimpleQueue[_Request] = SimpleQueue()
        self._pictures: deque[tuple[int, np.ndarray]] = deque(maxlen=KEPT_PICTURES)
        self._number = 0
        self._live = False
        self._picker = TargetPicker(self, settings or PickerSettings(port=0, keep_seconds=1e6))

    def __enter__(self) -> 'PickerPage':
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
        """Keep a box until somebody takes it."""
        self._requests.put((stamp, box, reply))

    def forget(self, reply: Reply) -> None:
        """Keep the wish until somebody takes it."""
        self._requests.put((0, None, reply))

    def viewers_changed(self, viewers: int, holding: int) -> None:
        """Do nothing."""

    # --- what the command does with it ---

    def show(self, picture: np.ndarray, state: TargetState | None = None) -> None:
        """Show a picture (H, W, 3) uint8 RGB, and what is believed of it."""
        self._number += 1
        self._pictures.append((self._number, picture))
        while len(self._pictures) > max(1, KEPT_BYTES // picture.nbytes):
            self._pictures.popleft()
        self._picker.show(self._number, lambda: picture)
        if state is not None:
            self._picker.tell(state)

    @property
    def number(self) -> int:
        """Number of the newest picture."""
        return self._number

    def taken(self) -> Drawn | Forgotten | None:
        """Return what was asked for last since the last call; None where nothing was."""
        wish: Drawn | Forgotten | None = None
        while True:
            try:
                number, box, reply = self._requests.get_nowait()
            except Empty:
                return wish
            if box is None:
                wish = Forgotten()
                reply(True, '')
                continue
            picture = next((each for kept, each in self._pictures if kept == number), None)
            if picture is None:
                reply(False, 'that picture is no longer kept; draw on a newer one')
                continue
            try:
                wish = Drawn(picture, check_box(box, picture.shape[1], picture.shape[0]))
            except InputError as error:
                reply(False, str(error))
                continue
            reply(True, 'what is in the box')

    def asked_on(self, picture: np.ndarray) -> Drawn | None:
        """Show a picture without a target; return the box that is drawn on it or one before.

        A live source goes on without one; any other waits for it.
        """
        self.show(picture, TargetState(self._number + 1, IDLE))
        while not isinstance(wish := self.taken(), Drawn):
            if self._live:
                return None
            time.sleep(_WAIT)
        return wish

    def choose(self, source: Source) -> tuple[Box, Begun]:
        """Wait until a box is drawn on the first picture, or on any of a live source.

        A box that was typed is of the first.

        Returns:
            The box, and the source from its picture on.

        Raises:
            InputError: There is no picture.
        """
        self._live = source.live
        if self._typed:
            return self._typed.choose(source)
        pictures = iter(source)
        for picture in pictures:
            if drawn := self.asked_on(picture):
                return drawn.box, Begun(source, chain([drawn.picture], pictures))
        raise InputError(f"'{source.path}' ended before a box was drawn")

    def shown(self, tracker: Tracker) -> 'ShownTracker':
        """Return the tracker with all that it sees and believes on the page."""
        return ShownTracker(tracker, self)


class ShownTracker:
    """A tracker whose pictures and beliefs are on the page, where another target may be chosen.

    Forgotten, it has no target until the next is drawn.
    """

    def __init__(self, tracker: Tracker, page: PickerPage) -> None:
        self._tracker, self._page = tracker, page
        self._following = False
        self._times: deque[float] = deque(maxlen=30)

    def initialize(self, image: np.ndarray, box: Box) -> None:
        """Begin with a box, as the tracker does."""
        self._tracker.initialize(image, box)
        self._following = True
        self._tell(image, State.TRACKING, box, 1.0, 0.0)

    def track(self, image: np.ndarray) -> TrackResult | None:
        """Track, as the tracker does; None while there is no target."""
        wish = self._page.taken()
        if isinstance(wish, Forgotten):
            self._tracker.reset()
            self._following, wish = False, None
        if wish is None and not self._following:
            wish = self._page.asked_on(image)
        if isinstance(wish, Drawn):
            self._tracker.initialize(wish.picture, wish.box)
            self._following = True
        if not self._following:
            return None
        result = self._tracker.track(image)
        self._tell(image, result.state, result.box, result.score, result.times['total'])
        return result

    def _tell(
        self, image: np.ndarray, state: State, box: Box, score: float, seconds: float
    ) -> None:
        self._times.append(time.monotonic())
        span = self._times[-1] - self._times[0]
        self._page.show(
            image,
            TargetState(
                self._page.number + 1,
                state.value,
                box=box if state is State.TRACKING else None,
                score=score,
                rate=(len(self._times) - 1) / span if span else None,
                latency=seconds,
            ),
        )
