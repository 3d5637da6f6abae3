# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The geometry of scenes."""

from aiatrack_ros.training.picture_bank import Bank
from aiatrack_ros.training.sampling import affine
from aiatrack_ros.training.sampling import apply
from aiatrack_ros.training.sampling import draw_plan
from aiatrack_ros.training.sampling import Plan
from aiatrack_ros.training.sampling import SamplingConfig
from aiatrack_ros.training.stills import read_stills
from aiatrack_ros.training.videos import read_videos
import numpy as np
import pytest
import torch
from training_trees import write_stills
from training_trees import write_video

CROP, FACTOR = 64, 4.0
STILLS = 3  # the pictures before those of the video


@pytest.fixture(scope='module')
def bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    root = tmp_path_factory.mktemp('sampling')
    write_stills(root / 'stills', STILLS)
    write_video(root / 'video', 'a')
    bank = Bank(torch.device('cpu'))
    bank.add('stills', read_stills(str(root / 'stills'), 'none', 360, 0), 1, 0, True)
    bank.add('video', read_videos(str(root / 'video'), 360), 0, 1, False)
    return bank.finish()


def plan(bank: Bank, count: int = 64, **changes: float) -> Plan:
    rng = np.random.default_rng(3)
    return draw_plan(rng, bank, SamplingConfig(**changes), count, CROP, FACTOR)


def test_affine_scales_then_turns_then_moves() -> None:
    matrix = affine(np.array(2.0), np.array(3.0), np.array(np.pi / 2), np.array([10.0, 20.0]))
    assert apply(matrix, np.array([[1.0, 1.0]])) == pytest.approx(np.array([[7.0, 22.0]]))


def test_first_crop_is_cut_as_the_tracker_cuts_it(bank: Bank) -> None:
    boxes = plan(bank, borders=0).boxes[:, 0]
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    size = np.sqrt((boxes[:, 2:] - boxes[:, :2]).prod(1))
    assert centre == pytest.approx(CROP / 2)
    assert size == pytest.approx(CROP / FACTOR)


def test_boxes_in_place_are_the_annotated_ones(bank: Bank) -> None:
    drawn = plan(bank, absent=0)
    in_video = drawn.picture[:, 0] >= STILLS
    assert in_video.any()
    for scene in np.flatnonzero(in_video):
        for crop in range(4):
            x, y, w, h = bank.picture_box[drawn.picture[scene, crop]]
            true = np.array([[x, y], [x + w, y + h]], float)
            back = apply(np.linalg.inv(drawn.matrix[scene, crop]), true)
            expected = np.concatenate(back).clip(0, CROP)
            assert drawn.boxes[scene, crop] == pytest.approx(expected, abs=1e-6)


def test_absent_targets_are_outside_or_not_drawn(bank: Bank) -> None:
    drawn = plan(bank, absent=1, frames=3)
    absent = ~drawn.present
    assert absent[:, 0].sum() == absent[:, 1].sum() == 0
    assert absent[:, 2].mean() > 0.9
    pasted = np.array([layer.cutout for layer in drawn.layers])[
        2
    ]  # behind, behind, target, before
    video = drawn.picture[:, 0] >= STILLS
    assert (pasted[~video][absent[~video]] == -1).all()
    left = (drawn.boxes[..., 2:] - drawn.boxes[..., :2]).min(-1)
    assert (left[video][absent[video]] == 0).all()


def test_boxes_stay_in_crop_and_picture(bank: Bank) -> None:
    drawn = plan(bank, borders=1, reach=2.5, wide=1)
    assert drawn.boxes.min() >= 0 and drawn.boxes.max() <= CROP
    rows, columns = drawn.padding(CROP, bank.picture_size)
    assert columns.any() and rows.any()
    for scene, crop in np.argwhere(drawn.present):
        x1, y1, x2, y2 = drawn.boxes[scene, crop]
        inside = ~columns[scene, crop, int(np.ceil(x1)) : int(x2)]
        assert inside.all()
        assert (~rows[scene, crop, int(np.ceil(y1)) : int(y2)]).all()


def test_a_part_keeps_its_place_in_the_object(bank: Bank) -> None:
    """Seen from the object's own box, the target's box is the same in all crops of a video."""
    drawn = plan(bank, 40, parts=1, absent=0, borders=0, wide=0, centre_jitter=0.05, flips=0)
    shares = []
    for scene in np.flatnonzero(drawn.picture[:, 0] >= STILLS):
        inner = []
        for crop in range(4):
            x, y, w, h = bank.picture_box[drawn.picture[scene, crop]].astype(float)
            corners = drawn.boxes[scene, crop].reshape(2, 2)
            if corners.min() > 0 and corners.max() < CROP and drawn.present[scene, crop]:
                inner.append((apply(drawn.matrix[scene, crop], corners) - (x, y)) / (w, h))
        if len(inner) > 1:
            assert np.ptp(np.array(inner), 0).max() < 1e-6
            shares.append(np.prod(inner[0][1] - inner[0][0]))
    assert len(shares) > 5 and min(shares) >= 0.16 and np.std(shares) > 0.05


def test_same_seed_same_scenes(bank: Bank) -> None:
    first, second = plan(bank, 8), plan(bank, 8)
    assert (first.boxes == second.boxes).all() and (first.matrix == second.matrix).all()


def test_shares_are_kept(bank: Bank) -> None:
    drawn = plan(bank, 400, distractors=0.5, occluders=0.25, flips=0.3)
    behind, before = drawn.layers[0], drawn.layers[3]
    assert (behind.cutout >= 0).any(1).mean() == pytest.approx(0.5, abs=0.08)
    assert (before.cutout >= 0).any(1).mean() == pytest.approx(0.25, abs=0.08)
    assert (before.cutout[:, 0] == -1).all()
    assert drawn.flip.mean() == pytest.approx(0.3, abs=0.08)
    assert drawn.mirrored.mean() == pytest.approx(0.35, abs=0.08)  # 0.7 of the pasted half
