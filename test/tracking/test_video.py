# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Videos and folders, read and written."""

from pathlib import Path

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.video import natural_key
from aiatrack_ros.tracking.video import Video
from aiatrack_ros.tracking.video import VideoWriter
import cv2
import numpy as np
import pytest


def frames(count: int) -> list[np.ndarray]:
    """Return frames (48, 64, 3), RGB, red with a brightness of their own."""
    return [np.full((48, 64, 3), (40 + 20 * k, 10, 5), np.uint8) for k in range(count)]


def test_a_video_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / 'out.mp4'
    with VideoWriter(path, 12.5) as writer:
        for frame in frames(8):
            writer.write(frame)
    video = Video(path)
    assert (video.fps, video.frame_count) == (12.5, 8)
    read = list(video)
    assert len(read) == 8
    for ours, frame in zip(read, frames(8), strict=True):
        assert np.abs(ours.astype(int) - frame).max() < 12  # the codec's loss; RGB is not BGR


def test_a_folder_is_read_in_natural_order(tmp_path: Path) -> None:
    for number, frame in zip((10, 9, 100), frames(3), strict=True):
        cv2.imwrite(str(tmp_path / f'img{number}.png'), frame[..., ::-1])
    (tmp_path / 'notes.txt').write_text('not a picture')
    video = Video(tmp_path)
    assert video.frame_count == 3
    assert [frame[0, 0, 0] for frame in video] == [60, 40, 80]
    assert natural_key(Path('b2')) < natural_key(Path('b10'))


def test_a_frame_of_another_size_is_scaled(tmp_path: Path) -> None:
    path = tmp_path / 'out.mp4'
    with VideoWriter(path, 10) as writer:
        writer.write(frames(1)[0])
        writer.write(np.zeros((96, 128, 3), np.uint8))
    assert [frame.shape for frame in Video(path)] == [(48, 64, 3)] * 2


def test_bad_sources_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match='does not exist'):
        Video(tmp_path / 'no.mp4')
    with pytest.raises(InputError, match='holds no pictures'):
        Video(tmp_path)
    torn = tmp_path / 'torn.mp4'
    torn.write_bytes(b'not a video at all' * 100)
    with pytest.raises(InputError, match="torn.mp4' can't be read"):
        Video(torn)
    folder = tmp_path / 'pictures'
    folder.mkdir()
    (folder / '1.jpg').write_bytes(b'torn')
    with pytest.raises(InputError, match="1.jpg' can't be read"):
        list(Video(folder))


def test_bad_outputs_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match='must end in .mp4'):
        VideoWriter(tmp_path / 'out.txt', 10)
    with pytest.raises(InputError, match='its folder does not exist'):
        VideoWriter(tmp_path / 'no' / 'out.mp4', 10)
