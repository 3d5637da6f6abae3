# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Serves the page on which a film is labelled; each viewer gets the image that it asks for."""

from typing import Protocol

from aiatrack_ros.picker import wire
from aiatrack_ros.picker.page_server import LABEL
from aiatrack_ros.picker.page_server import PageServer
from aiatrack_ros.picker.page_server import Reply
from aiatrack_ros.picker.picker_settings import PickerSettings
from aiatrack_ros.picker.picture_feed import PictureFeed
from aiatrack_ros.picker.viewer import Viewer
from aiatrack_ros.tracking.boxes import Box
from aiohttp import web
import numpy as np


class Labelling(Protocol):
    """
    What carries out the requests of the pages.

    Its methods are called on the thread of the server and must not wait there, but for `picture`,
    which is called on others. A reply may be given later, from any thread.
    """

    def picture(self, index: int) -> np.ndarray:
        """Return an image, (H, W, 3) uint8, RGB; raise InputError if that is not possible."""

    def correct(self, index: int, box: Box | None, reply: Reply) -> None:
        """Take the box of an image, x, y, w, h in pixels; None if the target is not in it."""

    def take_back(self, index: int, reply: Reply) -> None:
        """Forget what was given for an image."""

    def order(self, what: str, reply: Reply) -> None:
        """Begin with one of wire.ORDERS, or say why not."""


class LabelServer(PageServer):
    """
    The server of the page; its public methods may be called from any thread.

    Args:
        labelling: Carries out what the pages ask for.
        film: What is labelled.
        settings: How to serve.

    Raises:
        InputError: The token is not usable.
    """

    REQUESTS = (wire.Look, wire.Shown, wire.Correct, wire.TakeBack, wire.Order)

    def __init__(self, labelling: Labelling, film: wire.Film, settings: PickerSettings) -> None:
        super().__init__(settings, LABEL)
        self._labelling, self._film = labelling, film
        self._feeds: dict[Viewer, PictureFeed] = {}
        self._labels = wire.labels_text(wire.Labels({}, {}, (), True))
        self._progress = wire.progress_text(wire.Progress())

    def tell(self, labels: wire.Labels) -> None:
        """Tell all viewers, and those that come later, what is known by now."""
        text = wire.labels_text(labels)

        def keep() -> None:
            self._labels = text
            self._note_all(text)

        self._call(keep)

    def progress(self, progress: wire.Progress) -> None:
        """Tell all viewers, and those that come later, how far the work is."""
        text = wire.progress_text(progress)

        def keep() -> None:
            self._progress = text
            for viewer in self._viewers:
                viewer.tell(text)  # of which only the newest is sent

        self._call(keep)

    # --- the thread ---

    def _viewer(self, socket: web.WebSocketResponse) -> Viewer:
        feed = PictureFeed(
            self._settings.picture_columns,
            self._settings.jpeg_quality,
            1 / self._settings.picture_rate,
            lambda: viewer.wake(),
            lambda problem: viewer.note(wire.notice_text(problem)) if problem else None,
        )
        viewer = Viewer(socket, feed)
        self._feeds[viewer] = feed
        return viewer

    def _welcome(self, viewer: Viewer) -> None:
        viewer.note(wire.film_text(self._film))
        viewer.note(self._labels)
        viewer.tell(self._progress)

    def _leave(self, viewer: Viewer) -> None:
        self._feeds.pop(viewer).close()

    def _carry_out(self, request: wire.Request, viewer: Viewer) -> None:
        if isinstance(request, wire.Look):
            index = min(request.index, len(self._film.times) - 1)
            self._feeds[viewer].offer(index, lambda: self._labelling.picture(index))
        elif isinstance(request, wire.Shown):
            viewer.shown(request.number)
        elif isinstance(request, wire.Correct):
            reply = self._reply(viewer, request.request)
            self._labelling.correct(request.index, request.box, reply)
        elif isinstance(request, wire.TakeBack):
            self._labelling.take_back(request.index, self._reply(viewer, request.request))
        elif isinstance(request, wire.Order):
            self._labelling.order(request.what, self._reply(viewer, request.request))
