# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The identity tells whether what is tracked is still the same target."""

from aiatrack_ros.tracking.identity import EVERY
from aiatrack_ros.tracking.identity import HIGHEST
from aiatrack_ros.tracking.identity import Identity
from aiatrack_ros.tracking.identity import KEPT
from aiatrack_ros.tracking.identity import MARGIN
from aiatrack_ros.tracking.identity import SCALE
from aiatrack_ros.tracking.identity import START
import numpy as np
import pytest

FIRST, OTHER, THIRD = np.eye(4, dtype=np.float32)[:3]


def turned(cosine: float, towards: np.ndarray = OTHER) -> np.ndarray:
    """Return a unit vector of this cosine to FIRST."""
    return np.float32(cosine * FIRST + (1 - cosine**2) ** 0.5 * towards)


def logistic(odds: float) -> float:
    return 1 / (1 + np.exp(-odds))


def test_odds_grow_with_the_likeness_and_are_even_a_margin_below_its_mean() -> None:
    identity = Identity(FIRST)
    even = min(START - MARGIN, HIGHEST)
    assert identity.probability(turned(even)) == pytest.approx(0.5, abs=1e-4)
    assert identity.probability(FIRST) == pytest.approx(logistic(SCALE * (1 - even)))
    assert identity.probability(OTHER) < 0.01


def test_a_look_that_changes_bit_by_bit_is_learned() -> None:
    fixed, learning = Identity(FIRST), Identity(FIRST)
    angles = np.linspace(0, np.pi / 2, 60)
    for angle in angles:
        learning.learn(np.float32(np.cos(angle) * FIRST + np.sin(angle) * OTHER))
    assert fixed.probability(OTHER) < 0.05
    assert learning.probability(OTHER) > 0.9
    assert learning.probability(THIRD) < 0.05
    assert learning.probability(FIRST) > 0.9  # the first vector is never dropped


def test_one_who_is_always_alike_is_held_to_it() -> None:
    """A stranger that passes for a changing target does not pass for one that is always alike."""
    rng = np.random.default_rng(0)
    first, *others = np.eye(64, dtype=np.float32)
    steady, lively = Identity(first), Identity(first)
    for _ in range(40):
        steady.learn(first)
        other = np.float32(rng.normal(size=64))
        other[0] = 0
        lively.learn(0.8 * first + 0.6 * other / np.linalg.norm(other))
    stranger = np.float32(0.6 * first + 0.8 * others[0])
    assert steady.probability(stranger) < 0.5 < lively.probability(stranger)


def test_one_who_went_straight_on_may_come_back_from_another_side() -> None:
    steady = Identity(FIRST)
    for _ in range(40):
        steady.learn(FIRST)
    assert steady.probability(turned(HIGHEST + 0.05)) > 0.7
    assert steady.probability(turned(HIGHEST - 0.05)) < 0.3


def test_somebody_else_is_not_learned() -> None:
    identity = Identity(FIRST)
    for _ in range(100):
        identity.learn(OTHER)
    assert identity.probability(OTHER) < 0.01


def test_the_first_sure_frames_are_looked_at_and_then_one_in_so_many() -> None:
    identity = Identity(FIRST)
    wanted = [identity.wanted() for _ in range(KEPT + 3 * EVERY)]
    assert all(wanted[:KEPT]) and sum(wanted[KEPT:]) == 3
    assert not any(Identity(np.zeros(0, np.float32)).wanted() for _ in range(KEPT))


def test_what_is_no_description_is_not_learned() -> None:
    identity = Identity(FIRST)
    identity.learn(np.float32([np.inf, np.nan, 0, 0]))
    assert identity.probability(FIRST) == Identity(FIRST).probability(FIRST)


def test_what_is_kept_is_bounded() -> None:
    identity = Identity(FIRST)
    for _ in range(1000):
        identity.learn(turned(0.9))
    assert len(identity._latest) == KEPT


def test_a_network_that_does_not_tell_says_yes() -> None:
    nothing = np.zeros(0, np.float32)
    identity = Identity(nothing)
    identity.learn(nothing)
    assert identity.probability(nothing) == 1.0
