# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Tracker options: every setting is one, and the parsed values arrive."""

import argparse
import dataclasses

from aiatrack_ros.commands.options import add_tracker_arguments
from aiatrack_ros.commands.options import other_tracker
from aiatrack_ros.commands.options import tracker_from_arguments
from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking import TrackerSettings
import pytest


def parse(*options: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_tracker_arguments(parser)
    return parser.parse_args(options)


def test_defaults_are_the_settings_defaults() -> None:
    args = parse()
    for spec in dataclasses.fields(TrackerSettings):
        assert getattr(args, spec.name) == spec.default


def test_values_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(
        'aiatrack_ros.commands.options.create_tracker', lambda *args: seen.append(args)
    )
    tracker_from_arguments(
        parse('--model', 'aiatrack_r50', '--short-term-memory-size', '5', '--lost-threshold', '.1')
    )
    assert seen[0][:5] == ('aiatrack_r50', '', 'auto', 'auto', 0)
    assert seen[0][5] == TrackerSettings(short_term_memory_size=5, lost_threshold=0.1)


@pytest.mark.parametrize('name', ['eager', 'eager:fp8', 'lazy:fp32', ''])
def test_another_tracker_is_an_engine_and_a_precision(name: str) -> None:
    with pytest.raises(InputError, match=f"'{name}' is not ENGINE:PRECISION"):
        other_tracker(parse(), name)
