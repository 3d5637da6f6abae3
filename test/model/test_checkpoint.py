# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Checkpoints: both forms read, and everything that does not fit refused in one line."""

import builtins
from collections import OrderedDict
from collections.abc import Callable
import dataclasses
import json
import os
from pathlib import Path
import pickle
import sys
from types import ModuleType

from aiatrack_ros.errors import CheckpointError
from aiatrack_ros.model import AiATrack
from aiatrack_ros.model import load_network
from aiatrack_ros.model import VARIANTS
from aiatrack_ros.model.checkpoint import read_state_dict
import numpy as np
import pytest
import safetensors.torch
import torch


@pytest.fixture(scope='module')
def tensors() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return AiATrack(VARIANTS['aiatrack_lite']).state_dict()


def test_both_forms_give_the_same_network(tensors: dict, tmp_path: Path) -> None:
    published, safe = tmp_path / 'a.pth', tmp_path / 'a.safetensors'
    torch.save({'net': tensors, 'epoch': 500}, published)
    safetensors.torch.save_file(tensors, safe, {'model': 'aiatrack_lite'})
    for path in (published, safe):
        loaded = load_network('aiatrack_lite', str(path)).state_dict()
        assert loaded.keys() == tensors.keys()
        assert all(torch.equal(loaded[name], tensor) for name, tensor in tensors.items())
    assert read_state_dict(safe)[1] == {'model': 'aiatrack_lite'}


def test_objects_of_the_old_training_loop_are_stepped_over(tensors: dict, tmp_path: Path) -> None:
    """A published file also holds settings and statistics, of classes that we do not have."""
    module = ModuleType('old_loop')
    exec(
        'class Settings: pass\nclass Meter: pass\nclass EasyDict(dict): pass\n'
        'def make(*args): return Meter()\n',
        module.__dict__,
    )
    for name in ('Settings', 'Meter', 'EasyDict'):
        getattr(module, name).__module__ = module.__name__
    settings, meter = module.Settings(), module.Meter()
    settings.env, settings.cfg = module.Settings(), module.EasyDict(a=1, b=[2])
    settings.cfg.note = 'x'
    meter.history, meter.mean = [1.0], np.float64(0.5)
    path = tmp_path / 'AIATRACK_ep0500.pth.tar'
    sys.modules[module.__name__] = module
    try:
        state = {'settings': settings, 'stats': OrderedDict(train={'Loss': meter}), 'net': tensors}
        torch.save(state, path)
    finally:
        del sys.modules[module.__name__]
    with pytest.raises(pickle.UnpicklingError):
        torch.load(path, weights_only=True)
    loaded, _ = read_state_dict(path)
    assert loaded.keys() == tensors.keys()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in tensors.items())


