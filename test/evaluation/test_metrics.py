# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Metrics against values computed by hand, against the got10k toolkit, and by their laws."""

from pathlib import Path

from aiatrack_ros.datasets.sequences import find_sequences
from aiatrack_ros.evaluation import metrics
from aiatrack_ros.evaluation.one_pass import Trajectory
from aiatrack_ros.evaluation.results import write_raw
import benchmark_trees as trees
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
import numpy as np
import pytest

NAN = float('nan')


def noisy(truth: np.ndarray, seed: int, sigma: float = 4.0) -> np.ndarray:
    """Return boxes as a poor tracker gives them; the first is right, none is empty."""
    rng = np.random.default_rng(seed)
    boxes = truth + rng.normal(0, sigma, truth.shape)
    boxes[:, 2:] = np.maximum(boxes[:, 2:], 2)
    boxes[0] = truth[0]
    return boxes


def as_trajectory(boxes: np.ndarray) -> Trajectory:
    """Wrap boxes; a hundredth of a second each."""
    count = len(boxes)
    return Trajectory(
        boxes,
        np.full(count, NAN),
        np.full(count, 0.01),
        np.ones(count, bool),
        np.zeros(count, bool),
    )


class TestByHand:
    def test_overlap(self):
        truth = np.array([[0, 0, 10, 10]] * 5, float)
        boxes = np.array(
            [
                [0, 0, 10, 10],
                [5, 0, 10, 10],  # 50 shared of 150
                [10, 0, 10, 10],  # touching
                [2, 2, 5, 4],  # 20 inside of 100
                [NAN, 0, 10, 10],
            ]
        )
        assert metrics.overlap(boxes, truth) == pytest.approx([1, 1 / 3, 0, 0.2, 0])

    def test_overlap_clips_to_the_image(self):
        truth = np.array([[80, 0, 20, 10]], float)
        box = np.array([[80, 0, 40, 10]], float)
        assert metrics.overlap(box, truth) == pytest.approx([0.5])
        assert metrics.overlap(box, truth, (100, 50)) == pytest.approx([1])

    def test_center_error(self):
        truth = np.array([[10, 10, 20, 40]] * 3, float)
        boxes = np.array([[13, 14, 20, 40], [10, 10, 26, 48], [NAN] * 4], float)
        assert metrics.center_error(boxes, truth) == pytest.approx([5, 5, np.inf])
        # Offsets (3, 4) in sizes (20, 40): (.15, .1).
        expected = [np.hypot(0.15, 0.1)] * 2 + [np.inf]
        assert metrics.center_error(boxes, truth, normalized=True) == pytest.approx(expected)

    def test_a_sequence(self):
        truth = np.array([[0, 0, 10, 10]] * 5, float)
        boxes = np.array(
            [
                [99, 99, 1, 1],  # the first box was given, whatever a file says
                [0, 0, 10, 10],  # overlap 1
                [5, 0, 10, 10],  # 1/3, 5 px off, half a size
                [0, 0, 10, 6],  # .6, 2 px off, .2 of a size
                [50, 50, 1, 1],  # 0, but the target is absent
            ],
            float,
        )
        visible = np.array([True, True, True, True, False])
        score = metrics.score_sequence(boxes, truth, visible, fps=50.0)
        assert score.frames == 3
        assert score.ao == pytest.approx((1 + 1 / 3 + 0.6) / 3)
        assert (score.sr50, score.sr75) == pytest.approx((2 / 3, 1 / 3))
        # Thresholds 0, .05 .. 1 that are strictly exceeded: 20, 20, 7 (0 to .3), 12 (0 to .55).
        assert score.auc == pytest.approx((20 + 20 + 7 + 12) / 4 / 21, abs=1e-9)
        assert score.precision == 1
        assert score.norm_precision == pytest.approx(3 / 4)
        assert score.fps == 50

    def test_a_missing_answer_is_a_failure(self):
        truth = np.array([[0, 0, 10, 10]] * 3, float)
        boxes = np.array([[0, 0, 10, 10], [NAN] * 4, [0, 0, np.inf, 10]])
        score = metrics.score_sequence(boxes, truth, np.ones(3, bool))
        assert (score.ao, score.sr50) == (0, 0)
        assert score.precision == pytest.approx(1 / 3)

    def test_true_boxes_of_absent_targets_may_be_anything(self):
        truth = np.array([[0, 0, 10, 10], [0, 0, 10, 10], [NAN] * 4, [0, 0, 0, 0]], float)
        visible = np.array([True, True, False, False])
        score = metrics.score_sequence(truth, truth, visible)
        assert score.frames == 1
        assert (score.ao, score.precision, score.norm_precision) == pytest.approx((1, 1, 1))

    def test_nothing_to_score(self):
        truth = np.array([[0, 0, 10, 10], [NAN] * 4])
        assert metrics.score_sequence(truth, truth, np.array([True, False])) is None

    def test_arrays_of_different_lengths_are_a_mistake(self):
        truth = np.array([[0, 0, 10, 10]] * 3, float)
        with pytest.raises(ValueError, match='2 boxes, 3 true ones'):
            metrics.score_sequence(truth[:2], truth, np.ones(3, bool))

    def test_means(self):
        truth = np.array([[0, 0, 10, 10]] * 5, float)
        half = truth * [1, 1, 0.5, 1]
        scores = [
            metrics.score_sequence(truth[:2], truth[:2], np.ones(2, bool), fps=10.0),  # AO 1
            metrics.score_sequence(half, truth, np.ones(5, bool), fps=30.0),  # AO .5 over four
        ]
        mean = metrics.mean_scores(scores)
        assert (mean['ao'], mean['frames'], mean['fps']) == pytest.approx((0.75, 5, 20))
        pooled = metrics.pooled_scores(scores)
        assert pooled == pytest.approx({'ao': 0.6, 'sr50': 0.2, 'sr75': 0.2})


