# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Lost and found, with hysteresis."""

from aiatrack_ros.tracking.target_state import SEARCH_SIZES
from aiatrack_ros.tracking.target_state import State
from aiatrack_ros.tracking.target_state import TargetState


def feed(target: TargetState, scores: list[float]) -> str:
    """Return one letter per frame: t or l."""
    return ''.join(target.update(score, 0.3, 3, 0.6, 2).value[0] for score in scores)


def test_lost_only_after_a_run_of_low_scores() -> None:
    assert feed(TargetState(), [0.9, 0.2, 0.2, 0.4, 0.2, 0.2, 0.29, 0.9]) == 'ttttttll'


def test_the_lost_threshold_itself_is_not_lost() -> None:
    assert feed(TargetState(), [0.3] * 10) == 't' * 10


def test_regained_only_after_a_run_of_high_scores() -> None:
    target = TargetState()
    assert feed(target, [0.0] * 3) == 'ttl'
    assert feed(target, [0.9, 0.5, 0.6, 0.59, 0.6, 0.6, 0.1]) == 'lllll' + 'tt'


def test_region_grows_in_steps_while_lost_and_begins_again() -> None:
    target = TargetState()
    assert target.growth == 1
    feed(target, [0.0] * 3)
    growths = []
    for _ in range(2 * len(SEARCH_SIZES)):
        growths.append(target.growth)
        feed(target, [0.0])
    assert growths == [*SEARCH_SIZES, *SEARCH_SIZES]
    assert growths[0] == 1
    assert growths[1] > 1


def test_a_candidate_is_looked_at_in_the_usual_size() -> None:
    target = TargetState()
    feed(target, [0.0] * 4)
    assert target.growth > 1
    assert not target.has_candidate
    feed(target, [0.7])
    assert target.has_candidate
    assert target.growth == 1
    feed(target, [0.5])
    assert not target.has_candidate
    feed(target, [0.6, 0.6])
    assert target.state is State.TRACKING
    assert not target.has_candidate
    assert target.growth == 1
