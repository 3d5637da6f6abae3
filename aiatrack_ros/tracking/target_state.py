# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Is the target still there? A state with hysteresis, driven by the score."""

import enum

# While lost the search region takes these sizes in turn. The larger ones reach further; but in
# them the target is small, which costs score, so the usual size comes back again and again.
SEARCH_SIZES = (1.0, 2.0**0.5, 2.0)


class State(enum.Enum):
    """What the tracker believes of its target."""

    TRACKING = 'tracking'
    LOST = 'lost'


class TargetState:
    """Counts low scores until the target is lost, and high ones until it is back."""

    def __init__(self) -> None:
        self.state = State.TRACKING
        self._streak = 0  # frames in a row that speak for the other state
        self._frames_lost = 0

    @property
    def growth(self) -> float:
        """Return by how much the search region is larger than usual; 1 unless searching."""
        if self.state is State.TRACKING or self.has_candidate:
            return 1.0
        return SEARCH_SIZES[self._frames_lost % len(SEARCH_SIZES)]

    @property
    def has_candidate(self) -> bool:
        """Whether the target is lost, but the last frame showed what may well be it."""
        return self.state is State.LOST and self._streak > 0

    def update(
        self,
        score: float,
        lost_threshold: float,
        lost_after: int,
        regain_threshold: float,
        regain_after: int,
    ) -> State:
        """Take in the score of one more frame, in [0, 1], and return the state after it.

        Lost after ``lost_after`` frames in a row strictly below ``lost_threshold``; regained after
        ``regain_after`` frames in a row at or above ``regain_threshold``.
        """
        if self.state is State.TRACKING:
            self._streak = self._streak + 1 if score < lost_threshold else 0
            if self._streak >= lost_after:
                self.state, self._streak, self._frames_lost = State.LOST, 0, 0
        else:
            self._frames_lost += 1
            self._streak = self._streak + 1 if score >= regain_threshold else 0
            if self._streak >= regain_after:
                self.state, self._streak, self._frames_lost = State.TRACKING, 0, 0
        return self.state
