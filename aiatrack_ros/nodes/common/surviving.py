# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Callbacks that a message cannot end the node by, whatever is in it."""

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

    What a callback raises ends the spin of rclpy, and with it the node. Messages come from other
    programs, and any of their fields may hold anything.

    Args:
        callback: Takes the message, and may raise anything.
        verdict: What the error means for the message, such as 'image on /camera not used'.
        complain: Gets one line, the verdict and why, in place of what was raised.
    """

    @functools.wraps(callback)
    def survive(message: Message) -> None:
        try:
            callback(message)
        except Exception as error:
            complain(f'{verdict}: {reason(error)}')

    return survive


def reason(error: Exception) -> str:
    """Return the text of an error, with its type in front if it is not an InputError."""
    return str(error) if isinstance(error, InputError) else f'{type(error).__name__}: {error}'
