# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""``aiatrack track`` from a folder of pictures to a video and a table."""

import csv
from pathlib import Path

from aiatrack_ros.cli import main
from aiatrack_ros.evaluation.seeded_weights import load_seeded_weights
from aiatrack_ros.model import AiATrack
from aiatrack_ros.model import VARIANTS
from aiatrack_ros.tracking.track_video import COLUMNS
from aiatrack_ros.tracking.video import Video
import cv2
import numpy as np
import pytest
import safetensors.torch


@pytest.fixture(scope='module')
def inputs(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Return a folder of five pictures, and a checkpoint that tracks nothing in particular."""
    folder = tmp_path_factory.mktemp('pictures')
    rng = np.random.default_rng(0)
    for index in range(5):
        cv2.imwrite(str(folder / f'{index}.jpg'), rng.integers(0, 256, (120, 160, 3)))
    checkpoint = folder.parent / 'seeded.safetensors'
    network = load_seeded_weights(AiATrack(VARIANTS['aiatrack_lite']))
    safetensors.torch.save_file(network.state_dict(), checkpoint)
    return str(folder), str(checkpoint)


def test_writes_video_and_table(
    inputs: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    folder, checkpoint = inputs
    video, table = tmp_path / 'out.mp4', tmp_path / 'boxes.csv'
    options = ['--checkpoint', checkpoint, '--output', str(video), '--csv', str(table)]
    assert main(['track', folder, '--box', '40,30,50,60', *options]) == 0
    assert len(list(Video(video))) == 5
    with table.open() as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [row['frame'] for row in rows] == list('01234')
    assert [float(rows[0][name]) for name in 'xywh'] == [40, 30, 50, 60]
    assert all(0 <= float(row['score']) <= 1 for row in rows)
    assert {row['state'] for row in rows} <= {'tracking', 'lost'}
    assert '5 frames' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('change', 'reason'),
    [
        (['--box', '40,30,50'], "box '40,30,50' is not four numbers"),
        (['--box', 'nan,30,50,60'], 'is not finite'),
        (['--box', '40,30,0,60'], 'is empty'),
        (['--box', '400,30,50,60'], 'lies outside the image of 160x120 pixels'),
        (['--box', '4,3,5,6', '--output', 'out.gif'], 'must end in .mp4'),
        (['--box', '4,3,5,6', '--csv', 'no/boxes.csv'], 'folder does not exist'),
        (['--box', '4,3,5,6', '--update-threshold', '2'], 'update_threshold is 2; it must be in'),
        (['--box', '4,3,5,6', '--device', 'cuda:77'], "device 'cuda:77' is not there"),
        (['--box', '4,3,5,6', '--threads', '-1'], 'threads is -1'),
        (['--box', '4,3,5,6', '--checkpoint', 'no.pth'], "'no.pth' does not exist"),
    ],
)
def test_mistakes_are_told_in_one_line(
    inputs: tuple[str, str], change: list[str], reason: str, capsys: pytest.CaptureFixture
) -> None:
    folder, checkpoint = inputs
    assert main(['track', folder, '--checkpoint', checkpoint, *change]) == 2
    error = capsys.readouterr().err
    assert reason in error
    assert error.count('\n') == 1
