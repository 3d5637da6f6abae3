# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Boxes and marks of absence as tracking data sets write them, by one rule for all.

A line of a file of boxes is four numbers x, y, w, h. Where one of them is not finite, or the box
is empty (w or h not above 0), there is no target in that frame. Any other line is damaged. A frame
that a file of MARKS beside the boxes marks has no target either, whatever its box.

What is damaged is told, not judged: evaluation refuses such a sequence, for its figures would be
wrong; training leaves the frame out and says so.
"""

from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
import math
from pathlib import Path
import re

import numpy as np

Box = tuple[float, float, float, float]  # x, y, w, h in pixels

# Files with a number for each frame, and whether a zero (True) or anything else (False) marks a
# target that is absent or fully covered. LaSOT has the first two, GOT-10k the others.
MARKS = {
    'full_occlusion.txt': False,
    'out_of_view.txt': False,
    'absence.label': False,
    'cover.label': True,
}


@dataclass(frozen=True)
class Labels:
    """Where the target is in the N frames of a sequence."""

    boxes: np.ndarray  # (N, 4) x, y, w, h in pixels; NaN in a damaged line
    visible: np.ndarray  # (N,) bool: the target is there and has a box
    problems: tuple[str, ...]  # what is damaged, each with its file, line and remedy


def parse_box(words: Sequence[str]) -> Box | None:
    """Return the box x, y, w, h of four words; None if they are not four numbers.

    The box may be NaN or empty.
    """
    try:
        box = tuple(float(word) for word in words)
    except ValueError:
        return None
    return box if len(box) == 4 else None


def is_visible(box: Iterable[float]) -> bool:
    """Tell whether x, y, w, h are finite and the box is not empty."""
    x, y, w, h = box
    return all(map(math.isfinite, (x, y, w, h))) and w > 0 and h > 0


def read_labels(path: Path) -> Labels:
    """Read a file of boxes and the files of MARKS beside it.

    Each line of it is a box; commas, tabs or spaces separate its numbers. Where a file of marks is
    damaged, no frame counts as visible. A file with the first box alone withholds the truth, and
    its marks are not looked at. Nothing is raised: what is wrong is in `problems`.
    """
    rows, problems = _read_boxes(path)
    boxes = np.asarray(rows, float).reshape(-1, 4)
    visible = np.array([is_visible(row) for row in rows], bool)
    if len(rows) > 1:
        for name, zero in MARKS.items():
            file = path.with_name(name)
            if file.is_file():
                try:
                    visible &= (_read_numbers(file, len(rows)) == 0) != zero
                except ValueError as error:
                    problems.append(str(error))
                    visible[:] = False
    return Labels(boxes, visible, tuple(problems))


def _read_boxes(path: Path) -> tuple[list[Box], list[str]]:
    """Return the boxes of a file, NaN for a damaged line, and what is damaged."""
    rows: list[Box] = []
    problems: list[str] = []
    try:
        lines = _read_text(path).rstrip().split('\n')
    except ValueError as error:
        return rows, [str(error)]
    for number, line in enumerate(lines, start=1):
        box = parse_box(re.split(r'[,\s]+', line.strip().rstrip(',')))
        if box is None:
            problems.append(f'{path}:{number}: expected four numbers x,y,w,h, not {line[:60]!r}')
        rows.append(box or (math.nan,) * 4)
    return rows, problems


def _read_numbers(path: Path, count: int) -> np.ndarray:
    """Return the numbers (count,) of a file; raise ValueError, with its name, for any others."""
    words = re.split(r'[,\s]+', _read_text(path).strip())
    try:
        numbers = np.asarray([float(word) for word in words if word])
    except ValueError as error:
        raise ValueError(f'{path}: expected one number per frame: {error}') from None
    if len(numbers) != count:
        raise ValueError(
            f'{path}: {len(numbers)} marks of absence for {count} boxes; restore the label files '
            'of the sequence'
        )
    return numbers


def _read_text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f'{path}: can not be read ({error}); restore the file') from None
