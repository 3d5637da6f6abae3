# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""One-pass evaluation: the first box is given, then the tracker is alone to the last frame."""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass
import time
from typing import Any
from typing import Protocol

from aiatrack_ros.datasets.sequences import Sequence
from aiatrack_ros.errors import InputError
from aiatrack_ros.evaluation.metrics import score_sequence
from aiatrack_ros.evaluation.metrics import SequenceScores
from aiatrack_ros.timing import Stopwatch
from aiatrack_ros.tracking.target_state import State
import numpy as np
from tqdm import tqdm

Box = tuple[float, float, float, float]


class Evaluated(Protocol):
    """What a tracker must offer: ours does, and the peers are wrapped to do."""

    def initialize(self, image: np.ndarray, box: Box) -> None:
        """Take the target: image uint8 (H, W, 3) RGB, box x, y, w, h in pixels."""

    def track(self, image: np.ndarray) -> Any:
        """Return an object with `box`: x, y, w, h in pixels, NaN for no answer.

        Where it also has `score`, a predicted IoU, and `state`, these are kept.
        """


@dataclass(frozen=True)
class Trajectory:
    """What a tracker made of a sequence of N frames."""

    boxes: np.ndarray  # (N, 4) x, y, w, h in pixels; row 0 as given; NaN: no answer
    scores: np.ndarray  # (N,) predicted IoU in [0, 1]; NaN in row 0 and where there is none
    times: np.ndarray  # (N,) seconds the tracker took; 0 for a frame it never saw
    seen: np.ndarray  # (N,) bool; False for a frame that was missed in real time
    lost: np.ndarray  # (N,) bool; the tracker said that the target is lost

    @property
    def fps(self) -> float:
        """Frames tracked per second of the tracker's own time, the first frame aside."""
        tracked = self.times[1:][self.seen[1:]]
        total = float(tracked.sum())
        return len(tracked) / total if total > 0 else float('nan')


def track_sequence(
    tracker: Evaluated,
    sequence: Sequence,
    realtime_fps: float = 0.0,
    clock: Callable[[], float] = time.perf_counter,
    progress: Callable[[], Any] = lambda: None,
) -> Trajectory:
    """Run a tracker over a sequence.

    Args:
        tracker: follows the contract of `Evaluated`.
        sequence: frames and first box.
        realtime_fps: 0 shows the tracker every frame. Otherwise frame i comes at i / realtime_fps
            seconds of a simulated time in which the tracker is busy for as long as it really took.
            A frame that comes while it is busy is missed, and the last box stands for it.
        clock: tells seconds.
        progress: called after each frame.
    """
    count = len(sequence)
    boxes = np.full((count, 4), np.nan)
    scores = np.full(count, np.nan)
    times = np.zeros(count)
    seen = np.zeros(count, bool)
    lost = np.zeros(count, bool)
    busy_until = 0.0
    for index in range(count):
        arrival = index / realtime_fps if realtime_fps > 0 else busy_until
        # Sums of floats: a tracker that is ready on the dot sees the frame.
        if index and arrival < busy_until - 1e-9:
            boxes[index], scores[index] = boxes[index - 1], scores[index - 1]
            lost[index] = lost[index - 1]
            progress()
            continue
        image = sequence.image(index)
        watch = Stopwatch(clock=clock)
        if index == 0:
            x, y, w, h = map(float, sequence.truth[0])
            box = (x, y, w, h)
            tracker.initialize(image, box)
            boxes[0] = box
        else:
            result = tracker.track(image)
            boxes[index] = result.box
            scores[index] = getattr(result, 'score', np.nan)
            lost[index] = getattr(result, 'state', None) is State.LOST
        times[index] = watch.lap()
        seen[index] = True
        busy_until = arrival + times[index]
        progress()
    return Trajectory(boxes, scores, times, seen, lost)


def evaluate(
    trackers: Mapping[str, Evaluated],
    sequences: SequenceOf[Sequence],
    realtime_fps: float = 0.0,
    keep: Callable[[str, Sequence, Trajectory], None] = lambda *_: None,
) -> dict[str, dict[str, Trajectory]]:
    """Run every tracker over every sequence: trajectories by tracker and sequence.

    `keep` gets each trajectory as soon as it is whole, so that a long run that is cut off leaves
    what it had.
    """
    names = [sequence.name for sequence in sequences]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"two sequences are called '{twice}': evaluate their folders one by one")
    trajectories: dict[str, dict[str, Trajectory]] = {name: {} for name in trackers}
    total = sum(map(len, sequences)) * len(trackers)
    with tqdm(total=total, unit='frame', dynamic_ncols=True) as bar:
        for name, tracker in trackers.items():
            _warm_up(tracker, sequences[0])
            for sequence in sequences:
                bar.set_description(f'{name} {sequence.name}')
                trajectory = track_sequence(tracker, sequence, realtime_fps, progress=bar.update)
                keep(name, sequence, trajectory)
                trajectories[name][sequence.name] = trajectory
    return trajectories


def _warm_up(tracker: Evaluated, sequence: Sequence) -> None:
    """Let first-use costs (kernels, memory) pass before the clock counts."""
    image = sequence.image(0)
    x, y, w, h = map(float, sequence.truth[0])
    tracker.initialize(image, (x, y, w, h))
    tracker.track(image)


def score_all(
    sequences: SequenceOf[Sequence], trajectories: Mapping[str, Trajectory]
) -> dict[str, SequenceScores]:
    """Score the sequences whose truth is known, by name."""
    scores = {}
    for sequence in sequences:
        if sequence.withheld:
            continue
        trajectory = trajectories[sequence.name]
        score = score_sequence(
            trajectory.boxes,
            sequence.truth,
            sequence.visible,
            sequence.resolution,
            trajectory.fps,
        )
        if score is not None:
            scores[sequence.name] = score
    return scores
