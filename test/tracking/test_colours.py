# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What colours somebody wears."""

from aiatrack_ros.tracking import colours
from aiatrack_ros.tracking.colours import describe_colours
from aiatrack_ros.tracking.colours import SHARE
from aiatrack_ros.tracking.colours import with_colours
from aiatrack_ros.tracking.crop import Crop
import numpy as np
import pytest

RED, WHITE, BLUE, NAVY = (200, 30, 40), (245, 240, 235), (34, 84, 150), (36, 48, 92)
BOX = (0.25, 0.125, 0.25, 0.5)


def crop_of(pixels: np.ndarray, padded: int = 0) -> Crop:
    """Return pixels as a crop whose last so many rows and columns lie outside the image."""
    outside = np.arange(len(pixels)) >= len(pixels) - padded
    return Crop(pixels, outside, outside, (0.0, 0.0), len(pixels))


def dressed(
    *colours: tuple[int, int, int], light: float | tuple[float, float, float] = 1.0
) -> Crop:
    """Return a crop of 80 x 80 with a figure in BOX, of these colours from head to foot."""
    pixels = np.full((80, 80, 3), 120, np.float32)
    for colour, rows in zip(colours, np.array_split(np.arange(10, 50), len(colours)), strict=True):
        pixels[rows, 20:40] = colour
    return crop_of(np.clip(pixels * light, 0, 255).astype(np.uint8))


def likeness(first: Crop, second: Crop, box: tuple = BOX) -> float:
    return float(describe_colours(first, BOX) @ describe_colours(second, box))


def test_stripes_of_other_colours_are_no_likeness() -> None:
    target, other = dressed(*[RED, WHITE] * 8), dressed(*[BLUE, NAVY] * 8)
    assert likeness(target, target) == pytest.approx(1, abs=1e-5)
    assert likeness(target, other) < 0.1


def test_where_a_colour_is_worn_matters() -> None:
    assert likeness(dressed(RED, RED, BLUE), dressed(BLUE, RED, RED)) < 0.5
    assert likeness(dressed(RED, RED, BLUE), dressed(RED, RED, NAVY)) > 0.6


def test_other_light_and_another_place_change_little() -> None:
    target = dressed(RED, WHITE, BLUE)
    assert likeness(target, dressed(RED, WHITE, BLUE, light=1.06)) > 0.9
    x, y, w, h = BOX
    assert likeness(target, target, (x - 0.1 * w, y - 0.03 * h, 1.2 * w, h)) > 0.9


@pytest.mark.parametrize('light', [0.6, 0.75, (0.9, 0.8, 0.6)])
def test_what_is_around_tells_the_light(
    light: float | tuple[float, float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    target, later = dressed(RED, NAVY, BLUE), dressed(RED, NAVY, BLUE, light=light)
    halfway = likeness(target, later)
    monkeypatch.setattr(colours, 'POWER', 0.0)
    assert likeness(target, later) + 0.1 < halfway
    monkeypatch.setattr(colours, 'POWER', 1.0)
    assert likeness(target, later) > max(halfway, 0.9)


def test_the_sides_count_less_than_the_middle() -> None:
    target, narrow, sides = (dressed(RED) for _ in range(3))
    narrow.pixels[:, 20:24] = narrow.pixels[:, 36:40] = sides.pixels[:, 25:35] = BLUE
    assert likeness(target, narrow) > 0.8 > likeness(target, sides)


def test_what_lies_outside_the_image_is_no_shade() -> None:
    target = dressed(RED, WHITE, BLUE)
    outside = target.pixels.copy()
    outside[60:] = outside[:, 60:] = 0
    assert likeness(target, crop_of(outside, padded=20)) == pytest.approx(1, abs=1e-5)
    assert likeness(target, crop_of(outside)) < 0.9


def test_where_there_is_nothing_around_all_that_there_is_tells_the_light(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(colours, 'POWER', 1.0)
    everything = (0.0, 0.0, 1.0, 1.0)
    bright = describe_colours(crop_of(np.full((80, 80, 3), 200, np.uint8)), everything)
    dark = describe_colours(crop_of(np.full((80, 80, 3), 100, np.uint8)), everything)
    assert bright @ dark > 0.95


@pytest.mark.parametrize(
    'box',
    [(-0.2, -0.3, 0.5, 0.6), (0.9, 0.8, 0.4, 0.4), (1.2, 1.3, 0.1, 0.1), (0.5, 0.5, 0, 1e-4)],
)
def test_a_box_may_reach_out_of_the_crop_or_be_tiny(box: tuple) -> None:
    description = describe_colours(dressed(RED, WHITE, BLUE), box)
    assert np.linalg.norm(description) == pytest.approx(1, abs=1e-5)


def test_likeness_is_shared_by_head_and_colours() -> None:
    first, second = np.float32([1, 0, 0]), np.float32([0.6, 0.8, 0])
    red, white = dressed(RED), dressed(RED, WHITE, BLUE)
    joined = with_colours(first, red, BOX), with_colours(second, white, BOX)
    assert np.linalg.norm(joined[1]) == pytest.approx(1, abs=1e-5)
    expected = (1 - SHARE) * 0.6 + SHARE * likeness(red, white)
    assert joined[0] @ joined[1] == pytest.approx(expected, abs=1e-5)
    assert joined[0].dtype == np.float32


def test_nothing_is_joined_to_nothing() -> None:
    assert len(with_colours(np.zeros(0, np.float32), dressed(RED), BOX)) == 0
