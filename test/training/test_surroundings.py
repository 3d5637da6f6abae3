# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Frames cut to their target's surroundings."""

from aiatrack_ros.training.surroundings import around
from aiatrack_ros.training.surroundings import SURROUNDINGS
from aiatrack_ros.training.surroundings import usable
import numpy as np
import pytest


def test_the_target_stays_under_its_box() -> None:
    image = np.zeros((1000, 2000, 3), np.uint8)
    image[500:540, 1200:1290] = 255
    mask = image[..., 0].copy()
    frame = around(image, (1200, 500, 90, 40), mask, 360)
    assert max(frame.image.shape) == 360
    side = SURROUNDINGS * np.sqrt(90 * 40)
    x, y, w, h = frame.box
    assert w == pytest.approx(90 * 360 / side, rel=0.01)
    bright = np.argwhere(frame.image[..., 0] > 127)
    assert bright.min(0)[::-1] == pytest.approx((x, y), abs=1)
    assert bright.max(0)[::-1] + 1 == pytest.approx((x + w, y + h), abs=1)
    assert ((frame.mask > 127) == (frame.image[..., 0] > 127)).mean() > 0.999


def test_a_small_picture_stays_whole() -> None:
    frame = around(np.zeros((60, 80, 3), np.uint8), (10, 10, 30, 30), None, 360)
    assert frame.image.shape == (60, 80, 3)
    assert frame.box == (10, 10, 30, 30)


@pytest.mark.parametrize('box', [(0, 0, 0, 5), (0, 0, 5, -1), (float('nan'), 0, 5, 5), (1, 2, 3)])
def test_unusable_boxes(box: tuple[float, ...]) -> None:
    assert not usable(box)
    assert usable((0, 0, 1, 1))
