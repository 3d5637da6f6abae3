# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Who is seen while the target is lost: what all looks at one of them say together.

Somebody else who stays in view is looked at in frame after frame, and in some of them he is like
the target. A few such frames in a row come sooner or later, so they prove little after many in
which he was not.
"""

import math

from aiatrack_ros.tracking.boxes import Box

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
# Who was not seen for so many frames is somebody new.
LONGEST = 25
CAPACITY = 60


class Bystanders:
    """Whom the tracker has looked at since it lost its target."""

    def __init__(self) -> None:
        # Of each of them the frame in which he was seen last, his box in it, the sum of his log
        # odds, and their weight; plain types, so that a snapshot can have them.
        self._seen: list[tuple[int, Box, float, float]] = []

    def clear(self) -> None:
        """Forget them all."""
        self._seen = []

    def probability(self, number: int, box: Box, fit: float, identity: float) -> float:
        """Take in a look; return how likely it shows the target, by all looks at who is there.

        Args:
            number: The frame.
            box: x, y, w, h in pixels of what was found in it.
            fit: The predicted IoU of the box, in [0, 1]: what fits badly says little.
            identity: How likely it is the target by this look alone, in [0, 1].

        Returns:
            In [0, 1], and never more than ``identity``.
        """
        self._seen = [one for one in self._seen if number - one[0] <= LONGEST]
        same = self._find(number, box)
        odds, weight = 0.0, 0.0
        if same is not None:
            _, _, odds, weight = same
            self._seen.remove(same)
        odds += fit * _log_odds(identity)
        weight += fit
        self._seen = [*self._seen[1 - CAPACITY :], (number, box, odds, weight)]
        mean = odds / max(weight, 1e-9) + BENEFIT / max(weight, 1.0)
        return min(identity, 1 / (1 + math.exp(-mean)))

    def _find(self, number: int, box: Box) -> tuple[int, Box, float, float] | None:
        """Return who of those seen before is in this box; None if nobody is near enough."""
        near = [(_distance(one[1], box, number - one[0]), one) for one in self._seen]
        distance, nearest = min(near, key=lambda each: each[0], default=(math.inf, None))
        return nearest if distance < 1 else None


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
