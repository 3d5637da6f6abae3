# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The geometry of scenes."""

from pathlib import Path

from aiatrack_ros.training.picture_bank import Bank
from aiatrack_ros.training.sampling import affine
from aiatrack_ros.training.sampling import apply
from aiatrack_ros.training.sampling import draw_plan
from aiatrack_ros.training.sampling import Plan
from aiatrack_ros.training.sampling import plan_views
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


def layers(drawn: Plan) -> np.ndarray:
    """Return the cut-outs of all layers: two behind, the target, one before."""
    return np.array([layer.cutout for layer in drawn.layers])


def test_absent_targets_are_outside_or_not_drawn(bank: Bank) -> None:
    drawn = plan(bank, absent=1, frames=3, impostors=0)
    absent = ~drawn.present
    assert absent[:, 0].sum() == absent[:, 1].sum() == 0
    assert absent[:, 2].mean() > 0.9
    video = drawn.picture[:, 0] >= STILLS
    assert (layers(drawn)[2][~video][absent[~video]] == -1).all()
    left = (drawn.boxes[..., 2:] - drawn.boxes[..., :2]).min(-1)
    assert (left[video][absent[video]] == 0).all()


def test_another_stands_in_the_place_of_an_absent_target(bank: Bank) -> None:
    drawn = plan(bank, absent=1, frames=3, impostors=1, borders=0)
    gone = ~drawn.present[:, 2]
    pasted = layers(drawn)[2]
    video = drawn.picture[:, 0] >= STILLS
    stills = gone & ~video
    assert (pasted[stills, 2] >= 0).mean() > 0.5
    assert (pasted[stills, 2] != pasted[stills, 0]).all()
    # In a video the other target is pasted where the window looks, and its box is told.
    moved = gone & video
    assert (pasted[moved, 2] >= 0).all() and (pasted[moved, :2] == -1).all()
    size = (drawn.boxes[..., 2:] - drawn.boxes[..., :2]).min(-1)
    # The box is empty where the window has left the picture.
    assert (size[moved, 2] > 0).any()


def film_bank(root: Path, times: list[range]) -> Bank:
    """Return a bank of one film: a target for each range of frame numbers."""
    for number, frames in enumerate(times):
        write_video(root, f'street-{number:02d}', len(frames))
        folder = root / f'street-{number:02d}'
        table = (folder / 'boxes.csv').read_text()
        for old, new in reversed(list(enumerate(frames))):
            (folder / f'{old:04d}.png').rename(folder / f'{new:04d}.png')
            table = table.replace(f'{old:04d},', f'{new:04d},', 1)
        (folder / 'boxes.csv').write_text(table)
    bank = Bank(torch.device('cpu'))
    bank.add('film', read_videos(str(root), 360), 0, 1, False, 0.5)
    return bank.finish()


def test_targets_of_one_film_play_each_other_at_other_times(tmp_path: Path) -> None:
    bank = film_bank(tmp_path, [range(4), range(10, 14)])
    assert list(bank.films) == ['street']
    drawn = plan(bank, absent=1, frames=3, impostors=1)
    gone = ~drawn.present[:, 2]
    first = np.isin(drawn.picture, bank.films['street'][0])
    assert gone.mean() > 0.9
    assert (first[gone, 2] != first[gone, 0]).all() and (first[gone, 1] == first[gone, 0]).all()
    assert (drawn.trust == 0.5).all()


def test_targets_seen_at_the_same_time_do_not(tmp_path: Path) -> None:
    bank = film_bank(tmp_path, [range(4), range(2, 6)])
    drawn = plan(bank, absent=1, frames=3, impostors=1)
    first = np.isin(drawn.picture, bank.films['street'][0])
    later = bank.picture_time[drawn.picture] > 3
    early = bank.picture_time[drawn.picture] < 2
    gone = ~drawn.present[:, 2]
    swapped = gone & (first[:, 2] != first[:, 0])
    # Only frames are taken in which the other target was not labelled.
    assert swapped.any()
    assert (later[swapped & first[:, 0], 2]).all() and (early[swapped & ~first[:, 0], 2]).all()


def test_distractors_roam_or_stay(bank: Bank) -> None:
    for roaming, moves in ((0.0, False), (1.0, True)):
        drawn = plan(bank, 128, distractors=1, occluders=0, roaming=roaming, absent=0, wide=0)
        behind = drawn.layers[0]
        in_place = drawn.picture[:, 0] >= STILLS
        seen = (behind.cutout >= 0).all(1) & in_place
        assert seen.any() or moves
        # A way leads from the target to the distractor, in sizes of the target.
        ways = []
        for scene in np.flatnonzero((behind.cutout[:, :2] >= 0).all(1) & in_place):
            others = drawn.others[scene, :2, 0].reshape(2, 2, 2).mean(1)
            target = drawn.boxes[scene, :2].reshape(2, 2, 2).mean(1)
            size = np.sqrt((drawn.boxes[scene, :2, 2:] - drawn.boxes[scene, :2, :2]).prod(-1))
            if np.isfinite(others).all() and size.min() > 1:
                way = (others - target) / size[:, None]
                ways.append(np.linalg.norm(way[1] - way[0]))
        assert ways
        assert (np.median(ways) > 1) == moves


def test_boxes_of_others_are_told_where_they_are_seen(bank: Bank) -> None:
    drawn = plan(bank, 128, distractors=1, occluders=1)
    told = np.isfinite(drawn.others).all(-1)  # (B, F, 3)
    shown = np.stack([drawn.layers[k].cutout >= 0 for k in (0, 1, 3)], -1)
    assert told.any((0, 1)).all() and not told[~shown].any()
    assert (drawn.others[told] >= 0).all() and (drawn.others[told] <= CROP).all()
    rows, columns = drawn.padding(CROP, bank.picture_size)
    for scene, crop, which in np.argwhere(told):
        x1, y1, x2, y2 = drawn.others[scene, crop, which]
        assert (~columns[scene, crop, int(np.ceil(x1)) : int(x2)]).all()
        assert (~rows[scene, crop, int(np.ceil(y1)) : int(y2)]).all()


def test_views_show_their_pictures_and_no_more(bank: Bank) -> None:
    pictures = np.array([[STILLS, STILLS + 1], [STILLS + 2, STILLS + 3]])
    drawn = plan_views(np.random.default_rng(0), bank, SamplingConfig(), pictures, CROP, FACTOR)
    assert drawn.present.all() and drawn.layers == [] and np.isnan(drawn.others).all()
    for scene, crop in np.ndindex(2, 2):
        x, y, w, h = bank.picture_box[pictures[scene, crop]]
        corners = drawn.boxes[scene, crop].reshape(2, 2)
        back = apply(drawn.matrix[scene, crop], corners)
        inside = (corners > 0) & (corners < CROP)
        expected = np.array([[x, y], [x + w, y + h]])
        assert back[inside] == pytest.approx(expected[inside], abs=1e-6)


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
