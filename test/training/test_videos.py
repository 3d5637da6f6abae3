# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Videos in four layouts, and what is wrong with them."""

import logging
from pathlib import Path

from aiatrack_ros.datasets.archives import BrokenPictureError
from aiatrack_ros.errors import InputError
from aiatrack_ros.training.videos import read_got10k
from aiatrack_ros.training.videos import read_lasot
from aiatrack_ros.training.videos import read_trackingnet
from aiatrack_ros.training.videos import read_videos
import numpy as np
import pytest
from training_trees import texture
from training_trees import write_picture
from training_trees import write_video


def test_folder_of_videos(tmp_path: Path) -> None:
    boxes = write_video(tmp_path, 'a')
    write_video(tmp_path, 'b', masks=True)
    plain, masked = read_videos(str(tmp_path), 360)
    assert (plain.name, plain.length) == ('a', 4)
    assert [plain.read(i).box for i in range(4)] == [tuple(box) for box in boxes]
    assert plain.read(0).mask is None
    frame = masked.read(1)
    x, y, w, h = map(int, frame.box)
    assert (frame.mask[y : y + h, x : x + w] == 255).all() and frame.mask.sum() == 255 * w * h


def test_broken_lines_are_named_and_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_video(tmp_path, 'a', 3)
    write_video(tmp_path, 'short', 1)
    with (tmp_path / 'a' / 'boxes.csv').open('a') as file:
        file.write('0001,1,2,0,5\n0001,x,y,z,w\n7777,1,2,3,4\n0002,500,500,9,9\n')
    (tmp_path / 'a' / '0000.png').write_bytes(b'torn')
    with caplog.at_level(logging.WARNING):
        (clip,) = read_videos(str(tmp_path), 360)
    for trace in ('boxes.csv:5', 'boxes.csv:6', 'short'):
        assert trace in caplog.text
    assert 'boxes.csv:4' not in caplog.text  # an empty box says that the target is absent
    assert clip.length == 4
    with pytest.raises(BrokenPictureError, match='0000'):
        clip.read(0)
    assert clip.read(1).box[2:] == (24, 20)
    with pytest.raises(BrokenPictureError, match='outside'):
        clip.read(3)


def write_numbered(folder: Path, name: str, first: int, frames: int = 5) -> None:
    for index in range(frames):
        write_picture(folder / name.format(index + first), texture(index))


def lines(frames: int = 5) -> str:
    return ''.join(f'{10 + i},{20 + i},30.0,25.0\n' for i in range(frames))


def test_got10k(tmp_path: Path) -> None:
    folder = tmp_path / 'train' / 'GOT-10k_Train_000001'
    write_numbered(folder, '{:08d}.jpg', 1)
    (folder / 'groundtruth.txt').write_text(lines())
    (folder / 'absence.label').write_text('0\n1\n0\n0\n0\n')
    (folder / 'cover.label').write_text('8\n8\n0\n8\n8\n')
    (clip,) = read_got10k(str(tmp_path), 360)
    assert clip.length == 3  # one absent, one covered
    assert [clip.read(i).box[0] for i in range(3)] == [10, 13, 14]
    assert np.abs(clip.read(1).image.astype(int) - texture(3)).mean() < 4  # JPEG
    assert read_got10k(str(tmp_path / 'train'), 360)[0].name == clip.name


def test_lasot(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / 'cat' / 'cat-1'
    write_numbered(folder / 'img', '{:08d}.jpg', 1)
    (folder / 'groundtruth.txt').write_text(lines())
    (folder / 'full_occlusion.txt').write_text('0,0,0,0,1')
    (folder / 'out_of_view.txt').write_text('1,0,0,0,0')
    (clip,) = read_lasot(str(tmp_path), 360)
    assert clip.name == 'cat-1' and clip.length == 3
    assert clip.read(0).box[:2] == (11, 21)
    assert 'testing_set.txt is missing' in caplog.text
    (tmp_path / 'testing_set.txt').write_text('cat-2\ncat-1\n')
    with pytest.raises(InputError, match='layout'):
        read_lasot(str(tmp_path), 360)


@pytest.mark.parametrize('suffix', ['.jpg', '.png', '.webp'])
def test_pictures_of_every_kind(tmp_path: Path, suffix: str) -> None:
    write_video(tmp_path / 'videos', 'a', suffix=suffix, masks=True)
    (clip,) = read_videos(str(tmp_path / 'videos'), 360)
    assert clip.length == 4 and clip.read(3).mask.any()
    write_numbered(tmp_path / 'cat' / 'cat-1' / 'img', '{:08d}' + suffix, 1)
    (tmp_path / 'cat' / 'cat-1' / 'groundtruth.txt').write_text(lines())
    (clip,) = read_lasot(str(tmp_path), 360)
    assert np.abs(clip.read(3).image.astype(int) - texture(3)).mean() < 8  # lossy, but for PNG


def test_labels_that_are_no_numbers_are_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ('a', 'b'):
        write_numbered(tmp_path / name, '{:08d}.jpg', 1)
        (tmp_path / name / 'groundtruth.txt').write_text(lines())
    (tmp_path / 'a' / 'cover.label').write_bytes(b'8\n\xff\n')
    (clip,) = read_got10k(str(tmp_path), 360)
    assert clip.name == 'b' and 'a/cover.label' in caplog.text


def test_trackingnet(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    root = tmp_path / 'TRAIN_0'
    write_numbered(root / 'frames' / 'abc', '{}.jpg', 0)
    (root / 'anno').mkdir()
    (root / 'anno' / 'abc.txt').write_text(lines(3) + '0,0,0,0\n14,24,3\n')
    (clip,) = read_trackingnet(str(tmp_path), 360)
    assert clip.length == 3
    assert np.abs(clip.read(2).image.astype(int) - texture(2)).mean() < 4
    assert 'abc.txt:5' in caplog.text and 'abc.txt:4' not in caplog.text  # zeros mean absent


def test_pictures_that_are_missing_are_found_when_read(tmp_path: Path) -> None:
    folder = tmp_path / 'cat' / 'cat-1'
    folder.mkdir(parents=True)
    (folder / 'groundtruth.txt').write_text(lines())
    (clip,) = read_lasot(str(tmp_path), 360)
    with pytest.raises(BrokenPictureError, match=r'00000001\.jpg'):
        clip.read(0)


@pytest.mark.parametrize('read', [read_got10k, read_lasot, read_trackingnet])
def test_another_layout_is_refused(tmp_path: Path, read) -> None:
    with pytest.raises(InputError, match='layout'):
        read(str(tmp_path), 360)
