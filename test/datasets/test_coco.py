# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""COCO's annotations."""

from pathlib import Path

from aiatrack_ros.datasets.coco import find_objects
from aiatrack_ros.datasets.coco import mask_of
from aiatrack_ros.errors import InputError
import numpy as np
import pytest
from training_trees import texture
from training_trees import write_coco


def test_objects(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    good = {'id': 1, 'image_id': 7, 'bbox': [20, 20, 40, 30], 'segmentation': [[1, 2, 3]]}
    write_coco(
        tmp_path,
        [
            good,
            good | {'id': 2, 'iscrowd': 1},
            good | {'id': 4, 'bbox': [20, 20, 0, 5]},
            good | {'id': 5, 'image_id': 8},
            good | {'id': 6, 'bbox': [20, 20, 5]},
        ],
    )
    (found,) = find_objects(tmp_path)
    assert (found.picture, found.box, found.outline) == ('1.jpg', (20, 20, 40, 30), [[1, 2, 3]])
    assert np.abs(found.folder.image('1.jpg').astype(int) - texture(1)).mean() < 4
    for number in (4, 5, 6):
        assert f'object {number}: no box or picture' in caplog.text
    assert 'object 2' not in caplog.text


def test_annotations_without_their_pictures(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_coco(tmp_path, [{'id': 1, 'image_id': 7, 'bbox': [20, 20, 40, 30]}])
    train = tmp_path / 'annotations' / 'instances_train2017.json'
    (tmp_path / 'annotations' / 'instances_val2017.json').write_text(train.read_text())
    assert len(list(find_objects(tmp_path))) == 1
    assert 'no pictures in images/val2017 or val2017' in caplog.text


def test_run_lengths_go_down_the_columns() -> None:
    mask = mask_of({'counts': [3, 2, 1]}, (2, 3))  # columns: 00, 01, 10
    assert (mask == np.array([[0, 0, 255], [0, 255, 0]])).all()
    assert mask_of({'counts': 'compressed'}, (2, 3)) is None
    assert mask_of([], (2, 3)) is None


def test_what_is_not_coco(tmp_path: Path) -> None:
    assert not list(find_objects(tmp_path))
    write_coco(tmp_path, [])
    (tmp_path / 'annotations' / 'instances_train2017.json').write_text('[]')
    with pytest.raises(InputError, match='not a COCO annotation'):
        list(find_objects(tmp_path))
