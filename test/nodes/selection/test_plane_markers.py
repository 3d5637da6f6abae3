# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The markers, as RViz keeps and draws them."""

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2: run make setup, or source a distribution')

from aiatrack_ros.nodes.selection import plane_markers
from aiatrack_ros.nodes.selection.picture_plane import PicturePlane
import cv2
import numpy as np
from rviz_scene import BACKGROUND
from rviz_scene import Scene
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

PLANE = PicturePlane(160, 120, 1.6)
SCALE = 200  # 2 pixels of the view to a pixel of the picture
VIEW = 480, 360  # so the picture begins at (80, 60)


def show(scene, pictures, picture):
    texture = plane_markers.compress(picture, 160, 95, Header())
    message = MarkerArray(markers=pictures.show(PLANE, texture))
    scene.take(message)
    return message


def picture_of(brightness):
    return np.full((120, 160, 3), brightness, np.uint8)


def test_picture_is_drawn_to_half_a_pixel():
    rng = np.random.default_rng(1)
    small = rng.integers(0, 256, (12, 16, 3), np.uint8)
    picture = cv2.resize(small, (160, 120), interpolation=cv2.INTER_CUBIC)
    scene = Scene()
    show(scene, plane_markers.PictureMarkers('picture'), picture)
    view = scene.draw(*VIEW, SCALE)
    assert (view[:59] == BACKGROUND).all()
    assert (view[:, :79] == BACKGROUND).all()
    there = cv2.cvtColor(view[60:300, 80:400], cv2.COLOR_RGB2GRAY).astype(np.float32)
    here = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (320, 240)).astype(np.float32)
    shift, _ = cv2.phaseCorrelate(here, there)
    assert np.abs(shift).max() < 0.5 * 2
    assert np.abs(here - there)[4:-4, 4:-4].mean() < 3


def test_colors_keep_their_order():
    picture = np.zeros((120, 160, 3), np.uint8)
    picture[:, :, 0] = 200
    scene = Scene()
    show(scene, plane_markers.PictureMarkers('picture'), picture)
    red, green, blue = scene.draw(*VIEW, SCALE)[180, 240]
    assert abs(int(red) - 200) < 6
    assert max(green, blue) < 6


def test_pictures_follow_each_other_in_rviz():
    """Each picture is seen as it is, and RViz's memory grows by next to nothing."""
    scene, pictures = Scene(), plane_markers.PictureMarkers('picture')
    for number in range(12):
        show(scene, pictures, picture_of(20 * number))
        assert abs(int(scene.draw(*VIEW, SCALE)[180, 240, 0]) - 20 * number) < 4
        assert len(scene.markers) <= 2
    assert scene.leaked_bytes == 10 * 3  # one pixel for each picture that went


def test_rviz_model_shows_the_defect_that_is_worked_around():
    """A picture that is updated in place goes dark, so Scene does model RViz's defect."""
    scene = Scene()
    texture = plane_markers.compress(picture_of(128), 160, 95, Header())
    for _ in range(3):
        pictures = plane_markers.PictureMarkers('picture')  # begins with the same id
        scene.take(MarkerArray(markers=pictures.show(PLANE, texture)))
    assert scene.draw(*VIEW, SCALE)[180, 240, 0] == pytest.approx(128**3 / 255**2, abs=3)


@pytest.mark.parametrize('lost', range(3, 9))
def test_a_lost_message_does_no_harm(lost):
    scene, pictures = Scene(), plane_markers.PictureMarkers('picture')
    for number in range(12):
        if number == lost:
            pictures.show(PLANE, plane_markers.compress(picture_of(0), 160, 95, Header()))
            continue
        show(scene, pictures, picture_of(20 * number))
        if number > lost + 1:
            assert abs(int(scene.draw(*VIEW, SCALE)[180, 240, 0]) - 20 * number) < 4
    assert len(scene.markers) <= 2


