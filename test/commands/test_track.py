# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""``aiatrack track`` from a folder of pictures to a video and a table."""

import csv
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import time

from aiatrack_ros.cli import main
from aiatrack_ros.evaluation.seeded_weights import load_seeded_weights
from aiatrack_ros.model import AiATrack
from aiatrack_ros.model import VARIANTS
from aiatrack_ros.tracking.track_video import COLUMNS
from aiatrack_ros.tracking.video import Video
from aiatrack_ros.tracking.video import VideoWriter
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
        (['--box', '-5,3,5o,6'], "box '-5,3,5o,6' is not four numbers"),
        (['--box', '4,3,5,6', '--csv', 'no/boxes.csv'], 'folder does not exist'),
        (['--box', '4,3,5,6', '--csv', '.'], 'it is a folder'),
        (['--box', '4,3,5,6', '--csv', '/dev/full'], "csv '/dev/full' can't be written: No space"),
        (['--box', '4,3,5,6', '--csv', 'o.mp4', '--output', './o.mp4'], 'is the file of output'),
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


@pytest.mark.parametrize(
    'box', [['-5,30,50,60'], ['-5', '30', '50', '60'], ['-5 30 50 60'], ['-.5,-3,40,40']]
)
def test_a_box_may_reach_out_of_the_picture(
    inputs: tuple[str, str], box: list[str], tmp_path: Path
) -> None:
    folder, checkpoint = inputs
    table = tmp_path / 'boxes.csv'
    options = ['--checkpoint', checkpoint, '--csv', str(table)]
    assert main(['track', '--box', *box, folder, *options]) == 0
    assert len(table.read_text().splitlines()) == 6


def film(path: Path, count: int) -> None:
    """Write a film of noise."""
    rng = np.random.default_rng(0)
    with VideoWriter(path, 25) as writer:
        for _ in range(count):
            writer.write(rng.integers(0, 256, (120, 160, 3), dtype=np.uint8))


@pytest.mark.parametrize('option', ['--output', '--csv'])
@pytest.mark.parametrize('name', ['a.mp4', './a.mp4', 'absolute', 'symbolic.mp4', 'hard.mp4'])
def test_the_video_is_never_overwritten(
    inputs: tuple[str, str],
    option: str,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    monkeypatch.chdir(tmp_path)
    film(tmp_path / 'a.mp4', 3)
    os.link('a.mp4', 'hard.mp4')
    Path('symbolic.mp4').symlink_to('a.mp4')
    before = Path('a.mp4').read_bytes()
    name = str(tmp_path / 'a.mp4') if name == 'absolute' else name
    arguments = ['--box', '40,30,50,60', '--checkpoint', inputs[1], option, name]
    assert main(['track', 'a.mp4', *arguments]) == 2
    error = capsys.readouterr().err
    assert 'would destroy its own input' in error
    assert error.count('\n') == 1
    assert Path('a.mp4').read_bytes() == before


def test_neither_a_picture_nor_the_weights_are_overwritten(
    inputs: tuple[str, str], capsys: pytest.CaptureFixture
) -> None:
    folder, checkpoint = inputs
    for name in (f'{folder}/2.jpg', checkpoint):
        before = Path(name).read_bytes()
        arguments = ['--box', '40,30,50,60', '--checkpoint', checkpoint, '--csv', name]
        assert main(['track', folder, *arguments]) == 2
        assert 'would destroy its own input' in capsys.readouterr().err
        assert Path(name).read_bytes() == before


def test_rows_before_a_torn_picture_are_kept(
    inputs: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    for path in Path(inputs[0]).iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    whole = (tmp_path / '3.jpg').read_bytes()
    (tmp_path / '3.jpg').write_bytes(whole[: len(whole) // 2])
    table, output = tmp_path / 'boxes.csv', tmp_path / 'o.mp4'
    options = ['--checkpoint', inputs[1], '--csv', str(table), '--output', str(output)]
    assert main(['track', str(tmp_path), '--box', '40,30,50,60', *options]) == 2
    assert "3.jpg' can't be read" in capsys.readouterr().err
    assert len(table.read_text().splitlines()) == 1 + 3
    assert len(list(Video(output))) == 3


def test_what_there_is_at_an_interruption_is_kept(inputs: tuple[str, str], tmp_path: Path) -> None:
    film(tmp_path / 'long.mp4', 2000)
    table, output = tmp_path / 'boxes.csv', tmp_path / 'o.mp4'
    process = subprocess.Popen(
        [sys.executable, '-m', 'aiatrack_ros.cli', 'track', str(tmp_path / 'long.mp4')]
        + ['--box', '40,30,50,60', '--checkpoint', inputs[1]]
        + ['--csv', str(table), '--output', str(output)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 60
    while not (table.exists() and len(table.read_text().splitlines()) > 10):
        assert time.monotonic() < end and process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    error = process.communicate(timeout=30)[1]
    assert process.returncode == 130
    assert error.strip().endswith('aiatrack track: interrupted')
    rows = list(csv.DictReader(table.open()))
    assert 10 <= len(rows) < 2000
    assert [row['frame'] for row in rows] == [str(number) for number in range(len(rows))]
    assert abs(len(list(Video(output))) - len(rows)) <= 1


def test_older_results_stay_until_there_are_new_ones(
    inputs: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    table = tmp_path / 'boxes.csv'
    table.write_text('of the last run')
    arguments = ['--box', '40,30,50,60', '--checkpoint', 'no.pth', '--csv', str(table)]
    assert main(['track', inputs[0], *arguments]) == 2
    assert "'no.pth' does not exist" in capsys.readouterr().err
    assert table.read_text() == 'of the last run'


def test_pictures_of_a_pattern_are_not_drawn_over(
    inputs: tuple[str, str], capsys: pytest.CaptureFixture
) -> None:
    folder, checkpoint = inputs
    before = sorted(Path(folder).iterdir())
    arguments = ['--box', '40,30,50,60', '--checkpoint', checkpoint, '--output', folder]
    for source in (folder, f'{folder}/*.jpg', f'{folder}/%d.jpg'):
        assert main(['track', source, *arguments]) == 2
        assert 'would destroy its own input' in capsys.readouterr().err
    assert sorted(Path(folder).iterdir()) == before


def test_rows_are_json_as_well(inputs: tuple[str, str], tmp_path: Path) -> None:
    folder, checkpoint = inputs
    table, lines = tmp_path / 'boxes.csv', tmp_path / 'boxes.jsonl'
    options = ['--checkpoint', checkpoint, '--csv', str(table), '--json', str(lines)]
    arguments = ['--box', '@corners', '40', '30', '90', '90', *options]
    assert main(['track', folder, *arguments]) == 0
    objects = [json.loads(line) for line in lines.read_text().splitlines()]
    rows = list(csv.DictReader(table.open()))
    assert [{name: str(value) for name, value in found.items()} for found in objects] == rows
    assert objects[0]['w'] == 50 and len(rows) == 5
