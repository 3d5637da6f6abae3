# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The short-term memory against a simulation by indices."""

from aiatrack_ros.model.attention import References
from aiatrack_ros.tracking.memory import ensemble_indices
from aiatrack_ros.tracking.memory import ReferenceMemory
from aiatrack_ros.tracking.snapshot import Origin
import pytest
import torch


def references(number: float) -> References:
    return References(
        torch.full((1, 1, 2, 1), number),
        torch.full((1, 1, 2, 1), number),
        torch.full((1, 1, 2, 1), number),
    )


def origin(number: int) -> Origin:
    return Origin(number, (0.0, 0.0, 1.0, 1.0), (0.0, 0.0, 1.0, 1.0))


def shown(memory: ReferenceMemory) -> list[float]:
    """Return which frames the ensemble holds; each is two keys long."""
    ensemble = memory.ensemble
    assert ensemble.keys.shape == ensemble.values.shape == (1, 1, 2 * ensemble.number, 1)
    return ensemble.keys[0, 0, ::2, 0].tolist()


def test_indices_by_hand() -> None:
    assert ensemble_indices(0, 3) == [0, 0, 0]
    assert ensemble_indices(1, 3) == [0, 0, 1]
    assert ensemble_indices(10, 3) == [3, 6, 10]
    assert ensemble_indices(99, 4) == [24, 49, 74, 99]


@pytest.mark.parametrize(('capacity', 'size'), [(100, 3), (5, 2), (4, 3), (2, 1), (6, 16)])
def test_evicts_the_oldest_but_never_the_first(capacity: int, size: int) -> None:
    memory = ReferenceMemory(capacity, size)
    memory.restart(references(0), origin(0))
    assert shown(memory) == [0]
    frames = [0]
    for number in range(1, 30):
        memory.append(references(number), origin(number))
        frames.append(number)
        if len(frames) > capacity:
            del frames[1]
        last = len(frames) - 1
        expected = [frames[last * (k + 1) // size] for k in range(size)]
        assert shown(memory) == (expected if len(set(expected)) > 1 else expected[:1])
        assert len(memory) == len(frames) <= capacity
        assert [each.number for each in memory.origins] == frames
    assert frames[0] == 0


def test_resize_takes_effect_at_once() -> None:
    memory = ReferenceMemory(100, 3)
    memory.restart(references(0), origin(0))
    for number in range(1, 10):
        memory.append(references(number), origin(number))
    assert shown(memory) == [3, 6, 9]
    memory.resize(100, 1)
    assert shown(memory) == [9]
    memory.resize(4, 3)
    assert len(memory) == 4
    assert shown(memory) == [7, 8, 9]
    assert [each.number for each in memory.origins] == [0, 7, 8, 9]
    memory.resize(4, 4)
    assert shown(memory) == [0, 7, 8, 9]
    memory.resize(6, 4)
    memory.append(references(10), origin(10))
    memory.append(references(11), origin(11))
    memory.append(references(12), origin(12))
    assert len(memory) == 6
    assert shown(memory) == [8, 9, 10, 12]


def test_serves_one_target_after_the_other_in_the_same_place() -> None:
    memory = ReferenceMemory(3, 2)
    with pytest.raises(RuntimeError, match='empty'):
        memory.ensemble  # noqa: B018
    memory.resize(4, 2)
    places = set()
    for target in (0, 100, 200):
        memory.restart(references(target), origin(target))
        assert shown(memory) == [target]
        places.add(memory.ensemble.keys.data_ptr())
        for number in range(target + 1, target + 9):
            memory.append(references(number), origin(number))
        assert shown(memory) == [target + 6, target + 8]
    assert len(places) == 1
