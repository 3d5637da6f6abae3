# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Scenes from a run's sources."""

from pathlib import Path

from aiatrack_ros.errors import InputError
from aiatrack_ros.model import VARIANTS
from aiatrack_ros.training.clips import Clip
from aiatrack_ros.training.clips import Frame
from aiatrack_ros.training.run_config import load_config
from aiatrack_ros.training.scene_source import Ahead
from aiatrack_ros.training.scene_source import check_sources
from aiatrack_ros.training.scene_source import SceneSource
from aiatrack_ros.training.scene_source import split
import numpy as np
import pytest
import torch
from training_trees import write_run
from training_trees import write_stills
from training_trees import write_video

LITE = VARIANTS['aiatrack_lite']


def clips(count: int, length: int) -> list[Clip]:
    frame = Frame(np.zeros((4, 4, 3), np.uint8))
    return [Clip(f'{length}/{i}', length, lambda _: frame) for i in range(count)]


def test_held_out_targets_are_not_trained_on() -> None:
    everything = clips(60, 1) + clips(4, 9)
    train = split(everything, ['9/2'], held_out=False)
    kept = split(everything, ['9/2'], held_out=True)
    assert len(train) + len(kept) == len(everything)
    assert [clip.name for clip in kept] == ['1/19', '1/39', '1/59', '9/2']


def test_sources_are_mixed_by_their_shares(tmp_path: Path) -> None:
    config = load_config(write_run(tmp_path))
    source = SceneSource(config, LITE, torch.device('cpu'))
    scenes = source.scenes(0, 3)
    assert scenes.crops.shape == (3, 3, 224, 224, 3)
    groups = source.compositor.bank.groups
    assert [(g.name, g.paste, g.place) for g in groups] == [('video', 1, 1), ('stills', 1, 0)]
    assert (len(groups[0].placed), len(groups[0].pasted), len(groups[1].pasted)) == (2, 1, 3)


def test_a_pool_is_renewed_by_batches(tmp_path: Path) -> None:
    for name in 'abcdef':
        write_video(tmp_path / 'many', name)
    write_stills(tmp_path / 'stills')
    sources = [
        {
            'path': str(tmp_path / 'many'),
            'format': 'video',
            'place': 1,
            'pool': 2,
            'frames': 2,
            'renew': 0.5,
        },
        {'path': str(tmp_path / 'stills'), 'format': 'stills'},
    ]
    config = load_config(write_run(tmp_path, sources=sources))
    source = SceneSource(config, LITE, torch.device('cpu'))
    bank = source.compositor.bank
    assert len(bank.groups[0].placed) == 2
    before = bank.pictures[0][:4].clone()
    source.scenes(1, 1)
    assert torch.equal(before, bank.pictures[0][:4])
    source.scenes(8, 1)
    assert not torch.equal(before, bank.pictures[0][:4])
    # Going on after an interruption finds the same pool.
    again = SceneSource(config, LITE, torch.device('cpu'))
    assert torch.equal(again.scenes(8, 1).crops, source.compositor.scenes(8, 1).crops)


def test_a_pool_holds_no_more_than_its_frames(tmp_path: Path) -> None:
    for name in 'ab':
        write_video(tmp_path / 'few', name)
    many = {'path': str(tmp_path / 'few'), 'format': 'video', 'place': 1, 'pool': 9, 'frames': 2}
    config = load_config(write_run(tmp_path, sources=[many]))
    bank = SceneSource(config, LITE, torch.device('cpu')).compositor.bank
    assert [len(clip) for clip in bank.groups[0].placed] == [2, 2]


def test_a_source_that_holds_nothing_is_named(tmp_path: Path) -> None:
    # The path is the folder of one target instead of the folder of targets.
    write_video(tmp_path / 'many', 'anna')
    wrong = {'path': str(tmp_path / 'many' / 'anna'), 'format': 'video', 'place': 1}
    config = load_config(write_run(tmp_path, sources=[wrong]))
    with pytest.raises(InputError, match="anna' holds nothing of format 'video'"):
        SceneSource(config, LITE, torch.device('cpu'))


def test_ahead_keeps_the_order_and_hands_on_errors() -> None:
    def square(number: int) -> int:
        if number == 9:
            raise InputError('nine')
        return number * number

    ahead = Ahead(square, 3, torch.device('cpu'))
    assert [ahead(0), ahead(3), ahead(6)] == [0, 9, 36]
    with pytest.raises(InputError, match='nine'):
        ahead(9)
    wrong = Ahead(square, 1, torch.device('cpu'))
    wrong(0)
    with pytest.raises(ValueError, match='comes next'):
        wrong(5)


def test_missing_sources_are_named(tmp_path: Path) -> None:
    config = load_config(write_run(tmp_path, sources=[{'path': 'gone', 'format': 'video'}]))
    with pytest.raises(InputError, match="'gone' does not exist"):
        check_sources(config)
