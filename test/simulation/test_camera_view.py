# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Pictures, depths and the truth of the simulated camera agree with each other."""

import math

from aiatrack_ros.simulation import textures
from aiatrack_ros.simulation.camera_view import CAMERA_HEIGHT
from aiatrack_ros.simulation.camera_view import CameraView
from aiatrack_ros.simulation.camera_view import CENTER_X
from aiatrack_ros.simulation.camera_view import CENTER_Y
from aiatrack_ros.simulation.camera_view import FOCAL
from aiatrack_ros.simulation.camera_view import HEIGHT
from aiatrack_ros.simulation.camera_view import WIDTH
from aiatrack_ros.simulation.world import Pose
from aiatrack_ros.simulation.world import Wall
import numpy as np
import pytest

FAR = Pose(-3, -3, 0)  # a target behind the camera


@pytest.fixture(scope='module')
def view():
    return CameraView(0)


def where(view, robot, target):
    """Return where the target is in the picture."""
    (outline,) = view.render(robot, [target]).people
    return outline


def known(depth):
    return np.where(depth > 0, depth, np.nan)


def test_seventy_degrees_across():
    assert 2 * math.degrees(math.atan(WIDTH / 2 / FOCAL)) == pytest.approx(70)


def test_box_is_where_a_pinhole_puts_the_target(view):
    robot = Pose(0.5, -1.0, 0.3)
    target = robot.moved(2.0, 0, 1)
    target = Pose(target.x - 0.4 * math.sin(0.3), target.y + 0.4 * math.cos(0.3), 1.0)
    x, y, w, h = where(view, robot, target).box
    assert x + w / 2 == pytest.approx(CENTER_X - FOCAL * 0.4 / 2, abs=1.5)
    assert y + h == pytest.approx(CENTER_Y + FOCAL * CAMERA_HEIGHT / 2, abs=1.5)
    assert h == pytest.approx(FOCAL * textures.FIGURE_HEIGHT / 2, abs=2.5)


def test_depth_of_target_wall_and_floor(view):
    robot, target = Pose(0, -2, 0), Pose(2, -2, 0)
    seen = view.render(robot, [target])
    depth = known(seen.depth)
    assert np.nanmedian(depth[200:280, 310:330]) == pytest.approx(2.0, rel=0.01)
    assert np.nanmedian(depth[180:220, 400:440]) == pytest.approx(9.0, rel=0.01)
    side = 3 * FOCAL / (580 - CENTER_X)  # the wall 3 m to the right
    assert np.nanmedian(depth[100:140, 580]) == pytest.approx(side, rel=0.01)
    row = 400
    expected = FOCAL * CAMERA_HEIGHT / (row - CENTER_Y)
    assert np.nanmedian(depth[row, 20:120]) == pytest.approx(expected, rel=0.01)
    assert 0.01 < np.mean(seen.depth == 0) < 0.06  # holes


def test_same_seed_and_frame_same_picture(view):
    robot, target = Pose(), Pose(1.5, 0, 1)
    first, again = (each.render(robot, [target], 7) for each in (view, CameraView(0)))
    assert np.array_equal(first.picture, again.picture)
    assert np.array_equal(first.depth, again.depth)
    assert not np.array_equal(first.picture, view.render(robot, [target], 8).picture)
    assert (
        np.abs(first.picture.astype(int) - CameraView(1).render(robot, [target], 7).picture).mean()
        > 5
    )


def test_target_is_hidden_behind_a_wall_and_aside():
    view = CameraView(0, [Wall(5, -9, 5, 9), Wall(1, 0, 1, 3)])
    assert where(view, Pose(), Pose(2, 1, 0)).visible == 0
    assert where(view, Pose(), Pose(2, -1, 0)).visible == 1
    assert 0.3 < where(view, Pose(), Pose(2, 0, 0)).visible < 0.7
    assert where(view, Pose(), Pose(0, 3, 0)).box is None
    assert where(view, Pose(), Pose(-2, 0, 0)).visible == 0
    half_out = where(view, Pose(), Pose(2, -2 * math.tan(math.radians(35)), 0))
    assert 0.4 < half_out.visible < 0.6
    assert half_out.box[0] + half_out.box[2] == WIDTH
    assert 0 <= half_out.box[1] < HEIGHT


def test_a_target_that_turns_looks_different(view):
    pictures = [
        view.render(Pose(), [Pose(1.5, 0, heading)]).picture[90:390, 270:370].astype(int)
        for heading in (math.pi, math.pi / 2, 0)
    ]
    for one, other in ((0, 1), (1, 2), (0, 2)):
        assert np.abs(pictures[one] - pictures[other]).mean() > 8


def test_front_of_the_target_looks_where_it_heads(view):
    """A target that heads to the robot's left shows its back on the right."""
    picture = view.render(Pose(), [Pose(1.5, 0, math.pi / 2)]).picture.astype(int)
    green = picture[190:260, :, 1] - picture[190:260, :, 0]  # the rucksack
    left, right = green[:, 265:300].mean(), green[:, 340:375].mean()
    assert right > left + 20


def test_behind_the_camera_is_nothing(view):
    seen = where(view, Pose(), FAR)
    assert seen.box is None
    assert seen.visible == 0


@pytest.mark.parametrize('nearer', [0, 1])
def test_whoever_is_nearer_hides_the_one_behind(view, nearer):
    """The picture is the same whether the nearer one is drawn first or last."""
    people = [Pose(2, 0, 0), Pose(2, 0, 0)]
    people[nearer] = Pose(1, 0, 0)
    seen = view.render(Pose(), people)
    assert seen.people[nearer].visible > 0.99
    assert seen.people[1 - nearer].visible == 0
    assert seen.people[1 - nearer].box == where(view, Pose(), people[1 - nearer]).box
    assert np.nanmedian(known(seen.depth)[200:280, 310:330]) == pytest.approx(1.0, rel=0.01)
    people[nearer] = Pose(1, 0.15, 0)
    assert 0.1 < view.render(Pose(), people).people[1 - nearer].visible < 0.9


def test_the_other_looks_different_and_changes_nothing_else(view):
    target, beside = Pose(2, 0.8, 0), Pose(2, -0.8, 0)
    alone = view.render(Pose(), [target]).picture.astype(int)
    both = view.render(Pose(), [target, beside]).picture.astype(int)
    swapped = view.render(Pose(), [beside, target]).picture.astype(int)
    left, right = np.s_[:, : WIDTH // 2], np.s_[:, WIDTH // 2 :]
    assert np.array_equal(alone[left], both[left])
    assert np.abs(alone[right] - both[right]).mean() > 5
    assert np.abs(both - swapped).mean() > 2
