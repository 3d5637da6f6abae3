# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The geometry of the picture plane, as properties of all planes."""

import math

from aiatrack_ros.nodes.selection.picture_plane import PicturePlane
from aiatrack_ros.nodes.selection.picture_plane import TOLERANCE
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies
import numpy as np
import pytest

settings.register_profile('brief', max_examples=100, deadline=None)
settings.load_profile('brief')

planes = strategies.builds(
    PicturePlane,
    columns=strategies.integers(1, 8192),
    rows=strategies.integers(1, 8192),
    width=strategies.floats(0.1, 100),
)
fractions = strategies.floats(0, 1)


def as_rviz(value: float) -> float:
    """RViz computes in single precision."""
    return float(np.float32(value))


@given(planes, fractions, fractions)
def test_click_returns_the_pixel(plane, across, down):
    pixel = across * plane.columns, down * plane.rows
    x, y = plane.to_plane(*pixel)
    assert plane.pick(as_rviz(x), as_rviz(y), as_rviz(0.001)) == pytest.approx(pixel, abs=0.01)


@given(planes, fractions, fractions)
def test_point_returns_through_pixel(plane, across, up):
    point = (across - 0.5) * plane.width, (up - 0.5) * plane.height
    assert plane.to_plane(*plane.to_pixel(*point)) == pytest.approx(point, abs=1e-9)


@given(planes, fractions, fractions)
def test_texture_lies_where_the_pixels_are(plane, across, down):
    """The triangles carry each texture coordinate to the place of its pixel."""
    corners = plane.texture_triangles()
    assert len(corners) == 6
    hits = 0
    for triangle in (corners[:3], corners[3:]):
        places = np.array([place for place, _ in triangle])
        uv = np.array([(*texture, 1) for _, texture in triangle])
        weights = np.linalg.solve(uv.T, (across, down, 1))  # barycentric
        if (weights < -1e-9).any():
            continue
        hits += 1
        expected = plane.to_plane(across * plane.columns, down * plane.rows)
        assert weights @ places == pytest.approx(expected, abs=0.01 * plane.pixel)
    assert hits >= 1


@given(planes)
def test_triangles_face_the_viewer(plane):
    corners = [place for place, _ in plane.texture_triangles()]
    for a, b, c in (corners[:3], corners[3:]):
        assert (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) > 0


@given(
    planes,
    strategies.floats(0.51, 1e6),
    strategies.sampled_from(('left', 'right', 'above', 'below')),
)
def test_clicks_outside_are_off_the_picture(plane, beyond, side):
    column, row = plane.columns / 2, plane.rows / 2
    outside = {
        'left': (-beyond, row),
        'right': (plane.columns + beyond, row),
        'above': (column, -beyond),
        'below': (column, plane.rows + beyond),
    }[side]
    assert plane.pick(*plane.to_plane(*outside), 0.0) is None


def test_directions():
    plane = PicturePlane(640, 480, 1.6)
    assert plane.pixel == pytest.approx(0.0025)
    assert plane.height == pytest.approx(1.2)
    assert plane.to_plane(320, 240) == (0, 0)
    assert plane.to_plane(0, 0) == pytest.approx((-0.8, 0.6))  # top left
    assert plane.to_plane(640, 480) == pytest.approx((0.8, -0.6))
    assert plane.to_pixel(0.4, -0.3) == pytest.approx((480, 360))


def test_rim_is_clamped_and_height_tolerated():
    plane = PicturePlane(100, 50, 1.0)
    assert plane.pick(*plane.to_plane(100.4, -0.4), 0.0) == (100, 0)
    assert plane.pick(0.0, 0.0, TOLERANCE) == (50, 25)
    for z in (TOLERANCE + 0.001, -TOLERANCE - 0.001, math.nan, math.inf):
        assert plane.pick(0.0, 0.0, z) is None
    assert plane.pick(math.nan, 0.0, 0.0) is None
    assert plane.pick(0.0, math.inf, 0.0) is None


def test_outline_is_closed_around_the_box():
    plane = PicturePlane(200, 100, 2.0)
    line = plane.outline((20, 10, 40, 30))
    assert line[0] == line[-1]
    assert [plane.to_pixel(*point) for point in line[:4]] == [
        pytest.approx(corner) for corner in ((20, 10), (60, 10), (60, 40), (20, 40))
    ]
