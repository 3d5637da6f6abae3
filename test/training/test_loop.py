# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The loop: it learns, it goes on after an interruption, it writes what it did."""

import csv
import dataclasses
import math
import os
from pathlib import Path
import signal

from aiatrack_ros.errors import CheckpointError
from aiatrack_ros.model import AiATrack
from aiatrack_ros.model import VARIANTS
from aiatrack_ros.model.checkpoint import load_tensors
from aiatrack_ros.model.checkpoint import read_state_dict
from aiatrack_ros.training import loop
from aiatrack_ros.training.loop import mean_figures
from aiatrack_ros.training.loop import SNAPSHOT
from aiatrack_ros.training.loop import STATE
from aiatrack_ros.training.loop import Trainer
from aiatrack_ros.training.objective import Features
from aiatrack_ros.training.run_config import OptimizerConfig
from aiatrack_ros.training.run_config import SamplingConfig
from aiatrack_ros.training.run_config import SourceConfig
from aiatrack_ros.training.run_config import TrainConfig
import pytest
import torch

MODEL = dataclasses.replace(
    VARIANTS['aiatrack_lite'], crop_size=64, inner_self='none', inner_cross='none'
)

CLOCK = ('hours', 'samples_per_second')


def config(output: Path, steps: int = 6, **changes: object) -> TrainConfig:
    return TrainConfig(
        sources=[SourceConfig('somewhere/videos', 'video')],
        output=str(output),
        sampling=SamplingConfig(frames=3),
        optimizer=OptimizerConfig(warmup=2, accumulate=2),
        steps=steps,
        scenes_per_step=2,
        log_every=2,
        validate_every=3,
        save_every=100,
        **changes,
    )


def batch(number: int) -> Features:
    """Return scenes in which the target is a bright square."""
    generator = torch.Generator().manual_seed(number)
    place = torch.randint(0, 3, (2, 3, 2), generator=generator)
    place[:, 0] = 1
    deep = 0.1 * torch.randn(2, 3, 112, 4, 4, generator=generator)
    lateral = 0.1 * torch.randn(2, 3, 40, 8, 8, generator=generator)
    for scene in range(2):
        for crop in range(3):
            x, y = place[scene, crop].tolist()
            deep[scene, crop, :20, y : y + 2, x : x + 2] += 2
            lateral[scene, crop, :10, 2 * y : 2 * y + 4, 2 * x : 2 * x + 4] += 2
    no = torch.zeros(2, 3, 64, dtype=torch.bool)
    boxes = torch.cat((place, place + 2), -1) / 4
    others = torch.full((2, 3, 2, 4), torch.nan)
    return Features(
        deep, lateral, boxes, torch.ones(2, 3, dtype=torch.bool), no, no, others, torch.ones(2)
    )


def trainer(settings: TrainConfig) -> Trainer:
    torch.manual_seed(3)
    network = AiATrack(MODEL)
    return Trainer(settings, network, torch.device('cpu'), batch, [batch(1000)])


def rows(path: Path) -> list[dict[str, float]]:
    with path.open() as file:
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]


def test_a_few_steps_reduce_the_loss(tmp_path: Path) -> None:
    trainer(config(tmp_path, 16)).run()
    losses = [row['loss'] for row in rows(tmp_path / 'train.csv')]
    assert sum(losses[-2:]) < 0.8 * sum(losses[:2])
    assert list((tmp_path / 'tensorboard').iterdir())


def test_interrupted_and_resumed_equals_uninterrupted(tmp_path: Path) -> None:
    trainer(config(tmp_path / 'whole')).run()
    for part in range(2):
        broken = trainer(config(tmp_path / 'parts'))
        assert broken.resume() == (part > 0)
        taken = broken._train_step

        def step_and_stop(broken: Trainer = broken, taken=taken):
            if broken.step % 2 == 1:
                os.kill(os.getpid(), signal.SIGTERM)
            return taken()

        broken._train_step = step_and_stop
        broken.run()
        assert broken.step == 2 * (part + 1)
    last = trainer(config(tmp_path / 'parts'))
    assert last.resume()
    last.run()
    whole = torch.load(tmp_path / 'whole' / STATE, weights_only=True)
    parts = torch.load(tmp_path / 'parts' / STATE, weights_only=True)
    assert whole['samples'] == parts['samples'] == 6 * 2 * 4
    for kind in ('objective', 'average'):
        for name, tensor in whole[kind].items():
            assert torch.equal(tensor, parts[kind][name]), name
    kept, again = (
        [
            {k: repr(v) for k, v in row.items() if k not in CLOCK}
            for row in rows(path / 'train.csv')
        ]
        for path in (tmp_path / 'whole', tmp_path / 'parts')
    )
    assert kept == again


