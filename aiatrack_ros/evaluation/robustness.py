# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Is it still the right one? What overlap alone does not tell of a tracker.

A robot that follows somebody else, sure of itself, is worse off than one that stands still. So
beside the overlap it counts whether a target was kept to the end, how often somebody else was
published as the target without a doubt, and whether absence was noticed.
"""

from collections.abc import Mapping
from collections.abc import Sequence as SequenceOf
from dataclasses import asdict
from dataclasses import dataclass
import functools
import operator
from typing import Any

from aiatrack_ros.datasets.sequences import Sequence
from aiatrack_ros.evaluation.metrics import overlap
from aiatrack_ros.evaluation.one_pass import Trajectory
from aiatrack_ros.evaluation.report import table
import numpy as np

KEPT = 0.3  # mean overlap in the last tenth of the frames with the target, from which it was kept
WRONG = 0.3  # overlap below which a published box shows something else
SURE = 0.7  # score from which nobody would doubt a track
WELL = 0.5  # overlap from which a box is right


@dataclass(frozen=True)
class Robustness:
    """Counts of one sequence, its first frame aside, or of several together.

    The properties are shares of them; NaN where there is nothing to take a share of.
    """

    frames: int
    frames_present: int
    frames_absent: int
    sequences: int
    sequences_kept: int
    frames_silent: int  # published with a score of SURE or more, and wrong or without a target
    frames_told: int  # absent and called lost
    frames_falsely_lost: int  # called lost while the box is right
    returns: int  # times that the target came back
    returns_found: int  # ... and was tracked well before it left again or the film ended
    frames_until_found: int  # the sum over the latter of how many frames that took
    scored: int  # frames with the target that were given a score
    score_error: float  # the sum over the latter of |score - overlap|

    def __add__(self, other: 'Robustness') -> 'Robustness':
        """Return the counts of both together."""
        mine, theirs = asdict(self), asdict(other)
        return Robustness(**{name: mine[name] + theirs[name] for name in mine})

    @property
    def silent(self) -> float:
        """Share of all frames in which something else is published, sure of itself."""
        return _share(self.frames_silent, self.frames) if self.scored else float('nan')

    @property
    def absent_told_lost(self) -> float:
        """Share of the frames without the target that are called lost."""
        return _share(self.frames_told, self.frames_absent)

    @property
    def falsely_lost(self) -> float:
        """Share of the frames with the target that are called lost though the box is right."""
        return _share(self.frames_falsely_lost, self.frames_present)

    @property
    def mean_until_found(self) -> float:
        """Frames from the target's return until it is tracked well, where it ever is."""
        return _share(self.frames_until_found, self.returns_found)

    @property
    def mean_score_error(self) -> float:
        """Mean of |score - overlap| over the frames with the target."""
        return _share(self.score_error, self.scored)

    def as_dict(self) -> dict[str, Any]:
        """Return shares and counts for JSON; None for what is not defined."""
        shares = {
            'kept': _share(self.sequences_kept, self.sequences),
            'silent': self.silent,
            'absent_told_lost': self.absent_told_lost,
            'falsely_lost': self.falsely_lost,
            'frames_until_found_again': self.mean_until_found,
            'mean_score_error': self.mean_score_error,
        }
        known = {name: None if np.isnan(value) else value for name, value in shares.items()}
        return {**known, 'counts': asdict(self)}


def _share(part: float, whole: float) -> float:
    return part / whole if whole else float('nan')


