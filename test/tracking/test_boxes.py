# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Boxes are refused, clipped (with the borders worked out by hand) and compared."""

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.boxes import box_iou
from aiatrack_ros.tracking.boxes import check_box
from aiatrack_ros.tracking.boxes import clip_box
from aiatrack_ros.tracking.boxes import LEAST_SHARE
from aiatrack_ros.tracking.boxes import parse_box
from aiatrack_ros.tracking.boxes import steady_box
import numpy as np
import pytest


@pytest.mark.parametrize(
    ('box', 'reason'),
    [
        ((float('nan'), 1, 5, 5), 'not finite'),
        ((1, 1, float('inf'), 5), 'not finite'),
        ((1, 1, 0, 5), 'empty'),
        ((1, 1, 5, -2), 'empty'),
        ((100, 1, 5, 5), 'outside the image of 100x80'),
        ((1, 80, 5, 5), 'outside'),
        ((-5, 1, 5, 5), 'outside'),
        ((1, -9, 5, 8), 'outside'),
        ((1, 1, 301, 5), 'more than 3 times as large as the image of 100x80'),
        ((-1, -1, 5, 2e200), 'more than 3 times'),
        ((0, 0, 2**32 - 1, 2**32 - 1), 'more than 3 times'),  # -1 in a uint32
        ((1, 1, 5), '3 numbers'),
        (('a', 1, 5, 5), 'not four numbers'),
        (7, 'not four numbers'),
    ],
)
def test_bad_boxes_are_refused_with_the_reason(box: tuple, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        check_box(box, 100, 80)


def test_a_box_that_reaches_out_of_the_image_is_kept_as_it_is() -> None:
    assert check_box(np.array([-5, 70, 20, 30]), 100, 80) == (-5.0, 70.0, 20.0, 30.0)


@pytest.mark.parametrize(
    ('box', 'clipped'),
    [
        ((20, 20, 30, 30), (20, 20, 30, 30)),
        ((-15, 20, 30, 30), (0, 20, 15, 30)),  # left border
        ((20, -25, 30, 30), (20, 0, 30, 10)),  # top: at least 10 px stay
        ((85, 20, 30, 30), (85, 20, 15, 30)),  # right: 100 - 85
        ((95, 20, 30, 30), (90, 20, 10, 30)),  # right: x1 at most W - 10
        ((20, 75, 30, 30), (20, 70, 30, 10)),  # bottom: y1 at most H - 10
        ((-50, 20, 30, 30), (0, 20, 10, 30)),  # wholly outside on the left
        ((20, 20, 2, 3), (20, 20, 10, 10)),  # a side is at least 10
        ((97, 77, 1, 1), (90, 70, 10, 10)),
    ],
)
def test_clip_box(box: tuple, clipped: tuple) -> None:
    assert clip_box(box, 100, 80) == pytest.approx(clipped)


@pytest.mark.parametrize('size', [(1, 1), (8, 8), (9, 3), (8, 200), (10, 10), (11, 12)])
@pytest.mark.parametrize(
    'box', [(2, 2, 3, 3), (-5, -5, 30, 30), (-9, 4, 2, 2), (7, 7, 50, 1), (0, 0, 0, 0)]
)
def test_clipped_boxes_lie_in_images_of_any_size(size: tuple, box: tuple) -> None:
    x, y, w, h = clip_box(box, *size)
    assert x >= 0 and y >= 0 and w > 0 and h > 0
    assert x + w <= size[0] and y + h <= size[1]


@pytest.mark.parametrize(
    'text', ['-5,80,30.5,4e1', '-5 80 30.5 40', ' -5, 80,  30.5 ,40 ', '-5\t80 30.5,40']
)
def test_boxes_are_read_with_commas_or_spaces(text: str) -> None:
    assert parse_box(text) == (-5.0, 80.0, 30.5, 40.0)


@pytest.mark.parametrize('text', ['', '1,2,3', '1,2,3,4,5', '1,,2,3', '1,2,3,four', '1;2;3;4'])
def test_what_is_no_box_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InputError, match='is not four numbers x,y,w,h, such as'):
        parse_box(text)


def test_small_changes_of_size_are_taken_over_in_part() -> None:
    before = (10.0, 10.0, 40.0, 80.0)
    for growth in (0.95, 0.99, 1.01, 1.05, 1.09):
        found = (50.0, 20.0, 40.0 * growth, 80.0)
        x, y, w, h = steady_box(before, found, 0.1)
        share = max(abs(np.log(growth)) / 0.1, LEAST_SHARE)
        assert np.log(w / 40.0) == pytest.approx(share * np.log(growth))
        assert h == 80.0
        # It is where it was found.
        assert (x + w / 2, y + h / 2) == pytest.approx((50.0 + 20.0 * growth, 60.0))


def test_large_changes_of_size_and_unchanged_boxes_stay_as_they_are() -> None:
    before = (10.0, 10.0, 40.0, 80.0)
    for found in ((11.0, 9.0, 50.0, 81.0), (11.0, 9.0, 40.0, 60.0)):
        assert steady_box(before, found, 0.1) == found  # one side is enough
    assert steady_box(before, before, 0.1) == before
    assert steady_box(before, (10.0, 10.0, 41.0, 80.0), 0.0) == (10.0, 10.0, 41.0, 80.0)


def test_a_target_that_grows_steadily_is_kept_up_with() -> None:
    box = size = (0.0, 0.0, 40.0, 80.0)
    for _ in range(100):
        size = (0.0, 0.0, size[2] * 1.02, size[3] * 1.02)
        box = steady_box(box, size, 0.15)
    assert 0.93 < box[2] / size[2] < 1


def test_box_iou() -> None:
    first = np.array([[0, 0, 10, 10], [0, 0, 10, 10], [0, 0, 10, 10], [5, 5, 0, 0]])
    second = np.array([[5, 0, 10, 10], [0, 0, 10, 10], [10, 0, 5, 5], [5, 5, 0, 0]])
    np.testing.assert_allclose(box_iou(first, second), [50 / 150, 1, 0, 0])
    assert np.isnan(box_iou(np.array([np.nan, 0, 1, 1]), np.array([0, 0, 1, 1])))
