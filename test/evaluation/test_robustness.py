# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What is counted beside the overlap, on trajectories made by hand."""

from aiatrack_ros.datasets.sequences import Sequence
from aiatrack_ros.evaluation.one_pass import Trajectory
from aiatrack_ros.evaluation.robustness import judge
from aiatrack_ros.evaluation.robustness import judge_all
from aiatrack_ros.evaluation.robustness import robustness_table
from aiatrack_ros.evaluation.robustness import total
import numpy as np
import pytest

BOX = np.array([10.0, 10, 20, 20])
ELSEWHERE = np.array([100.0, 100, 20, 20])


def film(present: str, right: str, lost: str = '', score: float = 0.9):
    """Return a sequence and a trajectory from strings: 'x' where the target is, and is found."""
    visible = np.array([mark == 'x' for mark in present])
    truth = np.where(visible[:, None], BOX, np.nan)
    boxes = np.where(np.array([mark == 'x' for mark in right])[:, None], BOX, ELSEWHERE)
    count = len(present)
    called = np.array([mark == 'L' for mark in lost.ljust(count, '.')])
    scores = np.full(count, score)
    scores[0] = np.nan
    sequence = Sequence('film', 'otb', (), truth, visible)
    return sequence, Trajectory(boxes, scores, np.ones(count), np.ones(count, bool), called)


def test_a_good_track_is_kept_and_nothing_else() -> None:
    row = judge(*film('xxxxxxxxxxx', 'xxxxxxxxxxx'))
    assert (row.sequences_kept, row.frames, row.frames_silent) == (1, 10, 0)
    assert row.falsely_lost == 0
    assert row.mean_score_error == pytest.approx(0.1)
    assert np.isnan(row.absent_told_lost) and np.isnan(row.mean_until_found)


def test_the_last_tenth_with_the_target_decides_whether_it_was_kept() -> None:
    assert judge(*film('x' * 21, 'x' * 19 + '..')).sequences_kept == 0
    assert judge(*film('x' * 21, '.' * 19 + 'xx')).sequences_kept == 1
    # Frames without the target behind them do not count.
    assert judge(*film('x' * 11 + '.' * 30, 'x' * 11 + '.' * 30)).sequences_kept == 1


def test_silent_is_published_sure_and_wrong() -> None:
    #                present      right        lost
    sequence, track = film('xxxx..xxxxx', 'xx..x.xxxxx', '...L.......')
    # Frame 2 is wrong; 3 as well, but called lost; 4 and 5 are without the target.
    assert judge(sequence, track).frames_silent == 3
    assert judge(*film('xxxx', 'x...', score=0.69)).frames_silent == 0
    assert judge(*film('xxxx', 'x...', score=0.7)).silent == 1.0


def test_absence_that_is_told_and_presence_that_is_denied() -> None:
    row = judge(*film('xxxx....xxx', 'xxxx....xxx', '....LLL.LL.'))
    assert row.absent_told_lost == pytest.approx(3 / 4)
    assert row.frames_falsely_lost == 2
    assert row.falsely_lost == pytest.approx(2 / 6)


def test_frames_until_found_again() -> None:
    row = judge(*film('xx..xxxx..xx', 'xx....xx....'))
    assert (row.returns, row.returns_found, row.mean_until_found) == (2, 1, 2)
    # What is right but called lost is not found.
    row = judge(*film('xx..xxxx', 'xx..xxxx', '..LLLLL.'))
    assert row.mean_until_found == 3


def test_no_box_and_no_score() -> None:
    sequence, track = film('xxxxx', 'xxxxx')
    track.boxes[2:] = np.nan
    track.scores[:] = np.nan
    row = judge(sequence, track)
    assert row.sequences_kept == 0
    assert np.isnan(row.silent) and np.isnan(row.mean_score_error)


def test_all_frames_count_alike_in_the_whole() -> None:
    long = judge(*film('x' * 91, 'x' * 91))
    short = judge(*film('x' * 11, 'x' + '.' * 10))
    both = total({'long': long, 'short': short})
    assert both.silent == pytest.approx(10 / 100)
    assert (both.sequences_kept, both.sequences) == (1, 2)
    content = both.as_dict()
    assert content['kept'] == 0.5 and content['absent_told_lost'] is None
    assert content['counts']['frames_silent'] == 10


def test_table_and_withheld_truth() -> None:
    sequence, track = film('xxx...xxxx', 'xxxxxxxxxx', '....L.')
    rows = judge_all([sequence], {'film': track})
    line = robustness_table(rows).splitlines()[-1]
    assert line.split() == '- all 1 of 1 22.2% 33.3% 0.0% 1 of 1 in 0 0.100'.split()[1:]
    withheld = Sequence('film', 'otb', (), sequence.truth, sequence.visible, withheld=True)
    assert judge_all([withheld], {'film': track}) == {}
