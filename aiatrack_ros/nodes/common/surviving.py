# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Callbacks that outlive what others send."""

from collections.abc import Callable
import functools
from typing import TypeVar

from aiatrack_ros.errors import InputError

Message = TypeVar('Message')


def surviving(
    callback: Callable[[Message], None], verdict: str, complain: Callable[[str], None]
) -> Callable[[Message], None]:
    """
    Return a callback of a subscription that raises nothing, whatever message comes.

    rclpy ends the spin, and so the node, with what a callback raises. Messages are by others, and
    any of their fields may hold anything. In place of what was raised, `complain` takes one line:
    `verdict`, as 'image on /camera not used', and why.
    """

    @functools.wraps(callback)
    def survive(message: Message) -> None:
        try:
            callback(message)
        except Exception as error:
            complain(f'{verdict}: {reason(error)}')

    return survive


def reason(error: Exception) -> str:
    """Return what to say of an error: its kind too, where it is none that we foresaw."""
    return str(error) if isinstance(error, InputError) else f'{type(error).__name__}: {error}'
