# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Reliability of scores: statistics by hand, thresholds read off known curves."""

from pathlib import Path

from aiatrack_ros.datasets.sequences import find_sequences
from aiatrack_ros.datasets.sequences import Sequence
from aiatrack_ros.errors import InputError
from aiatrack_ros.evaluation import reliability
from aiatrack_ros.evaluation.one_pass import track_sequence
from aiatrack_ros.evaluation.one_pass import Trajectory
from aiatrack_ros.tracking.target_state import State
import benchmark_trees as trees
import cv2
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
import numpy as np
import pytest

NAN = float('nan')


class TestStatistics:
    def test_rank_correlation(self):
        a = np.array([1.0, 2, 3, 4, 5])
        assert reliability.rank_correlation(a, a**3) == pytest.approx(1)
        assert reliability.rank_correlation(a, -a) == pytest.approx(-1)
        # By the formula 1 - 6 sum(d^2) / (n (n^2 - 1)): ranks 2 1 4 3 5, d = 1 1 1 1 0.
        b = np.array([2.0, 1, 4, 3, 5])
        assert reliability.rank_correlation(a, b) == pytest.approx(1 - 6 * 4 / (5 * 24))
        # Equal values share the mean of their ranks: 1.5 1.5 3.
        tied = reliability.rank_correlation(np.array([7.0, 7, 9]), np.array([1.0, 2, 3]))
        assert tied == pytest.approx(np.corrcoef([1.5, 1.5, 3], [1, 2, 3])[0, 1])
        assert np.isnan(reliability.rank_correlation(a, np.ones(5)))

    def test_separation(self):
        high, low = np.array([0.9, 0.8, 0.4]), np.array([0.5, 0.1])
        assert reliability.separation(high, low) == pytest.approx(5 / 6)
        assert reliability.separation(np.array([0.5]), np.array([0.5])) == pytest.approx(0.5)
        assert np.isnan(reliability.separation(high, np.array([])))

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.integers(0, 9), min_size=1), st.lists(st.integers(0, 9), min_size=1))
    def test_separation_counts_pairs(self, high, low):
        pairs = [(h > x) + 0.5 * (h == x) for h in high for x in low]
        value = reliability.separation(np.array(high, float), np.array(low, float))
        assert value == pytest.approx(np.mean(pairs))

    def test_run_lengths(self):
        flags = np.array([1, 0, 1, 1, 1, 0, 0, 1, 1], bool)
        assert reliability.run_lengths(flags).tolist() == [1, 3, 2]
        assert reliability.run_lengths(~flags).tolist() == [1, 2]
        assert reliability.run_lengths(np.zeros(4, bool)).tolist() == []
        assert reliability.run_lengths(np.ones(4, bool)).tolist() == [4]

    def test_curve(self):
        scores, overlaps = np.array([0.05, 0.91, 0.95, 1.0]), np.array([0.3, 0.5, 0.7, 0.9])
        low, high = reliability.curve(scores, overlaps)
        assert (low['from'], low['to'], low['frames']) == (0.0, 0.1, 1)
        assert high['frames'] == 3
        assert high['score'] == pytest.approx(2.86 / 3)
        assert high['overlap'] == pytest.approx(0.7)


