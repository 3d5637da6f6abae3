# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Command-line options of networks and trackers, the same in every command that needs them."""

import argparse
from collections.abc import Mapping
import copy
import dataclasses
from typing import Any

from aiatrack_ros.errors import InputError
from aiatrack_ros.model.config import VARIANTS
from aiatrack_ros.tracking.settings import ENGINES
from aiatrack_ros.tracking.settings import PRECISIONS
from aiatrack_ros.tracking.settings import TrackerSettings
from aiatrack_ros.tracking.tracker import create_tracker
from aiatrack_ros.tracking.tracker import Tracker

_OF_NETWORK = ('model', 'checkpoint')


def add_network_arguments(group: argparse._ActionsContainer) -> None:
    """Add the options that say which network it is."""
    group.add_argument(
        '--model', choices=sorted(VARIANTS), default='aiatrack_lite', help='default: %(default)s'
    )
    group.add_argument(
        '--checkpoint',
        default='',
        metavar='FILE',
        help='weights, .safetensors or .pth; default: those that come with the model',
    )


def add_tracker_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the network and of the online loop, in two groups of their own."""
    group = parser.add_argument_group('network')
    add_network_arguments(group)
    group.add_argument(
        '--device', default='auto', help='auto, cpu or cuda:N; default: %(default)s'
    )
    group.add_argument(
        '--precision', choices=('auto', *PRECISIONS), default='auto', help='default: %(default)s'
    )
    group.add_argument(
        '--threads', type=int, default=0, metavar='N', help='CPU threads; 0, the default, chooses'
    )
    group.add_argument(
        '--engine',
        choices=ENGINES,
        default='auto',
        help='what runs the network; default: the fastest that is installed',
    )
    group = parser.add_argument_group('online loop')
    for spec in dataclasses.fields(TrackerSettings):
        low, high = spec.metadata['range']
        group.add_argument(
            '--' + spec.name.replace('_', '-'),
            type=type(spec.default),
            default=spec.default,
            metavar='N' if isinstance(spec.default, int) else 'X',
            help=f'{spec.metadata["help"]}; in [{low:g}, {high:g}], default: %(default)s',
        )


def tracker_from_arguments(args: argparse.Namespace) -> Tracker:
    """Make the tracker that the options ask for.

    Raises:
        AiATrackError: A setting is out of range, or the network cannot be had.
    """
    names = [spec.name for spec in dataclasses.fields(TrackerSettings)]
    try:
        settings = TrackerSettings(**{name: getattr(args, name) for name in names})
    except ValueError as error:
        raise InputError(str(error)) from error
    if args.threads < 0:
        raise InputError(f'threads is {args.threads}; it must be 0 or more')
    return create_tracker(
        args.model,
        args.checkpoint,
        args.device,
        args.precision,
        args.threads,
        settings,
        args.engine,
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
        InputError: The name is of another form.
        AiATrackError: This machine has no such engine.
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