class TestAgainstTheGot10kToolkit:
    """The toolkit reads our result files and reports; its figures are ours to 1e-6."""

    @pytest.fixture
    def experiments(self):
        needs = "needs the got10k toolkit: pip install '.[test]'"
        return pytest.importorskip('got10k.experiments', reason=needs)

    def test_got10k(self, experiments, tmp_path: Path):
        rng = np.random.default_rng(3)
        for name in ('GOT-10k_Val_000001', 'GOT-10k_Val_000002'):
            # Boxes that leave the image, so that clipping matters, and frames without a target.
            truth = trees.boxes_moving_right(24, step=4) + rng.normal(0, 1, (24, 4))
            cover = rng.integers(0, 9, 24)
            cover[:3], cover[5] = 8, 0
            trees.write_got10k(tmp_path / 'val', name, truth, cover)
        scores = {}
        for seed, sequence in enumerate(find_sequences(tmp_path / 'val')):
            boxes = noisy(sequence.truth, seed)
            folder = tmp_path / 'results' / 'GOT-10k' / 'ours'
            write_raw(folder, 'got10k', sequence.name, as_trajectory(boxes))
            scores[sequence.name] = metrics.score_sequence(
                boxes, sequence.truth, sequence.visible, sequence.resolution
            )
        experiment = experiments.ExperimentGOT10k(
            str(tmp_path), 'val', str(tmp_path / 'results'), str(tmp_path / 'reports')
        )
        experiment.plot_curves = lambda *_: None  # takes seconds and is not what is compared
        theirs = experiment.report(['ours'])['ours']
        assert set(theirs['seq_wise']) == set(scores)
        for name, row in theirs['seq_wise'].items():
            assert 0 < row['ao'] < 1
            assert scores[name].ao == pytest.approx(row['ao'], abs=1e-6)
            assert scores[name].sr50 == pytest.approx(row['sr'], abs=1e-6)
        pooled = metrics.pooled_scores(scores.values())
        assert pooled['ao'] == pytest.approx(theirs['overall']['ao'], abs=1e-6)
        assert pooled['sr50'] == pytest.approx(theirs['overall']['sr'], abs=1e-6)
        # Their curve has 101 thresholds; number 75 is .75.
        sr75 = theirs['overall']['succ_curve'][75]
        assert pooled['sr75'] == pytest.approx(sr75, abs=1e-6)

    def test_otb(self, experiments, tmp_path: Path):
        for name, frames in (('Left', 20), ('Right', 31)):
            trees.write_otb(tmp_path, name, trees.boxes_moving_right(frames))
        sequences = find_sequences(tmp_path)
        experiment = object.__new__(experiments.ExperimentOTB)  # its constructor wants all of OTB
        experiment.result_dir = str(tmp_path / 'results')
        experiment.report_dir = str(tmp_path / 'reports')
        experiment.nbins_iou, experiment.nbins_ce = 21, 51
        experiment.plot_curves = lambda *_: None

        class Dataset(list):
            seq_names = [sequence.name for sequence in sequences]

        experiment.dataset = Dataset((None, sequence.truth) for sequence in sequences)
        scores = {}
        for seed, sequence in enumerate(sequences):
            boxes = noisy(sequence.truth, seed, sigma=9.0)
            write_raw(tmp_path / 'results' / 'ours', 'otb', sequence.name, as_trajectory(boxes))
            scores[sequence.name] = metrics.score_sequence(
                boxes, sequence.truth, sequence.visible, sequence.resolution
            )
        theirs = experiment.report(['ours'])['ours']
        for name, row in theirs['seq_wise'].items():
            ours = scores[name]
            assert 0.1 < row['precision_score'] < 1
            assert ours.auc == pytest.approx(row['success_score'], abs=1e-6)
            assert ours.precision == pytest.approx(row['precision_score'], abs=1e-6)
            assert ours.success == pytest.approx(row['success_curve'], abs=1e-6)
            assert ours.precisions == pytest.approx(row['precision_curve'], abs=1e-6)
        mean = metrics.mean_scores(scores.values())
        assert mean['auc'] == pytest.approx(theirs['overall']['success_score'], abs=1e-6)
        assert mean['precision'] == pytest.approx(theirs['overall']['precision_score'], abs=1e-6)


