# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Walls, floors and the figure have the size asked for, and something to see on them."""

from aiatrack_ros.simulation import textures
import numpy as np
import pytest


@pytest.mark.parametrize('length', [0.3, 1.6, 13.0])
def test_wall(length):
    skin = textures.wall(np.random.default_rng(1), length)
    assert skin.shape == (250, round(100 * length), 3)
    assert skin.dtype == np.uint8
    assert skin.std() > 10


def test_floor():
    skin = textures.floor(np.random.default_rng(1), 3.0, 2.0)
    assert skin.shape == (2 * textures.FLOOR_SCALE, 3 * textures.FLOOR_SCALE, 3)
    assert skin.std() > 5


OUTFITS = (textures.TARGET_OUTFIT, textures.OTHER_OUTFIT)


@pytest.mark.parametrize('outfit', OUTFITS)
def test_figure(outfit):
    skin, radius = textures.figure(np.random.default_rng(1), outfit)
    rows = round(textures.FIGURE_HEIGHT * textures.FIGURE_SCALE)
    assert skin.shape == (rows, 720, 3)
    assert radius.shape == (rows,)
    assert 0.15 < radius.max() <= textures.FIGURE_RADIUS
    front, back = skin[:, 360], skin[:, 0]
    assert np.abs(front.astype(int) - back).mean() > 10


def test_people_of_one_build_in_other_clothes():
    (one, radius), (other, same) = (
        textures.figure(np.random.default_rng(1), outfit) for outfit in OUTFITS
    )
    assert np.array_equal(radius, same)
    assert 15 < np.abs(one.astype(int) - other).mean() < 80
