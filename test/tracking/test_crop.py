# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Crops against the plain way: pad the image with black, cut, resize with OpenCV."""

import math
from pathlib import Path
import subprocess
import sys

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking import crop as crop_module
from aiatrack_ros.tracking.crop import check_image
from aiatrack_ros.tracking.crop import crop_region
import cv2
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
SIZE = 64


def picture(height: int, width: int) -> np.ndarray:
    noise = np.random.default_rng(height * width).integers(0, 256, (height, width, 3))
    return noise.astype(np.uint8)


def plainly(image: np.ndarray, box: tuple, factor: float) -> tuple[np.ndarray, np.ndarray]:
    """Return crop and padding mask; the mask is a full picture here, not rows and columns."""
    x, y, w, h = box
    side = math.ceil(math.sqrt(w * h) * factor)
    x1, y1 = round(x + w / 2 - side / 2), round(y + h / 2 - side / 2)
    height, width = image.shape[:2]
    left, right = max(0, -x1), max(x1 + side - width + 1, 0)
    top, bottom = max(0, -y1), max(y1 + side - height + 1, 0)
    inside = image[y1 + top : y1 + side - bottom, x1 + left : x1 + side - right]
    padded = cv2.copyMakeBorder(
        inside, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(0, 0, 0)
    )
    mask = np.ones((side, side))
    mask[top : side - bottom, left : side - right] = 0
    return cv2.resize(padded, (SIZE, SIZE)), cv2.resize(mask, (SIZE, SIZE)) != 0


@pytest.mark.parametrize('seed', range(40))
def test_equals_the_plain_way_at_any_size(seed: int) -> None:
    rng = np.random.default_rng(seed)
    image = picture(*rng.integers(60, 400, 2))
    height, width = image.shape[:2]
    w, h = np.exp(rng.uniform(np.log(3), np.log(500), 2))
    box = (rng.uniform(-w / 2, width - w / 2), rng.uniform(-h / 2, height - h / 2), w, h)
    crop = crop_region(image, box, 4.0, SIZE)
    pixels, mask = plainly(image, box, 4.0)
    np.testing.assert_array_equal(crop.pixels, pixels)
    np.testing.assert_array_equal(crop.padded_rows[:, None] | crop.padded_columns, mask)


def test_nothing_of_the_region_before_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(9)
    # Two sizes of image; bytes enough for all regions, or only for the small ones.
    for kept in (2**26, 2_000_000):
        monkeypatch.setattr(crop_module, '_PLANE_BYTES', kept)
        for number in range(90):
            image = picture(*((300, 400) if number % 30 < 20 else (200, 260)))
            image = np.roll(image, number)  # another one
            x, y = rng.uniform(-20, image.shape[1] - 20), rng.uniform(-20, image.shape[0] - 20)
            w, h = np.exp(rng.uniform(np.log(8), np.log(250), 2))
            pixels, _ = plainly(image, (x, y, w, h), 4.0)
            np.testing.assert_array_equal(
                crop_region(image, (x, y, w, h), 4.0, SIZE).pixels, pixels
            )


# What else runs in the process of all tests comes and goes meanwhile, so this has its own.
CUTTING = """
from pathlib import Path
from aiatrack_ros.tracking.crop import crop_region
import numpy as np

def resident():  # MiB, of this process's own
    status = Path('/proc/self/status').read_text()
    return int(status.partition('RssAnon:')[2].split()[0]) / 1024

rng = np.random.default_rng(3)
image = rng.integers(0, 256, (480, 640, 3), np.uint8)
crop_region(image, (300, 200, 600, 450), 4.0, 64)
before = resident()
for _ in range(300):
    w, h = np.exp(rng.uniform(np.log(100), np.log(700), 2))
    x, y = rng.uniform(-w / 2, 640 - w / 2), rng.uniform(-h / 2, 480 - h / 2)
    crop_region(image, (x, y, w, h), rng.uniform(4, 8), 64)
print(resident() - before)
"""


@pytest.mark.skipif(not Path('/proc/self/status').is_file(), reason='there is no /proc')
def test_whatever_regions_are_cut_hardly_more_is_held_than_an_image_takes() -> None:
    command = [sys.executable, '-c', CUTTING]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert float(answer.stdout) < 6


