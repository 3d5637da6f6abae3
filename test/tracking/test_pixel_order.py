# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""RGB becomes BGR, with as little work as it takes."""

from aiatrack_ros.tracking.pixel_order import to_bgr
import numpy as np
import pytest

WIDE = np.random.default_rng(0).integers(0, 255, (6, 8, 4), dtype=np.uint8)


@pytest.mark.parametrize(
    'picture',
    [
        np.ascontiguousarray(WIDE[..., :3]),
        WIDE[..., :3],
        WIDE[..., 2::-1],
        np.ascontiguousarray(WIDE[..., :3])[..., ::-1],
        np.ascontiguousarray(WIDE[..., :3])[1::2, 3:],
    ],
)
def test_colours_are_turned_about_and_nothing_has_gaps(picture):
    before = picture.copy()
    bgr = to_bgr(picture)
    np.testing.assert_array_equal(bgr, before[..., ::-1])
    assert bgr.flags.c_contiguous


def test_what_opencv_has_read_is_not_copied():
    read = np.zeros((6, 8, 3), np.uint8)
    assert np.shares_memory(to_bgr(read[..., ::-1]), read)
