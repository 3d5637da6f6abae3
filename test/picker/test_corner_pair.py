# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Two clicks make a box."""

import math

from aiatrack_ros.errors import InputError
from aiatrack_ros.picker.corner_pair import Corner
from aiatrack_ros.picker.corner_pair import CornerPair
from aiatrack_ros.picker.corner_pair import enclosing_box
from hypothesis import given
from hypothesis import strategies
import pytest

pixels = strategies.floats(0, 4096)


@given(pixels, pixels, pixels, pixels)
def test_any_two_corners_make_the_same_box(x1, y1, x2, y2):
    pair = CornerPair()
    assert pair.add(Corner(x1, y1, 'RViz', 0.0), 4) is None
    if min(abs(x1 - x2), abs(y1 - y2)) < 4:
        with pytest.raises(InputError, match='too small; the least is 4 pixels'):
            pair.add(Corner(x2, y2, 'RViz', 1.0), 4)
    else:
        x, y, w, h = pair.add(Corner(x2, y2, 'RViz', 1.0), 4)
        assert (x, y) == (min(x1, x2), min(y1, y2))
        assert (x + w, y + h) == pytest.approx((max(x1, x2), max(y1, y2)))
    assert pair.first is None


def test_click_from_another_tool_starts_anew():
    pair = CornerPair()
    pair.add(Corner(10, 10, 'RViz', 0.0), 4)
    assert pair.add(Corner(50, 50, 'rqt_image_view', 1.0), 4) is None
    assert pair.first.source == 'rqt_image_view'
    assert pair.add(Corner(80, 90, 'rqt_image_view', 2.0), 4) == (50, 50, 30, 40)


def test_first_corner_is_forgotten_in_time():
    pair = CornerPair()
    assert pair.expire(100.0, 10.0) is None
    pair.add(Corner(10, 10, 'RViz', 100.0), 4)
    assert pair.expire(110.0, 10.0) is None
    assert pair.first is not None
    assert pair.expire(111.5, 10.0) == pytest.approx(11.5)
    assert pair.first is None


def test_rectangle_of_any_points():
    assert enclosing_box([(30, 5), (10, 45)], 4) == (10, 5, 20, 40)
    assert enclosing_box([(10, 5), (30, 5), (30, 45), (10, 45)], 4) == (10, 5, 20, 40)
    for points, reason in (
        ([], '0 points'),
        ([(1, 1)], '1 points'),
        ([(1, 1), (math.nan, 9)], 'not finite'),
        ([(1, 1), (9, math.inf)], 'not finite'),
        ([(1, 1), (4.9, 9)], '3.9 x 8.0'),
    ):
        with pytest.raises(InputError, match=reason):
            enclosing_box(points, 4)
