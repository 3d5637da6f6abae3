# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Sequences in which the target leaves, made in memory from real ones in which it stays.

Two kinds, because a tracker can pass one and fail the other:

- covered: background from beside the target is laid over it, and later taken away. The scene
  stays as it was, and the target comes back.
- cut: the picture changes to another sequence. Nothing of the scene remains, as when the camera
  turns away for good.
"""

from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass
from dataclasses import field

from aiatrack_ros.datasets.sequences import Sequence
import cv2
import numpy as np

HEAD, AWAY, BACK = 30, 40, 30  # frames with the target, without it, with it again
SHORTEST = 40  # sequences of fewer frames are left out
MARGIN = 0.3  # of the target's size, covered with it on each side: shadows, limbs
LEAST_BACKGROUND = 0.25  # of the covered area must be found beside it


@dataclass(frozen=True)
class Departure(Sequence):
    """A sequence whose target is taken away in the frames in which it is not visible."""

    stand_in: Sequence | None = field(default=None, repr=False)  # shown meanwhile; None: cover

    def image(self, index: int) -> np.ndarray:
        """Return a frame: uint8 (H, W, 3), RGB."""
        image = super().image(index)
        if self.visible[index]:
            return image
        if self.stand_in is None:
            return cover(image, self.truth[index])
        other = self.stand_in.image(index % len(self.stand_in))
        return cv2.resize(np.ascontiguousarray(other), image.shape[1::-1])


def make_departures(sequences: SequenceOf[Sequence]) -> list[Departure]:
    """Make a covered and a cut version of each sequence that is long enough and fully visible.

    A target without enough background beside it is not covered; a single sequence is not cut.
    """
    fit = [s for s in sequences if s.visible.all() and len(s) >= SHORTEST]
    made = []
    for position, sequence in enumerate(fit):
        share = min(1.0, len(sequence) / (HEAD + AWAY + BACK))
        leaves, returns, ends = (int(n * share) for n in (HEAD, HEAD + AWAY, HEAD + AWAY + BACK))
        if _can_be_covered(sequence, leaves):
            made.append(_depart(sequence, 'covered', leaves, returns, ends))
        if len(fit) > 1:
            other = fit[(position + 1) % len(fit)]
            made.append(_depart(sequence, 'cut', leaves, returns, returns, other))
    return made


def _depart(
    sequence: Sequence,
    kind: str,
    leaves: int,
    returns: int,
    ends: int,
    stand_in: Sequence | None = None,
) -> Departure:
    visible = np.ones(ends, bool)
    visible[leaves:returns] = False
    return Departure(
        name=f'{sequence.name} {kind}',
        layout=sequence.layout,
        images=sequence.images[:ends],
        truth=sequence.truth[:ends],
        visible=visible,
        resolution=sequence.resolution,
        stand_in=stand_in,
    )


def _can_be_covered(sequence: Sequence, leaves: int) -> bool:
    image = sequence.image(leaves)
    region = _region(sequence.truth[leaves], image.shape)
    return _area(_background(region, image.shape)) >= LEAST_BACKGROUND * _area(region)


def cover(image: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Return a copy of an image (H, W, 3) in which the background hides the box (x, y, w, h)."""
    x1, y1, x2, y2 = _region(box, image.shape)
    left, top, right, bottom = _background((x1, y1, x2, y2), image.shape)
    covered = image.copy()
    if not _area((x1, y1, x2, y2)) or not _area((left, top, right, bottom)):
        return covered
    patch = image[top:bottom, left:right]
    # Background that is smaller than the target is mirrored until it is as large.
    grow = ((0, y2 - y1 - patch.shape[0]), (0, x2 - x1 - patch.shape[1]), (0, 0))
    patch = np.pad(patch, grow, mode='symmetric')
    x, y, w, h = box
    opacity = np.outer(
        _opacity(np.arange(y1, y2) + 0.5, y, h), _opacity(np.arange(x1, x2) + 0.5, x, w)
    )[..., None]
    hidden = covered[y1:y2, x1:x2]
    hidden[:] = np.rint(opacity * patch + (1 - opacity) * hidden)
    return covered


def _opacity(position: np.ndarray, start: float, size: float) -> np.ndarray:
    """Return 1 over the target and the nearer half of its margin, falling to 0 over the other."""
    outside = np.maximum(start - position, position - start - size) / (MARGIN * size)
    return np.clip(2 - 2 * outside, 0, 1)


Region = tuple[int, int, int, int]  # x1, y1, x2, y2 in whole pixels, ends excluded


def _region(box: np.ndarray, shape: tuple[int, ...]) -> Region:
    """Return what has to be covered: the box with its margin, inside the image."""
    x, y, w, h = box
    height, width = shape[:2]
    x1, x2 = (int(np.clip(v, 0, width)) for v in (x - MARGIN * w, np.ceil(x + w + MARGIN * w)))
    y1, y2 = (int(np.clip(v, 0, height)) for v in (y - MARGIN * h, np.ceil(y + h + MARGIN * h)))
    return x1, y1, x2, y2


def _background(region: Region, shape: tuple[int, ...]) -> Region:
    """Return the largest piece of image, up to the region's size, at one of its four sides."""
    x1, y1, x2, y2 = region
    height, width = shape[:2]
    sides = (
        (max(0, 2 * x1 - x2), y1, x1, y2),
        (x2, y1, min(width, 2 * x2 - x1), y2),
        (x1, max(0, 2 * y1 - y2), x2, y1),
        (x1, y2, x2, min(height, 2 * y2 - y1)),
    )
    return max(sides, key=_area)


def _area(region: Region) -> int:
    x1, y1, x2, y2 = region
    return max(0, x2 - x1) * max(0, y2 - y1)