def test_large_pictures_are_sent_small():
    picture = cv2.resize(
        np.random.default_rng(2).integers(0, 256, (27, 48, 3), np.uint8), (1920, 1080)
    )
    texture = plane_markers.compress(picture, 640, 80, Header(frame_id='camera'))
    assert texture.header.frame_id == 'camera'
    assert texture.format == 'jpeg'
    assert cv2.imdecode(np.frombuffer(texture.data, np.uint8), 1).shape == (360, 640, 3)
    assert len(texture.data) < 60_000
    # A view with channels reversed, as the decoder gives it, makes the same texture.
    reversed_view = np.ascontiguousarray(picture[..., ::-1])[..., ::-1]
    assert plane_markers.compress(reversed_view, 640, 80, Header()).data == texture.data


def test_box_is_drawn_around_its_pixels():
    scene = Scene()
    marker = plane_markers.box_marker('picture', PLANE, (40, 30, 60, 50), (0, 255, 0))
    scene.take(MarkerArray(markers=[marker]))
    rows, columns = np.nonzero(scene.draw(*VIEW, SCALE)[..., 1] > 200)
    half_line = 0.5  # the line is 1 pixel of the view wide
    assert columns.min() == pytest.approx(80 + 2 * 40 - half_line, abs=1)
    assert columns.max() + 1 == pytest.approx(80 + 2 * 100 + half_line, abs=1)
    assert rows.min() == pytest.approx(60 + 2 * 30 - half_line, abs=1)
    assert rows.max() + 1 == pytest.approx(60 + 2 * 80 + half_line, abs=1)
    scene.take(MarkerArray(markers=[plane_markers.remove('picture', 'box')]))
    assert (scene.draw(*VIEW, SCALE) == BACKGROUND).all()


def test_cross_and_text_are_in_their_places():
    scene = Scene()
    scene.take(
        MarkerArray(
            markers=[
                plane_markers.cross_marker('picture', PLANE, 120, 90, (255, 0, 0)),
                plane_markers.text_marker('picture', PLANE, 'here', (0, 0, 255)),
            ]
        )
    )
    view = scene.draw(*VIEW, SCALE)
    rows, columns = np.nonzero(view[..., 0] > BACKGROUND + 10)
    middle = (columns.min() + columns.max()) / 2, (rows.min() + rows.max()) / 2
    assert middle == pytest.approx((80 + 240 - 0.5, 60 + 180 - 0.5), abs=1)
    rows, _ = np.nonzero(view[..., 2] > 200)
    assert rows.max() < 60  # above the picture
    scene.take(MarkerArray(markers=[plane_markers.remove_all('picture')]))
    assert (scene.draw(*VIEW, SCALE) == BACKGROUND).all()


def test_words_stand_as_far_apart_as_letters_are_wide():
    marker = plane_markers.text_marker('picture', PLANE, 'I I', (0, 0, 255))
    assert marker.scale.x == pytest.approx(0.4 * marker.scale.z)
    scene = Scene()
    scene.take(MarkerArray(markers=[marker]))
    columns = np.flatnonzero((scene.draw(*VIEW, SCALE)[..., 2] > 150).any(axis=0))
    gap = np.diff(columns).max()
    assert 0.3 * SCALE * marker.scale.z < gap < 1.5 * SCALE * marker.scale.z


def test_text_that_rviz_would_tear_apart_is_refused():
    marker = plane_markers.text_marker('picture', PLANE, 'click here', (0, 0, 255))
    marker.scale.x = 0.0
    with pytest.raises(ValueError, match='scale.x'):
        Scene().take(MarkerArray(markers=[marker]))


def test_markers_need_no_tf_and_no_time():
    pictures = plane_markers.PictureMarkers('front_picture')
    texture = plane_markers.compress(picture_of(9), 160, 95, Header())
    for marker in pictures.show(PLANE, texture) + pictures.show(PLANE, texture):
        assert marker.header.frame_id == 'front_picture'
        assert (marker.header.stamp.sec, marker.header.stamp.nanosec) == (0, 0)
        assert marker.pose.orientation.w == 1
