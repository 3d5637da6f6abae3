# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A sequence as a picture: overlap, score and state from the first frame to the last."""

from pathlib import Path
from typing import Any

from aiatrack_ros.datasets.sequences import Sequence
from aiatrack_ros.evaluation.one_pass import Trajectory
from aiatrack_ros.evaluation.plots import figure
from aiatrack_ros.evaluation.plots import save
from aiatrack_ros.evaluation.robustness import frame_overlaps
from aiatrack_ros.evaluation.robustness import SURE
from aiatrack_ros.evaluation.robustness import WRONG
import numpy as np


def plot_timeline(sequence: Sequence, trajectory: Trajectory, path: Path) -> Path:
    """Draw what a tracker made of a sequence whose boxes are known.

    The line of the overlap is broken where the target is absent. Where the score is high and the
    overlap is not, something else was published as the target.
    """
    frames = np.arange(len(sequence))
    ious = frame_overlaps(sequence, trajectory)
    drawing, axes = figure(9.0, 3.4)
    _shade(axes, ~sequence.visible, 'grey', 'target absent')
    _shade(axes, trajectory.lost, 'C1', 'called lost')
    axes.plot(frames, np.where(sequence.visible, ious, np.nan), color='C0', label='overlap')
    axes.plot(frames, trajectory.scores, color='C3', linewidth=1, label='score')
    wrong = ~sequence.visible | (ious < WRONG)
    silent = ~trajectory.lost & wrong & (np.nan_to_num(trajectory.scores) >= SURE)
    if silent.any():
        label = f'silently wrong: {silent.sum()} frames'
        axes.plot(frames[silent], np.zeros(silent.sum()), 'k|', markersize=10, label=label)
    axes.set(title=sequence.name, xlabel='frame', xlim=(0, len(sequence) - 1), ylim=(-0.03, 1.03))
    drawing.legend(loc='outside right upper')
    return save(drawing, path)


def _shade(axes: Any, marks: np.ndarray, color: str, label: str) -> None:
    """Shade the frames that are marked, (N,) bool, under one entry of the legend."""
    edges = np.diff(np.concatenate(([0], marks.astype(int), [0])))
    spans = zip(np.flatnonzero(edges > 0), np.flatnonzero(edges < 0), strict=True)
    for start, stop in spans:
        axes.axvspan(start - 0.5, stop - 0.5, color=color, alpha=0.25, linewidth=0, label=label)
        label = '_'  # no further entry
