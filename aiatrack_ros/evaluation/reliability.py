# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Is the score honest? The predicted IoU against the true one, and what it says of absent targets.

The thresholds suggested here are read off the scores by these rules:

- lost_threshold, lost_after: the pair that notices an absent target soonest, of those that would
  call the target lost in at most 1 in 1,000 frames in which it is well tracked.
- regain_threshold, regain_after: the pair that accepts a well tracked target soonest, of those
  that would call it found in at most 1 in 1,000 frames without it; the threshold is not below
  lost_threshold.
- update_threshold: the lowest above which 95 in 100 frames with the target are well tracked, and
  that at most 5 in 100 frames without it exceed; none if it kept 9 in 10 frames out.
"""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence as SequenceOf
from dataclasses import asdict
from dataclasses import dataclass
import math
from pathlib import Path
from typing import Any

from aiatrack_ros.datasets.sequences import Sequence
from aiatrack_ros.errors import InputError
from aiatrack_ros.evaluation.departures import Departure
from aiatrack_ros.evaluation.departures import make_departures
from aiatrack_ros.evaluation.metrics import overlap
from aiatrack_ros.evaluation.one_pass import Evaluated
from aiatrack_ros.evaluation.one_pass import track_sequence
from aiatrack_ros.evaluation.one_pass import Trajectory
from aiatrack_ros.evaluation.plots import figure
from aiatrack_ros.evaluation.plots import save
import numpy as np
from tqdm import tqdm

WELL = 0.5  # true IoU from which a frame is well tracked
BINS = 10
WAITS = range(3, 31)  # frames in a row that are waited for; fewer are no evidence
GRID = np.round(np.arange(0, 1.005, 0.01), 2)


@dataclass(frozen=True)
class Thresholds:
    """Suggestions for settings of the tracker; None where the curves allow none."""

    update_threshold: float | None
    lost_threshold: float
    lost_after: int
    regain_threshold: float
    regain_after: int


@dataclass(frozen=True)
class Reliability:
    """What the score is worth, with the numbers behind it; scores and overlaps are in [0, 1]."""

    frames: int
    mean_absolute_error: float
    bias: float  # mean of score - overlap; above 0: too sure
    rank_correlation: float  # Spearman's
    auc: float  # of telling well tracked frames from frames without the target
    auc_drifted: float  # ... from frames where the box has left the target (overlap below .1)
    lost_when_absent: float  # share of absent frames in which the tracker said lost
    lost_when_well: float  # share of well tracked frames in which it said lost
    recovered: float  # share of returned targets well tracked in the last frame
    suggested: Thresholds
    scores: np.ndarray  # (N,) of frames with the target
    overlaps: np.ndarray  # (N,) their true IoU
    absent: np.ndarray  # (M,) scores of frames without the target

    def as_dict(self) -> dict[str, Any]:
        """Return the figures for JSON, with the reliability curve instead of single frames."""
        arrays = ('scores', 'overlaps', 'absent')
        content = {k: v for k, v in asdict(self).items() if k not in arrays}
        content['frames_absent'] = len(self.absent)
        content['curve'] = curve(self.scores, self.overlaps)
        return content


def examine(
    tracker: Evaluated, sequences: SequenceOf[Sequence], trajectories: Mapping[str, Trajectory]
) -> Reliability:
    """Judge the scores of a tracker.

    Args:
        tracker: shown sequences whose target leaves, made from `sequences`.
        sequences: those that were evaluated.
        trajectories: what the tracker made of them, by name.

    Raises:
        InputError: the tracker gives no scores, or no sequence can be made to lose its target.
    """
    runs = [(s, trajectories[s.name]) for s in sequences if not s.withheld]
    departed = make_departures([sequence for sequence, _ in runs])
    if not departed:
        raise InputError('reliability needs a sequence of 40 frames or more, always visible')
    with tqdm(departed, unit='sequence', dynamic_ncols=True, desc='targets that leave') as bar:
        left = [(sequence, track_sequence(tracker, sequence)) for sequence in bar]
    return judge(runs, left)


def judge(
    runs: SequenceOf[tuple[Sequence, Trajectory]], left: SequenceOf[tuple[Departure, Trajectory]]
) -> Reliability:
    """Compute all figures from tracked sequences (`runs`) and those whose target leaves."""
    scores, overlaps = (np.concatenate(parts) for parts in zip(*map(_visible, runs)))
    if not np.isfinite(scores).all():
        raise InputError('reliability: this tracker gives no score for its boxes')
    absent = np.concatenate([t.scores[~s.visible] for s, t in left])
    well = overlaps >= WELL
    if not well.any():
        raise InputError('reliability: no frame is well tracked; the weights do not track yet')
    drifted = scores[overlaps < 0.1]
    runs_low = [_well(run) for run in runs]
    runs_absent = [t.scores[~s.visible] for s, t in left]
    ends = [_visible((s, t))[1][-1] >= WELL for s, t in left if s.visible[-1]]
    said_lost = np.concatenate([t.lost[_judged(s, t)] for s, t in runs])
    return Reliability(
        frames=len(scores),
        mean_absolute_error=float(np.mean(np.abs(scores - overlaps))),
        bias=float(np.mean(scores - overlaps)),
        rank_correlation=rank_correlation(scores, overlaps),
        auc=separation(scores[well], absent),
        auc_drifted=separation(scores[well], drifted),
        lost_when_absent=float(np.mean(np.concatenate([t.lost[~s.visible] for s, t in left]))),
        lost_when_well=_mean(said_lost[well]),
        recovered=_mean(np.asarray(ends, float)),
        suggested=suggest(scores, overlaps, absent, runs_low, runs_absent),
        scores=scores,
        overlaps=overlaps,
        absent=absent,
    )


def _visible(run: tuple[Sequence, Trajectory]) -> tuple[np.ndarray, np.ndarray]:
    """Return scores and true IoU of the frames with the target, the first frame aside."""
    sequence, trajectory = run
    keep = _judged(sequence, trajectory)
    ious = overlap(trajectory.boxes[keep], sequence.truth[keep], sequence.resolution)
    return trajectory.scores[keep], ious


def _judged(sequence: Sequence, trajectory: Trajectory) -> np.ndarray:
    """Return which frames count: with the target, and not before the tracker's first answer.

    In real time, frames are missed while it initialises.
    """
    answered = np.logical_or.accumulate(np.r_[False, trajectory.seen[1:]])
    return sequence.visible & answered


def _well(run: tuple[Sequence, Trajectory]) -> np.ndarray:
    scores, overlaps = _visible(run)
    return scores[overlaps >= WELL]


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else float('nan')


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Return Spearman's rank correlation of two arrays (N,); equal values share their rank."""
    ranks = [_ranks(values) for values in (a, b)]
    if len(a) < 2 or any(np.ptp(r) == 0 for r in ranks):
        return float('nan')
    return float(np.corrcoef(ranks)[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts - 1) / 2)[inverse]


