# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A share of a data set that is too large to be held: drawn at random, and renewed while training.

Decoding bounds how fast clips are renewed, never how fast scenes are drawn, so a GPU does not
wait.
"""

from concurrent.futures import Future
from concurrent.futures import ThreadPoolExecutor
import logging

from aiatrack_ros.datasets.archives import BrokenPictureError
from aiatrack_ros.errors import InputError
from aiatrack_ros.training.clips import Clip
from aiatrack_ros.training.clips import Frame
from aiatrack_ros.training.picture_bank import Bank
from aiatrack_ros.training.picture_bank import READERS
import numpy as np
from tqdm import tqdm

logger = logging.getLogger(__name__)

ATTEMPTS = 50  # clips tried in a row before a source counts as broken
LONGEST_GAP = 200  # frames, from the first to the last that is drawn of one clip


class Pool:
    """Keeps `slots` clips of `frames` frames each in a bank.

    Clip number n, the n-th ever drawn, depends on the seed and n alone and lies in slot n % slots.
    So the pool after any number of renewals can be rebuilt.
    """

    def __init__(self, clips: list[Clip], slots: int, frames: int, seed: int) -> None:
        self.clips = clips
        self.slots = slots
        self.frames = frames
        self.seed = seed
        self._renewed = 0
        self._readers = ThreadPoolExecutor(READERS)
        self._ahead: dict[int, Future[list[Frame]]] = {}

    def fill(
        self, bank: Bank, name: str, paste: float, place: float, backdrop: bool, trust: float
    ) -> None:
        """Read the first clips and add them to a bank that is not finished yet."""
        numbers = range(self.slots)
        clips = tqdm(
            self._readers.map(self.read, numbers),
            name,
            self.slots,
            unit='clip',
            mininterval=2,
            leave=False,
        )
        self.bank = bank
        self.group = bank.add_frames(name, list(clips), paste, place, backdrop, trust)

    def advance(self, renewed: int) -> None:
        """Bring the pool to the state after `renewed` renewals in all; read ahead for the next."""
        first = max(self._renewed, renewed - self.slots)
        for index in range(first, renewed):
            number = self.slots + index
            future = self._ahead.pop(number, None) or self._readers.submit(self.read, number)
            self.bank.replace(self.group, number % self.slots, future.result())
        self._renewed = max(self._renewed, renewed)
        for number in range(self.slots + renewed, self.slots + renewed + 2 * READERS):
            if number not in self._ahead:
                self._ahead[number] = self._readers.submit(self.read, number)

    def read(self, number: int) -> list[Frame]:
        """Return the frames of clip number `number`, in the order of time."""
        rng = np.random.default_rng((self.seed, number))
        for _ in range(ATTEMPTS):
            clip = self.clips[rng.integers(len(self.clips))]
            span = min(clip.length, LONGEST_GAP + 1)
            start = int(rng.integers(clip.length - span + 1))
            times = np.sort(start + rng.integers(0, span, self.frames))
            frames = []
            for time in times:
                try:
                    frames.append(clip.read(int(time)))
                except BrokenPictureError as error:
                    logger.warning('%s; left out', error)
            if frames:
                return [frames[i * len(frames) // self.frames] for i in range(self.frames)]
        raise InputError(f'training data: {ATTEMPTS} clips in a row could not be read')
