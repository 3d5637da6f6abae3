# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""How far apart the boxes of two engines are that run the same network."""

import argparse
from collections.abc import Mapping
import copy

from aiatrack_ros.commands.options import tracker_from_arguments
from aiatrack_ros.errors import InputError
from aiatrack_ros.evaluation.one_pass import Trajectory
from aiatrack_ros.evaluation.report import table
from aiatrack_ros.tracking import ENGINES
from aiatrack_ros.tracking import PRECISIONS
from aiatrack_ros.tracking import Tracker
from aiatrack_ros.tracking.boxes import box_iou
import numpy as np


def other_tracker(args: argparse.Namespace, name: str) -> Tracker:
    """Return the tracker of the options, but with the engine and precision of a name.

    Args:
        args: As for ``tracker_from_arguments``.
        name: ENGINE:PRECISION, such as eager:fp32.

    Raises:
        InputError: The name is of another form.
        AiATrackError: This machine has no such engine.
    """
    engine, _, precision = name.partition(':')
    if engine not in ENGINES or precision not in PRECISIONS:
        raise InputError(
            f"'{name}' is not ENGINE:PRECISION, such as eager:fp32; engines are "
            f'{", ".join(ENGINES)}, precisions {", ".join(PRECISIONS)}'
        )
    changed = copy.copy(args)
    changed.engine, changed.precision = engine, precision
    return tracker_from_arguments(changed)


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
