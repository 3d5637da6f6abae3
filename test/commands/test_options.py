# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Tracker options: every setting is one, and the parsed values arrive."""

import argparse
import dataclasses

from aiatrack_ros.commands.options import add_setting_arguments
from aiatrack_ros.commands.options import add_tracker_arguments
from aiatrack_ros.commands.options import other_tracker
from aiatrack_ros.commands.options import settings_from_arguments
from aiatrack_ros.commands.options import tracker_from_arguments
from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking import TrackerSettings
from aiatrack_ros.tracking.settings import NetworkSettings
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


def test_help_says_what_is_allowed(capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit):
        parse('--help')
    text = ' '.join(capsys.readouterr().out.split())
    assert '--threads N CPU threads of the network; 0 chooses; in [0, 256], default: 0' in text
    assert 'empty for the weights that come with the model' in text
    assert '--engine {auto,cuda_graph,' in text
    for spec in dataclasses.fields(TrackerSettings):
        assert f'--{spec.name.replace("_", "-")} ' in text


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--threads', '-1'], 'threads is -1; it must be in [0, 256]'),
        (['--device', 'gpu'], "device is 'gpu'; it must be auto, cpu, cuda or cuda:N"),
        (['--lost-after', '0'], 'lost_after is 0; it must be in [1, 1000]'),
        (['--search-factor', '.5'], 'search_factor is 0.5; it must be 0 or at least 1'),
    ],
)
def test_what_is_refused(options: list[str], message: str) -> None:
    with pytest.raises(InputError) as caught:
        tracker_from_arguments(parse(*options))
    assert message in str(caught.value)


def test_some_options_of_settings() -> None:
    parser = argparse.ArgumentParser()
    add_setting_arguments(parser, NetworkSettings, ('device', 'threads'))
    args = parser.parse_args(['--threads', '2'])
    assert vars(args) == {'device': 'auto', 'threads': 2}
    assert settings_from_arguments(args, NetworkSettings, precision='bf16') == NetworkSettings(
        threads=2, precision='bf16'
    )
