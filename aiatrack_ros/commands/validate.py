# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""``aiatrack validate``: which network is the better one, on what training never saw."""

import argparse
import dataclasses
import json
import logging
from pathlib import Path

from aiatrack_ros.commands.train import add_run_arguments
from aiatrack_ros.errors import InputError
from aiatrack_ros.model.device import choose_device
from aiatrack_ros.training.run import configured
from aiatrack_ros.training.run import set_threads
from aiatrack_ros.training.validation import compare
from aiatrack_ros.training.validation import FIGURES

DESCRIPTION = """\
Compare networks on what a training run holds out: snapshots of one run, the ends of several, their
mean. Every network sees the same scenes.

'scenes' are of all sources, pasted targets among them; 'video' are only targets that move where
they were filmed. The figures: loss 1 - GIoU, overlap (IoU) with the true box, how far the score is
from it, by how much it is too high, and the score where there is no target.

  aiatrack validate config/train/finetune.yaml runs/finetune/snapshot.safetensors tuned.safetensors
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_run_arguments(parser)
    parser.add_argument('checkpoints', nargs='+', metavar='FILE', help='.safetensors or .pth')
    parser.add_argument(
        '--scenes',
        type=int,
        default=384,
        metavar='N',
        help='held-out scenes of each kind, three samples of most (default: %(default)s)',
    )
    parser.add_argument('--json', metavar='OUT', help='write the figures to this file')


def run(args: argparse.Namespace) -> int:
    """Print the table; return the exit code."""
    if args.scenes < 1:
        raise InputError(f'scenes is {args.scenes}; it must be at least 1')
    if args.json and not Path(args.json).parent.is_dir():
        raise InputError(f"json '{args.json}' can't be written: its folder does not exist")
    config = dataclasses.replace(
        configured(args.config, args.data), validation_scenes=args.scenes, cache=None
    )
    set_threads(args.threads)
    logging.basicConfig(level=logging.WARNING, format='%(levelname)s: %(message)s')
    figures = compare(config, args.checkpoints, choose_device(args.device))
    if not figures:
        raise InputError(f'{args.config}: holds nothing out that could be compared on')
    _print(figures)
    if args.json:
        Path(args.json).write_text(json.dumps(figures, indent=1) + '\n')
    return 0


def _print(figures: dict[str, dict[str, dict[str, float]]]) -> None:
    width = max(map(len, figures))
    for kind in next(iter(figures.values())):
        print(f'{kind:{width}}  ' + '  '.join(f'{name:>12}' for name in FIGURES))
        for path, of_kinds in figures.items():
            values = '  '.join(f'{of_kinds[kind][name]:12.4f}' for name in FIGURES)
            print(f'{path:{width}}  {values}')
