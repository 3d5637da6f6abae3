# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Folders and tar files of video: boxes.csv and the pictures that it names."""

from pathlib import Path

from aiatrack_ros.datasets.archives import Folder
from aiatrack_ros.datasets.video_folders import find_videos
import pytest
from training_trees import write_video


def test_absent_and_damaged_lines(tmp_path: Path) -> None:
    write_video(tmp_path, 'a', 2, suffix='.webp', masks=True)
    table = tmp_path / 'a' / 'boxes.csv'
    rows = ['frame,x,y,w,h', *table.read_text().split(), '0001,nan,nan,nan,nan', '0001,1,2,3', '']
    table.write_text('\n'.join([*rows, '0009,1,2,3,4']) + '\n')
    (video,) = find_videos(Folder(tmp_path))
    assert video.name == 'a'
    assert [entry.picture for entry in video.entries] == ['a/0000.webp', 'a/0001.webp']
    assert [entry.mask for entry in video.entries] == ['a/0000.mask.png', 'a/0001.mask.png']
    assert video.entries[0].box == (20, 30, 24, 20)
    assert [problem.split(':', 1)[1] for problem in video.problems] == [
        '5: not FRAME,x,y,w,h',
        '7: there is no such picture',
    ]


@pytest.mark.parametrize('name', ['video', 'video2', 'video3', 'pairs'])
def test_real_videos_are_whole(shared: Path, name: str) -> None:
    folder = Folder(shared / 'train' / f'{name}.tar')
    videos = list(find_videos(folder))
    assert len(videos) > 40
    assert not [problem for video in videos for problem in video.problems]
    for video in videos[:: len(videos) // 10]:
        image = folder.image(video.entries[-1].picture)
        assert image.ndim == 3 and max(image.shape) <= 360
