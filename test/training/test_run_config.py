# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Runs as YAML files."""

from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

from aiatrack_ros.errors import InputError
from aiatrack_ros.settings import rules
from aiatrack_ros.training.run_config import CacheConfig
from aiatrack_ros.training.run_config import IdentityConfig
from aiatrack_ros.training.run_config import load_config
from aiatrack_ros.training.run_config import SourceConfig
from aiatrack_ros.training.run_config import TrainConfig
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
        ('loss: {own_regions: 5}\n', 'loss: own_regions is 5; it must be in [0, 1]'),
        ('stepz: 5\n', "unknown key 'stepz'; did you mean 'steps'?"),
        ('optimizer: {learning: 5}\n', "unknown key 'learning'; known keys: rate, "),
        ('steps: many\n', "steps is 'many'; it must be a whole number"),
        ('steps: true\n', 'steps is True; it must be a whole number'),
        ('steps: 0\n', 'steps is 0; it must be at least 1'),
        ('sampling: {occluders: 1.5}\n', 'occluders is 1.5; it must be in [0, 1]'),
        ('sampling: {frames: 1}\n', 'frames is 1; it must be at least 2'),
        ('looks: {noise_sigma: -1}\n', 'noise_sigma is -1; it must be at least 0'),
        ('precision: half\n', "precision is 'half'; it must be one of auto, float32, bfloat16"),
        ('optimizer: {rate: .nan}\n', 'rate is nan; it must be above 0'),
        ('holdout: [x, 5]\n', 'holdout[1] is 5; it must be text'),
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
        (
            'output: out\nsources:\n  - {path: a, format: mp4}\n',
            "sources[0]: format is 'mp4'; it must be one of stills, video",
        ),
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


def test_every_number_has_its_range() -> None:
    kinds: list[Any] = [TrainConfig, SourceConfig, CacheConfig, IdentityConfig]
    kinds += [type(value) for value in vars(TrainConfig([], '')).values() if is_dataclass(value)]
    assert len(kinds) == 8
    for kind in kinds:
        for name, (type_of, rule) in rules(kind).items():
            assert type_of not in (int, float) or rule.range, f'{kind.__name__}.{name}'


@pytest.mark.parametrize('path', sorted((ROOT / 'config' / 'train').rglob('*.yaml')), ids=str)
def test_shipped_runs_are_valid(path: Path) -> None:
    assert load_config(path).model in ('aiatrack_lite', 'aiatrack_r50')
