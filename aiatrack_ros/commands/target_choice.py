# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""How a target is chosen on the command line: by four numbers, on a web page, in a window."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
import signal
from typing import Any
from typing import cast

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.box_text import read_box
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.sources import LiveSource
from aiatrack_ros.tracking.sources import Source
from aiatrack_ros.tracking.tracker import Tracker
import numpy as np

PAGE, WINDOW = 'page', 'window'


class Begun:
    """A source of which some pictures are past: it goes on with those that are given."""

    def __init__(self, source: Source, pictures: Iterator[np.ndarray]) -> None:
        self.path, self.fps, self.live = source.path, source.fps, source.live
        self.frame_count = source.frame_count
        self._pictures = pictures

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield them."""
        return self._pictures


class BoxByNumbers:
    """A box that was typed, for the first picture."""

    def __init__(self, text: str) -> None:
        self._text = text

    def choose(self, source: Source) -> tuple[Box, Begun]:
        """Return the box, and the source from its first picture on; raise InputError for none."""
        pictures = iter(source)
        first = next(pictures, None)
        if first is None:
            raise InputError(f"'{source.path}' has no picture")
        height, width = first.shape[:2]
        return read_box(self._text, width, height), Begun(source, chain([first], pictures))

    def shown(self, tracker: Tracker) -> Tracker:
        """Return the tracker as it is: nobody looks."""
        return tracker


@contextmanager
def target_choice(text: str, source: Source, select: str = PAGE) -> Iterator[Any]:
    """Give what chooses.

    A BoxByNumbers for a typed box; the page or the window where nothing is typed. A live source
    is shown on the page besides, unless the window is asked for.

    Raises:
        InputError: The page cannot be served.
        DeviceError: No window can be opened.
    """
    numbers = BoxByNumbers(text)
    if text and (not source.live or select == WINDOW):
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
    """Have the first Ctrl-C end a live source, so that what came before it is kept."""
    if not source.live:
        yield
        return

    def end(*_: Any) -> None:
        cast(LiveSource, source).end()
        signal.signal(signal.SIGINT, before)  # the second one ends the program

    before = signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
