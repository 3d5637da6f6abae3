# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Boxes as people write them: x,y,w,h, or two corners, in pixels or in parts of the picture.

And sizes of pictures: WIDTHxHEIGHT.
"""

import re

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.boxes import Box

FORMS = "x,y,w,h or '@corners x1,y1,x2,y2', numbers in pixels or, with %, in parts of the picture"
_CORNERS = '@corners'


def read_box(text: str, width: int, height: int) -> Box:
    """Return the box x, y, w, h, in pixels of a picture of this size, that a text stands for.

    It is not held to the picture; `check_box` does that.

    Args:
        text: Four numbers with commas or spaces between them: x, y, w, h, or after ``@corners``
            two opposite corners, in any order. A number with % is a part of the picture's width
            (the first and third) or height.
        width: Of the picture in pixels.
        height: Of the picture in pixels.

    Raises:
        InputError: It is not of this form, or the corners lie on one line.
    """
    words = text.strip()
    corners = words.startswith(_CORNERS)
    if corners:
        words = words[len(_CORNERS) :]
    parts = [part for part in re.split(r'\s*,\s*|\s+', words.strip()) if part]
    try:
        sizes = (width, height, width, height)
        a, b, c, d = (_number(part, size) for part, size in zip(parts, sizes, strict=True))
    except ValueError as error:
        raise InputError(
            f"box '{text}' is not four numbers, such as 310,120,60,150; give {FORMS}"
        ) from error
    if not corners:
        return a, b, c, d
    box = (min(a, c), min(b, d), abs(c - a), abs(d - b))
    if not (box[2] and box[3]):
        raise InputError(f"box '{text}' is empty: its corners lie on one line")
    return box


def read_size(text: str) -> tuple[int, int]:
    """Return the width and height in pixels that WIDTHxHEIGHT says; raise InputError otherwise."""
    found = re.fullmatch(r'(\d{1,5})x(\d{1,5})', text)
    if not found:
        raise InputError(f"size '{text}' is not WIDTHxHEIGHT, such as 640x480")
    return int(found[1]), int(found[2])


def _number(text: str, size: int) -> float:
    """Return a number, in pixels; one with % is a part of the side of `size` pixels."""
    if text.endswith('%'):
        return float(text[:-1]) / 100 * size
    return float(text)
