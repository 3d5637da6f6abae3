# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The camera fits what is read out of the sensor: a region of it, binned, raw or rectified."""

from aiatrack_ros.errors import InputError
from aiatrack_ros.nodes.follow.camera_info import camera_of
import cv2
import numpy as np
import pytest
import ros_harness  # noqa: F401 (skips without ROS)
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import RegionOfInterest

K = [500.0, 0.0, 330.0, 0.0, 510.0, 235.0, 0.0, 0.0, 1.0]
P = [450.0, 0.0, 325.0, 0.0, 0.0, 460.0, 238.0, 0.0, 0.0, 0.0, 1.0, 0.0]
LENS = [-0.3, 0.1, 0.001, -0.002, 0.0]


def info(**changes):
    values = {'width': 640, 'height': 480, 'distortion_model': 'plumb_bob', 'k': K, 'p': P}
    return CameraInfo(**{**values, **changes})


def region(x, y, w, h, do_rectify=False):
    return RegionOfInterest(x_offset=x, y_offset=y, width=w, height=h, do_rectify=do_rectify)


def test_the_whole_sensor():
    for whole in (info(), info(binning_x=1, binning_y=1), info(roi=region(0, 0, 640, 480))):
        camera = camera_of(whole)
        assert (camera.width, camera.height) == (640, 480)
        assert camera.ray(330, 235) == (0, 0)
        assert camera.ray(830, 745) == pytest.approx((1, 1))


@pytest.mark.parametrize('lens', [[], LENS])
@pytest.mark.parametrize(
    ('binning', 'roi'),
    [
        ((2, 2), (0, 0, 0, 0)),
        ((1, 1), (120, 80, 320, 240)),
        ((2, 4), (120, 80, 320, 240)),
        ((4, 1), (0, 0, 640, 480)),
    ],
)
@pytest.mark.parametrize('rectified', [False, True])
def test_a_point_of_the_scene_is_seen_in_the_same_direction(lens, binning, roi, rectified):
    (columns, rows), (x, y, w, h) = binning, roi
    whole = camera_of(info(d=lens), rectified)
    part = camera_of(info(d=lens, binning_x=columns, binning_y=rows, roi=region(*roi)), rectified)
    assert (part.width, part.height) == ((w or 640) // columns, (h or 480) // rows)
    for u, v in ((200.0, 150.0), (330.0, 235.0), (430.0, 310.0)):
        assert part.ray((u - x) / columns, (v - y) / rows) == pytest.approx(whole.ray(u, v))
    assert part.fy == pytest.approx(whole.fy / rows)


def test_rectified_images_have_the_rays_of_p():
    camera = camera_of(info(d=LENS), rectified=True)
    assert camera.ray(325 + 450, 238 - 460) == pytest.approx((1, -1))
    assert camera_of(info(d=LENS)).ray(600, 400) != pytest.approx(camera.ray(600, 400), abs=0.005)
    with pytest.raises(InputError, match='calibrate'):
        camera_of(info(p=[0.0] * 12), rectified=True)


def test_do_rectify_gives_the_region_that_rectification_makes_of_it():
    x, y, w, h = raw = (40, 30, 400, 300)
    corners = np.array([[[u, v]] for u in (x, x + w) for v in (y, y + h)], float)
    found = cv2.undistortPoints(
        corners,
        np.array(K).reshape(3, 3),
        np.array(LENS),
        P=np.array(P).reshape(3, 4),
    ).reshape(4, 2)
    left, top = np.ceil(found.min(axis=0))
    right, bottom = np.floor(found.max(axis=0))
    message = info(d=LENS, roi=region(*raw, do_rectify=True), r=np.eye(3).ravel())
    camera = camera_of(message, rectified=True)
    assert (camera.width, camera.height) == (right - left, bottom - top)
    assert (camera.width, camera.height) != (w, h)
    assert camera.ray(325 - left, 238 - top) == pytest.approx((0, 0))
    # The region is the raw one without the flag, or where the size shows that nothing heeded it.
    plain = camera_of(info(d=LENS, roi=region(*raw)), rectified=True)
    assert camera_of(message, rectified=True, size=(w, h)) == plain
    assert (plain.width, plain.cx) == (w, 325 - x)
    assert camera_of(message, size=(w, h)).cx == 330 - x  # the flag is for rectified images
    # A message about the full frame is left as it is.
    full = info(d=LENS, roi=region(0, 0, 640, 480, do_rectify=True))
    assert camera_of(full, rectified=True).width == 640


def test_a_stereo_camera_is_turned_by_its_rotation():
    turned = cv2.Rodrigues(np.array([0.0, 0.02, 0.0]))[0]
    message = info(roi=region(100, 100, 200, 200, do_rectify=True), r=turned.ravel())
    straight = info(roi=region(100, 100, 200, 200, do_rectify=True))  # r is all zeros
    shift = camera_of(straight, True).cx - camera_of(message, True).cx
    assert shift == pytest.approx(450 * 0.02, abs=2)


def test_images_of_another_size_are_refused_and_both_sizes_named():
    message = info(binning_x=2, binning_y=2)
    assert camera_of(message, size=(320, 240)).width == 320
    with pytest.raises(InputError, match='640x480.*320x240'):
        camera_of(message, size=(640, 480))
    with pytest.raises(InputError, match='320x240.*640x480'):
        camera_of(info(), size=(320, 240))
    # Drivers round the size up or down.
    odd = info(binning_x=2, binning_y=2, roi=region(1, 1, 321, 241))
    assert camera_of(odd, size=(161, 121)).height == 121
    assert camera_of(odd, size=(160, 120)).height == 120
    assert camera_of(odd).height == 120


@pytest.mark.parametrize(
    'roi', [(600, 0, 100, 100), (0, 400, 10, 100), (5, 5, 0, 0), (0, 0, 9, 0)]
)
def test_a_region_that_is_none_is_refused(roi):
    with pytest.raises(InputError, match='region of interest'):
        camera_of(info(roi=region(*roi)))
