# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""How far apart the boxes of two engines are that run the same network."""

from collections.abc import Mapping

from aiatrack_ros.evaluation.one_pass import Trajectory
from aiatrack_ros.evaluation.report import table
from aiatrack_ros.tracking.boxes import box_iou
import numpy as np


def agreement(
    ours: Mapping[str, Trajectory], theirs: Mapping[str, Trajectory]
) -> dict[str, dict[str, float]]:
    """Return, by sequence, the least and the mean IoU of the boxes of one frame, in [0, 1].

    The first frame, whose box is given, does not count. Each tracker goes by its own boxes, so an
    early difference may grow.
    """
    figures = {}
    for name, trajectory in ours.items():
        overlaps = box_iou(trajectory.boxes[1:], theirs[name].boxes[1:])
        figures[name] = {'least': float(overlaps.min()), 'mean': float(np.mean(overlaps))}
    return figures


def agreement_table(figures: Mapping[str, Mapping[str, float]]) -> str:
    """Return a line per sequence and one for all: the least of the least, the mean of means."""
    rows = [[name, f'{f["least"]:.4f}', f'{f["mean"]:.4f}'] for name, f in figures.items()]
    least = min(f['least'] for f in figures.values())
    mean = np.mean([f['mean'] for f in figures.values()])
    rows.append(['all', f'{least:.4f}', f'{mean:.4f}'])
    return table(['IoU of both', 'least', 'mean'], rows)
