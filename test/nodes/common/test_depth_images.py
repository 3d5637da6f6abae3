# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The depth of what is in a box, from both kinds of depth images."""

import math

from aiatrack_ros.errors import InputError
from aiatrack_ros.nodes.common import depth_images
import numpy as np
import pytest
from ros_harness import image_message
from sensor_msgs.msg import Image
from std_msgs.msg import Header

BOX = (20.0, 10.0, 20.0, 30.0)


def scene(background=5.0, target=2.0):
    picture = np.full((60, 80), background, np.float32)
    picture[10:40, 20:40] = target
    return picture


def metres(picture, big=False, padding=0):
    rows, columns = picture.shape
    data = np.zeros((rows, 4 * columns + padding), np.uint8)
    data[:, : 4 * columns] = picture.astype('>f4' if big else '<f4').view(np.uint8)
    return Image(
        height=rows,
        width=columns,
        encoding='32FC1',
        is_bigendian=int(big),
        step=data.shape[1],
        data=data.tobytes(),
    )


@pytest.mark.parametrize(
    'message',
    [
        metres(scene()),
        metres(scene(), big=True),
        metres(scene(), padding=12),
        metres(scene(), padding=3),
        depth_images.encode(scene(), Header()),
    ],
    ids=['metres', 'big-endian', 'padded', 'odd step', 'millimetres'],
)
def test_median_of_the_middle(message):
    assert depth_images.depth_in_box(message, BOX, 80, 60) == pytest.approx(2.0)


def test_holes_are_left_out():
    picture = scene()
    picture[10:40, 20:34] = 0
    message = depth_images.encode(picture, Header())
    assert depth_images.depth_in_box(message, BOX, 80, 60) == pytest.approx(2.0)
    picture[picture == 0] = np.nan
    assert depth_images.depth_in_box(metres(picture), BOX, 80, 60) == pytest.approx(2.0)
    picture[10:40, 20:40] = np.inf
    assert depth_images.depth_in_box(metres(picture), BOX, 80, 60) is None


def test_what_shows_beside_the_target_does_not_count():
    picture = scene()
    picture[10:40, 20:24] = 5.0
    picture[10:16] = 0.3
    assert depth_images.depth_in_box(metres(picture), BOX, 80, 60) == pytest.approx(2.0)


def test_a_depth_image_of_another_size():
    small = scene()[::2, ::2].copy()
    assert depth_images.depth_in_box(metres(small), BOX, 80, 60) == pytest.approx(2.0)


def test_a_depth_image_of_another_view_is_refused():
    for other in (scene()[:40], scene()[:, :60], scene()[::2]):
        with pytest.raises(InputError, match=f'{other.shape[1]}x{other.shape[0]}.*80x60'):
            depth_images.depth_in_box(metres(other.copy()), BOX, 80, 60)
    assert depth_images.depth_in_box(metres(scene()[:59].copy()), BOX, 80, 60)  # rounded


@pytest.mark.parametrize(
    'box',
    [
        (-500.0, -500.0, 5.0, 5.0),
        (79.0, 59.0, 500.0, 500.0),
        (0.0, 0.0, 1e300, 1e300),
        (30.0, 20.0, 0.001, 0.001),
    ],
)
def test_boxes_at_the_edge_and_beyond(box):
    value = depth_images.depth_in_box(metres(scene()), box, 80, 60)
    assert value == pytest.approx(2.0) or value == pytest.approx(5.0)


def test_what_is_no_depth_image_is_refused():
    with pytest.raises(InputError, match='encoding'):
        depth_images.depth_in_box(image_message(), BOX, 80, 60)
    for changes in ({'step': 10}, {'height': 61}, {'height': 0}, {'width': 0}):
        message = metres(scene())
        for name, value in changes.items():
            setattr(message, name, value)
        with pytest.raises(InputError, match='depth image'):
            depth_images.depth_in_box(message, BOX, 80, 60)


def test_encode_marks_the_unknown():
    picture = np.array([[1.2344, math.nan], [math.inf, 100.0]], np.float32)
    message = depth_images.encode(picture, Header(frame_id='eye'))
    values = np.frombuffer(message.data, '<u2').tolist()
    assert values == [1234, 0, 0, 65535]
    assert (message.encoding, message.step, message.header.frame_id) == ('16UC1', 4, 'eye')
