# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Boxes to messages and back."""

import math

from aiatrack_ros.errors import InputError
from builtin_interfaces.msg import Time
import pytest
import ros_harness  # noqa: F401 (skips without ROS)
from sensor_msgs.msg import RegionOfInterest
from std_msgs.msg import Header

messages = pytest.importorskip('aiatrack_ros.nodes.common.messages')


def test_detection_has_centre_size_score_and_header():
    header = Header(frame_id='camera', stamp=Time(sec=3, nanosec=5))
    detection = messages.make_detection(header, (10.0, 20.0, 5.0, 8.5), 0.25, 'cup', 'mug')
    assert detection.header == header
    assert detection.id == 'cup'
    assert (detection.bbox.center.position.x, detection.bbox.center.position.y) == (12.5, 24.25)
    assert (detection.bbox.size_x, detection.bbox.size_y) == (5.0, 8.5)
    assert detection.bbox.center.theta == 0
    (result,) = detection.results
    assert (result.hypothesis.class_id, result.hypothesis.score) == ('mug', 0.25)
    array = messages.make_detections(header, [detection])
    assert array.header == header
    assert list(array.detections) == [detection]


def test_box_comes_back():
    box = (-3.25, 7.5, 100.0, 0.5)
    detection = messages.make_detection(Header(), box, 1.0)
    assert messages.box_from_bounding_box(detection.bbox) == box


def test_rotated_box_is_refused():
    detection = messages.make_detection(Header(), (1, 2, 3, 4), 1.0)
    detection.bbox.center.theta = 0.1
    with pytest.raises(InputError, match='theta 0.1'):
        messages.box_from_bounding_box(detection.bbox)


def test_region_of_interest():
    region = RegionOfInterest(x_offset=1, y_offset=2, width=3, height=4)
    assert messages.box_from_region(region) == (1.0, 2.0, 3.0, 4.0)


def test_class_is_target_unless_given():
    detection = messages.make_detection(Header(), (1, 2, 3, 4), 1.0, class_id='')
    assert messages.class_of(detection) == 'target'
    detection.results.clear()
    assert messages.class_of(detection) == 'target'
    assert (
        messages.class_of(messages.make_detection(Header(), (1, 2, 3, 4), 1.0, class_id='dog'))
        == 'dog'
    )


def test_stamps_keep_every_nanosecond():
    assert messages.nanoseconds(Time(sec=1_700_000_000, nanosec=999_999_999)) == (
        1_700_000_000_999_999_999
    )
    assert messages.seconds_text(1_500_000_000) == '1.500 s'


def test_first_box_of_tracks_by_anybody():
    header = Header()
    boxes = [(1.0, 2.0, 3.0, 4.0), (5.0, 6.0, 7.0, 8.0)]
    detections = [messages.make_detection(header, box, 0.5) for box in boxes]
    assert messages.first_box(detections) == boxes[0]
    assert messages.first_box([]) is None
    detections[0].bbox.center.theta = 0.1
    with pytest.raises(InputError, match='theta'):
        messages.first_box(detections)
    for bad in (math.nan, math.inf):
        detections[1].bbox.size_x = bad
        with pytest.raises(InputError, match='not finite'):
            messages.first_box(detections[1:])