BOXES = arrays(float, (6, 4), elements=st.floats(-50, 150)).map(
    lambda a: np.concatenate([a[:, :2], np.abs(a[:, 2:]) + 1], axis=1)
)


class TestLaws:
    @settings(max_examples=60, deadline=None)
    @given(BOXES, BOXES, st.floats(-40, 40), st.floats(0.2, 5))
    def test_overlap_ignores_order_place_and_scale(self, a, b, shift, scale):
        value = metrics.overlap(a, b)
        assert ((value >= 0) & (value <= 1)).all()
        assert metrics.overlap(b, a) == pytest.approx(value, abs=1e-9)
        moved = [boxes + [shift, -shift, 0, 0] for boxes in (a, b)]
        assert metrics.overlap(*moved) == pytest.approx(value, abs=1e-6)
        assert metrics.overlap(a * scale, b * scale) == pytest.approx(value, abs=1e-6)
        assert metrics.overlap(a, a) == pytest.approx(np.ones(6))

    @settings(max_examples=60, deadline=None)
    @given(BOXES, BOXES, arrays(bool, 6))
    def test_scores_hang_together(self, boxes, truth, visible):
        visible[0] = True
        score = metrics.score_sequence(boxes, truth, visible)
        if not visible[1:].any():
            assert score is None
            return
        assert score.frames == visible[1:].sum()
        assert 0 <= score.sr75 <= score.sr50 <= 1
        assert (np.diff(score.success) <= 0).all()
        assert (np.diff(score.precisions) >= 0).all()
        # The area over 21 thresholds is the mean overlap to within half a step, first frame in.
        mean = (score.ao * score.frames + 1) / (score.frames + 1)
        assert score.auc == pytest.approx(mean, abs=0.05)


def test_names_of_the_figures():
    score = metrics.score_sequence(
        np.array([[0, 0, 9, 9]] * 2, float), np.array([[0, 0, 9, 9]] * 2, float), np.ones(2, bool)
    )
    assert score.as_dict()['frames'] == 1
    assert list(score.as_dict()) == [*metrics.FIGURES, 'frames', 'fps']
