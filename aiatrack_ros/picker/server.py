# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Serves the page of the target picker, on a thread of its own.

  picker = TargetPicker(tracking, PickerSettings(port=8642))
  picker.start()
  print(picker.address)
  picker.show(stamp, lambda: picture)    # offers the newest picture, as often as you like
  picker.tell(TargetState(...))          # says what the tracker believes
  picker.stop()
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from aiatrack_ros.picker import wire
from aiatrack_ros.picker.page_server import FOLLOW
from aiatrack_ros.picker.page_server import PageServer
from aiatrack_ros.picker.page_server import Reply
from aiatrack_ros.picker.picker_settings import PickerSettings
from aiatrack_ros.picker.picture_feed import PictureFeed
from aiatrack_ros.picker.viewer import Viewer
from aiatrack_ros.tracking.boxes import Box
from aiohttp import web
import numpy as np

# At least so much time lies between two states that a page gets, unless a state is news or belongs
# to a picture that is shown.
STATE_SECONDS = 0.05


class Tracking(Protocol):
    """
    What carries out the requests of the pages.

    Its methods are called on the thread of the server and must not wait there. A reply may be
    given later, from any thread.
    """

    def follow(self, stamp: int, box: Box, reply: Reply) -> None:
        """Follow what is in a box, x, y, w, h in pixels, of the image with this stamp in ns."""

    def forget(self, reply: Reply) -> None:
        """Forget the target, and reply whether that is done."""

    def viewers_changed(self, viewers: int, holding: int) -> None:
        """Hear how many pages are open, and on how many of them the picture stands still."""


class TargetPicker(PageServer):
    """
    The server of the page; all its methods may be called from any thread.

    Args:
        tracking: Carries out what the pages ask for.
        settings: How to serve; None for the defaults.

    Raises:
        InputError: The token is not usable.
    """

    REQUESTS = (wire.Follow, wire.Forget, wire.Hold, wire.Shown)

    def __init__(self, tracking: Tracking, settings: PickerSettings | None = None) -> None:
        super().__init__(settings or PickerSettings(), FOLLOW)
        self._tracking = tracking
        self._state = wire.TargetState()
        self._state_timer: asyncio.TimerHandle | None = None
        self._feed = PictureFeed(
            self._settings.picture_columns,
            self._settings.jpeg_quality,
            1 / self._settings.picture_rate,
            self._wake_all,
            self._judge,
        )
        self._problem = ''  # why the last picture could not be shown

    def show(self, stamp: int, decode: Callable[[], np.ndarray]) -> None:
        """
        Offer the newest picture.

        Args:
            stamp: The stamp of its image, in nanoseconds.
            decode: Returns it, (H, W, 3) uint8 RGB. It is called on another thread, and only if
                somebody looks.
        """
        self._call(lambda: self._feed.offer(stamp, decode))

    def tell(self, state: wire.TargetState) -> None:
        """Tell all viewers what the tracker believes."""
        self._call(lambda: self._take_state(state))

    # --- the thread ---

    def _viewer(self, socket: web.WebSocketResponse) -> Viewer:
        return Viewer(socket, self._feed)

    def _welcome(self, viewer: Viewer) -> None:
        viewer.tell(self._state_text())

    def _close(self) -> None:
        self._feed.close()

    def _carry_out(self, request: wire.Request, viewer: Viewer) -> None:
        if isinstance(request, wire.Shown):
            viewer.shown(request.number)
        elif isinstance(request, wire.Hold):
            viewer.hold(request.on)
            self._changed()
        elif isinstance(request, wire.Follow):
            self._tracking.follow(
                request.stamp,
                request.box,
                self._reply(viewer, request.request, 'another viewer chose a target'),
            )
        elif isinstance(request, wire.Forget):
            self._tracking.forget(
                self._reply(viewer, request.request, 'another viewer had the target forgotten')
            )

    # --- what all pages get ---

    def _changed(self) -> None:
        holding = sum(viewer.holding for viewer in self._viewers)
        self._tracking.viewers_changed(len(self._viewers), holding)

    def _wake_all(self) -> None:
        for viewer in self._viewers:
            viewer.wake()

    def _judge(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            self._flush_state()

    def _take_state(self, state: wire.TargetState) -> None:
        news = state.state != self._state.state
        self._state = state
        if state.stamp:
            self._feed.answered(state.stamp)
        if news or state.stamp in self._feed.stamps:
            self._flush_state()
        elif self._state_timer is None:
            loop = asyncio.get_running_loop()
            self._state_timer = loop.call_later(STATE_SECONDS, self._flush_state)

    def _flush_state(self) -> None:
        if self._state_timer is not None:
            self._state_timer.cancel()
            self._state_timer = None
        if self._viewers:
            text = self._state_text()
            for viewer in self._viewers:
                viewer.tell(text)

    def _state_text(self) -> str:
        state = self._state
        return wire.state_text(replace(state, problem=state.problem or self._problem))
