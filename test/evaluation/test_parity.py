# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Parity with recorded truth; and the command notices what is wrong."""

from pathlib import Path

from aiatrack_ros.cli import main
from aiatrack_ros.evaluation.parity import Check
import numpy as np
import pytest

pytestmark = pytest.mark.timeout(300)


def test_every_file_of_truth_agrees(shared: Path, capsys: pytest.CaptureFixture) -> None:
    files = sorted((shared / 'parity').glob('*.npz'))
    assert files
    assert main(['parity', *map(str, files)]) == 0
    printed = capsys.readouterr().out
    for stage in ('crop', 'features', 'inner position', 'encoder layer 2', 'decoder', 'pooling'):
        assert stage in printed
    assert printed.count('boxes') >= 4 * len(files)


def test_a_wrong_file_fails(shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    with np.load(shared / 'parity' / 'golden.npz') as file:
        truth = {name: file[name] for name in file.files}
    truth['decoder'] = truth['decoder'] * 1.01
    truth = {n: a for n, a in truth.items() if not n.startswith(('track1', 'track2', 'track3'))}
    for name in ('track0_boxes', 'track0_iou_raw'):
        truth[name] = truth[name][:2]
    truth['frames'] = truth['frames'][:10]
    truth['track0_boxes'] = np.concatenate([truth['track0_boxes'], np.full((7, 4), np.nan)])
    truth['track0_iou_raw'] = np.concatenate([truth['track0_iou_raw'], np.zeros(7)])
    path = tmp_path / 'wrong.npz'
    np.savez(path, **truth)
    assert main(['parity', str(path)]) == 1
    beyond = [line for line in capsys.readouterr().out.splitlines() if line.endswith('BEYOND')]
    assert len(beyond) == 3  # the decoder, the boxes (not a number), the IoUs
    assert any(line.strip().startswith('decoder') for line in beyond)


def test_not_a_number_does_not_pass() -> None:
    assert Check('stage', 1.0, 1.0, '').passed
    assert not Check('stage', float('nan'), 1.0, '').passed


def test_bad_files_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    torn = tmp_path / 'torn.npz'
    torn.write_bytes(b'PK torn')
    other = tmp_path / 'other.npz'
    np.savez(other, a=np.zeros(3))
    for path, reason in (
        (tmp_path / 'no.npz', 'does not exist'),
        (torn, "can't be read"),
        (other, 'is no parity file: it has no frames'),
    ):
        assert main(['parity', str(path)]) == 2
        error = capsys.readouterr().err
        assert reason in error
        assert error.count('\n') == 1
