# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Who is where in the simulated world."""

import math

from aiatrack_ros.simulation import world
from aiatrack_ros.simulation.world import Pose
from aiatrack_ros.simulation.world import Walk
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


@pytest.mark.parametrize('scene', world.SCENES.values(), ids=world.SCENES)
def test_walk_is_continuous_and_slow_enough_to_be_followed(scene):
    times = [0.1 * number for number in range(round(10 * scene.duration) + 1)]
    poses = [scene.people(time)[0] for time in times]
    assert poses[0] == Pose(1.5, 0, math.pi)
    steps = [before.distance(after) for before, after in zip(poses, poses[1:])]
    assert max(steps) < 0.161  # nobody runs faster
    walk = steps[: round(10 * world.WALK_SECONDS)]
    assert max(walk) <= 0.015 + 1e-9
    assert sum(walk) > 2
    assert max(map(Pose.distance, scene.people(scene.duration), scene.people(1000))) < 1e-9


@pytest.mark.parametrize('scene', world.SCENES.values(), ids=world.SCENES)
def test_target_turns_all_around_during_the_walk(scene):
    headings = [math.degrees(scene.target.at(number / 10).heading) for number in range(300)]
    assert max(headings) - min(headings) > 180


def test_a_walk_goes_to_places_and_rests_until_times():
    walk = Walk(Pose(1, 1, math.pi), ()).to(1, 3, 0.5).until(10.0).to(-2, 3, 1.0)
    assert walk.at(0) == Pose(1, 1, math.pi)
    assert (walk.at(2.3).x, walk.at(2.3).y) == pytest.approx((1, 2))
    assert (walk.at(9.9).x, walk.at(9.9).y) == pytest.approx((1, 3))
    assert (walk.end.x, walk.end.y) == pytest.approx((-2, 3))
    assert walk.end.heading == pytest.approx(math.pi)  # both turns took the shorter way
    assert walk.duration == pytest.approx(13.3)


def between(time):
    """Return how far the other is from the line of sight of a robot 1.5 m behind the target."""
    target, other = world.SCENES['company'].people(time)
    robot = Pose(target.x - 1.5, target.y)
    beside = abs(other.y - target.y)
    return beside if robot.x + 0.4 < other.x < target.x - 0.4 else math.inf


def test_the_other_crosses_twice_between_robot_and_target():
    near = [time / 10 for time in range(300) if between(time / 10) < 0.2]
    jumps = [after - before for before, after in zip(near, near[1:])]
    assert sum(jump > 5 for jump in jumps) == 1
    assert 11 < near[0] < near[-1] < 28


def test_the_other_stands_there_while_the_target_is_away_and_nobody_is_run_over():
    scene = world.SCENES['company']
    left = scene.target.at(world.WALK_SECONDS)
    assert scene.other.at(37.0).distance(scene.other.end) < 1e-9
    assert scene.other.end.distance(left) < 1
    for number in range(round(10 * scene.duration)):
        target, other = scene.people(number / 10)
        assert target.distance(other) > 0.4
    assert scene.target.end.distance(left) > 0.5
