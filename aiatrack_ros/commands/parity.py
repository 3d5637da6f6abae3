# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""``aiatrack parity``: hold every stage, and whole trajectories, to recorded truth."""

import argparse
from pathlib import Path

from aiatrack_ros.evaluation.parity import check_file
from aiatrack_ros.evaluation.parity import read_parity_file
from aiatrack_ros.tracking.settings import ENGINES

DESCRIPTION = """\
Compare crop, features, positions, encoder, decoder, heads, pooling and whole trajectories with
those in parity files, and print the largest error of each.

  aiatrack parity golden.npz

Exits with 1 if an error is beyond its limit: 0.003 of an array's maximum for intermediates,
0.05 pixels for boxes, 0.001 for IoUs."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument('files', nargs='+', type=Path, metavar='FILE.npz', help='parity files')
    parser.add_argument(
        '--device', default='auto', help='auto, cpu or cuda:N; default: %(default)s'
    )
    parser.add_argument('--precision', default='auto', help='auto, fp32, fp16 or bf16')
    parser.add_argument('--threads', type=int, default=0, metavar='N', help='0 chooses')
    parser.add_argument(
        '--engine', choices=ENGINES, default='auto', help='what runs the trajectories'
    )


def run(args: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    failed = 0
    for path in args.files:
        truth = read_parity_file(path)
        checks = check_file(truth, args.device, args.precision, args.threads, args.engine)
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
