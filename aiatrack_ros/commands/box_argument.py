# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Boxes on the command line as people write them, which argparse alone would refuse."""

from collections.abc import Sequence
import re

OPTION = '--box'
_NUMBERS = 4


def join_boxes(argv: Sequence[str]) -> list[str]:
    """Return arguments with the numbers of each --box in one argument, '--box=x y w h'.

    Without that, argparse would take a number with a minus for an option, and the numbers after
    the first one for other arguments. A number may have a minus, because a box may reach out of
    its picture.
    """
    joined: list[str] = []
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        name, sign, value = word.partition('=')
        if name == OPTION:
            parts = [value] if sign else []
            while rest and _count(parts) < _NUMBERS and _is_part(rest[0]):
                parts.append(rest.pop(0))
            word = f'{OPTION}={" ".join(parts)}' if parts else word
        joined.append(word)
    return joined


def _numbers(text: str) -> list[str]:
    """Return the numbers in a text as texts; a mark such as @corners is left out."""
    return [part for part in re.split(r'[,\s]+', text) if part and not part.startswith('@')]


def _count(parts: list[str]) -> int:
    return sum(len(_numbers(part)) for part in parts)


def _is_part(word: str) -> bool:
    """Tell whether a word belongs to a box.

    What begins like a number does, even with a slip in it, so that the error is about the box.
    """
    if re.match(r'@|-[\d.]', word):
        return True
    try:
        return bool([float(number.removesuffix('%')) for number in _numbers(word)])
    except ValueError:
        return False
