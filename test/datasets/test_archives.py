# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Folders and tar files."""

from pathlib import Path
import tarfile

from aiatrack_ros.datasets.archives import BrokenPictureError
from aiatrack_ros.datasets.archives import Folder
from aiatrack_ros.datasets.archives import shrink
from aiatrack_ros.errors import InputError
import numpy as np
import pytest
from training_trees import texture
from training_trees import write_picture


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    write_picture(tmp_path / 'tree' / 'a' / '0.png', texture(1))
    (tmp_path / 'tree' / 'torn.jpg').write_bytes(b'\xff\xd8 no picture')
    return tmp_path / 'tree'


def test_a_tar_file_reads_as_its_folder(tree: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / 'tree.tar', 'w') as tar:
        tar.add(tree, '.')
    folder, archive = Folder(tree), Folder(tmp_path / 'tree.tar')
    assert list(folder) == list(archive) == ['a/0.png', 'torn.jpg']
    assert (folder.image('a/0.png') == texture(1)).all()
    assert (archive.image('a/0.png') == texture(1)).all()


def test_what_is_no_picture_is_named(tree: Path) -> None:
    with pytest.raises(BrokenPictureError, match=r'torn\.jpg'):
        Folder(tree).image('torn.jpg')
    with pytest.raises(BrokenPictureError, match='missing'):
        Folder(tree).image('missing.jpg')


def test_a_picture_is_found_by_its_stem(tree: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / 'tree.tar', 'w') as tar:
        tar.add(tree, '.')
    for folder in (Folder(tree, listed=False), Folder(tmp_path / 'tree.tar')):
        assert folder.picture('a/0') == 'a/0.png'
        assert folder.picture('torn') == 'torn.jpg'
        with pytest.raises(BrokenPictureError, match=r'a/1\.jpg: there is no such picture'):
            folder.picture('a/1')


def test_paths_that_cannot_be_opened(tree: Path) -> None:
    with pytest.raises(InputError, match='does not exist'):
        Folder(tree / 'nowhere')
    with pytest.raises(InputError, match='not a plain tar file'):
        Folder(tree / 'torn.jpg')


def test_shrink_keeps_the_aspect() -> None:
    pixels, scale = shrink(np.zeros((100, 400, 3), np.uint8), 200)
    assert pixels.shape == (50, 200, 3) and scale == 0.5
    assert shrink(pixels, 200)[1] == 1
