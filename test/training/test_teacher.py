# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A network that teaches the identity head."""

from pathlib import Path

from aiatrack_ros.errors import InputError
from aiatrack_ros.training.teacher import BATCH
from aiatrack_ros.training.teacher import Teacher
import numpy as np
import pytest
from teachers import write_teacher
import torch


def test_it_describes_who_is_in_the_box_as_bgr(tmp_path: Path) -> None:
    """The teacher of the test says what the upper and the lower half of its picture are like."""
    crops = torch.zeros(2, 80, 80, 3, dtype=torch.uint8)
    crops[:, 20:40, 10:30] = torch.tensor([200, 100, 0], dtype=torch.uint8)
    crops[:, 40:60, 10:30] = torch.tensor([0, 0, 90], dtype=torch.uint8)
    boxes = torch.tensor([[10, 20, 30, 60], [10, 40, 30, 60]]) / 80
    described = Teacher(write_teacher(tmp_path))(crops, boxes).numpy()
    expected = np.array([[0, 100, 200, 90, 0, 0], [90, 0, 0, 90, 0, 0]])
    expected = expected / np.linalg.norm(expected, axis=1, keepdims=True)
    # Pixels at the seam mix both halves, and the border of the box those beside it.
    np.testing.assert_allclose(described, expected, atol=0.06)


def test_more_than_a_batch_are_described_one_by_one(tmp_path: Path) -> None:
    generator = torch.Generator().manual_seed(0)
    crops = torch.randint(0, 256, (BATCH + 3, 40, 40, 3), generator=generator, dtype=torch.uint8)
    boxes = torch.tensor([[0.25, 0.25, 0.75, 0.75]]).expand(len(crops), -1)
    teacher = Teacher(write_teacher(tmp_path))
    together = teacher(crops, boxes)
    alone = torch.cat([teacher(crops[i : i + 1], boxes[i : i + 1]) for i in (0, BATCH, BATCH + 2)])
    torch.testing.assert_close(together[[0, BATCH, BATCH + 2]], alone)


def test_what_is_no_teacher_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'nowhere.xml' does not exist"):
        Teacher('nowhere.xml')
    garbage = tmp_path / 'garbage.xml'
    garbage.write_text('this is no network')
    with pytest.raises(InputError, match='is no network'):
        Teacher(str(garbage))
    with pytest.raises(InputError, match='not \\(N, 3, H, W\\)'):
        Teacher(write_teacher(tmp_path, channels=1))
