#!/usr/bin/env python3
# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Test, measure, profile and train on a GPU, in a fixed number of minutes.

Four parts in the order of their importance, each in a process of its own, so that none takes the
others along: engines (every engine against eager torch in fp32 on the CPU: capture, ensembles,
threads, out of memory, growth), bench (aiatrack bench), profile (the largest operations, launches,
gaps) and training (samples a second by batch size, then a run of the recipe until the time is
over; it goes on from there if it is started again with the same --out).

It needs torch, numpy, OpenCV, safetensors, matplotlib, tqdm and this checkout, and no ROS. The
recipe is YAML: without PyYAML training has default settings. Without --data it trains on drawn
clips.

  PYTHONPATH=. python3 tools/gpu_check.py --minutes 12 --out build/gpu_check
  PYTHONPATH=. python3 tools/gpu_check.py --device cpu --minutes 3

OUT/gpu_check.json has all results and is written as they come; beside it are bench.png,
profile.png, training.png and run/ (snapshot.safetensors is a checkpoint for the tracker).

Ends with 0 if nothing failed, 1 if something did, 2 if it can't be started so.
"""

import argparse
from collections.abc import Sequence
import contextlib
import importlib
import json
from pathlib import Path
import signal
import subprocess
import sys
import tempfile
import time
from typing import Any

from aiatrack_ros.benchmark.machine import describe_machine
from aiatrack_ros.errors import AiATrackError
from aiatrack_ros.model.device import choose_device
from aiatrack_ros.tracking.engines.hardware import choose_threads
from gpu_job import Job
import torch

ROOT = Path(__file__).resolve().parent.parent
# The module and function of each part, and its share of the time.
PARTS = {
    'engines': ('gpu_engines', 'run', 2),
    'bench': ('gpu_speed', 'run_bench', 2),
    'profile': ('gpu_speed', 'run_profile', 1),
    'training': ('gpu_training', 'run', 8),
}
# A part is given so long beyond its time before it is ended. What is tried on a CPU may be slow.
GRACE_SECONDS = {'cuda': 30.0, 'cpu': 120.0}
LOOK_SECONDS = 0.5


def parser() -> argparse.ArgumentParser:
    """Return the options."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument('--device', default='cuda', help='cuda, cuda:N, or cpu to try it')
    made.add_argument('--minutes', type=float, default=12.0, help='in all; default: %(default)s')
    made.add_argument('--out', default=str(ROOT / 'build' / 'gpu_check'), help='folder of results')
    made.add_argument(
        '--parts', default=','.join(PARTS), metavar='LIST', help='default: %(default)s'
    )
    made.add_argument(
        '--parity',
        default=str(ROOT.parent / 'shared' / 'parity' / 'golden.npz'),
        metavar='FILE',
        help='recorded truth, an npz file; default: %(default)s',
    )
    made.add_argument('--video', default='', help='real frames for the engines, instead of drawn')
    made.add_argument('--box', default='', metavar='x,y,w,h', help='the target in its first frame')
    made.add_argument(
        '--recipe',
        default=str(ROOT / 'config' / 'train' / 'aiatrack_lite.yaml'),
        metavar='YAML',
        help='run of training; default: %(default)s',
    )
    made.add_argument('--data', default='', metavar='DIR', help="folder of the recipe's sources")
    made.add_argument(
        '--initial', default='', metavar='FILE', help='weights that the run begins with'
    )
    # How this script starts itself for a part.
    for name in ('--part', '--seconds', '--results'):
        made.add_argument(name, default='', help=argparse.SUPPRESS)
    return made


