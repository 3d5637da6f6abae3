# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Is it still the same one? Descriptions of what was found, against those of the target."""

import math

import numpy as np
from numpy.typing import NDArray

# Likeness is the product with the first description, which counts for FIRST, and the largest one
# with the first and the KEPT latest. Of sure frames the first KEPT are looked at, then one in
# EVERY: a look takes as long as a frame without it.
FIRST = 0.1
KEPT = 10
EVERY = 5
# How alike one target's frames are differs: a car's are, a dancer's are not. So likeness is judged
# by its running mean over looks at sure frames, which begins at START and moves by RATE each time.
START = 0.86
RATE = 0.5
# The odds are even where likeness is MARGIN below its mean, but at HIGHEST at most: who went
# straight on was always alike, and comes back from another side and in another light. They grow by
# e for 1 / SCALE of it.
MARGIN = 0.2
HIGHEST = 0.665
SCALE = 30.0


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
        self._frames = 0  # that were sure

    @property
    def known(self) -> bool:
        """Whether the network describes targets; without, everybody is the target."""
        return len(self._initial) > 0

    def probability(self, description: NDArray[np.float32]) -> float:
        """Return how likely a description is one of the target; 1 where there are none."""
        if not self.known:
            return 1.0
        even = min(self._mean - MARGIN, HIGHEST)
        odds = SCALE * (self._likeness(description) - even)
        return 1 / (1 + math.exp(-odds))

    def wanted(self) -> bool:
        """Count a frame in which the target was surely found; return whether to ``learn`` it."""
        self._frames += 1
        return self.known and (self._frames <= KEPT or self._frames % EVERY == 0)

    def learn(self, description: NDArray[np.float32]) -> None:
        """Take in what the target looks like in a frame in which it was surely found.

        What is more likely somebody else is left out, or he would be the target in the end. So is
        what is no description, because numbers overflowed.
        """
        if not np.isfinite(description).all() or self.probability(description) < 0.5:
            return
        self._mean += RATE * (self._likeness(description) - self._mean)
        self._latest = [*self._latest[-KEPT + 1 :], description]

    def _likeness(self, description: NDArray[np.float32]) -> float:
        first = float(self._initial @ description)
        best = max(first, *(float(latest @ description) for latest in self._latest), first)
        return FIRST * first + (1 - FIRST) * best
