# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Serves the target picker's page for the command line, to choose the target and to look on."""

from collections import deque
from dataclasses import dataclass
from dataclasses import replace
from itertools import chain
from queue import Empty
import time

from aiatrack_ros.commands.served_page import ServedPage
from aiatrack_ros.commands.target_choice import Begun
from aiatrack_ros.commands.target_choice import BoxByNumbers
from aiatrack_ros.errors import InputError
from aiatrack_ros.picker.picker_settings import PickerSettings
from aiatrack_ros.picker.wire import TargetState
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.boxes import check_box
from aiatrack_ros.tracking.sources import LiveSource
from aiatrack_ros.tracking.sources import Source
from aiatrack_ros.tracking.target_state import State
from aiatrack_ros.tracking.track_video import IDLE
from aiatrack_ros.tracking.tracker import Tracker
from aiatrack_ros.tracking.tracker import TrackResult
import numpy as np

# So many pictures are kept, and not more than so many bytes of them, because tracking begins in
# the picture that the box was drawn on, which is not the newest.
KEPT_PICTURES, KEPT_BYTES = 150, 2**28
_WAIT = 0.05  # seconds between two looks whether a box has been drawn


@dataclass(frozen=True)
class Drawn:
    """The wish that what is in a box be followed.

    Attributes:
        picture: The picture in which it was drawn, (H, W, 3) uint8, RGB.
        box: x, y, w, h in pixels of the picture.
    """

    picture: np.ndarray
    box: Box


@dataclass(frozen=True)
class Forgotten:
    """The wish that the target be forgotten."""


class PickerPage(ServedPage):
    """
    The page, on which a target is chosen and then looked at.

    Args:
        typed: The box to begin with; None if the first box is drawn on the page, too.
        settings: How to serve, as in ServedPage.

    Raises:
        InputError: The page cannot be served.
    """

    def __init__(
        self, typed: BoxByNumbers | None = None, settings: PickerSettings | None = None
    ) -> None:
        super().__init__(settings)
        self._typed = typed
        self._pictures: deque[tuple[int, np.ndarray]] = deque(maxlen=KEPT_PICTURES)
        self._live = False
        self._state = TargetState()

    # --- what the command asks for, on its own thread ---

    def show(self, picture: np.ndarray, state: TargetState | None = None) -> None:
        """Show a picture (H, W, 3) uint8 RGB, and what the tracker believes of it."""
        self._number += 1
        self._pictures.append((self._number, picture))
        while len(self._pictures) > max(1, KEPT_BYTES // picture.nbytes):
            self._pictures.popleft()
        self._picker.show(self._number, lambda: picture)
        if state is not None:
            self._state = state
            self._picker.tell(state)

    def complain(self, problem: str) -> None:
        """Show what is wrong, beside what was shown last, until the next picture is shown."""
        self._picker.tell(replace(self._state, problem=problem))

    def taken(self) -> Drawn | Forgotten | None:
        """Return the last wish that came since the last call; None if none came."""
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
        """Show a picture without a target; return the box that is drawn on it or on one before.

        With a live source this returns None at once if no box has been drawn; with any other
        source it waits for a box.
        """
        self.show(picture, TargetState(self._number + 1, IDLE))
        while not isinstance(wish := self.taken(), Drawn):
            if self._live:
                return None
            time.sleep(_WAIT)
        return wish

    def choose(self, source: Source) -> tuple[Box, Begun]:
        """Wait until a box is drawn on the first picture, or on any of a live source.

        A box that was typed is taken for one in the first picture.

        Returns:
            The box x, y, w, h in pixels, and the source from the picture of the box on.

        Raises:
            InputError: The pictures end before a box is drawn, or the typed box is no target.
        """
        self._live = source.live
        if isinstance(source, LiveSource):
            source.say_to(self.complain)
        if self._typed:
            return self._typed.choose(source)
        pictures = iter(source)
        for picture in pictures:
            if drawn := self.asked_on(picture):
                return drawn.box, Begun(source, chain([drawn.picture], pictures))
        raise InputError(f"'{source.path}' ended before a box was drawn")

    def shown(self, tracker: Tracker) -> 'ShownTracker':
        """Return a tracker that shows all that it sees and believes on the page."""
        return ShownTracker(tracker, self)


class ShownTracker:
    """A tracker that shows what it sees and believes on the page, where targets can be changed.

    Once the target is forgotten, there is none until a box is drawn.

    Args:
        tracker: The tracker that does the work.
        page: The page to show it on.
    """

    def __init__(self, tracker: Tracker, page: PickerPage) -> None:
        self._tracker, self._page = tracker, page
        self._following = False
        self._times: deque[float] = deque(maxlen=30)

    def initialize(self, image: np.ndarray, box: Box) -> None:
        """Take a target, as Tracker.initialize does, and show it."""
        self._tracker.initialize(image, box)
        self._following = True
        self._tell(image, State.TRACKING, box, 1.0, 0.0)

    def track(self, image: np.ndarray) -> TrackResult | None:
        """Track, as Tracker.track does, and show the result; None while there is no target."""
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
