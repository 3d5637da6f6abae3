# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Drawn crops against what was planned."""

import dataclasses
from pathlib import Path

from aiatrack_ros.training.augment import AugmentConfig
from aiatrack_ros.training.compositor import Compositor
from aiatrack_ros.training.compositor import mirrored
from aiatrack_ros.training.picture_bank import Bank
from aiatrack_ros.training.sampling import draw_plan
from aiatrack_ros.training.sampling import SamplingConfig
from aiatrack_ros.training.stills import read_stills
from aiatrack_ros.training.videos import read_videos
import cv2
import numpy as np
import pytest
import torch
from training_trees import texture
from training_trees import write_picture
from training_trees import write_video

PLAIN = AugmentConfig(
    grey=0, scene_light=0, crop_light=0, tint=0, coarse=0, blur=0, noise=0, noise_sigma=0
)
ALONE = SamplingConfig(distractors=0, occluders=0, absent=0)


def compositor(bank: Bank, sampling: SamplingConfig = ALONE) -> Compositor:
    return Compositor(bank, sampling, PLAIN, 96, 4.0, 5)


@pytest.fixture(scope='module')
def white_on_black(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    """Objects that are white on grounds that are black: what is bright is the target."""
    root = tmp_path_factory.mktemp('white')
    for index, (axes, angle) in enumerate((((70, 30), 30), ((40, 60), 0), ((80, 20), 120))):
        mask = np.zeros((200, 240), np.uint8)
        cv2.ellipse(mask, (120, 100), axes, angle, 0, 360, 255, -1)
        write_picture(root / f'{index}.png', np.repeat(mask[..., None], 3, 2))
        write_picture(root / f'{index}.mask.png', mask)
    write_picture(root / 'ground' / 'g.png', np.zeros((200, 240, 3), np.uint8))
    bank = Bank(torch.device('cpu'))
    bank.add('white', read_stills(str(root), 'none', 360, 0)[:3], 1, 0, False)
    bank.add('ground', read_stills(str(root / 'ground'), 'none', 360, 0), 0, 0, True)
    return bank.finish()


@pytest.mark.parametrize('borders', [0.0, 1.0])
def test_boxes_enclose_the_pasted_masks(white_on_black: Bank, borders: float) -> None:
    sampling = dataclasses.replace(ALONE, borders=borders)
    scenes = compositor(white_on_black, sampling).scenes(0, 24)
    seen = 0
    for crop, box, present, rows, columns in zip(*(t.flatten(0, 1) for t in scenes[:5])):
        if not present:
            continue
        bright = crop.numpy().max(2) > crop.max().item() / 2
        y, x = np.flatnonzero(bright.any(1)), np.flatnonzero(bright.any(0))
        drawn = np.array([x[0], y[0], x[-1] + 1, y[-1] + 1])
        error = (drawn - 96 * box.numpy()) * (1, 1, -1, -1)
        assert error.min() > -1.6  # pixels
        # Where the border cuts an ellipse, the rest of it may not fill the rest of its box.
        around = np.s_[max(0, y[0] - 3) : y[-1] + 4], np.s_[max(0, x[0] - 3) : x[-1] + 4]
        at_crop = min(x[0], y[0]) < 3 or max(x[-1], y[-1]) > 92
        if not (at_crop or rows[around[0]].any() or columns[around[1]].any()):
            assert error.max() < 1.6
            seen += 1
    assert seen > 40


def test_targets_in_place_agree_with_opencv(tmp_path: Path) -> None:
    write_video(tmp_path, 'a')
    bank = Bank(torch.device('cpu'))
    bank.add('a', read_videos(str(tmp_path), 360), 0, 1, True)
    drawer = compositor(bank.finish())
    plan = draw_plan(np.random.default_rng(1), bank, ALONE, 4, 96, 4.0)
    crops = drawer.draw(plan).unflatten(0, (4, 4)).permute(0, 1, 3, 4, 2).numpy()
    rows, columns = plan.padding(96, bank.picture_size)
    for scene in range(4):
        for crop in range(4):
            matrix = plan.matrix[scene, crop].copy()
            if np.linalg.det(matrix) > 1.5:
                continue  # drawn from a smaller level
            matrix[:2, 2] += matrix[:2, :2] @ (0.5, 0.5) - 0.5  # OpenCV counts from pixel centres
            picture = bank.pictures[0][plan.picture[scene, crop]].permute(1, 2, 0).numpy()
            width, height = bank.picture_size[plan.picture[scene, crop]].astype(int)
            expected = cv2.warpAffine(
                np.ascontiguousarray(picture[:height, :width]).astype(np.float32),
                matrix[:2],
                (96, 96),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            )
            error = np.abs(expected - crops[scene, crop])
            error[rows[scene, crop]] = 0
            error[:, columns[scene, crop]] = 0
            assert error.max() < 4  # OpenCV interpolates in steps of 1/32 pixel


def test_padding_is_black(tmp_path: Path) -> None:
    write_picture(tmp_path / 'v' / '0.png', np.full((40, 60, 3), 200, np.uint8))
    write_picture(tmp_path / 'v' / '1.png', np.full((40, 60, 3), 200, np.uint8))
    (tmp_path / 'v' / 'boxes.csv').write_text('0,2,2,20,20\n1,5,5,20,20\n')
    bank = Bank(torch.device('cpu'))
    bank.add('v', read_videos(str(tmp_path), 360), 0, 1, True)
    scenes = compositor(bank.finish()).scenes(1, 8)
    outside = scenes.rows[..., :, None] | scenes.columns[..., None, :]
    assert outside.any()
    assert (scenes.crops[outside] == 0).all()
    assert (scenes.crops[~outside] == 200).all()


def test_same_number_same_scenes(white_on_black: Bank) -> None:
    drawer = Compositor(white_on_black, SamplingConfig(), AugmentConfig(), 64, 4.0, 5)
    first, second, other = drawer.scenes(7, 3), drawer.scenes(7, 3), drawer.scenes(8, 3)
    for a, b in zip(first, second, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0, equal_nan=True)
    assert not torch.equal(first.crops, other.crops)


def test_large_targets_are_shrunk_without_aliasing(tmp_path: Path) -> None:
    picture = np.zeros((320, 320, 3), np.uint8)
    picture[:, ::2] = 255  # the finest stripes
    write_picture(tmp_path / 'v' / '0.png', picture)
    write_picture(tmp_path / 'v' / '1.png', picture)
    (tmp_path / 'v' / 'boxes.csv').write_text('0,60,60,200,200\n1,60,60,200,200\n')
    bank = Bank(torch.device('cpu'))
    bank.add('v', read_videos(str(tmp_path), 360), 0, 1, True)
    crop = compositor(bank.finish()).scenes(0, 1).crops[0, 0].float()
    assert crop[40:56, 40:56].std() < 10  # grey


def test_mirrored_boxes() -> None:
    box = torch.tensor([0.1, 0.2, 0.4, 0.9])
    assert mirrored(box).tolist() == pytest.approx([0.6, 0.2, 0.9, 0.9])
    assert texture(0).shape == (90, 120, 3)
