# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Clips that are renewed while training."""

from aiatrack_ros.datasets.archives import BrokenPictureError
from aiatrack_ros.errors import InputError
from aiatrack_ros.training.clip_pool import Pool
from aiatrack_ros.training.clips import Clip
from aiatrack_ros.training.clips import Frame
from aiatrack_ros.training.picture_bank import Bank
import numpy as np
import pytest
import torch


def clips(count: int = 40, length: int = 500, broken: bool = False) -> list[Clip]:
    """Return clips in whose pictures every pixel tells clip and time."""

    def clip(number: int) -> Clip:
        def read(time: int) -> Frame:
            if broken or time % 7 == 0:
                raise BrokenPictureError(f'{number}/{time}')
            colour = (number, time // 256, time % 256)
            return Frame(np.full((20, 30, 3), colour, np.uint8), (5.0, 5.0, 10.0, 10.0))

        return Clip(str(number), length, read)

    return [clip(number) for number in range(count)]


def filled(slots: int = 5) -> tuple[Pool, Bank]:
    pool, bank = Pool(clips(), slots, 4, 1), Bank(torch.device('cpu'))
    pool.fill(bank, 'p', 0, 1, True, 1.0)
    bank.finish()
    return pool, bank


def contents(pool: Pool, bank: Bank) -> list:
    return [bank.pictures[0][slot, :, 0, 0].tolist() for slot in pool.group.placed]


def test_frames_of_a_clip_are_near_and_in_order() -> None:
    frames = Pool(clips(), 5, 4, 1).read(3)
    times = [int(f.image[0, 0, 1]) * 256 + int(f.image[0, 0, 2]) for f in frames]
    assert times == sorted(times) and times[-1] - times[0] <= 200
    assert len({int(f.image[0, 0, 0]) for f in frames}) == 1
    assert not any(time % 7 == 0 for time in times)


def test_renewal_goes_round() -> None:
    pool, bank = filled()
    before = contents(pool, bank)
    pool.advance(2)
    after = contents(pool, bank)
    assert after[2:] == before[2:]
    assert after[0] != before[0] and after[1] != before[1]


def test_the_pool_can_be_rebuilt_at_any_step() -> None:
    step_by_step, bank = filled()
    for renewed in range(1, 14):
        step_by_step.advance(renewed)
    at_once, other = filled()
    at_once.advance(13)
    assert contents(step_by_step, bank) == contents(at_once, other)


def test_a_source_of_broken_clips_is_refused() -> None:
    with pytest.raises(InputError, match='could not be read'):
        Pool(clips(broken=True), 5, 4, 1).read(0)