def separation(high: np.ndarray, low: np.ndarray) -> float:
    """Return the area under the ROC curve: how often a value of `high` exceeds one of `low`."""
    if not len(high) or not len(low):
        return float('nan')
    ranks = _ranks(np.concatenate([high, low]))
    above = ranks[: len(high)].sum() - len(high) * (len(high) + 1) / 2
    return float(above / (len(high) * len(low)))


def curve(scores: np.ndarray, overlaps: np.ndarray) -> list[dict[str, float]]:
    """Return for each tenth of the score, where it occurs, the mean score and mean true IoU."""
    index = np.minimum((scores * BINS).astype(int), BINS - 1)
    return [
        {
            'from': k / BINS,
            'to': (k + 1) / BINS,
            'frames': int((index == k).sum()),
            'score': float(scores[index == k].mean()),
            'overlap': float(overlaps[index == k].mean()),
        }
        for k in range(BINS)
        if (index == k).any()
    ]


def run_lengths(flags: np.ndarray) -> np.ndarray:
    """Return the lengths of the runs of True in an array (N,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(int), [0]])))
    return edges[1::2] - edges[::2]


def suggest(
    scores: np.ndarray,
    overlaps: np.ndarray,
    absent: np.ndarray,
    well_by_run: SequenceOf[np.ndarray],
    absent_by_run: SequenceOf[np.ndarray],
) -> Thresholds:
    """Read the thresholds off the curves by the rules at the head of this module.

    `well_by_run` and `absent_by_run` are scores in the order of time, an array per sequence.
    """
    lost, lost_after = _soonest(np.less, absent_by_run, well_by_run, GRID)
    regain, regain_after = _soonest(
        np.greater_equal, well_by_run, absent_by_run, GRID[GRID >= lost][::-1]
    )
    return Thresholds(
        update_threshold=_update_threshold(scores, overlaps, absent),
        lost_threshold=lost,
        lost_after=lost_after,
        regain_threshold=regain,
        regain_after=regain_after,
    )


def _soonest(
    compare: Callable[[np.ndarray, float], np.ndarray],
    noticed: SequenceOf[np.ndarray],
    calm: SequenceOf[np.ndarray],
    thresholds: np.ndarray,
) -> tuple[float, int]:
    """Return the threshold and count of frames in a row that raise an alarm soonest.

    Args:
        compare: tells from scores and a threshold which frames speak for an alarm.
        noticed: scores in the order of time, in which the alarm shall come soon.
        calm: those of which at most one frame in 1,000 may be in alarm.
        thresholds: to choose from; of equal ones, the first.
    """
    noticed = [run for run in noticed if len(run)]
    allowed = sum(map(len, calm)) / 1000
    best = (math.inf, float(thresholds[0]), WAITS[-1])
    for threshold in thresholds:
        false = np.concatenate([run_lengths(compare(run, threshold)) for run in calm])
        # A run of n frames puts its last n - k + 1 into alarm if k in a row are waited for.
        waits = [k for k in WAITS if np.maximum(false - k + 1, 0).sum() <= allowed]
        if not waits:
            continue
        # The shortest wait that is calm enough is the soonest of this threshold.
        delay = float(np.mean([first_run(compare(run, threshold), waits[0]) for run in noticed]))
        best = min(best, (delay, float(threshold), waits[0]), key=lambda row: row[0])
    return best[1], best[2]


def first_run(flags: np.ndarray, length: int) -> int:
    """Return how many frames it takes until `length` in a row are True; all where never."""
    streak = 0
    for index, flag in enumerate(flags):
        streak = streak + 1 if flag else 0
        if streak == length:
            return index + 1
    return len(flags)


def _update_threshold(
    scores: np.ndarray, overlaps: np.ndarray, absent: np.ndarray
) -> float | None:
    for threshold in GRID:
        admitted = overlaps[scores > threshold]
        if len(admitted) < 0.1 * len(overlaps):
            return None
        if np.mean(admitted >= WELL) >= 0.95 and np.mean(absent > threshold) <= 0.05:
            return float(threshold)
    return None


def describe(outcome: Reliability) -> str:
    """Return the outcome in lines for the terminal."""
    suggested = ', '.join(
        f'{name} {"none" if value is None else f"{value:g}"}'
        for name, value in asdict(outcome.suggested).items()
    )
    return '\n'.join(
        [
            f'score against true overlap, {outcome.frames} frames with the target: mean absolute '
            f'error {outcome.mean_absolute_error:.3f}, bias {outcome.bias:+.3f}, '
            f'rank correlation {outcome.rank_correlation:.3f}',
            f'well tracked against {len(outcome.absent)} frames without the target: area under '
            f'the ROC curve {outcome.auc:.3f}; against drifted boxes {outcome.auc_drifted:.3f}',
            f'said to be lost: {outcome.lost_when_absent:.1%} of frames without the target, '
            f'{outcome.lost_when_well:.1%} of well tracked ones; '
            f'{outcome.recovered:.0%} of returned targets found again',
            f'suggested: {suggested}',
        ]
    )


def plot(outcome: Reliability, folder: Path) -> None:
    """Draw reliability.png (score against overlap) and absence.png (scores with and without)."""
    _plot_curve(outcome, folder / 'reliability.png')
    _plot_absence(outcome, folder / 'absence.png')


def _plot_curve(outcome: Reliability, path: Path) -> None:
    drawing, axes = figure(5.6, 5.2)
    axes.plot([0, 1], [0, 1], color='grey', linewidth=1, label='honest')
    axes.scatter(outcome.scores, outcome.overlaps, s=4, alpha=0.2, color='C0', label='frames')
    rows = curve(outcome.scores, outcome.overlaps)
    axes.plot(
        [row['score'] for row in rows],
        [row['overlap'] for row in rows],
        'o-',
        color='C3',
        label='mean of each tenth',
    )
    axes.set(
        title=f'Score against true overlap (error {outcome.mean_absolute_error:.3f}, '
        f'bias {outcome.bias:+.3f})',
        xlabel='score (predicted IoU)',
        ylabel='true IoU',
        xlim=(0, 1),
        ylim=(0, 1),
    )
    axes.legend(loc='upper left')
    save(drawing, path)


def _plot_absence(outcome: Reliability, path: Path) -> None:
    drawing, axes = figure()
    groups = {
        f'well tracked (IoU from {WELL:g})': outcome.scores[outcome.overlaps >= WELL],
        'drifted (IoU below 0.1)': outcome.scores[outcome.overlaps < 0.1],
        'target absent': outcome.absent,
    }
    for color, (name, values) in zip(('C0', 'C1', 'C3'), groups.items()):
        if len(values):
            share = np.mean(values[:, None] >= GRID, axis=0)
            axes.plot(GRID, share, color=color, label=f'{name}: {len(values)} frames')
    suggested = outcome.suggested
    marks = (
        ('lost', suggested.lost_threshold, ':'),
        ('regain', suggested.regain_threshold, '--'),
        ('update', suggested.update_threshold, '-.'),
    )
    for name, value, style in marks:
        if value is not None:
            axes.axvline(value, color='grey', linestyle=style, label=f'{name} {value:g}')
    axes.set(
        title=f'Telling absence by the score (area under the ROC curve {outcome.auc:.3f})',
        xlabel='threshold on the score',
        ylabel='share of frames at or above it',
        xlim=(0, 1),
        ylim=(0, 1.02),
    )
    drawing.legend(loc='outside lower center', ncols=2)
    save(drawing, path)
