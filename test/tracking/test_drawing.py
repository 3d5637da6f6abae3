# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Drawing: the box is where it should be, and the picture given is left alone."""

from aiatrack_ros.tracking.drawing import COLORS
from aiatrack_ros.tracking.drawing import draw
import numpy as np
import pytest


@pytest.mark.parametrize('state', sorted(COLORS))
def test_draws_the_box_in_the_color_of_the_state(state: str) -> None:
    picture = np.zeros((200, 300, 3), np.uint8)
    drawn = draw(picture[..., ::-1], state, (100.2, 80.4, 50, 60), 0.5)
    assert not picture.any()
    assert drawn.shape == picture.shape
    for y, x in ((80, 120), (140, 120), (110, 100), (110, 150)):
        assert tuple(drawn[y, x]) == COLORS[state]
    assert not drawn[90:130, 110:140].any()


def test_without_a_box_only_the_state_is_written() -> None:
    drawn = draw(np.zeros((200, 300, 3), np.uint8), 'lost')
    assert drawn[:20].any()
    assert not drawn[30:].any()


def test_boxes_far_outside_do_no_harm() -> None:
    draw(np.zeros((20, 30, 3), np.uint8), 'tracking', (-1e12, 5, 1e15, 5), 1.0)
