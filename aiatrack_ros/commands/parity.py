# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""``aiatrack parity``: hold every stage, and whole trajectories, to recorded truth."""

import argparse
from pathlib import Path

from aiatrack_ros.commands.options import add_setting_arguments
from aiatrack_ros.commands.options import settings_from_arguments
from aiatrack_ros.evaluation.parity import check_file
from aiatrack_ros.evaluation.parity import read_parity_file
from aiatrack_ros.tracking.settings import NetworkSettings

DESCRIPTION = """\
Compare crop, features, positions, encoder, decoder, heads, pooling and whole trajectories with
those in parity files, and print the largest error of each.

  aiatrack parity golden.npz

Exits with 1 if an error is beyond its limit: 0.003 of an array's maximum for intermediates,
0.05 pixels for boxes, 0.001 for IoUs."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument('files', nargs='+', type=Path, metavar='FILE.npz', help='parity files')
    names = ('device', 'precision', 'threads', 'engine')
    add_setting_arguments(parser, NetworkSettings, names)


def run(args: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    settings = settings_from_arguments(args, NetworkSettings)
    chosen = (settings.device, settings.precision, settings.threads, settings.engine)
    failed = 0
    for path in args.files:
        truth = read_parity_file(path)
        checks = check_file(truth, *chosen)
        print(path)
        for check in checks:
            verdict = 'ok' if check.passed else 'BEYOND'
            failed += not check.passed
            print(
                f'  {check.stage:32} {check.error:9.2e}  '
                f'limit {check.limit:g} {check.unit:6} {verdict}'
            )
    print('all within their limits' if not failed else f'{failed} beyond their limits')
    return 1 if failed else 0
