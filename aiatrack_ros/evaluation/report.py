# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The figures of an evaluation as text for the terminal and as a dictionary for JSON."""

from collections.abc import Iterable
from collections.abc import Mapping
import json
import math
from pathlib import Path
from typing import Any

from aiatrack_ros.errors import InputError
from aiatrack_ros.evaluation.metrics import FIGURES
from aiatrack_ros.evaluation.metrics import mean_scores
from aiatrack_ros.evaluation.metrics import pooled_scores
from aiatrack_ros.evaluation.metrics import SequenceScores

Scores = Mapping[str, SequenceScores]  # by the name of the sequence

HEADINGS = {
    'ao': 'AO',
    'sr50': 'SR50',
    'sr75': 'SR75',
    'auc': 'AUC',
    'precision': 'P20',
    'norm_precision': 'NP.2',
}
LEGEND = """\
AO, SR50, SR75: mean overlap, share of frames above .5 and .75; the first frame does not count.
AUC, P20, NP.2: success, centre within 20 px, within .2 target sizes; the first frame counts.
Frames without the target count nowhere; mean: every sequence counts the same."""


def table(header: list[str], rows: list[list[str]]) -> str:
    """Lay out rows of text in columns: the first to the left, the others to the right."""
    widths = [max(len(row[k]) for row in [header, *rows]) for k in range(len(header))]

    def line(row: list[str]) -> str:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        return '  '.join(cells).rstrip()

    return '\n'.join([line(header), '-' * len(line(header)), *map(line, rows)])


def _cells(figures: Mapping[str, float]) -> list[str]:
    fps = figures['fps']
    return [
        *(f'{figures[name]:.3f}' for name in FIGURES),
        f'{figures["frames"]:.0f}',
        f'{fps:.1f}' if math.isfinite(fps) else '-',
    ]


def sequences_table(scores: Scores) -> str:
    """Return all figures of one tracker, a line per sequence and one for the mean."""
    rows = [[name, *_cells(score.as_dict())] for name, score in scores.items()]
    rows.append(['mean', *_cells(mean_scores(scores.values()))])
    return table(['sequence', *HEADINGS.values(), 'frames', 'fps'], rows)


def comparison_table(scores: Mapping[str, Scores]) -> str:
    """Return the AO of several trackers per sequence, then all means, a line per tracker."""
    sequences = list(next(iter(scores.values())))
    rows = [[name, *(f'{s[name].ao:.3f}' for s in scores.values())] for name in sequences]
    means = {name: mean_scores(rows.values()) for name, rows in scores.items()}
    rows.append(['mean', *(f'{means[name]["ao"]:.3f}' for name in scores)])
    by_sequence = table(['AO', *scores], rows)
    by_tracker = table(
        ['mean of', *HEADINGS.values(), 'frames', 'fps'],
        [[name, *_cells(mean)] for name, mean in means.items()],
    )
    return f'{by_sequence}\n\n{by_tracker}'


def as_dict(scores: Scores) -> dict[str, Any]:
    """Return {'mean': .., 'pooled': .., 'sequences': {NAME: ..}} of one tracker.

    'mean' is over sequences, 'pooled' over all frames (the way of GOT-10k's toolkit).
    """
    return {
        'mean': mean_scores(scores.values()),
        'pooled': pooled_scores(scores.values()) if scores else {},
        'sequences': {name: score.as_dict() for name, score in scores.items()},
    }


def make_folders(paths: Iterable[str | Path | None]) -> None:
    """Find out before hours of work that the outcome has no place.

    Raises:
        InputError: One of the folders, of which None is none, can not be made.
    """
    for path in paths:
        if path:
            try:
                Path(path).mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise InputError(
                    f'{path}: no folder can be made there: {error.strerror}'
                ) from None


def write_json(path: str | Path, content: Mapping[str, Any]) -> None:
    """Write figures as strict JSON: what is not a finite number becomes null."""
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(json.dumps(_strict(content), indent=2) + '\n')
    except OSError as error:
        reason = f'can not be written ({error.strerror}); name another file'
        raise InputError(f'{path}: {reason}') from None


def _strict(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _strict(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