class TestThresholds:
    def test_parted_scores(self):
        # With the target from .6 up, without it from .3 down: anything between parts them.
        well = np.linspace(0.6, 0.9, 50)
        absent = np.linspace(0.3, 0.1, 50)
        found = reliability.suggest(well, np.full(50, 0.8), absent, [well], [absent])
        # The lowest and the highest that notice it from the first frame on.
        assert found.lost_threshold == pytest.approx(0.31)
        assert found.regain_threshold == pytest.approx(0.6)
        assert (found.lost_after, found.regain_after) == (3, 3)
        # Nearly all frames are admitted, but at most 5 in 100 (2 of 50) without the target.
        assert found.update_threshold == pytest.approx(0.3, abs=0.011)

    def test_runs_make_it_wait(self):
        # Four low scores in a row happen while all is well, and two high ones without a target;
        # both are as low and as high as those that are to be noticed.
        well = np.array([0.9] * 40 + [0.2] * 4 + [0.9] * 40)
        absent = np.array([0.2] * 40 + [0.9] * 2 + [0.2] * 40)
        found = reliability.suggest(well, np.full(84, 0.8), absent, [well], [absent])
        assert (found.lost_after, found.regain_after) == (5, 3)
        assert found.lost_threshold == pytest.approx(0.21)
        assert found.regain_threshold == pytest.approx(0.9)

    def test_one_false_alarm_in_a_thousand_frames_is_allowed(self):
        well = np.full(2000, 0.9)
        absent = np.full(40, 0.2)
        # Runs of four low scores: of two runs, only the last frames, 2 of 2,000, are in alarm if
        # four in a row are waited for; three runs make five necessary.
        for runs, after in ((2, 4), (3, 5)):
            well[[500 * k + j for k in range(runs) for j in range(4)]] = 0.1
            found = reliability.suggest(well, np.full(2000, 0.8), absent, [well], [absent])
            assert found.lost_after == after

    def test_a_blind_score_never_gives_up(self):
        same = np.full(50, 0.7)
        found = reliability.suggest(same, same, same, [same], [same])
        assert found.lost_threshold == 0

    def test_first_run(self):
        flags = np.array([1, 0, 1, 1, 0, 1, 1, 1], bool)
        assert [reliability.first_run(flags, k) for k in (1, 2, 3, 4)] == [1, 4, 8, 8]

    def test_update_threshold_keeps_bad_frames_out(self):
        scores = np.linspace(0.005, 0.995, 100)
        overlaps = np.where(scores > 0.7, 0.9, 0.2)
        absent = np.array([0.1])
        found = reliability.suggest(scores, overlaps, absent, [scores], [absent])
        # Above .68 there are 32 frames of which 30 are well tracked (94 %), above .69 30 of 31.
        assert found.update_threshold == pytest.approx(0.69)

    def test_scores_without_worth_allow_no_update_threshold(self):
        scores, overlaps = np.linspace(0, 1, 50), np.tile([0.2, 0.9], 25)
        found = reliability.suggest(scores, overlaps, scores, [scores], [scores])
        assert found.update_threshold is None


class Honest:
    """A tracker that knows the truth; its score is .8 where it sees red, else .1, then lost."""

    description = 'honest'

    def __init__(self, truth: np.ndarray, error: float = 0.0) -> None:
        self.truth, self.error = truth, error
        self.frame = 0

    def initialize(self, image: np.ndarray, box: tuple[float, ...]) -> None:
        self.frame = 0

    def track(self, image: np.ndarray) -> trees.Answer:
        self.frame += 1
        box = self.truth[self.frame]
        x, y, w, h = (int(value) for value in box)
        there = image[y : y + h, x : x + w, 0].mean() > 150
        # Of the width 20, 16 are right: overlap .8.
        return trees.Answer(
            tuple(box * [1, 1, 0.8, 1]),
            0.8 + self.error if there else 0.1,
            State.TRACKING if there else State.LOST,
        )


@pytest.fixture
def sequences(tmp_path: Path) -> list[Sequence]:
    """Return two sequences in which the target is in the same places at the same times."""
    for name in ('a', 'b'):
        trees.write_otb(tmp_path, name, trees.boxes_moving_right(60, 0.5))
    return find_sequences(tmp_path)


def examine(sequences: list[Sequence], tracker) -> reliability.Reliability:
    """Evaluate and examine a tracker."""
    runs = {sequence.name: track_sequence(tracker, sequence) for sequence in sequences}
    return reliability.examine(tracker, sequences, runs)


