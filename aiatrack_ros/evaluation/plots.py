# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Success and precision plots as PNG files."""

from collections.abc import Mapping
from collections.abc import Sequence as SequenceOf
from pathlib import Path
from typing import Any

from aiatrack_ros.errors import InputError
from aiatrack_ros.evaluation.metrics import PRECISION_AT
from aiatrack_ros.evaluation.metrics import PRECISION_THRESHOLDS
from aiatrack_ros.evaluation.metrics import SequenceScores
from aiatrack_ros.evaluation.metrics import SUCCESS_THRESHOLDS
import numpy as np


def figure(width: float = 6.4, height: float = 4.8) -> tuple[Any, Any]:
    """Return a matplotlib figure and its axes, in inches, that need no display."""
    # Imported here because it takes a second that commands without plots should not wait for.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(width, height), layout='constrained')
    FigureCanvasAgg(drawing)
    axes = drawing.add_subplot()
    axes.grid(True, alpha=0.3)
    return drawing, axes


def save(drawing: Any, path: Path) -> Path:
    """Write a figure as PNG."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        drawing.savefig(path, dpi=150)
    except OSError as error:
        reason = f'can not be written ({error.strerror}); name another folder'
        raise InputError(f'{path}: {reason}') from None
    return path


def plot_success(scores: Mapping[str, SequenceOf[SequenceScores]], path: Path) -> Path:
    """Draw the mean success curve of each tracker; the legend tells the area under it."""
    curves = {
        name: np.mean([score.success for score in rows], axis=0) for name, rows in scores.items()
    }
    drawing, axes = figure()
    _draw(axes, SUCCESS_THRESHOLDS, curves, {name: c.mean() for name, c in curves.items()})
    axes.set(
        title='Success (area under the curve)',
        xlabel='overlap threshold',
        ylabel='share of frames above it',
    )
    axes.legend(loc='lower left')
    return save(drawing, path)


def plot_precision(scores: Mapping[str, SequenceOf[SequenceScores]], path: Path) -> Path:
    """Draw the mean precision curve of each tracker; the legend tells its height at 20 px."""
    curves = {
        name: np.mean([score.precisions for score in rows], axis=0)
        for name, rows in scores.items()
    }
    drawing, axes = figure()
    _draw(axes, PRECISION_THRESHOLDS, curves, {n: c[PRECISION_AT] for n, c in curves.items()})
    axes.axvline(PRECISION_THRESHOLDS[PRECISION_AT], color='grey', linewidth=0.8, linestyle=':')
    axes.set(
        title='Precision (at 20 px)',
        xlabel='distance of centres in pixels',
        ylabel='share of frames within it',
    )
    axes.legend(loc='lower right')
    return save(drawing, path)


def _draw(
    axes: Any, x: np.ndarray, curves: Mapping[str, np.ndarray], ranks: Mapping[str, float]
) -> None:
    """Draw the curves, best first in the legend, each tracker in the same colour everywhere."""
    colors = {name: f'C{k % 10}' for k, name in enumerate(curves)}
    first = next(iter(curves), None)
    for name in sorted(curves, key=lambda name: -ranks[name]):
        axes.plot(
            x,
            curves[name],
            color=colors[name],
            linewidth=2.5 if name == first else 1.5,
            label=f'{name} [{ranks[name]:.3f}]',
        )
    axes.set(xlim=(x[0], x[-1]), ylim=(0, 1.02))
