# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Settings are what they say, or refused by name."""

import dataclasses

from aiatrack_ros.tracking import TrackerSettings
import pytest


def test_defaults() -> None:
    settings = TrackerSettings()
    assert settings.short_term_memory_size == 3
    assert settings.memory_capacity == 100
    # The published value is 0.85, but a lower one keeps more targets with the default weights.
    assert settings.update_threshold == 0.7


@pytest.mark.parametrize('spec', dataclasses.fields(TrackerSettings), ids=lambda spec: spec.name)
def test_every_range_is_kept(spec: dataclasses.Field) -> None:
    low, high = spec.metadata['range']
    for value in (low, high):
        assert getattr(TrackerSettings(**{spec.name: value}), spec.name) == value
    for value in (low - 1, high + 1, float('nan'), 'three', True, None):
        with pytest.raises(ValueError, match=spec.name):
            TrackerSettings(**{spec.name: value})
    assert spec.metadata['help']


def test_whole_numbers_only_where_they_count() -> None:
    with pytest.raises(
        ValueError, match='short_term_memory_size is 2.5; it must be a whole number'
    ):
        TrackerSettings(short_term_memory_size=2.5)
    assert TrackerSettings(update_threshold=1).update_threshold == 1


def test_search_factor_is_zero_or_at_least_one() -> None:
    with pytest.raises(ValueError, match='search_factor is 0.5'):
        TrackerSettings(search_factor=0.5)
