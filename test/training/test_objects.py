# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""COCO's objects as clips of one frame."""

from pathlib import Path

from aiatrack_ros.datasets.archives import BrokenPictureError
from aiatrack_ros.errors import InputError
from aiatrack_ros.training.objects import read_coco
import numpy as np
import pytest
from training_trees import write_coco


def test_objects(tmp_path: Path) -> None:
    outline = [[20, 20, 60, 20, 60, 50, 20, 50]]
    good = {'id': 1, 'image_id': 7, 'bbox': [20, 20, 40, 30], 'segmentation': outline}
    write_coco(tmp_path, [good, good | {'id': 3, 'bbox': [20, 20, 5, 5]}])
    (clip,) = read_coco(str(tmp_path), 360)
    frame = clip.read(0)
    assert frame.box == (20, 20, 40, 30)
    rows, columns = np.nonzero(frame.mask > 127)
    edges = (columns.min(), rows.min(), columns.max(), rows.max())
    assert edges == pytest.approx((20, 20, 59, 49), abs=1)


def test_a_box_beside_the_picture_is_named(tmp_path: Path) -> None:
    write_coco(tmp_path, [{'id': 1, 'image_id': 7, 'bbox': [500, 20, 40, 30]}])
    (clip,) = read_coco(str(tmp_path), 360)
    with pytest.raises(BrokenPictureError, match=r'1\.jpg: the box .* outside'):
        clip.read(0)


def test_nothing_to_follow(tmp_path: Path) -> None:
    with pytest.raises(InputError, match='no objects'):
        read_coco(str(tmp_path), 360)
