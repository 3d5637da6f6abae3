# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Is it still the same one? Descriptions of what was found, against those of the target."""

import math

import numpy as np
from numpy.typing import NDArray

# Likeness is the cosine to the first description, which counts for FIRST, and the largest one to
# the first and the KEPT latest. Of sure frames the first KEPT are kept, then one in EVERY.
FIRST = 0.3
KEPT = 10
EVERY = 3
# How alike one target's frames are differs: a car's are, a dancer's are not. So likeness is judged
# by its running mean over sure frames, which begins at START and moves by RATE a frame.
START = 0.8
RATE = 0.15
# The odds are even where likeness is MARGIN below its mean, and grow by e for 1 / SCALE of it.
MARGIN = 0.35
SCALE = 20.0


class Identity:
    """What a target looks like: as it was pointed at, which never changes, and of late.

    A target turns and the light changes, so what it looked like at first is not enough; and who
    took its place looks like himself of late, so that alone would be none.
    """

    def __init__(self, initial: NDArray[np.float32]) -> None:
        """Begin with the first description, a unit vector (E,); E may be 0."""
        self._initial = initial
        self._latest: list[NDArray[np.float32]] = []
        self._mean = START
        self._learned = 0

    @property
    def known(self) -> bool:
        """Whether the network describes targets; without, everybody is the target."""
        return len(self._initial) > 0

    def probability(self, description: NDArray[np.float32]) -> float:
        """Return how likely a description is one of the target; 1 where there are none."""
        if not self.known:
            return 1.0
        odds = SCALE * (self._likeness(description) - self._mean + MARGIN)
        return 1 / (1 + math.exp(-odds))

    def learn(self, description: NDArray[np.float32]) -> None:
        """Take in what the target looks like in a frame in which it was surely found.

        What is more likely somebody else is left out, or he would be the target in the end.
        """
        if not self.known or self.probability(description) < 0.5:
            return
        self._mean += RATE * (self._likeness(description) - self._mean)
        self._learned += 1
        if self._learned <= KEPT or self._learned % EVERY == 0:
            self._latest = [*self._latest[-KEPT + 1 :], description]

    def _likeness(self, description: NDArray[np.float32]) -> float:
        first = float(self._initial @ description)
        best = max(first, *(float(latest @ description) for latest in self._latest), first)
        return FIRST * first + (1 - FIRST) * best
