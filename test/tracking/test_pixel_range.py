# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The range of deep pictures: right for cameras of every depth, and steady."""

from aiatrack_ros.tracking.pixel_range import PixelRange
import numpy as np
import pytest

SCENE = np.random.default_rng(0).integers(0, 256, (120, 160), dtype=np.uint8)


def counts(low: float, high: float, scene: np.ndarray = SCENE) -> np.ndarray:
    """Return the scene as a camera with these counts for black and white gives it."""
    return np.rint(low + scene * ((high - low) / 255)).astype(np.uint16)


@pytest.mark.parametrize('high', [1023, 4095, 65535])
def test_the_depth_of_a_camera_is_told_from_its_picture(high: int) -> None:
    expected = np.rint(counts(0, high) * (255 / high))
    np.testing.assert_array_equal(PixelRange().to_8_bits(counts(0, high)), expected)


@pytest.mark.parametrize(('low', 'high'), [(29000, 29500), (29000, 32000), (7000, 7100)])
def test_a_narrow_range_fills_most_of_8_bits(low: int, high: int) -> None:
    picture = PixelRange().to_8_bits(counts(low, high)).astype(int)
    assert np.ptp(picture) >= 225
    slope, offset = np.polyfit(SCENE.ravel(), picture.ravel(), 1)
    assert np.abs(picture - slope * SCENE - offset).max() < 3


def test_a_plain_picture_is_taken_by_definition() -> None:
    plain = np.full((6, 8), 257 * 100, np.uint16)
    assert (PixelRange().to_8_bits(plain) == 100).all()
    assert (PixelRange().to_8_bits(np.zeros((6, 8), np.uint16)) == 0).all()


def test_a_range_that_is_given_holds() -> None:
    picture = PixelRange(28000, 30000).to_8_bits(np.array([[0, 28000, 29000, 30000, 65535]], 'u2'))
    np.testing.assert_array_equal(picture, [[0, 0, 128, 255, 255]])
    with pytest.raises(ValueError, match='white at 5 must be above black at 7'):
        PixelRange(7, 5)


def test_it_does_not_follow_what_comes_and_goes() -> None:
    pixel_range = PixelRange()
    first = pixel_range.of(counts(29000, 29500))
    rng = np.random.default_rng(1)
    for _ in range(100):  # noise, drift and a small hot thing
        seen = counts(29000 + rng.integers(-20, 20), 29500 + rng.integers(-20, 20))
        seen[:3, :3] = 40000
        assert pixel_range.of(seen) == first
    shutter = np.full((120, 160), 29200, np.uint16)
    for _ in range(100):
        assert pixel_range.of(shutter) == first


def test_it_is_chosen_anew_when_pictures_leave_it() -> None:
    pixel_range = PixelRange()
    for low, high in ((0, 65535), (0, 4095), (29000, 29500), (29000, 32000), (0, 1023)):
        assert np.ptp(pixel_range.to_8_bits(counts(low, high))) > 225
    # A range that is wider than the pictures need is given up only after a while.
    pixel_range = PixelRange()
    wide = pixel_range.of(counts(0, 4095))
    ranges = [pixel_range.of(counts(0, 1000)) for _ in range(40)]
    assert ranges[20] == wide
    assert ranges[-1] == (0, 1023)
    assert len(set(ranges)) == 2


def test_floats_outside_of_0_to_1_are_measured_from_their_own() -> None:
    kelvin = (290 + SCENE / 50).astype(np.float32)
    assert np.ptp(PixelRange().to_8_bits(kelvin)) > 225
    assert (PixelRange().to_8_bits(np.full((6, 8), np.nan, np.float32)) == 0).all()
    assert (PixelRange().to_8_bits(np.full((6, 8), 9.0, np.float32)) == 255).all()


def test_pictures_of_8_bits_are_left_alone() -> None:
    assert PixelRange(5, 10).to_8_bits(SCENE) is SCENE
