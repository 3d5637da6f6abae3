# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Pictures and objects as tensors."""

import logging
from pathlib import Path

from aiatrack_ros.errors import InputError
from aiatrack_ros.training.clips import Frame
from aiatrack_ros.training.picture_bank import Bank
from aiatrack_ros.training.picture_bank import cut_out
from aiatrack_ros.training.picture_bank import hull_points
from aiatrack_ros.training.stills import read_stills
from aiatrack_ros.training.videos import read_videos
import numpy as np
import pytest
import torch
from training_trees import texture
from training_trees import write_stills
from training_trees import write_video


def bank() -> Bank:
    return Bank(torch.device('cpu'))


def test_pictures_and_boxes(tmp_path: Path) -> None:
    boxes = write_video(tmp_path, 'a')
    filled = bank()
    filled.add('a', read_videos(str(tmp_path), 360), 0, 1, True)
    filled.finish()
    assert [p.shape[1:] for p in filled.pictures] == [(3, 360, 360), (3, 180, 180), (3, 90, 90)]
    assert (filled.picture_size == (120, 90)).all()
    assert (filled.picture_box == boxes).all()
    stored = filled.pictures[0][0, :, :90, :120].permute(1, 2, 0).numpy()
    read = read_videos(str(tmp_path), 360)[0].read(0).image
    assert (stored == read).all()
    half = read.reshape(45, 2, 60, 2, 3).mean((1, 3))
    assert np.abs(filled.pictures[1][0, :, :45, :60].permute(1, 2, 0).numpy() - half).max() <= 0.5
    assert filled.groups[0].placed[0].tolist() == [0, 1, 2, 3]


def test_objects_and_their_hulls(tmp_path: Path) -> None:
    write_stills(tmp_path)
    filled = bank()
    filled.add('s', read_stills(str(tmp_path), 'none', 360, 0), 1, 0, True)
    filled.finish()
    assert len(filled.groups[0].pasted) == 3 and filled.groups[0].placed == []
    patch = filled.cutouts[0][0].float()
    rows, columns = torch.nonzero(patch[3] > 127, as_tuple=True)
    hull = filled.hull[0]
    assert hull[:, 0].min() == columns.min() and hull[:, 0].max() == columns.max() + 1
    assert hull[:, 1].min() == rows.min() and hull[:, 1].max() == rows.max() + 1
    assert (patch[:3, patch[3] == 0] == 0).all()


def test_a_cut_out_is_multiplied_by_its_coverage() -> None:
    mask = np.zeros((40, 50), np.uint8)
    mask[10:30, 10:40], mask[10:30, 40] = 255, 51
    patch, _ = cut_out(Frame(np.full((40, 50, 3), 200, np.uint8), None, mask))
    assert patch.shape == (20, 31, 4)
    assert patch[5, 5].tolist() == [200, 200, 200, 255]
    assert patch[5, 30].tolist() == [40, 40, 40, 51]


def test_hull_of_a_turned_bar_bounds_its_turned_image() -> None:
    mask = np.eye(30, dtype=bool)
    hull = hull_points(mask)
    turned = hull @ np.array([[1, -1], [1, 1]]) / np.sqrt(2)
    assert np.ptp(turned, 0) == pytest.approx((30 * np.sqrt(2), np.sqrt(2)))


def test_what_is_broken_is_named_and_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_video(tmp_path, 'a')
    (tmp_path / 'a' / '0002.png').write_bytes(b'torn')
    filled = bank()
    with caplog.at_level(logging.WARNING):
        filled.add('a', read_videos(str(tmp_path), 360), 0, 1, True)
    filled.finish()
    assert '0002.png' in caplog.text
    assert filled.groups[0].placed[0].tolist() == [0, 1, 2]
    assert filled.picture_box[:, 0].tolist() == [20, 25, 35]


def test_several_targets_of_a_still_share_its_backdrop(tmp_path: Path) -> None:
    write_stills(tmp_path, 1)
    clips = [read_stills(str(tmp_path), 'none', 360, 0)[0] for _ in range(3)]
    filled = bank()
    filled.add('s', clips, 1, 0, True)
    filled.finish()
    assert len(filled.backdrops) == 1 and len(filled.groups[0].pasted) == 3


def test_replaced_clips() -> None:
    first = [Frame(texture(i), (1.0, 2.0, 30.0, 40.0)) for i in range(2)]
    second = [Frame(texture(i, (60, 80)), (3.0, 4.0, 20.0, 20.0)) for i in (5, 6)]
    filled = bank()
    group = filled.add_frames('p', [first, first], 1, 1, True)
    filled.finish().replace(group, 1, second)
    index = group.placed[1]
    assert (filled.picture_size[index] == (80, 60)).all()
    assert (filled.picture_box[index] == (3, 4, 20, 20)).all()
    stored = filled.pictures[0][index[1], :, :60, :80].permute(1, 2, 0).numpy()
    assert (stored == texture(6, (60, 80))).all()
    assert (filled.picture_size[group.placed[0]] == (120, 90)).all()
    patch = filled.cutouts[0][group.pasted[1][0], :3, :20, :20].permute(1, 2, 0).numpy()
    assert (patch == texture(5, (60, 80))[4:24, 3:23]).all()


def test_nothing_to_train_on(tmp_path: Path) -> None:
    write_stills(tmp_path, 1)
    clips = read_stills(str(tmp_path), 'none', 360, 0)
    no_ground = bank()
    no_ground.add('s', clips, 1, 0, False)
    with pytest.raises(InputError, match='nothing to paste targets on'):
        no_ground.finish()
    no_target = bank()
    no_target.add('s', clips, 0, 0, True)
    with pytest.raises(InputError, match='paste or place'):
        no_target.finish()
    with pytest.raises(InputError, match='nothing usable'):
        bank().add('s', [], 1, 1, False)
