# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The map shows the robot and the target where they are, and where they were."""

from aiatrack_ros.simulation.map_view import MapView
from aiatrack_ros.simulation.map_view import SIZE
from aiatrack_ros.simulation.run_report import Record
from aiatrack_ros.simulation.world import Pose
import numpy as np


def record(time, robot_x, visible=1.0):
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
    )


def colored(picture, color):
    rows, columns = np.nonzero((picture == color).all(axis=2))
    return rows, columns


def test_trails_stay_and_figures_move():
    view = MapView()
    first = view.draw(record(0.0, 0.0))
    last = [view.draw(record(0.1 * number, 0.1 * number)) for number in range(1, 21)][-1]
    assert first.shape == last.shape == (SIZE[1], SIZE[0], 3)
    blue, red = (20, 90, 200), (205, 40, 50)
    upper = slice(0, 260)
    before, after = colored(first[upper], blue)[1], colored(last[upper], blue)[1]
    assert after.max() - before.max() == 160  # 2 m
    assert after.min() <= before.max()  # the trail
    assert np.median(colored(last[upper], red)[0]) < np.median(colored(last[upper], blue)[0])


def test_far_outside_and_hidden_is_drawn_without_a_fuss():
    view = MapView()
    view.draw(record(0.0, -500.0))
    assert len(colored(view.draw(record(900.0, 2.0, visible=0.0)), (235, 190, 190))[0])
