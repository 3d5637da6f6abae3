# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Stills and their cuts."""

from pathlib import Path

from aiatrack_ros.datasets.archives import BrokenPictureError
from aiatrack_ros.training.stills import box_of
from aiatrack_ros.training.stills import random_shape
from aiatrack_ros.training.stills import read_stills
import cv2
import numpy as np
import pytest
from training_trees import texture
from training_trees import write_picture
from training_trees import write_stills


def test_masks(tmp_path: Path) -> None:
    write_stills(tmp_path, 2)
    clips = read_stills(str(tmp_path), 'none', 360, 0)
    assert [clip.name for clip in clips] == ['0.png', '1.png']
    frame = clips[0].read(0)
    assert (frame.image == texture(100)).all()
    assert frame.box == box_of(frame.mask)
    assert frame.box == pytest.approx((36, 28, 49, 34), abs=2)


def test_masks_beside_webp(tmp_path: Path) -> None:
    write_stills(tmp_path, 1)
    (tmp_path / '0.png').unlink()
    write_picture(tmp_path / '0.webp', texture(100))
    (clip,) = read_stills(str(tmp_path), 'none', 360, 0)
    frame = clip.read(0)
    assert clip.name == '0.webp' and frame.box == box_of(frame.mask)


def test_regions_are_whole_objects(tmp_path: Path) -> None:
    labels = np.ones((90, 120), np.uint8)
    labels[30:60, 40:80] = 2  # an object
    labels[:20] = 3  # touches the border: a ground
    write_picture(tmp_path / 'a.png', texture(1))
    write_picture(tmp_path / 'a.regions.png', labels)
    frames = [clip.read(0) for clip in read_stills(str(tmp_path), 'none', 360, 0)]
    assert {frame.box for frame in frames} == {(40, 30, 40, 30)}


def test_alpha(tmp_path: Path) -> None:
    pixels = np.zeros((40, 50, 4), np.uint8)
    pixels[10:30, 5:25] = (255, 0, 0, 255)  # blue, as OpenCV writes it
    cv2.imwrite(str(tmp_path / 'a.png'), pixels)
    frame = read_stills(str(tmp_path), 'alpha', 360, 0)[0].read(0)
    assert frame.box == (5, 10, 20, 20)
    assert frame.image[15, 10].tolist() == [0, 0, 255]
    write_picture(tmp_path / 'b.png', texture(1))
    with pytest.raises(BrokenPictureError, match=r'b\.png.*alpha'):
        read_stills(str(tmp_path), 'alpha', 360, 0)[1].read(0)


def test_white_ground(tmp_path: Path) -> None:
    picture = np.full((80, 80, 3), 252, np.uint8)
    picture[20:60, 20:60] = (200, 30, 30)
    cv2.circle(picture, (40, 40), 5, (255, 255, 255), -1)  # white inside of the object stays
    write_picture(tmp_path / 'a.png', picture)
    frame = read_stills(str(tmp_path), 'white', 360, 0)[0].read(0)
    assert frame.box == (21, 21, 38, 38)  # without the rim, which has the ground's colour
    assert frame.mask[40, 40] == 255 and frame.mask[0, 0] == 0


def test_shapes(tmp_path: Path) -> None:
    write_picture(tmp_path / 'a.png', texture(1))
    frame = read_stills(str(tmp_path), 'shape', 360, 0)[0].read(0)
    assert frame.box is None  # a random shape can't be followed in place
    assert 0.02 < (frame.mask > 127).mean() < 0.6
    again = read_stills(str(tmp_path), 'shape', 360, 0)[0].read(0)
    assert (again.mask == frame.mask).all()
    shares = [(random_shape(np.random.default_rng(i), (90, 120)) > 0).mean() for i in range(20)]
    assert np.std(shares) > 0.02


def test_backgrounds_and_the_longest_side(tmp_path: Path) -> None:
    write_picture(tmp_path / 'a.png', texture(1))
    frame = read_stills(str(tmp_path), 'none', 60, 0)[0].read(0)
    assert frame.image.shape == (45, 60, 3)
    assert frame.box is None and frame.mask is None
    assert box_of(np.zeros((5, 5), np.uint8)) is None
