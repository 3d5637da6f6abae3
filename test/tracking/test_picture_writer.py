# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Pictures written into a folder."""

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.picture_writer import PictureWriter
from aiatrack_ros.tracking.video import Video
import numpy as np
import pytest


def test_what_is_written_is_read_again_in_its_order(tmp_path):
    writer = PictureWriter(tmp_path / 'drawn')
    for number in range(3):
        picture = np.zeros((24, 32, 3), np.uint8)
        picture[..., 0] = 80 * number
        writer.write(picture)
    writer.close()
    found = list(Video(tmp_path / 'drawn'))
    assert [round(float(each[..., 0].mean()) / 80) for each in found] == [0, 1, 2]
    assert all(each[..., 2].mean() < 10 for each in found)  # red has not become blue


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / 'file').touch()
    for path in (tmp_path / 'file', tmp_path / 'no' / 'folder'):
        with pytest.raises(InputError, match="can't be written"):
            PictureWriter(path)