def check(options: argparse.Namespace) -> int:
    """Run the parts one after the other and print what became of each; return the exit code."""
    names = options.parts.split(',')
    unknown = [name for name in names if name not in PARTS]
    if unknown or not 0 < options.minutes < float('inf'):
        print(f'parts are {", ".join(PARTS)}; minutes are above 0', file=sys.stderr)
        return 2
    if bool(options.video) != bool(options.box):
        print('--video and --box go together', file=sys.stderr)
        return 2
    try:
        device = choose_device(options.device)
    except AiATrackError as error:
        print(error, file=sys.stderr)
        return 2
    end = time.monotonic() + 60 * options.minutes
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    content: dict[str, Any] = {'machine': describe_machine(), 'torch': torch.__version__}
    if device.type == 'cuda':
        properties = torch.cuda.get_device_properties(device)
        content['gpu'] = {
            'name': properties.name,
            'capability': f'{properties.major}.{properties.minor}',
            'mib': properties.total_memory / 2**20,
            'cuda': torch.version.cuda,
            'cudnn': torch.backends.cudnn.version(),
        }
    with tempfile.TemporaryDirectory() as results:
        for number, name in enumerate(names):
            shares = [PARTS[other][2] for other in names[number:]]
            seconds = max(0.0, end - time.monotonic()) * shares[0] / sum(shares)
            print(f'{name} ({seconds:.0f} s)', flush=True)
            content[name] = {}
            limit = seconds + GRACE_SECONDS[device.type]
            _run_part(options, name, seconds, limit, Path(results) / f'{name}.json', content)
    failed = 0
    for name in names:
        rows = content[name].get('checks', [])
        counts = {status: [row['name'] for row in rows if row['status'] == status] for status in (
            'passed', 'failed', 'left out')}  # fmt: skip
        ended = content[name]['exit']
        failed += len(counts['failed']) + (ended != 0)
        print(
            f'{name}: {len(counts["passed"])} passed, {len(counts["failed"])} failed, '
            f'{len(counts["left out"])} left out'
            + (f'; ended by {ended}' if ended else '')
            + ''.join(f'\n  failed: {what}' for what in counts['failed'])
        )
    print(f'results: {out / "gpu_check.json"}')
    return 1 if failed else 0


def _run_part(
    options: argparse.Namespace,
    name: str,
    seconds: float,
    limit: float,
    results: Path,
    content: dict[str, Any],
) -> None:
    """Run a part in a process of its own, which is ended after `limit` seconds.

    What it writes becomes a part of `content`, and of the file, at once.
    """
    out = Path(options.out)
    process = subprocess.Popen(
        [sys.executable, __file__, *_arguments(options), '--part', name]
        + ['--seconds', f'{seconds:.1f}', '--results', str(results)]
    )
    end = time.monotonic() + limit
    try:
        while process.poll() is None and time.monotonic() < end:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LOOK_SECONDS)
            _take(results, content, name, out)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()
    _take(results, content, name, out)
    content[name]['exit'] = process.returncode
    _write(content, out)


def _take(results: Path, content: dict[str, Any], name: str, out: Path) -> None:
    if results.exists():
        found = json.loads(results.read_text())
        if found != content[name]:
            content[name] = found
            _write(content, out)


def _write(content: dict[str, Any], out: Path) -> None:
    working = out / 'gpu_check.json.part'
    working.write_text(json.dumps(content, indent=1, default=str))
    working.replace(out / 'gpu_check.json')


def _arguments(options: argparse.Namespace) -> list[str]:
    """Return the options as they are given to a part."""
    own = ('part', 'seconds', 'results')
    given = {name: value for name, value in vars(options).items() if name not in own}
    return [f'--{name}={value}' for name, value in given.items()]


def run_part(options: argparse.Namespace) -> int:
    """Run one part in this process."""
    module, function, _ = PARTS[options.part]
    # Threads of torch that wait for a core which another process has stop all of them, and where
    # this is only tried the machine has other things to do.
    torch.set_num_threads(choose_threads(1 if options.device == 'cpu' else 0))
    job = Job(
        choose_device(options.device),
        float(options.seconds),
        Path(options.results),
        options,
    )
    getattr(importlib.import_module(module), function)(job)
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script."""
    options = parser().parse_args(arguments)
    return run_part(options) if options.part else check(options)


if __name__ == '__main__':
    sys.exit(main())