def test_steps_that_come_again_are_logged_once(tmp_path: Path) -> None:
    first = trainer(dataclasses.replace(config(tmp_path), save_every=3))
    save, saved = first.save, []

    def save_once() -> None:
        if not saved:
            save()
        saved.append(first.step)

    first.save = save_once  # as if killed before the second save
    first.run()
    assert saved[0] == 3
    # A power cut may leave half a line, or, as further below, a file without even its heading.
    with (tmp_path / 'train.csv').open('a') as file:
        file.write('2,16,0.0')
    last = trainer(config(tmp_path))
    assert last.resume() and last.step == 3
    last.run()
    assert [row['step'] for row in rows(tmp_path / 'train.csv')] == [2, 4, 6]
    assert [row['step'] for row in rows(tmp_path / 'validation.csv')] == [3, 6]
    (tmp_path / 'validation.csv').write_text('')
    assert trainer(config(tmp_path)).resume()
    assert not (tmp_path / 'validation.csv').exists()


def test_a_second_signal_stops_in_mid_step(tmp_path: Path) -> None:
    stuck = trainer(config(tmp_path))
    stuck._train_step = lambda: [os.kill(os.getpid(), signal.SIGINT) for _ in range(2)]
    with pytest.raises(KeyboardInterrupt):
        stuck.run()


def test_a_torn_state_is_named(tmp_path: Path) -> None:
    whole = trainer(config(tmp_path))
    whole.save()
    state = (tmp_path / STATE).read_bytes()
    (tmp_path / STATE).write_bytes(state[: len(state) // 2])
    with pytest.raises(CheckpointError, match='torn; delete it'):
        trainer(config(tmp_path)).resume()


def test_snapshot_is_a_checkpoint_of_the_averaged_network(tmp_path: Path) -> None:
    run = trainer(config(tmp_path))
    run.run()
    tensors, metadata = read_state_dict(tmp_path / SNAPSHOT)
    assert metadata['model'] == 'aiatrack_lite' and metadata['samples'] == str(6 * 2 * 4)
    assert not any(name.startswith('region') for name in tensors)
    network = AiATrack(MODEL)
    load_tensors(network, tensors, 'snapshot')
    average = run.average.model.network.bottleneck.weight
    assert torch.allclose(network.bottleneck.weight, average, atol=1e-3)
    assert (tmp_path / SNAPSHOT).stat().st_size < 8e6


def test_a_snapshot_says_what_it_was_trained_for_and_not_where(tmp_path: Path) -> None:
    settings = config(tmp_path, 1, initial=str(tmp_path / 'start.safetensors'))
    run = trainer(settings)
    run.earlier_samples, run.earlier_hours = 1000, 2.0
    run.run()
    _, metadata = read_state_dict(tmp_path / SNAPSHOT)
    assert metadata['samples'] == str(1000 + 2 * 4) and metadata['hours'] == '2.00'
    assert 'start.safetensors' in metadata['recipe']
    assert str(tmp_path) not in ''.join(metadata.values())


def test_a_state_of_another_run_is_refused(tmp_path: Path) -> None:
    trainer(config(tmp_path, 1)).run()
    with pytest.raises(CheckpointError, match='other settings'):
        trainer(config(tmp_path, 1, seed=2)).resume()
    assert trainer(dataclasses.replace(config(tmp_path, 1), log_every=9)).resume()


def test_validation_is_written_and_does_not_train(tmp_path: Path) -> None:
    run = trainer(config(tmp_path))
    before = run.average.model.network.bottleneck.weight.clone()
    first, second = run.validate(), run.validate()
    assert first == second or all(
        a == b or math.isnan(a) for a, b in zip(first.values(), second.values())
    )
    assert torch.equal(before, run.average.model.network.bottleneck.weight)
    run.run()
    assert [row['step'] for row in rows(tmp_path / 'validation.csv')] == [3, 6]


def test_tensorboard_is_optional(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, 'SummaryWriter', None)
    trainer(config(tmp_path, 2)).run()
    assert len(rows(tmp_path / 'train.csv')) == 1
    assert not (tmp_path / 'tensorboard').exists()


def test_mean_figures_leaves_out_what_is_no_number() -> None:
    found = mean_figures([{'a': 1.0, 'b': math.nan}, {'a': 3.0, 'b': 4.0}])
    assert found == {'a': 2.0, 'b': 4.0}
    assert math.isnan(mean_figures([{'a': math.nan}])['a'])
