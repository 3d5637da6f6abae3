# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Who is seen while the target is lost: what all looks at one of them say together.

Somebody else who stays in view is looked at in frame after frame, and in some of them he is like
the target. A few such frames in a row come sooner or later, so they prove little after many in
which he was not.

Who passes where he stood is another, though, and most of all it may be the target: so two looks
are at the same one only if they are near each other and what the later one shows is like
something that the earlier ones did.
"""

import math

from aiatrack_ros.tracking.boxes import Box
import numpy as np
from numpy.typing import NDArray

# One look counts for odds of at most e to this power: it is never proof.
MOST = 3.0
# What is seen for the first time is judged as leniently as if it came with this much log odds,
# shared among the looks at it: who returns is seen in part at first.
BENEFIT = 4.0
# Of his size: how far somebody goes from one frame to the next. Over several frames it is as much
# as their root, for nobody who is watched goes straight on for long.
NEAR = 0.5
# How much larger or smaller he may look.
RATIO = 2.0
# The product of a description of him and one of those before, at least: it is mostly .35 to .55
# between two people, and .75 to .95 from one look at somebody to the next. He turns, and turns
# back, so what he looked like in so many looks is kept.
ALIKE = 0.7
LOOKS = 10
# Who was not seen for so many frames is somebody new.
LONGEST = 25
CAPACITY = 60

# The frame in which somebody was seen last, his box in it, the sum of his log odds, their weight,
# and his latest descriptions, (L, E); plain types, so that a snapshot can have them.
_One = tuple[int, Box, float, float, NDArray[np.float32]]


class Bystanders:
    """Whom the tracker has looked at since it lost its target."""

    def __init__(self) -> None:
        self._known: list[_One] = []

    def clear(self) -> None:
        """Forget them all."""
        self._known = []

    def probability(
        self,
        number: int,
        box: Box,
        fit: float,
        description: NDArray[np.float32],
        identity: float,
    ) -> float:
        """Take in a look; return how likely it shows the target, by all looks at who is there.

        Args:
            number: The frame.
            box: x, y, w, h in pixels of what was found in it.
            fit: The predicted IoU of the box, in [0, 1]: what fits badly says little.
            description: (E,) unit vector, what was found looks like.
            identity: How likely it is the target by this look alone, in [0, 1].

        Returns:
            In [0, 1], and never more than ``identity``.
        """
        self._known = [one for one in self._known if number - one[0] <= LONGEST]
        odds, weight, looks = 0.0, 0.0, description[None]
        index = self._find(number, box, description)
        if index is not None:
            _, _, odds, weight, before = self._known.pop(index)
            looks = np.concatenate((before[1 - LOOKS :], looks))
        odds += fit * _log_odds(identity)
        weight += fit
        self._known = [*self._known[1 - CAPACITY :], (number, box, odds, weight, looks)]
        mean = odds / max(weight, 1e-9) + BENEFIT / max(weight, 1.0)
        return min(identity, 1 / (1 + math.exp(-mean)))

    def _find(self, number: int, box: Box, description: NDArray[np.float32]) -> int | None:
        """Return the index of who of those seen before this is; None for somebody new."""
        near = [
            (_distance(place, box, number - frame), index)
            for index, (frame, place, _, _, looks) in enumerate(self._known)
            if float((looks @ description).max()) >= ALIKE
        ]
        distance, index = min(near, default=(math.inf, None))
        return index if distance < 1 else None


def _log_odds(probability: float) -> float:
    clear = 1 / (1 + math.exp(-MOST))
    clipped = min(max(probability, 1 - clear), clear)
    return math.log(clipped / (1 - clipped))


def _distance(before: Box, after: Box, frames: int) -> float:
    """Return how far apart two boxes are, relative to how far one goes in so many frames."""
    (x, y, w, h), (u, v, s, t) = before, after
    sizes = sorted((math.sqrt(w * h), math.sqrt(s * t)))
    if not 0 < sizes[1] < RATIO * sizes[0]:
        return math.inf
    return math.hypot(u + s / 2 - x - w / 2, v + t / 2 - y - h / 2) / (
        NEAR * sizes[1] * math.sqrt(1 + frames)
    )
