# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""``aiatrack train``: train a network as a YAML file says."""

import argparse
import dataclasses
import logging

from aiatrack_ros.errors import InputError
from aiatrack_ros.training.run import configured
from aiatrack_ros.training.run import fill_cache
from aiatrack_ros.training.run import processes
from aiatrack_ros.training.run import set_threads
from aiatrack_ros.training.run import show_scenes
from aiatrack_ros.training.run import train

DESCRIPTION = """\
Train a network as a YAML file says: which pictures, how they become scenes, for how long.

Look at --preview first: wrong boxes waste a run. Whatever was interrupted goes on where it stopped
when the same command is given again. The configuration's `output` folder gets
snapshot.safetensors (the network, a checkpoint for the tracker), train.csv and validation.csv, the
same for TensorBoard, and state.pt, from which a run goes on.

  aiatrack train config/train/finetune.yaml --preview scenes.png
  aiatrack train config/train/finetune.yaml
  torchrun --nproc-per-node 4 -m aiatrack_ros.cli train config/train/finetune.yaml
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_run_arguments(parser)
    parser.add_argument(
        '--output', default='', help="folder of states and logs, instead of the configuration's"
    )
    parser.add_argument(
        '--preview',
        default='',
        metavar='PNG',
        help='only draw scenes with their boxes into a picture',
    )
    parser.add_argument(
        '--fill-cache',
        action='store_true',
        help='only fill the feature cache; training may run beside it',
    )


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments that say which run it is, and what of the machine it may use."""
    parser.add_argument('config', metavar='CONFIG.yaml', help='the run; see config/train/')
    parser.add_argument(
        '--data',
        default='',
        metavar='DIR',
        help="folder that the sources' relative paths begin in (default: here)",
    )
    parser.add_argument('--device', default='auto', help="'auto', 'cpu', 'cuda' or 'cuda:N'")
    parser.add_argument('--threads', type=int, default=0, help='CPU threads (default: all)')


def run(args: argparse.Namespace) -> int:
    """Train, preview or fill the cache; return the exit code."""
    config = configured(args.config, args.data)
    if args.output:
        config = dataclasses.replace(config, output=args.output)
    set_threads(args.threads)
    with processes(args.device) as (device, rank, world):
        logging.basicConfig(
            level=logging.INFO if rank == 0 else logging.ERROR, format='%(levelname)s: %(message)s'
        )
        if args.preview:
            show_scenes(config, device, args.preview)
        elif args.fill_cache:
            if config.cache is None:
                raise InputError(f'{args.config}: has no cache to fill')
            fill_cache(config, device)
        else:
            train(config, device, rank, world)
    return 0
