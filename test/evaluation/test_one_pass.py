# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The evaluation loop: what the tracker is shown, what is kept, and simulated time."""

from pathlib import Path
from types import SimpleNamespace

from aiatrack_ros.datasets.sequences import find_sequences
from aiatrack_ros.datasets.sequences import Sequence
from aiatrack_ros.evaluation.one_pass import track_sequence
from aiatrack_ros.tracking.target_state import State
import benchmark_trees as trees
import numpy as np
import pytest

FRAMES = 8
TRUTH = trees.boxes_moving_right(FRAMES)


@pytest.fixture
def sequence(tmp_path: Path) -> Sequence:
    """Return a sequence of eight frames."""
    return find_sequences(trees.write_otb(tmp_path, 'a', TRUTH))[0]


class Clock:
    """Time that passes only where a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Slow(trees.Scripted):
    """A tracker that takes known times."""

    def __init__(self, clock: Clock, first: float, other: float) -> None:
        super().__init__(TRUTH)
        self.clock, self.first, self.other = clock, first, other
        self.shown: list[int] = []

    def initialize(self, image: np.ndarray, box: tuple[float, ...]) -> None:
        self.clock.now += self.first

    def track(self, image: np.ndarray) -> trees.Answer:
        self.clock.now += self.other
        # Which frame this is can be seen from where the target stands.
        x = np.flatnonzero((image[..., 0] > 150).any(axis=0))[0]
        self.shown.append(round(x - TRUTH[0, 0]))
        return trees.Answer(tuple(TRUTH[self.shown[-1]]), 0.5)


def run_slow(sequence: Sequence, first: float, other: float, fps: float):
    """Return the slow tracker and what it made of the sequence at a frame rate."""
    clock = Clock()
    tracker = Slow(clock, first, other)
    return tracker, track_sequence(tracker, sequence, fps, clock)


def test_every_frame_in_order(sequence: Sequence):
    tracker = trees.Scripted(TRUTH + 1, np.linspace(0, 0.7, FRAMES))
    ticks = []
    trajectory = track_sequence(tracker, sequence, progress=lambda: ticks.append(1))
    assert len(tracker.images) == len(ticks) == FRAMES
    assert all(np.array_equal(shown, sequence.image(k)) for k, shown in enumerate(tracker.images))
    assert tracker.given == [tuple(TRUTH[0])]
    assert trajectory.boxes[0] == pytest.approx(TRUTH[0])
    assert trajectory.boxes[1:] == pytest.approx(TRUTH[1:] + 1)
    assert np.isnan(trajectory.scores[0])
    assert trajectory.scores[1:] == pytest.approx(np.linspace(0, 0.7, FRAMES)[1:])
    assert trajectory.seen.all() and (trajectory.times > 0).all() and not trajectory.lost.any()


def test_state_is_kept_and_scores_are_optional(sequence: Sequence):
    class Loser:
        def initialize(self, image: np.ndarray, box: tuple[float, ...]) -> None:
            pass

        def track(self, image: np.ndarray) -> SimpleNamespace:
            return SimpleNamespace(box=(np.nan,) * 4, state=State.LOST)

    trajectory = track_sequence(Loser(), sequence)
    assert trajectory.lost.tolist() == [False] + [True] * (FRAMES - 1)
    assert np.isnan(trajectory.boxes[1:]).all() and np.isnan(trajectory.scores).all()


def test_rate_leaves_out_the_first_frame(sequence: Sequence):
    _, trajectory = run_slow(sequence, first=3.0, other=0.25, fps=0.0)
    assert trajectory.times == pytest.approx([3.0] + [0.25] * (FRAMES - 1))
    assert trajectory.fps == pytest.approx(4.0)


class TestRealTime:
    def test_a_tracker_in_time_misses_nothing(self, sequence: Sequence):
        # Exactly one period per frame: 10 frames a second have to be enough.
        tracker, trajectory = run_slow(sequence, first=0.1, other=0.1, fps=10.0)
        assert tracker.shown == list(range(1, FRAMES))
        assert trajectory.seen.all()

    def test_half_as_fast_sees_every_other_frame(self, sequence: Sequence):
        tracker, trajectory = run_slow(sequence, first=0.05, other=0.2, fps=10.0)
        assert tracker.shown == [1, 3, 5, 7]
        assert trajectory.seen.tolist() == [True, True, False, True, False, True, False, True]
        # The last box stands for a missed frame.
        expected = TRUTH[[0, 1, 1, 3, 3, 5, 5, 7]]
        assert trajectory.boxes == pytest.approx(expected)
        assert trajectory.times == pytest.approx([0.05, 0.2, 0, 0.2, 0, 0.2, 0, 0.2])
        assert trajectory.fps == pytest.approx(5.0)

    def test_a_slow_start_costs_frames_too(self, sequence: Sequence):
        # Ready at .25 s; frame 3 comes at .3 s and is done at .41 s, so frame 4 is missed.
        tracker, trajectory = run_slow(sequence, first=0.25, other=0.11, fps=10.0)
        assert tracker.shown == [3, 5, 7]
        assert trajectory.boxes[:3] == pytest.approx(TRUTH[[0, 0, 0]])
