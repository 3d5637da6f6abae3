# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Command-line options that stand for settings, the same in every command that has them."""

import argparse
from collections.abc import Collection
from collections.abc import Mapping
import copy
import dataclasses
from typing import Any
from typing import get_args
from typing import TypeVar

from aiatrack_ros.errors import InputError
from aiatrack_ros.settings import CheckedSettings
from aiatrack_ros.settings import rules
from aiatrack_ros.tracking.settings import ENGINES
from aiatrack_ros.tracking.settings import NetworkSettings
from aiatrack_ros.tracking.settings import PRECISIONS
from aiatrack_ros.tracking.settings import TrackerSettings
from aiatrack_ros.tracking.tracker import create_tracker
from aiatrack_ros.tracking.tracker import Tracker

Settings = TypeVar('Settings', bound=CheckedSettings)

_OF_NETWORK = ('model', 'checkpoint')
_METAVARS = {int: 'N', float: 'X'}


def add_setting_arguments(
    group: argparse._ActionsContainer,
    kind: type[CheckedSettings],
    names: Collection[str] = (),
) -> None:
    """Add an option for each field of a dataclass of settings, with its help, range and default.

    Args:
        group: Gets the options.
        kind: The dataclass. The fields that become options have defaults.
        names: The fields that become options; none stands for all of them.
    """
    defaults = {spec.name: spec.default for spec in dataclasses.fields(kind)}
    for name, (type_of, rule) in rules(kind).items():
        if names and name not in names:
            continue
        type_of = next(iter(get_args(type_of)), type_of)  # an Optional has its other type first
        notes = [rule.limits()] if rule.range else []
        if defaults[name] not in ('', None):
            notes.append('default: %(default)s')
        options: dict[str, Any] = {'choices': rule.choices} if rule.choices else {}
        if name == 'checkpoint':
            options['metavar'] = 'FILE'
        elif type_of in _METAVARS:
            options['metavar'] = _METAVARS[type_of]
        group.add_argument(
            '--' + name.replace('_', '-'),
            type=type_of,
            default=defaults[name],
            help='; '.join(filter(None, [rule.help, ', '.join(notes)])),
            **options,
        )


def settings_from_arguments(
    args: argparse.Namespace, kind: type[Settings], **others: Any
) -> Settings:
    """Return a dataclass of settings with what the options say.

    Args:
        args: What was parsed; of all fields of the dataclass, those that it has are taken.
        kind: The dataclass.
        others: Values of fields that no option stands for.

    Raises:
        InputError: A value is not allowed; the text names the setting.
    """
    given = {name: getattr(args, name) for name in rules(kind) if hasattr(args, name)}
    try:
        return kind(**{**given, **others})
    except ValueError as error:
        raise InputError(str(error)) from error


def add_network_arguments(group: argparse._ActionsContainer) -> None:
    """Add the options that say which network it is."""
    add_setting_arguments(group, NetworkSettings, ('model', 'checkpoint'))


def add_tracker_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the network and of the online loop, in two groups of their own."""
    add_setting_arguments(parser.add_argument_group('network'), NetworkSettings)
    add_setting_arguments(parser.add_argument_group('online loop'), TrackerSettings)


def tracker_from_arguments(args: argparse.Namespace) -> Tracker:
    """Make the tracker that the options ask for.

    Raises:
        InputError: A setting is not allowed.
        DeviceError: This machine has no such device or engine.
        CheckpointError: The weights cannot be used.
    """
    network = settings_from_arguments(args, NetworkSettings)
    settings = settings_from_arguments(args, TrackerSettings)
    return create_tracker(
        network.model,
        network.checkpoint,
        network.device,
        network.precision,
        network.threads,
        settings,
        network.engine,
    )


class _AsRecorded:
    """The default of an option whose value is in the clip."""

    def __str__(self) -> str:
        return 'as recorded'


AS_RECORDED = _AsRecorded()


def add_recorded_tracker_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``add_tracker_arguments``; what is in a clip has its value from there."""
    add_tracker_arguments(parser)
    names = [spec.name for spec in dataclasses.fields(TrackerSettings)]
    parser.set_defaults(**dict.fromkeys((*_OF_NETWORK, *names), AS_RECORDED))


def recorded_tracker(
    args: argparse.Namespace, header: Mapping[str, Any]
) -> tuple[Tracker, bool, bool]:
    """Make the tracker that the options ask for, and where they don't say, the one of a clip.

    Args:
        args: Of ``add_recorded_tracker_arguments``.
        header: Of the clip.

    Returns:
        The tracker, whether its network is the one that recorded, and whether its settings are.

    Raises:
        AiATrackError: As in ``tracker_from_arguments``.
    """
    filled = copy.copy(args)
    recorded = dict(header.get('settings', {}))
    recorded |= {name: header.get(name, '') for name in _OF_NETWORK}
    if args.model is not AS_RECORDED and args.checkpoint is AS_RECORDED:
        recorded['checkpoint'] = ''  # the one of another model would not fit
    typed = {}
    for name, value in recorded.items():
        if getattr(args, name, None) is AS_RECORDED:
            setattr(filled, name, value)
        else:
            typed[name] = getattr(args, name, None)
    missing = [
        spec.name
        for spec in dataclasses.fields(TrackerSettings)
        if getattr(filled, spec.name) is AS_RECORDED
    ]
    for spec in dataclasses.fields(TrackerSettings):
        if spec.name in missing:  # of a version that did not have it
            setattr(filled, spec.name, spec.default)
    tracker = tracker_from_arguments(filled)
    changed = {name for name, value in typed.items() if value != recorded[name]}
    return tracker, not changed & {*_OF_NETWORK}, not changed - {*_OF_NETWORK}


def other_tracker(args: argparse.Namespace, name: str) -> Tracker:
    """Return the tracker of the options, but with the engine and precision of a name.

    Args:
        args: As for ``tracker_from_arguments``.
        name: ENGINE:PRECISION, such as eager:fp32.

    Raises:
        InputError: The name has another form.
        DeviceError: This machine has no such engine.
    """
    engine, _, precision = name.partition(':')
    if engine not in ENGINES or precision not in PRECISIONS:
        raise InputError(
            f"'{name}' is not ENGINE:PRECISION, such as eager:fp32; engines are "
            f'{", ".join(ENGINES)}, precisions {", ".join(PRECISIONS)}'
        )
    changed = copy.copy(args)
    changed.engine, changed.precision = engine, precision
    return tracker_from_arguments(changed)
