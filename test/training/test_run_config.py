# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Runs as YAML files."""

from pathlib import Path

from aiatrack_ros.errors import InputError
from aiatrack_ros.training.run_config import load_config
import pytest

ROOT = Path(__file__).resolve().parents[2]
BEGIN = 'output: out\nsources:\n  - {path: a, format: video, place: 1}\n'


def load(tmp_path: Path, more: str = '', begin: str = BEGIN):
    (tmp_path / 'run.yaml').write_text(begin + more)
    return load_config(tmp_path / 'run.yaml')


def test_values_and_defaults(tmp_path: Path) -> None:
    config = load(tmp_path, 'optimizer: {rate: 1e-4, clip: 1}\nholdout: [x]\nsteps: 7\n')
    assert config.optimizer.rate == 1e-4 and config.optimizer.clip == 1.0
    assert config.steps == 7 and config.holdout == ['x'] and config.cache is None
    assert config.sources[0].place == 1.0 and config.sampling.frames == 4


@pytest.mark.parametrize(
    ('more', 'message'),
    [
        ('loss: {own_regions: 5}\n', 'own_regions: 5.0 must lie in [0, 1]'),
        ('stepz: 5\n', "unknown key 'stepz'; did you mean 'steps'?"),
        ('optimizer: {learning: 5}\n', "unknown key 'learning'; known keys: rate, "),
        ('steps: many\n', "steps: expected int, not 'many'"),
        ('steps: true\n', 'steps: expected int'),
        ('steps: 0\n', 'steps: 0 must be above 0'),
        ('sampling: {occluders: 1.5}\n', 'occluders: 1.5 must lie in'),
        ('sampling: {frames: 1}\n', 'frames: 1 must be at least 2'),
        ('looks: {noise_sigma: -1}\n', 'noise_sigma: -1.0 must not be negative'),
        ('precision: half\n', "'half' is not one of auto, float32, bfloat16"),
        ('optimizer: 5\n', 'optimizer: expected a mapping'),
        ('holdout: x\n', 'holdout: expected a list'),
    ],
)
def test_what_is_refused(tmp_path: Path, more: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        load(tmp_path, more)
    assert message in str(caught.value)
    assert 'run.yaml' in str(caught.value) and '\n' not in str(caught.value)


@pytest.mark.parametrize(
    ('begin', 'message'),
    [
        ('output: out\n', "missing key 'sources'"),
        ('output: out\nsources: []\n', 'at least one'),
        ('output: out\nsources:\n  - {path: a, format: mp4}\n', "sources[0]: format: 'mp4'"),
        ('output: [', 'is not YAML'),
        ('', 'expected a mapping'),
    ],
)
def test_files_that_are_no_run(tmp_path: Path, begin: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        load(tmp_path, '', begin)
    assert message in str(caught.value)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match='No such file'):
        load_config(tmp_path / 'run.yaml')


@pytest.mark.parametrize('path', sorted((ROOT / 'config' / 'train').rglob('*.yaml')), ids=str)
def test_shipped_runs_are_valid(path: Path) -> None:
    assert load_config(path).model in ('aiatrack_lite', 'aiatrack_r50')
