# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Tracks one target through one video, frame by frame."""

from collections.abc import Sequence
import contextlib
import csv
import json
from pathlib import Path
from types import TracebackType
from typing import Literal
from typing import Protocol
from typing import TextIO

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.drawing import draw
from aiatrack_ros.tracking.output_files import check_output
from aiatrack_ros.tracking.picture_writer import PictureWriter
from aiatrack_ros.tracking.sources import Source
from aiatrack_ros.tracking.target_state import State
from aiatrack_ros.tracking.tracker import TrackResult
from aiatrack_ros.tracking.video import VideoWriter
import numpy as np
from tqdm import tqdm

COLUMNS = ('frame', 'x', 'y', 'w', 'h', 'score', 'state')
# The state of a frame in which there is no target; its row has no box and no score.
IDLE = 'idle'


class Follower(Protocol):
    """A Tracker, or what stands in front of one and may have no target for a while."""

    def initialize(self, image: np.ndarray, box: Box) -> None:
        """Take as target what is in a box, x, y, w, h in pixels of (H, W, 3) uint8 RGB."""

    def track(self, image: np.ndarray) -> TrackResult | None:
        """Return where the target is in the next frame; None while there is no target."""


class BoxTable:
    """Writes a table of COLUMNS, each row as soon as it is known; a context manager.

    The file is not opened before the first row.

    Args:
        path: Where to write it.
        form: 'csv' has a line with the names of the columns before the rows; 'json' has one
            object in each line.

    Raises:
        InputError: The file can't be written.
    """

    def __init__(self, path: str | Path, form: Literal['csv', 'json']) -> None:
        self.path = check_output(form, path)
        self._form = form
        self._file: TextIO | None = None

    def __enter__(self) -> 'BoxTable':
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file:
            self._file.close()

    def write(self, row: Sequence) -> None:
        """Append a row, so that it is in the file whatever comes after it.

        Args:
            row: A value for each of COLUMNS.

        Raises:
            InputError: It can't be written.
        """
        try:
            if self._file is None:
                self._file = self.path.open('w', newline='', encoding='utf-8')
                if self._form == 'csv':
                    csv.writer(self._file).writerow(COLUMNS)
            if self._form == 'csv':
                csv.writer(self._file).writerow(row)
            else:
                self._file.write(json.dumps(dict(zip(COLUMNS, row))) + '\n')
            self._file.flush()
        except OSError as error:
            self._give_up()
            raise InputError(
                f"{self._form} '{self.path}' can't be written: {error.strerror or error}"
            ) from error

    def _give_up(self) -> None:
        if self._file:
            with contextlib.suppress(OSError):  # close() tries once more to write
                self._file.close()
            self._file = None


def track_video(
    tracker: Follower,
    video: Source,
    box: Box,
    writer: VideoWriter | PictureWriter | None,
    tables: Sequence[BoxTable] = (),
) -> tuple[list[tuple], list[float]]:
    """Track a target through a video, and draw the boxes into another if there is a writer.

    Args:
        tracker: Follows the target.
        video: Its frames are (H, W, 3) uint8, RGB.
        box: Where the target is in the first frame: x, y, w, h in pixels.
        writer: Takes each frame with the box drawn in; None if nothing is to be drawn.
        tables: They take each row as soon as it is known.

    Returns:
        A row of COLUMNS for each frame; and the time in seconds that tracking took in each frame
        after the first in which there was a target.

    Raises:
        InputError: The video can't be read, a result can't be written, or the box is no target.
    """
    rows: list[tuple] = []
    seconds: list[float] = []
    progress = tqdm(video, total=video.frame_count or None, unit='frame', disable=None)
    for index, image in enumerate(progress):
        found: tuple[Box, float, State] | None = (box, 1.0, State.TRACKING)
        if index == 0:
            tracker.initialize(image, box)
        else:
            result = tracker.track(image)
            found = None
            if result is not None:
                found = result.box, result.score, result.state
                seconds.append(result.times['total'])
        rows.append((index, *_row(found)))
        for table in tables:
            table.write(rows[-1])
        if writer:
            writer.write(_drawn(image, found))
    return rows, seconds


def _row(found: tuple[Box, float, State] | None) -> tuple:
    """Return the values of all COLUMNS but the first, which is the number of the frame."""
    if found is None:
        return (None,) * (len(COLUMNS) - 2) + (IDLE,)
    box, score, state = found
    return (*(round(value, 3) for value in box), round(score, 4), state.value)


def _drawn(image: np.ndarray, found: tuple[Box, float, State] | None) -> np.ndarray:
    if found is None:
        return draw(image, IDLE)
    box, score, state = found
    return draw(image, state.value, box if state is State.TRACKING else None, score)
