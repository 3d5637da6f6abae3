# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Chooses a target for the command line: by four numbers, on a web page or in a window."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
import signal
from typing import Any
from typing import cast

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.box_text import read_box
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.boxes import check_box
from aiatrack_ros.tracking.sources import LiveSource
from aiatrack_ros.tracking.sources import Source
from aiatrack_ros.tracking.tracker import Tracker
import numpy as np

PAGE, WINDOW = 'page', 'window'


class Begun:
    """A source of which some pictures have been read already.

    Args:
        source: The source.
        pictures: The pictures to go on with, (H, W, 3) uint8, RGB.

    Attributes:
        path: As in Source, and so are `fps`, `frame_count` and `live`.
    """

    def __init__(self, source: Source, pictures: Iterator[np.ndarray]) -> None:
        self.path, self.fps, self.live = source.path, source.fps, source.live
        self.frame_count = source.frame_count
        self._pictures = pictures

    def __iter__(self) -> Iterator[np.ndarray]:
        """Return the pictures to go on with, which can be read once."""
        return self._pictures


class BoxByNumbers:
    """Chooses the box that was typed, in the first picture.

    Args:
        text: The box, as box_text.py reads it.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._chosen: tuple[Box, Begun] | None = None

    def choose(self, source: Source) -> tuple[Box, Begun]:
        """Return the box x, y, w, h in pixels, and the source from its first picture on.

        It reads that picture once, however often it is called.

        Raises:
            InputError: The text is no box that can be tracked there, or there is no picture.
        """
        if self._chosen is not None:
            return self._chosen
        pictures = iter(source)
        first = next(pictures, None)
        if first is None:
            raise InputError(f"'{source.path}' has no picture")
        height, width = first.shape[:2]
        box = check_box(read_box(self._text, width, height), width, height)
        self._chosen = box, Begun(source, chain([first], pictures))
        return self._chosen

    def shown(self, tracker: Tracker) -> Tracker:
        """Return the tracker as it is, because nobody looks on."""
        return tracker


@contextmanager
def target_choice(text: str, source: Source, select: str = PAGE) -> Iterator[Any]:
    """Give the object that chooses the target, by its methods `choose` and `shown`.

    It is a BoxByNumbers for a box that was typed, or else the page or the window. A live source is
    shown on the page even if a box was typed, unless the window is asked for.

    Args:
        text: The box that was typed; '' if there is none.
        source: The source of the pictures.
        select: PAGE or WINDOW.

    Raises:
        InputError: The page cannot be served, or the box cannot be used.
        DeviceError: No window can be opened.
    """
    numbers = BoxByNumbers(text)
    if text and (not source.live or select == WINDOW):
        if not source.live:
            numbers.choose(source)
        yield numbers
        return
    if select == WINDOW:
        from aiatrack_ros.commands.picker_window import PickerWindow

        yield PickerWindow()
        return
    try:
        from aiatrack_ros.commands.picker_page import PickerPage
    except ImportError as error:
        raise InputError(
            'the page to choose the target on needs aiohttp: pip install aiohttp, or give --box '
            f'or --select {WINDOW}'
        ) from error
    with PickerPage(numbers if text else None) as page:
        print(
            f'{"look on" if text else "draw a box around the target"} at {page.address}',
            flush=True,
        )
        yield page


@contextmanager
def ended_by_interrupt(source: Source) -> Iterator[None]:
    """Have the first Ctrl-C end a live source, so that the results up to then are kept."""
    if not source.live:
        yield
        return

    def end(*_: Any) -> None:
        cast(LiveSource, source).end()
        signal.signal(signal.SIGINT, before)  # the second Ctrl-C ends the program

    before = signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
