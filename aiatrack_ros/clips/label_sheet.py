# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What a person has given of a clip so far, and what is filled in between."""

from collections.abc import Callable
import threading

from aiatrack_ros.clips.labelling import fill_gap
from aiatrack_ros.clips.labelling import Follower
from aiatrack_ros.clips.labelling import Gap
from aiatrack_ros.clips.labelling import gaps_of
from aiatrack_ros.clips.labelling import Progress
from aiatrack_ros.tracking.boxes import Box
import numpy as np


class LabelSheet:
    """
    Keeps what was given and what was filled in; what is given anew makes only its gaps blank.

    A gap that was filled in once is remembered, so that a correction which is taken back brings
    its labels back. All methods may be called from any thread, also while `fill` works.

    Args:
        count: How many images the clip has.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._given: dict[int, Box | None] = {}
        self._known: dict[Gap, dict[int, Box | None]] = {}
        self._lock = threading.Lock()

    def give(self, index: int, box: Box | None) -> None:
        """Note the box in an image, x, y, w, h in pixels; None if the target can't be seen.

        Raises:
            InputError: There is no such image.
        """
        gaps_of(self._count, {index: box})
        with self._lock:
            self._given[index] = box

    def take_back(self, index: int) -> None:
        """Forget what was given for an image, if anything was."""
        with self._lock:
            self._given.pop(index, None)

    @property
    def given(self) -> dict[int, Box | None]:
        """What was given, by the index of the image, in their order."""
        with self._lock:
            return dict(sorted(self._given.items()))

    @property
    def blank(self) -> list[Gap]:
        """The gaps that have to be tracked through before something is known of their images."""
        return [gap for gap in self._gaps() if gap.steps and gap not in self._known]

    @property
    def unknown(self) -> list[range]:
        """The indices of which nothing is known yet; not all of them can be filled in."""
        gaps = [gap for gap in self._gaps() if gap not in self._known and not gap.untracked]
        return [gap.between for gap in gaps if gap.between]

    @property
    def filled(self) -> dict[int, Box | None]:
        """What is filled in between what is given now, as `labelling.fill` returns it."""
        labels: dict[int, Box | None] = {}
        for gap in self._gaps():
            labels.update(self._known.get(gap, gap.untracked))
        return labels

    @property
    def labels(self) -> dict[int, Box | None]:
        """What is given and what is filled in, in the order of the images."""
        return dict(sorted({**self.filled, **self.given}.items()))

    def fill(
        self,
        picture: Callable[[int], np.ndarray],
        tracker: Follower,
        progress: Progress = iter,
    ) -> None:
        """Fill in what is blank; the arguments are those of `labelling.fill`.

        What is given meanwhile is left for the next time. If `progress` raises an error, the gaps
        that were done before it stay filled in.
        """
        for gap in self.blank:
            self._known[gap] = fill_gap(gap, picture, tracker, progress)

    def _gaps(self) -> list[Gap]:
        return gaps_of(self._count, self.given)
