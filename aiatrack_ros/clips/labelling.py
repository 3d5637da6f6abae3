# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A few boxes that a person gives for a clip become boxes of nearly all of its images.

Between two images with a box the target is tracked forwards from the one and backwards from the
other. Where both agree, the box is in between, nearer to the nearer one; where they don't, the
image stays without a label, for a wrong one teaches worse than none.
"""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
import csv
from dataclasses import dataclass
from pathlib import Path
import shutil
from typing import Protocol

from aiatrack_ros.clips.clip import Clip
from aiatrack_ros.clips.clip import Shot
from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.boxes import box_iou
from aiatrack_ros.tracking.picture_files import is_jpeg
from aiatrack_ros.tracking.target_state import State
import cv2
import numpy as np

# Tracking forwards and backwards agree on an image from this IoU on.
AGREE = 0.6
# Where only one direction has a given box to start from, it is believed from this score on.
BELIEVED = 0.7

TABLE = 'boxes.csv'
NO_BOX = 'give the box of the target in one image at least'

# It wraps the indices of images that are gone through.
Progress = Callable[[Iterable[int]], Iterable[int]]


class Follower(Protocol):
    """What is asked of a tracker."""

    def initialize(self, image: np.ndarray, box: Sequence[float]) -> None:
        """Take a new target: a box x, y, w, h in pixels of an image (H, W, 3) uint8, RGB."""

    def track(self, image: np.ndarray) -> 'Outcome':
        """Find the target in the next image, (H, W, 3) uint8, RGB."""


class Outcome(Protocol):
    """What is asked of a tracker's results."""

    @property
    def box(self) -> Box:
        """The box, x, y, w, h in pixels."""

    @property
    def score(self) -> float:
        """How well the box fits, in [0, 1]."""

    @property
    def state(self) -> State:
        """Whether the target is tracked or lost."""


def shots_of(clip: Clip) -> list[Shot]:
    """Return the images of a clip, each once, in the order in which they were worked on."""
    shots: list[Shot] = []
    known: set[int] = set()
    for shot in clip.shots():
        stamp = shot.event.get('stamp', 0)
        if shot.message is None or stamp in known:
            continue
        shots.append(shot)
        if stamp:  # some cameras don't stamp their images
            known.add(stamp)
    return shots


@dataclass(frozen=True)
class Gap:
    """The images between two that were given, or between one of them and an end of the clip.

    Attributes:
        begin: The index of the image that was given before these; -1 at the clip's begin.
        end: The index of the one that was given behind them; the number of images at its end.
        first: The box that was given in `begin`, x, y, w, h in pixels; None if there is none.
        last: The same of `end`.
        closed: Whether both images were given.
    """

    begin: int
    end: int
    first: Box | None
    last: Box | None
    closed: bool

    @property
    def between(self) -> range:
        """The indices of the images."""
        return range(self.begin + 1, self.end)

    @property
    def untracked(self) -> dict[int, Box | None]:
        """What is known without tracking: between two images without the target it is absent."""
        return dict.fromkeys(self.between) if self.closed and not self.steps else {}

    @property
    def steps(self) -> int:
        """In how many images a tracker has to look, some of them twice."""
        return len(self.between) * sum(box is not None for box in (self.first, self.last))


def gaps_of(count: int, keys: Mapping[int, Box | None]) -> list[Gap]:
    """Return the gaps that are to be filled in, in their order, also those without an image.

    Args:
        count: How many images the clip has.
        keys: What was given, as for `fill`.

    Raises:
        InputError: Something was given for an image that is not there.
    """
    given = sorted(keys)
    wrong = [index for index in given if not 0 <= index < count]
    if wrong:
        raise InputError(f'there is no image {wrong[0]}; the clip has {count}, from 0')
    ends = [-1, *given, count]
    return [
        Gap(begin, end, keys.get(begin), keys.get(end), begin in keys and end in keys)
        for begin, end in zip(ends, ends[1:])
    ]


def fill(
    count: int,
    picture: Callable[[int], np.ndarray],
    keys: Mapping[int, Box | None],
    tracker: Follower,
    progress: Progress = iter,
) -> dict[int, Box | None]:
    """Return the boxes of images between those that were given.

    Args:
        count: How many images the clip has.
        picture: Returns the image of an index, (H, W, 3) uint8, RGB.
        keys: Boxes that were given, x, y, w, h in pixels, by the index of their image; None where
            the target can't be seen.
        tracker: Follows the target from each given box to the next one.
        progress: Wraps the indices that are gone through.

    Returns:
        By index: a box, or None where the target can't be seen; images that are not known are
        left out. Those given are as they were given.

    Raises:
        InputError: No box was given, or one of an image that is not there.
    """
    if not any(keys.values()):
        raise InputError(NO_BOX)
    labels: dict[int, Box | None] = dict(keys)
    for gap in gaps_of(count, keys):
        labels.update(fill_gap(gap, picture, tracker, progress))
    return dict(sorted(labels.items()))