@pytest.mark.parametrize('call', [os.mkdir, builtins.eval])
def test_nothing_in_a_file_is_run(
    tensors: dict, tmp_path: Path, call: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    argument = 'ran' if call is os.mkdir else "__import__('os').mkdir('ran')"

    class Trap:
        def __reduce__(self) -> tuple:
            return call, (argument,)

    torch.save({'net': tensors, 'trap': Trap()}, tmp_path / 'trap.pth')
    try:
        read_state_dict(tmp_path / 'trap.pth')
    except CheckpointError as error:
        assert call is os.mkdir and 'trap.pth' in str(error)
    assert not (tmp_path / 'ran').exists()
    torch.load(tmp_path / 'trap.pth', weights_only=False)  # the trap is a trap
    assert (tmp_path / 'ran').exists()


def test_half_precision_is_read_as_float32(tensors: dict, tmp_path: Path) -> None:
    path = tmp_path / 'half.safetensors'
    halves = {n: t.half() if t.is_floating_point() else t for n, t in tensors.items()}
    safetensors.torch.save_file(halves, path)
    loaded = load_network('aiatrack_lite', str(path)).state_dict()
    assert loaded['bottleneck.weight'].dtype == torch.float32
    torch.testing.assert_close(
        loaded['bottleneck.weight'], tensors['bottleneck.weight'].half().float()
    )


def refused(path: Path, model: str = 'aiatrack_lite') -> str:
    with pytest.raises(CheckpointError) as caught:
        load_network(model, str(path))
    text = str(caught.value)
    assert '\n' not in text
    return text


def test_missing(tmp_path: Path) -> None:
    assert 'does not exist' in refused(tmp_path / 'no.pth')


@pytest.mark.parametrize('suffix', ['.pth', '.safetensors'])
def test_torn(tensors: dict, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f'torn{suffix}'
    if suffix == '.pth':
        torch.save({'net': tensors}, path)
    else:
        safetensors.torch.save_file(tensors, path)
    path.write_bytes(path.read_bytes()[:-1000])
    assert "can't be read" in refused(path)
    path.write_bytes(b'')
    assert "can't be read" in refused(path)
    path.write_bytes(b'no checkpoint at all')
    assert "can't be read" in refused(path)


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple:
            return (Path.touch, (tmp_path / 'exploded',))

    path = tmp_path / 'bomb.pth'
    torch.save({'net': Bomb()}, path)
    assert "can't be read" in refused(path)
    assert not (tmp_path / 'exploded').exists()


def test_names_and_shapes_that_differ_are_named(tensors: dict, tmp_path: Path) -> None:
    changed = dict(tensors)
    del changed['bottleneck.bias']
    changed['bottleneck.weight'] = torch.zeros(1, 2, 1, 1)
    changed['stranger'] = torch.zeros(3)
    path = tmp_path / 'changed.pth'
    torch.save({'net': changed}, path)
    text = refused(path)
    assert "missing 'bottleneck.bias' (128,)" in text
    assert "unknown 'stranger' (3,)" in text
    assert "'bottleneck.weight' is (1, 2, 1, 1), not (128, 112, 1, 1)" in text


def test_checkpoint_of_the_other_variant_says_so(tensors: dict, tmp_path: Path) -> None:
    path = tmp_path / 'lite.pth'
    torch.save({'net': tensors}, path)
    assert "it fits model 'aiatrack_lite'" in refused(path, 'aiatrack_r50')


def test_numbers_that_are_not_finite(tensors: dict, tmp_path: Path) -> None:
    changed = dict(tensors)
    changed['bottleneck.bias'] = torch.full((128,), float('nan'))
    path = tmp_path / 'nan.pth'
    torch.save({'net': changed}, path)
    assert "not finite in 'bottleneck.bias'" in refused(path)


def test_loading_leaves_the_threads_of_torch_as_they_were(tensors: dict, tmp_path: Path) -> None:
    torch.save(
        {'net': {**tensors, 'bottleneck.bias': torch.full((128,), float('inf'))}},
        tmp_path / 'inf.pth',
    )
    own = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        load_network('aiatrack_lite')
        assert torch.get_num_threads() == 3
        refused(tmp_path / 'inf.pth')
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(own)


def test_unknown_model() -> None:
    with pytest.raises(
        CheckpointError, match="'aiatrack_huge' is unknown: choose from aiatrack_lite"
    ):
        load_network('aiatrack_huge')


def test_a_file_that_is_no_network(tmp_path: Path) -> None:
    path = tmp_path / 'list.pth'
    torch.save([1, 2], path)
    assert 'holds no network' in refused(path)


def test_a_trained_ablation_is_what_its_file_says(tmp_path: Path) -> None:
    changed = dataclasses.replace(VARIANTS['aiatrack_lite'], inner_self='none', heads=4)
    path = tmp_path / 'a.safetensors'

    def write(**changes: object) -> None:
        content = {**dataclasses.asdict(changed), **changes}
        metadata = {'model': 'aiatrack_lite', 'network': json.dumps(content)}
        safetensors.torch.save_file(AiATrack(changed).state_dict(), path, metadata)

    write()
    assert load_network('aiatrack_lite', str(path)).config == changed
    write(inner_self='atention')
    assert "inner_self is 'atention'; it must be one of attention, " in refused(path)
    write(wings=2)
    assert 'a network that this program does not know' in refused(path)
