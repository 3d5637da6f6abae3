# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The map shows the robot and the target where they are, and where they were."""

from aiatrack_ros.simulation.map_view import FOLLOWED
from aiatrack_ros.simulation.map_view import MapView
from aiatrack_ros.simulation.map_view import SIZE
from aiatrack_ros.simulation.run_report import Record
from aiatrack_ros.simulation.run_report import WHOM
from aiatrack_ros.simulation.world import Pose
import numpy as np
import pytest


def record(time, robot_x, visible=1.0, followed='target', other=None):
    return Record(
        time,
        Pose(robot_x, 0, 0),
        Pose(robot_x + 1.5, 0.5, 1),
        visible,
        'a',
        0.9,
        'tracking',
        0.1,
        -0.2,
        followed,
        other,
    )


def colored(picture, color):
    rows, columns = np.nonzero((picture == color).all(axis=2))
    return rows, columns


def test_trails_stay_and_figures_move():
    view = MapView(50.0)
    first = view.draw(record(0.0, 0.0))
    last = [view.draw(record(0.1 * number, 0.1 * number)) for number in range(1, 21)][-1]
    assert first.shape == last.shape == (SIZE[1], SIZE[0], 3)
    blue, red = (20, 90, 200), (205, 40, 50)
    upper = slice(0, 260)
    before, after = colored(first[upper], blue)[1], colored(last[upper], blue)[1]
    assert after.max() - before.max() == 160  # 2 m
    assert after.min() <= before.max()  # the trail begins where the robot was
    assert np.median(colored(last[upper], red)[0]) < np.median(colored(last[upper], blue)[0])


def test_far_outside_and_hidden_is_drawn_without_a_fuss():
    view = MapView(50.0)
    view.draw(record(0.0, -500.0))
    assert len(colored(view.draw(record(900.0, 2.0, visible=0.0)), (235, 190, 190))[0])


def test_the_other_is_drawn_and_leaves_a_trail():
    view = MapView(50.0)
    view.draw(record(0.0, 0.0, other=Pose(3, -0.5)))
    picture = view.draw(record(0.1, 0.0, other=Pose(3, 1.5)))[:260]
    rows, columns = colored(picture, FOLLOWED['other'])
    assert rows.max() - rows.min() >= 160  # 2 m
    assert np.median(columns) == pytest.approx(80 * 3.6, abs=2)


def test_the_strip_tells_whom_the_robot_follows_frame_by_frame():
    view, (left, right) = MapView(40.0), (48, 470)  # the sides of the plot
    for number in range(401):
        picture = view.draw(record(number / 10, 0.0, followed=WHOM[min(number // 100, 3)]))
    for number, whom in enumerate(WHOM):
        strip = picture[444, left:right][20 + 105 * number : 85 + 105 * number]
        assert (strip == FOLLOWED[whom]).all()