def judge(sequence: Sequence, trajectory: Trajectory) -> Robustness:
    """Judge one sequence whose boxes are known; frames that were never seen count as they are."""
    ious = frame_overlaps(sequence, trajectory)[1:]
    present = sequence.visible[1:]
    lost, scores = trajectory.lost[1:], trajectory.scores[1:]
    published = ~lost & np.isfinite(trajectory.boxes[1:]).all(1)
    wrong = ~present | (ious < WRONG)
    sure = np.nan_to_num(scores, nan=-1.0) >= SURE
    there = np.flatnonzero(present)
    last = there[len(there) - max(1, len(there) // 10) :]
    kept = bool(len(there)) and float(np.mean(ious[last])) > KEPT
    well = ~lost & (ious >= WELL)
    found = [_frames_until(start, stop, well) for start, stop in _returns(present)]
    waited = [frames for frames in found if frames is not None]
    scored = present & np.isfinite(scores)
    return Robustness(
        frames=len(present),
        frames_present=int(present.sum()),
        frames_absent=int((~present).sum()),
        sequences=1,
        sequences_kept=int(kept),
        frames_silent=int((published & sure & wrong).sum()),
        frames_told=int((lost & ~present).sum()),
        frames_falsely_lost=int((lost & present & (ious >= WELL)).sum()),
        returns=len(found),
        returns_found=len(waited),
        frames_until_found=sum(waited),
        scored=int(scored.sum()),
        score_error=float(np.abs(scores - ious)[scored].sum()),
    )


def frame_overlaps(sequence: Sequence, trajectory: Trajectory) -> np.ndarray:
    """Return the overlap of each frame's box with the true one, (N,); 0 where there is neither."""
    ious = overlap(trajectory.boxes, sequence.truth, sequence.resolution)
    return np.where(sequence.visible, np.nan_to_num(ious), 0.0)


def _returns(present: np.ndarray) -> list[tuple[int, int]]:
    """Return where each stay of the target but the first begins and ends (one past its last)."""
    edges = np.diff(np.concatenate(([0], present.astype(int), [0])))
    stays = list(zip(np.flatnonzero(edges > 0), np.flatnonzero(edges < 0), strict=True))
    return [(int(a), int(b)) for a, b in stays if a > 0]


def _frames_until(start: int, stop: int, good: np.ndarray) -> int | None:
    frames = np.flatnonzero(good[start:stop])
    return int(frames[0]) if len(frames) else None


def judge_all(
    sequences: SequenceOf[Sequence], trajectories: Mapping[str, Trajectory]
) -> dict[str, Robustness]:
    """Judge every sequence whose boxes are known, by name."""
    return {s.name: judge(s, trajectories[s.name]) for s in sequences if not s.withheld}


LEGEND = f"""\
kept: the mean overlap of the last tenth of the frames with the target is above {KEPT:g}.
silent: share of frames published with a score of {SURE:g} or more while the overlap is below
{WRONG:g} or there is no target. told: share of the frames without the target that are called lost.
false: share of the frames with it that are called lost though the box overlaps by {WELL:g}.
found: how many of its returns were noticed, and after how many frames on average.
error: mean difference of score and overlap. The last line counts all frames alike."""


def total(rows: Mapping[str, Robustness]) -> Robustness:
    """Return the counts of all sequences together."""
    return functools.reduce(operator.add, rows.values())


def robustness_table(rows: Mapping[str, Robustness]) -> str:
    """Return a line per sequence of one tracker, and one for all of them."""
    lines = [[name, *_cells(row)] for name, row in rows.items()]
    lines.append(['all', *_cells(total(rows))])
    return table(['sequence', *_HEADINGS], lines)


def trackers_table(trackers: Mapping[str, Mapping[str, Robustness]]) -> str:
    """Return a line per tracker, over all sequences."""
    return table(
        ['all of', *_HEADINGS], [[name, *_cells(total(rows))] for name, rows in trackers.items()]
    )


_HEADINGS = ('kept', 'silent', 'told', 'false', 'found', 'error')


def _cells(row: Robustness) -> list[str]:
    found = '-'
    if row.returns:
        found = f'{row.returns_found} of {row.returns}'
        if row.returns_found:
            found += f' in {row.mean_until_found:.0f}'
    return [
        f'{row.sequences_kept} of {row.sequences}',
        _percent(row.silent),
        _percent(row.absent_told_lost),
        _percent(row.falsely_lost),
        found,
        '-' if np.isnan(row.mean_score_error) else f'{row.mean_score_error:.3f}',
    ]


def _percent(share: float) -> str:
    return '-' if np.isnan(share) else f'{share:.1%}'
