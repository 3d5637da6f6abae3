# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The contact sheet."""

from pathlib import Path

from aiatrack_ros.errors import InputError
from aiatrack_ros.training.compositor import Scenes
from aiatrack_ros.training.preview import write_preview
import cv2
import numpy as np
import pytest
import torch


def scenes() -> Scenes:
    no = torch.zeros(2, 2, 32, dtype=torch.bool)
    box = torch.tensor([0.25, 0.25, 0.5, 0.75]).expand(2, 2, 4)
    present = torch.tensor([[True, False], [True, True]])
    others = torch.full((2, 2, 2, 4), torch.nan)
    others[1, 0, 1] = torch.tensor([0.5, 0.25, 0.75, 0.5])
    crops = torch.zeros(2, 2, 32, 32, 3, dtype=torch.uint8)
    return Scenes(crops, box, present, no, no, others, torch.ones(2))


def test_boxes_are_drawn_in_their_colour(tmp_path: Path) -> None:
    write_preview(scenes(), str(tmp_path / 'p.png'))
    sheet = cv2.imread(str(tmp_path / 'p.png'))[..., ::-1]
    assert sheet.shape == (32, 128, 3)
    for column, colour in ((0, (0, 255, 0)), (1, (255, 0, 0)), (2, (0, 255, 0))):
        crop = sheet[:, 32 * column : 32 * column + 32]
        assert (crop[8, 8:16] == colour).all() and (crop[23, 8:16] == colour).all()
        assert (crop[12, 12] == 0).all()
    assert (np.abs(sheet[1, 33]) == (255, 0, 0)).all()
    yellow = (sheet == (220, 220, 0)).all(-1)  # the other's box where the target's leaves it free
    assert yellow[8, 64 + 18 : 64 + 23].all() and not yellow[:, :64].any()


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't write the preview"):
        write_preview(scenes(), str(tmp_path / 'gone' / 'p.png'))