def test_right_and_bottom_lose_a_pixel_at_the_border() -> None:
    image = np.full((100, 100, 3), 255, np.uint8)
    # The region covers columns 68..99 and rows 40..71 exactly: it ends where the image does.
    crop = crop_region(image, (80, 52, 8, 8), 4.0, 32)
    assert crop.side == 32
    assert crop.padded_columns.tolist() == [False] * 31 + [True]
    assert not crop.padded_rows.any()
    assert not crop.pixels[:, 31].any()
    # Nothing is lost one pixel further left.
    assert not crop_region(image, (79, 52, 8, 8), 4.0, 32).padded_columns.any()
    # At the left and top the image's own first pixel is used.
    assert not crop_region(image, (12, 12, 8, 8), 4.0, 32).padded_columns.any()


def test_centre_rounds_half_to_even() -> None:
    image = np.arange(100, dtype=np.uint8)[None, :, None].repeat(100, 0).repeat(3, 2)
    crop = crop_region(image, (50, 50, 5, 5), 1.0, 5)  # left edge at 50.0
    assert crop.pixels[0, 0, 0] == 50
    crop = crop_region(image, (50.5, 50, 5, 5), 1.0, 5)  # 50.5 -> 50
    assert crop.pixels[0, 0, 0] == 50
    crop = crop_region(image, (51.5, 50, 5, 5), 1.0, 5)  # 51.5 -> 52
    assert crop.pixels[0, 0, 0] == 52


@pytest.mark.parametrize('side', [10, 60])
def test_a_reversed_view_is_as_good_as_a_copy(side: int) -> None:
    bgr = picture(200, 300)
    box = (100, 80, side, side)
    ours = crop_region(bgr[..., ::-1], box, 4.0, SIZE)
    np.testing.assert_array_equal(
        ours.pixels, crop_region(np.ascontiguousarray(bgr[..., ::-1]), box, 4.0, SIZE).pixels
    )
    assert ours.pixels.flags.c_contiguous


def test_boxes_map_both_ways() -> None:
    crop = crop_region(picture(200, 300), (100, 80, 30, 50), 5.0, SIZE)
    box = (93.5, 70.25, 42.0, 61.0)
    assert crop.to_image(crop.to_crop(box)) == pytest.approx(box)
    # The middle of the crop is the middle of the box it was cut around.
    x, y, _, _ = crop.to_image((0.5, 0.5, 0.1, 0.1))
    assert (x, y) == pytest.approx((115, 105))


def test_somebody_is_painted_out() -> None:
    image = np.zeros((200, 300, 3), np.uint8)
    image[80:120, 140:160] = 255  # who is there
    crop = crop_region(image, (100.0, 60.0, 60.0, 80.0), 2.0, 128)
    empty = crop.without((140.0, 80.0, 20.0, 40.0))
    assert crop.pixels.max() == 255 and empty.pixels.max() < 60
    assert (empty.pixels[:, 0] == crop.pixels[:, 0]).all()
    assert (empty.center, empty.side) == (crop.center, crop.side)
    for box in ((-900.0, 80.0, 20.0, 40.0), (140.0, 900.0, 20.0, 40.0)):  # of another place
        assert (crop.without(box).pixels == crop.pixels).all()
    assert len(np.unique(crop.without((-900.0, -900.0, 2000.0, 2000.0)).pixels)) == 1


def test_a_region_outside_of_the_image_is_refused() -> None:
    with pytest.raises(InputError, match='search region outside the image of 300x200'):
        crop_region(picture(200, 300), (500, 80, 10, 10), 4.0, SIZE)


@pytest.mark.parametrize(
    ('image', 'reason'),
    [
        (np.zeros((0, 10, 3), np.uint8), '10x0 pixels is empty'),
        (np.zeros((10, 10), np.uint8), r'shape \(10, 10\)'),
        (np.zeros((10, 10, 4), np.uint8), 'shape'),
        (np.zeros((10, 10, 3)), 'float64'),
        (None, 'NoneType'),
    ],
)
def test_unusable_images_are_refused(image: object, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        check_image(image)
