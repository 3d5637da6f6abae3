# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Videos and folders, read and written."""

import os
from pathlib import Path
import struct

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
        assert np.abs(ours.astype(int) - frame).max() < 12  # a codec loses less; BGR would differ


def test_a_folder_is_read_in_natural_order(tmp_path: Path) -> None:
    for number, frame in zip((10, 9, 100), frames(3), strict=True):
        cv2.imwrite(str(tmp_path / f'img{number}.png'), frame[..., ::-1])
    (tmp_path / 'notes.txt').write_text('not a picture')
    video = Video(tmp_path)
    assert video.frame_count == 3
    assert [frame[0, 0, 0] for frame in video] == [60, 40, 80]
    assert natural_key(Path('b2')) < natural_key(Path('b10'))


# Rows of the display matrix by which a player turns a frame clockwise.
MATRICES = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}


@pytest.mark.parametrize('degrees', [0, 90, 180, 270])
def test_a_video_is_turned_by_its_display_matrix(tmp_path: Path, degrees: int) -> None:
    path = tmp_path / 'phone.mp4'
    frame = np.full((48, 64, 3), 20, np.uint8)
    frame[:16, :16] = 240  # top left as stored
    with VideoWriter(path, 30) as writer:
        for _ in range(3):
            writer.write(frame)
    data = bytearray(path.read_bytes())
    place = data.index(b'tkhd') + 4 + 40
    a, b, c, d = (number << 16 for number in MATRICES[degrees])
    data[place : place + 36] = struct.pack('>9i', a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    expected = np.rot90(frame, -degrees // 90)
    pictures = list(Video(path))
    assert len(pictures) == 3
    for picture in pictures:
        assert picture.shape == expected.shape
        assert np.abs(picture.astype(int) - expected).mean() < 8


def test_pictures_are_turned_by_their_exif_data(tmp_path: Path) -> None:
    stored = np.full((48, 64, 3), 20, np.uint8)
    stored[:16, :16] = 240
    jpeg = cv2.imencode('.jpg', stored)[1].tobytes()
    entry = bytes.fromhex('0112 0003 00000001 0006 0000')
    exif = b'Exif\0\0MM\0*\0\0\0\x08\0\x01' + entry + bytes(4)
    size = (len(exif) + 2).to_bytes(2, 'big')
    (tmp_path / '1.jpg').write_bytes(jpeg[:2] + b'\xff\xe1' + size + exif + jpeg[2:])
    (picture,) = Video(tmp_path)
    assert picture.shape == (64, 48, 3)
    assert picture[:14, -14:].min() > 200  # it is turned a quarter to the right


def test_pictures_of_16_bits_keep_their_contrast(tmp_path: Path) -> None:
    for number in range(2):
        deep = 29000 + np.arange(48 * 64, dtype=np.uint16).reshape(48, 64) // 6
        cv2.imwrite(str(tmp_path / f'{number}.png'), deep)
    pictures = list(Video(tmp_path))
    assert all(np.ptp(picture) > 220 for picture in pictures)
    np.testing.assert_array_equal(*pictures)


def test_names_as_people_have_them(tmp_path: Path) -> None:
    for name, frame in zip(
        ('9.png', '10.png', '\u00b21.png', '\u0665.png'), frames(4), strict=True
    ):
        data = cv2.imencode('.png', frame[..., ::-1])[1]
        (tmp_path / name).write_bytes(data.tobytes())
    for name in ('._9.png', '.hidden.jpg'):
        (tmp_path / name).write_bytes(b'\0\5\x16\7' + bytes(100))
    assert len(list(Video(tmp_path))) == 4


def test_a_torn_picture_ends_the_frames_with_its_name(tmp_path: Path) -> None:
    for number, frame in enumerate(frames(4)):
        cv2.imwrite(str(tmp_path / f'{number}.jpg'), frame)
    whole = (tmp_path / '2.jpg').read_bytes()
    (tmp_path / '2.jpg').write_bytes(whole[: len(whole) // 2].ljust(len(whole), b'\0'))
    seen = []
    with pytest.raises(InputError, match=r"2.jpg' can't be read \(a JPEG of \d+ bytes that ends"):
        for picture in Video(tmp_path):
            seen.append(picture)
    assert len(seen) == 2


@pytest.mark.parametrize('size', [(1, 8), (8, 8200)])
def test_frames_that_fit_no_mp4_are_told_as_that(tmp_path: Path, size: tuple[int, int]) -> None:
    with pytest.raises(InputError, match=f'frames of {size[1]}x{size[0]} do not fit an mp4'):
        VideoWriter(tmp_path / 'out.mp4', 10).write(np.zeros((*size, 3), np.uint8))


def test_a_video_that_is_read_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / 'a.mp4'
    with VideoWriter(path, 10) as writer:
        writer.write(frames(1)[0])
    before = path.read_bytes()
    (tmp_path / 'link.mp4').symlink_to(path)
    os.link(path, tmp_path / 'hard.mp4')
    video = Video(path)
    for name in ('a.mp4', 'link.mp4', 'hard.mp4'):
        with pytest.raises(InputError, match='is being read or written by another program'):
            VideoWriter(tmp_path / name, 10)
    assert len(list(video)) == 1
    del video
    with VideoWriter(path, 10):
        with pytest.raises(InputError, match='is being written by another program'):
            Video(tmp_path / 'hard.mp4')
    assert path.read_bytes() == before
    assert len(list(Video(path))) == 1


@pytest.mark.skipif(not os.path.exists('/dev/full'), reason='needs the full device of Linux')
def test_a_full_disk_is_told(tmp_path: Path) -> None:
    (tmp_path / 'full.mp4').symlink_to('/dev/full')
    writer = VideoWriter(tmp_path / 'full.mp4', 10)
    with pytest.raises(InputError, match=r'full.mp4.*(disk full|can\'t be written)'):
        for frame in frames(8):
            writer.write(frame)
        writer.close()


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
    (tmp_path / 'folder.mp4').mkdir()
    with pytest.raises(InputError, match='it is a folder; give the name of a file'):
        VideoWriter(tmp_path / 'folder.mp4', 10)
