# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Targets that are made to leave."""

from pathlib import Path

from aiatrack_ros.datasets.sequences import find_sequences
from aiatrack_ros.evaluation import departures
from aiatrack_ros.evaluation.departures import cover
from aiatrack_ros.evaluation.departures import make_departures
import benchmark_trees as trees
import numpy as np


def redness(image: np.ndarray, box: np.ndarray) -> float:
    """Return by how much the pixels of a box are redder than the background ever is."""
    x, y, w, h = (int(value) for value in box)
    return float(image[y : y + h, x : x + w, 0].astype(float).mean())


def test_cover_hides_the_target_and_leaves_the_rest():
    for x, y in ((38, 28), (0, 0), (76, 56), (0, 30), (40, 0)):
        box = np.array([x, y, 20.0, 16.0])
        image = trees.draw(box)
        covered = cover(image, box)
        assert redness(image, box) > 200
        assert redness(covered, box) < 40
        assert covered.shape == image.shape and covered.dtype == np.uint8
        far = np.ones(image.shape[:2], bool)
        far[max(0, y - 10) : y + 26, max(0, x - 10) : x + 30] = False
        assert np.array_equal(covered[far], image[far])


def test_cover_takes_views_and_targets_that_leave_no_background():
    box = np.array([38.0, 28, 20, 16])
    view = np.ascontiguousarray(trees.draw(box)[..., ::-1])[..., ::-1]
    assert np.array_equal(cover(view, box), cover(trees.draw(box), box))
    whole = np.array([-5.0, -5, 200, 200])
    assert np.array_equal(cover(trees.draw(box), whole), trees.draw(box))
    outside = np.array([500.0, 10, 20, 20])
    assert np.array_equal(cover(trees.draw(box), outside), trees.draw(box))


def test_departures_of_two_sequences(tmp_path: Path):
    long = trees.boxes_moving_right(120, 0.5)
    short = trees.boxes_moving_right(50, 0.5) + [0, 20, 0, 0]
    trees.write_otb(tmp_path, 'long', long)
    trees.write_otb(tmp_path, 'short', short)
    made = {departure.name: departure for departure in make_departures(find_sequences(tmp_path))}
    assert list(made) == ['long covered', 'long cut', 'short covered', 'short cut']
    covered = made['long covered']
    assert len(covered) == 100 == len(covered.truth) == len(covered.visible)
    assert np.flatnonzero(~covered.visible).tolist() == list(range(30, 70))
    assert np.flatnonzero(~made['short covered'].visible).tolist() == list(range(15, 35))
    for index, there in ((29, True), (30, False), (69, False), (70, True)):
        assert (redness(covered.image(index), covered.truth[index]) > 150) == there
    # After the cut the other sequence is seen, whose target stands 20 px lower.
    cut = made['long cut']
    assert len(cut) == 70
    assert redness(cut.image(40), cut.truth[40]) < 100 < redness(cut.image(29), cut.truth[29])
    assert redness(cut.image(40), short[40]) > 150


def test_what_can_not_depart_is_left_out(tmp_path: Path):
    trees.write_otb(tmp_path, 'tiny', trees.boxes_moving_right(departures.SHORTEST - 1))
    absent = trees.boxes_moving_right(50, 0.2)
    absent[10] = np.nan
    trees.write_otb(tmp_path, 'absent', absent)
    # The target fills the picture, so there is nothing to cover it with; alone, no cut either.
    trees.write_otb(tmp_path, 'huge', np.tile([2.0, 2, 92, 68], (50, 1)))
    assert make_departures(find_sequences(tmp_path)) == []
