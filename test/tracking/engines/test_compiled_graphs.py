# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Compiled graphs are kept for a few numbers of references, and the oldest is dropped."""

from aiatrack_ros.tracking.engines.compiled_graphs import PerCount
import pytest


@pytest.fixture
def made() -> list[int]:
    return []


def test_each_is_made_once(made: list[int]) -> None:
    held: PerCount[str] = PerCount()

    def make(count: int) -> str:
        made.append(count)
        return f'for {count}'

    assert held.get(3, make) == held.get(3, make) == 'for 3'
    assert held.prepare(3, make) and not held.prepare(3, make)
    assert made == [3, 1]


def test_back_and_forth_makes_nothing_new(made: list[int]) -> None:
    held: PerCount[None] = PerCount()
    new = [held.prepare(count, made.append) for count in (3, 5, 3, 5, 1, 3)]
    assert new == [True, True, False, False, False, False]
    assert made == [1, 3, 5]


def test_the_oldest_is_dropped(made: list[int]) -> None:
    held: PerCount[None] = PerCount()
    for count in (2, 3, 2, 4):
        held.prepare(count, made.append)
    assert made == [1, 2, 3, 4]
    held.prepare(2, made.append)  # 2 was used after 3, so it is still there
    assert made == [1, 2, 3, 4]
    held.prepare(3, made.append)
    assert made == [1, 2, 3, 4, 3]
