# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""COCO's annotations."""

import json
from pathlib import Path

from aiatrack_ros.errors import InputError
from aiatrack_ros.training.coco import mask_of
from aiatrack_ros.training.coco import read_coco
import numpy as np
import pytest
from training_trees import texture
from training_trees import write_picture


def write_coco(root: Path, objects: list[dict]) -> None:
    write_picture(root / 'train2017' / '1.jpg', texture(1))
    (root / 'annotations').mkdir()
    content = {'images': [{'id': 7, 'file_name': '1.jpg'}], 'annotations': objects}
    (root / 'annotations' / 'instances_train2017.json').write_text(json.dumps(content))


def test_objects(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    outline = [[20, 20, 60, 20, 60, 50, 20, 50]]
    good = {'id': 1, 'image_id': 7, 'bbox': [20, 20, 40, 30], 'segmentation': outline}
    write_coco(
        tmp_path,
        [
            good,
            good | {'id': 2, 'iscrowd': 1},
            good | {'id': 3, 'bbox': [20, 20, 5, 5]},
            good | {'id': 4, 'bbox': [20, 20, 0, 5]},
            good | {'id': 5, 'image_id': 8},
        ],
    )
    (clip,) = read_coco(str(tmp_path), 360)
    frame = clip.read(0)
    assert frame.box == (20, 20, 40, 30)
    rows, columns = np.nonzero(frame.mask > 127)
    edges = (columns.min(), rows.min(), columns.max(), rows.max())
    assert edges == pytest.approx((20, 20, 59, 49), abs=1)
    assert 'object 4' in caplog.text and 'object 5' in caplog.text
    assert 'object 3' not in caplog.text


def test_annotations_without_their_pictures(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_coco(tmp_path, [{'id': 1, 'image_id': 7, 'bbox': [20, 20, 40, 30]}])
    train = tmp_path / 'annotations' / 'instances_train2017.json'
    (tmp_path / 'annotations' / 'instances_val2017.json').write_text(train.read_text())
    assert len(read_coco(str(tmp_path), 360)) == 1
    assert 'no pictures in images/val2017 or val2017' in caplog.text


def test_run_lengths_go_down_the_columns() -> None:
    mask = mask_of({'counts': [3, 2, 1]}, (2, 3))  # columns: 00, 01, 10
    assert (mask == np.array([[0, 0, 255], [0, 255, 0]])).all()
    assert mask_of({'counts': 'compressed'}, (2, 3)) is None
    assert mask_of([], (2, 3)) is None


def test_what_is_not_coco(tmp_path: Path) -> None:
    with pytest.raises(InputError, match='no objects'):
        read_coco(str(tmp_path), 360)
    write_coco(tmp_path, [])
    (tmp_path / 'annotations' / 'instances_train2017.json').write_text('[]')
    with pytest.raises(InputError, match='not a COCO annotation'):
        read_coco(str(tmp_path), 360)
