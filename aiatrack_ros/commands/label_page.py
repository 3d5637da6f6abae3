# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Serves the page on which a clip is labelled: correct, fill in, look again, save."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from queue import SimpleQueue
import threading
import time
from typing import Any

from aiatrack_ros.clips.clip import Shot
from aiatrack_ros.clips.label_sheet import LabelSheet
from aiatrack_ros.clips.labelling import Follower
from aiatrack_ros.clips.labelling import NO_BOX
from aiatrack_ros.clips.labelling import read_boxes
from aiatrack_ros.clips.labelling import write_boxes
from aiatrack_ros.errors import AiATrackError
from aiatrack_ros.errors import InputError
from aiatrack_ros.picker import wire
from aiatrack_ros.picker.label_server import LabelServer
from aiatrack_ros.picker.page_server import Reply
from aiatrack_ros.picker.picker_settings import PickerSettings
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.boxes import check_box
import numpy as np

_KEPT_PICTURES = 8  # decoded ones, because the one that is looked at is corrected next
_NEWS_SECONDS = 0.1  # between two news of the progress


class _StoppedError(Exception):
    """Filling in was stopped on the page."""


class LabelPage:
    """
    The page, as a context manager that serves it until it is done with.

    What was corrected is kept in a file with each correction, until it is saved. If the file is
    there already, that is where the page goes on.

    Args:
        name: The name of the clip.
        shots: Its images.
        proposed: The indices of images that are good to begin with.
        kept: The file.
        settings: How to serve.

    Raises:
        InputError: The page cannot be served, or the file is not one of this clip.
    """

    def __init__(
        self,
        name: str,
        shots: Sequence[Shot],
        proposed: Sequence[int],
        kept: Path,
        settings: PickerSettings,
    ) -> None:
        self._count = len(shots)
        self._sheet = LabelSheet(self._count)
        self._picture = lru_cache(_KEPT_PICTURES)(lambda index: shots[index].picture)
        self._kept = kept
        self._keeping = threading.Lock()  # the file is written on two threads
        self._problem = ''  # why the corrections can't be kept
        self._saved: dict[int, Box | None] = {}  # what was given when it was saved
        self._orders: SimpleQueue[str] = SimpleQueue()
        self._busy, self._stop = False, threading.Event()
        if kept.exists():
            try:
                for index, box in read_boxes(kept).items():
                    self._sheet.give(index, box)
            except InputError as error:
                raise InputError(f"'{kept}' is of another clip, or damaged: {error}") from error
        self._server = LabelServer(self, _film(name, shots, proposed), settings)

    def __enter__(self) -> 'LabelPage':
        self._server.start()
        self._tell()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.stop()

    @property
    def address(self) -> str:
        """The address of the page, which is known once it is served."""
        return self._server.address

    @property
    def given(self) -> dict[int, Box | None]:
        """What was given: a box x, y, w, h in pixels, or None, by the index of its image."""
        return self._sheet.given

    @property
    def labels(self) -> dict[int, Box | None]:
        """What was given and what is filled in, in the same form."""
        return self._sheet.labels

    @property
    def is_saved(self) -> bool:
        """Whether all that was given is saved; also while nothing was given."""
        return self._sheet.given == self._saved

    def run(
        self, tracker: Follower, save: Callable[[Mapping[int, Box | None]], object]
    ) -> dict[int, Box | None]:
        """Fill in and save whenever the page asks for it; return the labels once it is done with.

        Args:
            tracker: Follows the target from one box to the next.
            save: Writes the labels; raises InputError if that is not possible.
        """
        while (what := self._orders.get()) != wire.DONE:
            try:
                self._fill(tracker)
                said = self._outcome()
                if what == wire.SAVE:
                    self._save(save)
                    said = f'saved: {said}'
            except _StoppedError:
                said = 'stopped' if what == wire.FILL else 'stopped, and not saved'
            except AiATrackError as error:
                said = f'not {"saved" if what == wire.SAVE else "filled in"}: {error}'
            self._busy = False
            self._server.progress(wire.Progress())
            self._tell()
            self._server.notice(said)
            print(said, flush=True)
        return self._sheet.labels

    # --- what the page asks for, on its server's threads ---

    def picture(self, index: int) -> np.ndarray:
        """Return an image, (H, W, 3) uint8, RGB; raise InputError if it can't be decoded."""
        return self._picture(index)

    def correct(self, index: int, box: Box | None, reply: Reply) -> None:
        """Note a box, x, y, w, h in pixels, or that the target is not to be seen."""
        try:
            if box is not None and index < self._count:
                height, width = self._picture(index).shape[:2]
                box = check_box(box, width, height)
            self._sheet.give(index, box)
        except InputError as error:
            reply(False, str(error))
            return
        self._keep()
        self._tell()
        reply(True, '')

    def take_back(self, index: int, reply: Reply) -> None:
        """Forget what was given for an image."""
        self._sheet.take_back(index)
        self._keep()
        self._tell()
        reply(True, '')

    def order(self, what: str, reply: Reply) -> None:
        """Have `run` do something, or say why not."""
        if what == wire.STOP:
            self._stop.set()
        elif objection := self._objection(what):
            reply(False, objection)
            return
        else:
            self._busy = True
            self._stop.clear()
            if what != wire.DONE:
                self._server.progress(wire.Progress('Getting ready', 0, 1))
            self._orders.put(what)
        reply(True, '')

    def _objection(self, what: str) -> str:
        if self._busy:
            return 'something is being done already; wait for its end, or stop it'
        if what == wire.DONE:
            return '' if self.is_saved else 'what was corrected is not saved yet'
        if not any(self._sheet.given.values()):
            return NO_BOX
        if what == wire.FILL and not self._sheet.blank:
            return 'nothing is left to fill in; correct another image, or save'
        return ''

    # --- the work ---

    def _fill(self, tracker: Follower) -> None:
        # What is corrected meanwhile makes other gaps blank.
        while self._sheet.blank:
            steps = self._steps(sum(gap.steps for gap in self._sheet.blank))
            self._sheet.fill(self._picture, tracker, steps)

    def _steps(self, total: int) -> Callable[[Iterable[int]], Iterable[int]]:
        done, told = 0, 0.0

        def steps(indices: Iterable[int]) -> Iterator[int]:
            nonlocal done, told
            for index in indices:
                if self._stop.is_set():
                    raise _StoppedError
                if time.monotonic() > told + _NEWS_SECONDS:
                    told = time.monotonic()
                    self._server.progress(wire.Progress('Filling in', done, total))
                yield index
                done += 1

        return steps

    def _outcome(self) -> str:
        labels = self._sheet.labels
        absent = sum(box is None for box in labels.values())
        return f'{len(labels)} of {self._count} images have a label, {absent} without the target'

    def _save(self, save: Callable[[Mapping[int, Box | None]], object]) -> None:
        self._server.progress(wire.Progress('Saving', 0, 1))
        given = self._sheet.given
        save(self._sheet.labels)
        self._saved = given
        self._keep()

    def _keep(self) -> None:
        """Write what was given and is not saved into the file; without any there is none."""
        with self._keeping:
            part = self._kept.with_name(f'.{self._kept.name}.part')
            try:
                if self.is_saved:
                    self._kept.unlink(missing_ok=True)
                else:
                    self._kept.parent.mkdir(parents=True, exist_ok=True)
                    write_boxes(part, self._sheet.given)
                    part.replace(self._kept)
                self._problem = ''
            except OSError as error:
                self._problem = (
                    f"corrections are not kept in '{self._kept}' ({error.strerror or error}); "
                    'they are lost if the command ends before they are saved'
                )

    def _tell(self) -> None:
        self._server.tell(
            wire.Labels(
                self._sheet.given,
                self._sheet.filled,
                [(span[0], span[-1]) for span in self._sheet.unknown],
                self.is_saved,
                self._problem,
            )
        )


def _film(name: str, shots: Sequence[Shot], proposed: Sequence[int]) -> wire.Film:
    stamps = [shot.event.get('stamp', 0) for shot in shots]
    return wire.Film(
        name,
        [(stamp - stamps[0]) / 1e9 for stamp in stamps],
        [None if shot.event.get('state') == 'lost' else shot.box for shot in shots],
        [shot.event.get('score') for shot in shots],
        proposed,
    )
