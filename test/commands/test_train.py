# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The command, from a YAML file to a checkpoint."""

import argparse
from pathlib import Path
import subprocess
import sys

from aiatrack_ros.commands.train import add_arguments
from aiatrack_ros.commands.train import run
from aiatrack_ros.errors import DeviceError
from aiatrack_ros.errors import InputError
from aiatrack_ros.model.checkpoint import read_state_dict
from aiatrack_ros.training.run import model_config
from aiatrack_ros.training.run_config import load_config
import cv2
import pytest
import torch
from training_trees import write_run

ROOT = Path(__file__).resolve().parents[2]


def call(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return run(parser.parse_args(['--device', 'cpu', *arguments]))


def test_scenes_are_drawn_while_training(tmp_path: Path) -> None:
    optimizer = {'warmup': 1, 'rate': 1e-3, 'backbone': 0.1}
    path = write_run(tmp_path, steps=2, optimizer=optimizer, precision='bfloat16')
    assert call(str(path)) == 0
    tensors, metadata = read_state_dict(tmp_path / 'out' / 'snapshot.safetensors')
    assert metadata['samples'] == '8'
    start = torch.load(tmp_path / 'imagenet.pth', weights_only=True)
    name = 'blocks.10.depthwise_conv.weight'
    assert not torch.equal(start[name].half(), tensors[f'backbone.0.body.{name}'])


def test_a_tuned_stage_is_trained_from_the_features_before_it(tmp_path: Path) -> None:
    cache = {'path': str(tmp_path / 'features'), 'scenes': 4, 'shard': 4, 'ready': 4}
    optimizer = {'warmup': 1, 'rate': 1e-3, 'backbone': 0.5, 'backbone_stages': 1}
    path = write_run(tmp_path, cache=cache, steps=1, optimizer=optimizer)
    assert call(str(path), '--fill-cache') == 0
    assert call(str(path)) == 0
    tensors, _ = read_state_dict(tmp_path / 'out' / 'snapshot.safetensors')
    start = torch.load(tmp_path / 'imagenet.pth', weights_only=True)
    for block, tuned in ((7, False), (10, True)):
        name = f'blocks.{block}.expand_conv.weight'
        assert torch.equal(start[name].half(), tensors[f'backbone.0.body.{name}']) != tuned
    optimizer['backbone_stages'] = 3
    path = write_run(tmp_path, cache=cache, steps=1, optimizer=optimizer)
    with pytest.raises(InputError, match='at most the last 2 stages of efficientnet_lite0'):
        call(str(path))


def test_cached_features_and_going_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache = {'path': str(tmp_path / 'features'), 'scenes': 8, 'shard': 4, 'ready': 8}
    path = write_run(
        tmp_path, cache=cache, steps=2, validate_every=2, validation_scenes=2, holdout=['b']
    )
    assert call(str(path), '--fill-cache') == 0
    assert call(str(path)) == 0
    assert (tmp_path / 'out' / 'validation.csv').exists()
    with caplog.at_level('INFO'):
        assert call(str(path)) == 0
    assert 'going on from step 2 of 2' in caplog.text
    tensors, _ = read_state_dict(tmp_path / 'out' / 'snapshot.safetensors')
    start = torch.load(tmp_path / 'imagenet.pth', weights_only=True)['conv_stem.weight']
    assert torch.equal(start.half(), tensors['backbone.0.body.conv_stem.weight'])


def test_features_of_other_weights_are_refused(tmp_path: Path) -> None:
    cache = {'path': str(tmp_path / 'features'), 'scenes': 4, 'shard': 4, 'ready': 4}
    optimizer = {'warmup': 1, 'backbone': 0.5, 'backbone_stages': 1}
    path = write_run(tmp_path, cache=cache, steps=1, optimizer=optimizer)
    assert call(str(path), '--fill-cache') == 0

    def begin_with(name: str) -> None:
        tensors = torch.load(tmp_path / 'imagenet.pth', weights_only=True)
        tensors[name] = tensors[name] + 0.1
        torch.save(tensors, tmp_path / 'other.pth')
        call(
            str(
                write_run(
                    tmp_path,
                    cache=cache,
                    steps=1,
                    optimizer=optimizer,
                    imagenet=str(tmp_path / 'other.pth'),
                )
            )
        )

    begin_with('blocks.10.expand_conv.weight')  # which is trained
    with pytest.raises(InputError, match='other data, settings or weights'):
        begin_with('blocks.7.expand_conv.weight')


def test_nothing_to_validate_on_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert call(str(write_run(tmp_path, steps=1, validation_scenes=2))) == 0
    assert 'no validation, too little is held out' in caplog.text


def test_preview(tmp_path: Path) -> None:
    path = write_run(tmp_path)
    assert call(str(path), '--preview', str(tmp_path / 'p.png')) == 0
    assert cv2.imread(str(tmp_path / 'p.png')).shape == (6 * 64, 6 * 64, 3)
    assert not (tmp_path / 'out').exists()


@pytest.mark.timeout(180)
def test_two_processes(tmp_path: Path) -> None:
    path = write_run(tmp_path, steps=2)
    command = [
        sys.executable,
        '-m',
        'torch.distributed.run',
        '--nproc-per-node',
        '2',
        '--master-port',
        '29577',
        '-m',
        'aiatrack_ros.cli',
        'train',
        str(path),
        '--device',
        'cpu',
        '--threads',
        '1',
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=170)
    assert done.returncode == 0, done.stderr[-2000:]
    _, metadata = read_state_dict(tmp_path / 'out' / 'snapshot.safetensors')
    assert metadata['samples'] == '16'


def test_what_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match='no cache to fill'):
        call(str(write_run(tmp_path)), '--fill-cache')
    with pytest.raises(InputError, match="unknown key 'inner'"):
        model_config(load_config(write_run(tmp_path, changes={'inner': 'none'})))
    for changes, reason in (
        (
            {'inner_self': 'atention'},
            "changes: inner_self is 'atention'; it must be one of attention",
        ),
        ({'heads': 'two'}, "changes: heads is 'two'; it must be a whole number"),
        (
            {'corner_channels': [64, 32]},
            r'changes: corner_channels is \(64, 32\); it must have 4 items',
        ),
    ):
        with pytest.raises(InputError, match=reason):
            model_config(load_config(write_run(tmp_path, changes=changes)))
    with pytest.raises(InputError, match='threads is -1'):
        call(str(write_run(tmp_path)), '--threads', '-1')
    cache = {'path': str(tmp_path / 'features'), 'scenes': 8, 'shard': 4, 'ready': 4}
    with pytest.raises(InputError, match='scenes_per_step is 5, .* 4 scenes to draw from'):
        call(str(write_run(tmp_path, cache=cache, scenes_per_step=5)))
    with pytest.raises(InputError, match='is --data right'):
        call(
            str(write_run(tmp_path, sources=[{'path': 'x', 'format': 'video'}])),
            '--data',
            str(tmp_path),
        )
    with pytest.raises(DeviceError, match="'gpu' is unknown"):
        call(str(write_run(tmp_path)), '--device', 'gpu')
