# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The figures by which trackers are compared, as the benchmarks' own tools compute them.

Which frames count:

- A frame whose target is absent (see `sequences`) counts in no figure.
- AO, SR50 and SR75 follow GOT-10k: the first frame, whose box was given, does not count.
- Success AUC, precision and normalised precision follow OTB and LaSOT: the first frame counts.
- A frame for which the tracker gave no box (NaN) counts as overlap 0 and infinitely far.

Boxes are (x, y, w, h) in pixels, arrays of shape (N, 4), one row per frame.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

SUCCESS_THRESHOLDS = np.linspace(0, 1, 21)  # overlap; OTB's 21 thresholds
PRECISION_THRESHOLDS = np.arange(51)  # pixels
NORM_PRECISION_THRESHOLDS = np.linspace(0, 0.5, 51)  # target sizes; LaSOT's 51 thresholds
PRECISION_AT = 20  # index of 20 px
NORM_PRECISION_AT = 20  # index of 0.2 target sizes

FIGURES = ('ao', 'sr50', 'sr75', 'auc', 'precision', 'norm_precision')


def overlap(
    boxes: np.ndarray, truth: np.ndarray, resolution: tuple[int, int] | None = None
) -> np.ndarray:
    """Return the intersection over union (N,) of two arrays of boxes (N, 4).

    With a `resolution` (width, height) both are first clipped to the image as GOT-10k's toolkit
    does it: a box that begins left of or above the image is moved in, not cut.
    """
    if resolution is not None:
        boxes, truth = _clip(boxes, resolution), _clip(truth, resolution)
    low = np.maximum(boxes[:, :2], truth[:, :2])
    high = np.minimum(boxes[:, :2] + boxes[:, 2:], truth[:, :2] + truth[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    union = np.prod(boxes[:, 2:], axis=1) + np.prod(truth[:, 2:], axis=1) - shared
    iou = np.clip(shared / (union + np.finfo(float).eps), 0, 1)
    return np.nan_to_num(iou, nan=0.0)


def _clip(boxes: np.ndarray, resolution: tuple[int, int]) -> np.ndarray:
    corner = np.clip(boxes[:, :2], 0, resolution)
    size = np.clip(boxes[:, 2:], 0, np.asarray(resolution) - corner)
    return np.concatenate([corner, size], axis=1)


def center_error(boxes: np.ndarray, truth: np.ndarray, normalized: bool = False) -> np.ndarray:
    """Return the distances (N,) between centres: in pixels, or in sizes of the true box."""
    # The tools take pixels as points: a box from x to x + w - 1. It matters where w differs.
    offset = boxes[:, :2] + (boxes[:, 2:] - 1) / 2 - truth[:, :2] - (truth[:, 2:] - 1) / 2
    if normalized:
        offset = offset / truth[:, 2:]
    return np.nan_to_num(np.hypot(offset[:, 0], offset[:, 1]), nan=np.inf)


def success_curve(overlaps: np.ndarray) -> np.ndarray:
    """Return the share of overlaps strictly above each of the 21 thresholds, (21,)."""
    return np.mean(overlaps[:, None] > SUCCESS_THRESHOLDS, axis=0)


def precision_curve(errors: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Return the share of centre errors not above each threshold, (len(thresholds),)."""
    return np.mean(errors[:, None] <= thresholds, axis=0)


@dataclass(frozen=True)
class SequenceScores:
    """The figures of one tracker on one sequence; all in [0, 1] but the rate."""

    ao: float
    sr50: float
    sr75: float
    auc: float
    precision: float
    norm_precision: float
    frames: int  # that count in AO
    fps: float  # frames tracked per second of the tracker's time; NaN if not measured
    overlaps: np.ndarray  # (frames,) those behind AO
    success: np.ndarray  # (21,)
    precisions: np.ndarray  # (51,)

    def as_dict(self) -> dict[str, float]:
        """Return the figures under their names, for JSON."""
        return {
            **{name: float(getattr(self, name)) for name in FIGURES},
            'frames': self.frames,
            'fps': self.fps,
        }


def score_sequence(
    boxes: np.ndarray,
    truth: np.ndarray,
    visible: np.ndarray,
    resolution: tuple[int, int] | None = None,
    fps: float = float('nan'),
) -> SequenceScores | None:
    """Compare the boxes (N, 4) of a tracker with the true ones.

    Returns:
        None where no frame but the first has a visible target: there is nothing to score.
    """
    if not (len(boxes) == len(truth) == len(visible)):
        raise ValueError(
            f'{len(boxes)} boxes, {len(truth)} true ones, {len(visible)} marks of visibility'
        )
    # Row 0 is the box that was given. A box that is not finite is no answer.
    boxes = np.concatenate([truth[:1], np.where(np.isfinite(boxes[1:]), boxes[1:], np.nan)])
    counted = visible[1:].astype(bool)
    if not counted.any():
        return None
    keep = np.concatenate([[True], counted])
    boxes, truth = boxes[keep].astype(float), truth[keep].astype(float)
    overlaps = overlap(boxes, truth, resolution)
    success = success_curve(overlaps)
    precisions = precision_curve(center_error(boxes, truth), PRECISION_THRESHOLDS)
    norm_precisions = precision_curve(
        center_error(boxes, truth, normalized=True), NORM_PRECISION_THRESHOLDS
    )
    overlaps = overlaps[1:]
    return SequenceScores(
        ao=float(np.mean(overlaps)),
        sr50=float(np.mean(overlaps > 0.5)),
        sr75=float(np.mean(overlaps > 0.75)),
        auc=float(np.mean(success)),
        precision=float(precisions[PRECISION_AT]),
        norm_precision=float(norm_precisions[NORM_PRECISION_AT]),
        frames=len(overlaps),
        fps=fps,
        overlaps=overlaps,
        success=success,
        precisions=precisions,
    )


def mean_scores(scores: Iterable[SequenceScores]) -> dict[str, float]:
    """Return the mean of each figure over sequences, each counting the same; 'frames' is a sum."""
    rows = [score.as_dict() for score in scores]
    if not rows:
        return {}
    mean = {name: float(np.mean([row[name] for row in rows])) for name in FIGURES}
    rates = [row['fps'] for row in rows if np.isfinite(row['fps'])]
    frames = sum(row['frames'] for row in rows)
    return {**mean, 'frames': frames, 'fps': float(np.mean(rates)) if rates else float('nan')}


def pooled_scores(scores: Iterable[SequenceScores]) -> dict[str, float]:
    """Return AO, SR50 and SR75 over all frames of all sequences, as GOT-10k's toolkit reports."""
    overlaps = np.concatenate([score.overlaps for score in scores])
    return {
        'ao': float(np.mean(overlaps)),
        'sr50': float(np.mean(overlaps > 0.5)),
        'sr75': float(np.mean(overlaps > 0.75)),
    }
