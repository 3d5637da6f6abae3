# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Networks beside each other on held-out scenes, the same for all."""

import json
from pathlib import Path

from aiatrack_ros.cli import main
from aiatrack_ros.model.checkpoint import read_state_dict
import pytest
from safetensors.torch import save_file
from training_trees import write_run


def trained(folder: Path, **changes: object) -> tuple[Path, Path]:
    """Return a run's file and its snapshot."""
    path = write_run(folder, steps=1, holdout=['b'], **changes)
    assert main(['train', str(path), '--device', 'cpu']) == 0
    return path, folder / 'out' / 'snapshot.safetensors'


def test_a_better_and_a_worse_network(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path, good = trained(tmp_path)
    tensors, _ = read_state_dict(good)
    name = 'iou_head.iou_predictor.bias'
    tensors[name] = tensors[name].float() + 20
    sure = tmp_path / 'sure.safetensors'
    save_file(tensors, sure)
    out = tmp_path / 'figures.json'
    capsys.readouterr()
    options = ['--scenes', '20', '--device', 'cpu', '--json', str(out)]
    assert main(['validate', str(path), str(good), str(sure), *options]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ['scenes', str(good), str(sure)] + [
        'video',
        str(good),
        str(sure),
    ]
    figures = json.loads(out.read_text())
    for kind in ('scenes', 'video'):
        plain, biased = figures[str(good)][kind], figures[str(sure)][kind]
        assert 0 <= plain['iou'] <= 1 and plain['giou_loss'] > 0
        assert plain['iou'] == biased['iou'] and plain['giou_loss'] == biased['giou_loss']
        # 20 more on the scale of 2 * IoU - 1 are 10 in IoU.
        assert biased['score_bias'] - plain['score_bias'] == pytest.approx(10, abs=1e-4)
        assert biased['score_error'] == pytest.approx(biased['score_bias'], abs=1e-4)
        assert f'{plain["iou"]:.4f}' in lines[1 if kind == 'scenes' else 4]
    assert figures[str(good)]['scenes'] != figures[str(good)]['video']


def test_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path, good = trained(tmp_path)
    other = write_run(tmp_path, holdout=['none of these'])
    capsys.readouterr()
    for arguments, reason in (
        ([other, good], 'holds nothing out'),
        ([path, tmp_path / 'no.safetensors'], 'does not exist'),
        ([path, good, '--scenes', 0], 'scenes is 0; it must be at least 1'),
        ([path, good, '--json', tmp_path / 'no' / 'a.json'], 'its folder does not exist'),
    ):
        assert main(['validate', *map(str, arguments), '--device', 'cpu']) == 2
        assert reason in capsys.readouterr().err
