# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Serves the target picker's page for as long as a command needs it."""

from queue import SimpleQueue
from typing import Any
from typing import TypeVar

from aiatrack_ros.picker.page_server import Reply
from aiatrack_ros.picker.picker_settings import PickerSettings
from aiatrack_ros.picker.server import TargetPicker
from aiatrack_ros.tracking.boxes import Box

Page = TypeVar('Page', bound='ServedPage')

# The number of the picture, and the box, which is None where Forget was pressed.
Request = tuple[int, Box | None, Reply]


class ServedPage:
    """
    The page, as a context manager that serves it; what is asked on it waits for the command.

    The numbers of the pictures, from 1 on, go to the page as their stamps.

    Args:
        settings: How to serve; None for any free port of this machine alone.

    Raises:
        InputError: The page cannot be served.
    """

    def __init__(self, settings: PickerSettings | None = None) -> None:
        self._requests: SimpleQueue[Request] = SimpleQueue()
        self._number = 0
        self._picker = TargetPicker(self, settings or PickerSettings(port=0, keep_seconds=0))

    def __enter__(self: Page) -> Page:
        self._picker.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._picker.stop()

    @property
    def address(self) -> str:
        """The address of the page, which is known once it is served."""
        return self._picker.address

    @property
    def number(self) -> int:
        """The number of the newest picture; 0 before the first."""
        return self._number

    # --- what the page asks for, on its server's thread ---

    def follow(self, stamp: int, box: Box, reply: Reply) -> None:
        """Keep a box, in the picture with the number `stamp`, until the command takes it."""
        self._requests.put((stamp, box, reply))

    def forget(self, reply: Reply) -> None:
        """Keep the wish, of the picture that is shown, until the command takes it."""
        self._requests.put((self._number, None, reply))

    def viewers_changed(self, viewers: int, holding: int) -> None:
        """Do nothing: pictures are kept in any case."""