class TestExamine:
    def test_an_honest_tracker(self, sequences: list[Sequence]):
        # Only the covered kind: in the cut kind the other target stands in the same place.
        outcome = examine(sequences[:1], Honest(sequences[0].truth))
        assert outcome.frames == 59
        assert outcome.mean_absolute_error == pytest.approx(0, abs=1e-3)
        assert outcome.bias == pytest.approx(0, abs=1e-3)
        assert len(outcome.absent) == 24 and outcome.absent == pytest.approx(0.1)
        assert outcome.auc == 1
        assert (outcome.lost_when_absent, outcome.lost_when_well) == (1, 0)
        assert outcome.recovered == 1
        assert 0.1 < outcome.suggested.lost_threshold <= 0.8

    def test_a_tracker_that_is_too_sure_and_blind(self, sequences: list[Sequence]):
        blind = trees.Scripted(sequences[0].truth * [1, 1, 0.6, 1], np.full(60, 0.9))
        outcome = examine(sequences, blind)
        assert outcome.frames == 2 * 59
        assert outcome.bias == outcome.mean_absolute_error == pytest.approx(0.3)
        assert outcome.auc == 0.5  # absence does not show
        assert (outcome.lost_when_absent, outcome.lost_when_well) == (0, 0)
        assert outcome.suggested.update_threshold is None

    def test_scores_are_needed(self, sequences: list[Sequence]):
        mute = trees.Scripted(sequences[0].truth, np.full(60, NAN))
        with pytest.raises(InputError, match='no score'):
            examine(sequences, mute)

    def test_weights_that_do_not_track(self, sequences: list[Sequence]):
        away = trees.Scripted(np.tile([0.0, 60, 5, 5], (60, 1)))
        with pytest.raises(InputError, match='no frame is well tracked'):
            examine(sequences, away)

    def test_sequences_that_are_too_short(self, tmp_path: Path):
        trees.write_otb(tmp_path, 'a', trees.boxes_moving_right(8))
        with pytest.raises(InputError, match='40 frames'):
            examine(find_sequences(tmp_path), trees.Scripted(trees.boxes_moving_right(8)))


def test_outcome_as_text_json_and_plots(sequences: list[Sequence], tmp_path: Path):
    outcome = examine(sequences[:1], Honest(sequences[0].truth, error=0.05))
    text = reliability.describe(outcome)
    for part in ('59 frames', 'error 0.050', 'bias +0.050', '24 frames without', 'lost_after 3'):
        assert part in text
    content = outcome.as_dict()
    assert content['bias'] == pytest.approx(0.05, abs=1e-3)
    assert content['suggested']['lost_after'] == 3
    assert content['frames_absent'] == 24
    assert 'scores' not in content and len(content['curve']) == 1
    reliability.plot(outcome, tmp_path / 'plots')
    for name in ('reliability.png', 'absence.png'):
        assert cv2.imread(str(tmp_path / 'plots' / name)).std() > 5


def test_missing_frames_do_not_count(sequences: list[Sequence]):
    """The first frame and frames without the target are no part of the comparison."""
    truth, visible = sequences[0].truth.copy(), sequences[0].visible.copy()
    truth[5], visible[5] = NAN, False
    gap = Sequence('gap', 'otb', sequences[0].images, truth, visible)
    scores = np.full(60, 0.5)
    scores[0], scores[5] = NAN, 1.0
    run = Trajectory(
        np.nan_to_num(truth), scores, np.ones(60), np.ones(60, bool), np.zeros(60, bool)
    )
    departed = reliability.make_departures(sequences[:1])
    left = track_sequence(Honest(sequences[0].truth), departed[0])
    outcome = reliability.judge([(gap, run)], [(departed[0], left)])
    assert outcome.frames == 58
    assert outcome.bias == pytest.approx(-0.5)


def test_frames_missed_before_the_first_answer_do_not_count(sequences: list[Sequence]):
    """In real time, whoever takes long to initialise has no score for the first frames."""
    seen = np.ones(60, bool)
    seen[1:4] = seen[20] = False
    scores = np.full(60, 0.5)
    scores[:4] = NAN
    run = Trajectory(sequences[0].truth, scores, np.ones(60), seen, np.zeros(60, bool))
    departed = reliability.make_departures(sequences[:1])
    left = track_sequence(Honest(sequences[0].truth), departed[0])
    outcome = reliability.judge([(sequences[0], run)], [(departed[0], left)])
    assert outcome.frames == 56
    assert outcome.mean_absolute_error == pytest.approx(0.5)
