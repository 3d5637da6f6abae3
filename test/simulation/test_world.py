# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Who is where in the simulated world."""

import math

from aiatrack_ros.simulation import world
from aiatrack_ros.simulation.world import Pose
import pytest


def test_straight_and_turning_on_the_spot():
    assert Pose(1, 2, math.pi / 2).moved(0.5, 0, 2) == Pose(1, pytest.approx(3), math.pi / 2)
    assert Pose(1, 2, 0).moved(0, 0.5, 2) == Pose(1, 2, 1.0)


def test_an_arc_is_the_limit_of_small_steps():
    arc, steps = Pose(0.3, -0.2, 0.4), Pose(0.3, -0.2, 0.4)
    arc = arc.moved(0.2, 0.7, 3.0)
    for _ in range(30000):
        steps = Pose(
            steps.x + 2e-5 * math.cos(steps.heading),
            steps.y + 2e-5 * math.sin(steps.heading),
            steps.heading + 7e-5,
        )
    assert (arc.x, arc.y, arc.heading) == pytest.approx(
        (steps.x, steps.y, steps.heading), abs=1e-4
    )


def test_a_full_circle_ends_where_it_began():
    pose = Pose(1, 2, 3).moved(0.2, 0.5, 4 * math.pi)
    assert (pose.x, pose.y) == pytest.approx((1, 2))


def test_walk_is_continuous_and_slow_enough_to_be_followed():
    times = [0.1 * number for number in range(round(10 * world.DURATION) + 1)]
    poses = [world.target_pose(time) for time in times]
    assert poses[0] == world.TARGET_START
    steps = [before.distance(after) for before, after in zip(poses, poses[1:])]
    assert max(steps) < 0.1
    walk = steps[: round(10 * world.WALK_SECONDS)]
    assert max(walk) <= 0.015 + 1e-9
    assert sum(walk) > 2
    assert world.target_pose(1000) == world.target_pose(world.DURATION)


def test_target_turns_all_around_during_the_walk():
    headings = [math.degrees(world.target_pose(number / 10).heading) for number in range(300)]
    assert max(headings) - min(headings) > 180
