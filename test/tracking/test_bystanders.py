# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Bystanders: all looks at one person count, not the last ones alone."""

from aiatrack_ros.tracking import bystanders
from aiatrack_ros.tracking.bystanders import Bystanders
from aiatrack_ros.tracking.bystanders import CAPACITY
from aiatrack_ros.tracking.bystanders import LONGEST
from aiatrack_ros.tracking.bystanders import LOOKS
from aiatrack_ros.tracking.snapshot import attributes_of
from aiatrack_ros.tracking.snapshot import take_attributes
import numpy as np
from numpy.typing import NDArray
import pytest

BOX = (100.0, 50.0, 40.0, 90.0)
DOUBTFUL, ALIKE = 0.4, 0.99


def looking(angle: float = 0.0) -> NDArray[np.float32]:
    """Return a description at an angle, in degrees, to that of whom the tests watch."""
    radians = np.deg2rad(angle)
    return np.array([np.cos(radians), np.sin(radians), 0.0], np.float32)


HIM = looking()


def watched(frames: int, box: bystanders.Box = BOX) -> Bystanders:
    """Return those of somebody who was doubtful in so many frames."""
    seen = Bystanders()
    for number in range(frames):
        seen.probability(number, box, 0.7, HIM, DOUBTFUL)
    return seen


def test_who_was_doubtful_for_long_is_not_taken_for_a_few_frames() -> None:
    seen = watched(40)
    assert max(seen.probability(40 + k, BOX, 0.75, HIM, ALIKE) for k in range(3)) < 0.6


def test_who_is_new_or_was_doubtful_for_a_moment_is_taken_at_once() -> None:
    assert Bystanders().probability(0, BOX, 0.75, HIM, ALIKE) == ALIKE
    seen = watched(3)
    assert min(seen.probability(3 + k, BOX, 0.75, HIM, ALIKE) for k in range(3)) > 0.8


def test_he_is_believed_in_the_end() -> None:
    seen = watched(20)
    answers = [seen.probability(20 + k, BOX, 0.75, HIM, ALIKE) for k in range(60)]
    assert answers == sorted(answers) and answers[-1] > 0.85


def test_never_more_than_the_look_itself_says() -> None:
    assert Bystanders().probability(0, BOX, 0.75, HIM, DOUBTFUL) == DOUBTFUL
    assert Bystanders().probability(0, BOX, 0.0, HIM, 0.0) == 0.0
    assert Bystanders().probability(0, BOX, 1.0, HIM, 1.0) == pytest.approx(1.0, abs=1e-3)


def test_what_fits_badly_says_little() -> None:
    seen = Bystanders()
    for number in range(40):
        seen.probability(number, BOX, 0.02, HIM, DOUBTFUL)
    assert seen.probability(40, BOX, 0.75, HIM, ALIKE) > 0.9


@pytest.mark.parametrize(
    'box, same',
    [
        ((110.0, 55.0, 44.0, 95.0), True),
        ((220.0, 50.0, 40.0, 90.0), False),
        ((80.0, 5.0, 80.0, 180.0), False),
        ((100.0, 50.0, 0.0, 90.0), False),
    ],
    ids=['a step on', 'far away', 'twice as large', 'without width'],
)
def test_who_is_the_same(box: bystanders.Box, same: bool) -> None:
    assert (watched(40).probability(40, box, 0.75, HIM, ALIKE) < 0.6) == same


def test_who_looks_different_in_his_place_is_another() -> None:
    assert watched(40).probability(40, BOX, 0.75, looking(40), ALIKE) < 0.6  # a cosine of .77
    seen = watched(40)
    assert seen.probability(40, BOX, 0.75, looking(80), ALIKE) == ALIKE  # of .17
    # Each of them is known by what he looks like, in whatever order they are looked at.
    assert seen.probability(41, BOX, 0.75, HIM, ALIKE) < 0.6
    assert seen.probability(41, BOX, 0.75, looking(80), ALIKE) > 0.9


def test_who_turns_round_little_by_little_stays_the_same() -> None:
    seen = Bystanders()
    for number in range(40):
        seen.probability(number, BOX, 0.7, looking(4 * number), DOUBTFUL)
    assert seen.probability(40, BOX, 0.75, looking(160), ALIKE) < 0.6
    # Of what he looked like, the latest looks are remembered.
    assert seen.probability(41, BOX, 0.75, looking(4 * (41 - LOOKS) - 40), ALIKE) < 0.6
    assert seen.probability(42, BOX, 0.75, HIM, ALIKE) == ALIKE


def test_who_walks_stays_the_same() -> None:
    seen = Bystanders()
    for number in range(0, 80, 2):  # now and then another place is looked at
        seen.probability(number, (100.0 + 10 * number, 50.0, 40.0, 90.0), 0.7, HIM, DOUBTFUL)
    assert seen.probability(80, (900.0, 50.0, 40.0, 90.0), 0.75, HIM, ALIKE) < 0.6


def test_who_was_away_for_long_is_somebody_new() -> None:
    assert watched(40).probability(39 + LONGEST, BOX, 0.75, HIM, ALIKE) < 0.6
    assert watched(40).probability(40 + LONGEST, BOX, 0.75, HIM, ALIKE) == ALIKE


def test_what_is_kept_is_bounded() -> None:
    seen = Bystanders()
    for number in range(500):
        for column in range(4):
            seen.probability(number, (1000.0 * number, 500.0 * column, 9.0, 9.0), 0.5, HIM, 0.5)
    assert len(attributes_of(seen)['_known']) <= CAPACITY


def test_forgotten_and_handed_on() -> None:
    seen, other = watched(40), Bystanders()
    take_attributes(other, attributes_of(seen))
    assert (
        other.probability(40, BOX, 0.7, HIM, ALIKE)
        == seen.probability(40, BOX, 0.7, HIM, ALIKE)
        < 0.6
    )
    seen.clear()
    assert seen.probability(41, BOX, 0.7, HIM, ALIKE) == ALIKE