def fill_gap(
    gap: Gap,
    picture: Callable[[int], np.ndarray],
    tracker: Follower,
    progress: Progress = iter,
) -> dict[int, Box | None]:
    """Return what `fill` says of the images of one gap; with no `steps` nothing is tracked."""
    first, last, between = gap.first, gap.last, gap.between
    if not first and not last:
        return gap.untracked
    forwards = _follow(tracker, picture, gap.begin, first, progress(between)) if first else {}
    backwards = _follow(tracker, picture, gap.end, last, progress(between[::-1])) if last else {}
    labels: dict[int, Box | None] = {}
    for index in between:
        if first and last:
            label = _both(index, gap.begin, gap.end, forwards[index], backwards[index])
        else:
            label = _one({**forwards, **backwards}.get(index))
        if label:
            labels[index] = label
    return labels


_Found = tuple[Box, float, bool]  # box, score, still tracked


def _follow(
    tracker: Follower,
    picture: Callable[[int], np.ndarray],
    key: int,
    box: Box,
    indices: Iterable[int],
) -> dict[int, _Found]:
    tracker.initialize(picture(key), box)
    found: dict[int, _Found] = {}
    for index in indices:
        result = tracker.track(picture(index))
        found[index] = (result.box, result.score, result.state is State.TRACKING)
    return found


def _both(index: int, begin: int, end: int, forwards: _Found, backwards: _Found) -> Box | None:
    if box_iou(forwards[0], backwards[0]) < AGREE:
        return None
    share = (index - begin) / (end - begin)
    x, y, w, h = ((1 - share) * a + share * b for a, b in zip(forwards[0], backwards[0]))
    return x, y, w, h


def _one(found: _Found | None) -> Box | None:
    if found is None:
        return None
    box, score, tracked = found
    return box if tracked and score >= BELIEVED else None


def write_training_clip(
    folder: Path,
    shots: Sequence[Shot],
    labels: Mapping[int, Box | None],
    replace: bool = False,
) -> Path:
    """Write pictures and TABLE into a folder, as `aiatrack train` and `eval` read them.

    Pictures that came compressed are written as they came, others as PNG. The folder appears when
    all is written, and if that fails there is none.

    Args:
        folder: The folder to make.
        shots: The images of the clip.
        labels: What `fill` returned.
        replace: Whether the folder may exist already, and is then replaced.

    Returns:
        The path of the table.

    Raises:
        InputError: It can't be written, or is there already.
    """
    if folder.exists() and not replace:
        raise InputError(f"'{folder}' is there already; name another folder")
    part = folder.with_name(f'.{folder.name}.part')
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        for index in labels:
            _write_picture(part / _name(index), shots[index])
        write_boxes(part / TABLE, labels)
        if folder.exists():
            shutil.rmtree(folder)
        part.rename(folder)
    except OSError as error:
        raise InputError(f"'{folder}' can't be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder / TABLE


def _name(index: int) -> str:
    return f'{index:06d}'


def write_boxes(path: Path, labels: Mapping[int, Box | None]) -> None:
    """Write a table of boxes; raise OSError if that is not possible.

    Args:
        path: The file.
        labels: Boxes x, y, w, h in pixels, by the index of their image; None, where the target
            can't be seen, is written as NaN.
    """
    with path.open('w', newline='', encoding='utf-8') as file:
        rows = csv.writer(file)
        rows.writerow(('frame', 'x', 'y', 'w', 'h'))
        for index, box in labels.items():
            numbers = ['nan'] * 4 if box is None else [f'{value:.3f}' for value in box]
            rows.writerow((_name(index), *numbers))


def read_boxes(path: Path) -> dict[int, Box | None]:
    """Return what `write_boxes` wrote.

    Raises:
        InputError: The file can't be read, or is not of that form.
    """
    labels: dict[int, Box | None] = {}
    try:
        with path.open(newline='', encoding='utf-8') as file:
            for row in csv.DictReader(file):
                x, y, w, h = (float(row[side]) for side in 'xywh')
                labels[int(row['frame'])] = (x, y, w, h) if w == w else None
    except OSError as error:
        raise InputError(f"'{path}' can't be read: {error.strerror or error}") from error
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise InputError(f"'{path}' is damaged; remove it to begin anew") from error
    return labels


def _write_picture(stem: Path, shot: Shot) -> None:
    data = getattr(shot.message, 'data', None)
    if hasattr(shot.message, 'format') and data is not None and is_jpeg(bytes(data[:3])):
        stem.with_suffix('.jpg').write_bytes(bytes(data))
        return
    made, png = cv2.imencode('.png', np.ascontiguousarray(shot.picture[..., ::-1]))
    if not made:
        raise OSError('a picture does not become a PNG')
    stem.with_suffix('.png').write_bytes(png.tobytes())
