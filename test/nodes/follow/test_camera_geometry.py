# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Direction and distance of a box."""

import math

from aiatrack_ros.errors import InputError
from aiatrack_ros.nodes.follow.camera_geometry import Camera
from aiatrack_ros.nodes.follow.camera_geometry import HeightRange
from aiatrack_ros.nodes.follow.camera_geometry import is_box
import cv2
import numpy as np
import pytest

CAMERA = Camera(640, 480, 457.0, 460.0, 319.5, 239.5)


def test_ray_of_a_pinhole():
    assert CAMERA.ray(319.5, 239.5) == (0, 0)
    assert CAMERA.ray(319.5 + 457, 239.5 - 230) == pytest.approx((1, -0.5))


@pytest.mark.parametrize(
    ('model', 'distortion'),
    [
        ('plumb_bob', (-0.3, 0.1, 0.001, -0.002, 0.0)),
        ('rational_polynomial', (0.2, -0.1, 0.0, 0.0, 0.02, 0.1, -0.05, 0.01)),
        ('equidistant', (0.02, -0.01, 0.003, 0.0)),
        ('equidistant', (0.02, -0.01, 0.003, 0.0, 0.0)),  # realsense-ros has sent five
    ],
)
def test_ray_undoes_the_distortion(model, distortion):
    camera = Camera(640, 480, 457.0, 460.0, 319.5, 239.5, model, distortion)
    matrix = np.array([[457.0, 0, 319.5], [0, 460.0, 239.5], [0, 0, 1]])
    point = np.array([[[0.4, -0.25, 1.0]]])
    project = cv2.fisheye.projectPoints if model == 'equidistant' else cv2.projectPoints
    if model == 'equidistant':
        distortion = distortion[:4]
    pixel = project(point, np.zeros(3), np.zeros(3), matrix, np.array(distortion))[0].ravel()
    assert camera.ray(*pixel) == pytest.approx((0.4, -0.25), abs=1e-3)


@pytest.mark.parametrize(
    'changes',
    [
        {'fx': 0.0},
        {'fy': -1.0},
        {'cx': math.nan},
        {'width': 0},
        {'distortion': (math.inf,)},
    ],
)
def test_no_calibration_is_refused(changes):
    values = {'width': 640, 'height': 480, 'fx': 457.0, 'fy': 457.0, 'cx': 320.0, 'cy': 240.0}
    with pytest.raises(InputError, match='calibrate'):
        Camera(**{**values, **changes})


def test_unknown_distortion_model_is_refused():
    with pytest.raises(InputError, match='rectified'):
        Camera(640, 480, 457.0, 457.0, 320.0, 240.0, 'my_lens', (0.1,))


@pytest.mark.parametrize('model', ['none', 'None', 'pinhole', 'Brown-Conrady', 'my_lens'])
@pytest.mark.parametrize('distortion', [(), (0.0,) * 5])
def test_a_lens_without_distortion_may_have_any_model(model, distortion):
    camera = Camera(640, 480, 457.0, 460.0, 319.5, 239.5, model, distortion)
    assert camera.ray(319.5 + 457, 239.5) == pytest.approx((1, 0))


def test_sees_what_is_inside_of_the_image():
    assert CAMERA.sees(0, 0) and CAMERA.sees(640, 480) and CAMERA.sees(320.5, 7)
    assert not any(
        CAMERA.sees(*at) for at in ((-1, 5), (641, 5), (5, -1), (5, 481), (math.nan, 5))
    )


@pytest.mark.parametrize(
    ('model', 'count'),
    [('plumb_bob', 2), ('plumb_bob', 3), ('plumb_bob', 6), ('equidistant', 3), ('fisheye', 8)],
)
def test_coefficients_that_do_not_fit_the_model_are_refused(model, count):
    with pytest.raises(InputError, match=f'has {count} coefficients'):
        Camera(640, 480, 457.0, 457.0, 320.0, 240.0, model, (0.1,) * count)
    assert Camera(640, 480, 457.0, 457.0, 320.0, 240.0, model, (0.0,) * count).ray(320, 240)


def test_height_range_learns_and_measures():
    height_range = HeightRange()
    box = (300.0, 100.0, 50.0, 230.0)
    assert height_range.depth(CAMERA, box) is None
    height_range.learn(CAMERA, box, 2.0)
    assert height_range.height == pytest.approx(1.0)
    assert height_range.depth(CAMERA, (0.0, 50.0, 10.0, 115.0)) == pytest.approx(4.0)


def test_a_box_cut_above_or_below_says_nothing():
    for box in ((300.0, 0.0, 50.0, 230.0), (300.0, 250.0, 50.0, 230.0)):
        height_range = HeightRange()
        height_range.learn(CAMERA, box, 2.0)
        assert height_range.height is None
        assert HeightRange(1.7).depth(CAMERA, box) is None
    assert HeightRange(1.0).depth(CAMERA, (0.0, 100.0, 50.0, 230.0)) == pytest.approx(2.0)


def test_is_box():
    assert is_box((-5.0, 0.0, 1.0, 1.0))
    for box in ((0, 0, 0, 1), (0, 0, 1, -1), (math.nan, 0, 1, 1), (0, 0, math.inf, 1)):
        assert not is_box(box)
