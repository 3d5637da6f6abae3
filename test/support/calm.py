# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""An object that another process can import and hold."""

import os

from aiatrack_ros.errors import DeviceError
from aiatrack_ros.errors import InputError


class Calm:
    """Lives in the other process."""

    def __init__(self, text: str) -> None:
        if not text:
            raise DeviceError('no text')
        self._text = text

    def say(self, times: int) -> tuple[str, int]:
        return self._text * times, os.getpid()

    def refuse(self) -> None:
        raise InputError('not so')

    def fail(self) -> None:
        raise KeyError('a bug')

    def die(self) -> None:
        os._exit(3)
