# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What the tools share: they start nodes as processes, watch them, and end them in any case."""

import argparse
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import ctypes
from dataclasses import dataclass
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import time
from typing import Any

from aiatrack_ros.errors import AiATrackError
from aiatrack_ros.errors import InputError
from aiatrack_ros.nodes.common.middleware import configurations
from aiatrack_ros.nodes.common.ros_domain import reserve_domain
from aiatrack_ros.settings import complaint
from aiatrack_ros.settings import POSITIVE
from aiatrack_ros.settings import Rule

ROOT = Path(__file__).resolve().parents[1]

# Remappings of the players and recorders, whose topics are to be those of the tracker.
REMAPPINGS = (
    'tracks:=tracker/tracks',
    'status:=tracker/status',
    'set_target:=tracker/set_target',
)

END_SECONDS = 10.0  # that processes have to end, after each of three signals
_PR_SET_PDEATHSIG = 1


class ProcessError(AiATrackError):
    """What went wrong with a process, in one line."""


@dataclass
class Part:
    """One process, and the files of what it logged and what it printed."""

    name: str
    process: subprocess.Popen
    log: Path
    printed: Path

    def last_words(self) -> str:
        """Return the last line that it wrote, without the prefix of the ROS log."""
        lines = self.log.read_text(errors='replace').strip().splitlines()
        return lines[-1].split(']: ')[-1] if lines else 'without a word'


def start(module: str, folder: Path, **parameters: str | float | bool) -> Part:
    """
    Start a node; what it prints and what it logs goes to files in `folder`.

    `module` is SHELF.NAME of aiatrack_ros.nodes, or a program of this folder with its .py.
    """
    program, called = ['-m', f'aiatrack_ros.nodes.{module}'], module.rpartition('.')[2]
    if module.endswith('.py'):
        program, called = [str(ROOT / 'tools' / module)], module
    arguments = [part for remapping in REMAPPINGS for part in ('-r', remapping)]
    for name, value in parameters.items():
        # JSON is YAML, in which ROS reads the values of parameters.
        arguments += ['-p', f'{name}:={json.dumps(value, ensure_ascii=False)}']
    log, printed = folder / f'{called}.log', folder / f'{called}.out'
    parent = os.getpid()

    def die_with_parent() -> None:
        # Not SIGKILL: Fast DDS would leave 64 MiB of shared memory behind.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    with log.open('w') as errors, printed.open('w') as output:
        process = subprocess.Popen(
            [sys.executable, *program, '--ros-args', *arguments],
            stdout=output,
            stderr=errors,
            start_new_session=True,
            preexec_fn=die_with_parent if sys.platform == 'linux' else None,
        )
    return Part(called, process, log, printed)


def stop(*parts: Part) -> None:
    """End processes, all at a time, as Ctrl-C does, or if need be by force."""
    for way in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        running = [part for part in parts if part.process.poll() is None]
        for part in running:
            part.process.send_signal(way)
        end = time.monotonic() + END_SECONDS
        for part in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                part.process.wait(max(0.0, end - time.monotonic()))


@contextlib.contextmanager
def stopping(parts: list[Part]) -> Iterator[None]:
    """End all processes that were started within, whatever happens."""
    try:
        yield
    finally:
        stop(*parts)


def check(parts: list[Part]) -> None:
    """Raise ProcessError if one of them has ended."""
    for part in parts:
        if part.process.poll() is not None:
            raise ProcessError(f'{part.name} ended: {part.last_words()}')


def stop_well(part: Part) -> None:
    """End a process; raise ProcessError if it does not end well."""
    stop(part)
    code = part.process.returncode
    if code:
        raise ProcessError(f'{part.name} ended with code {code}: {part.last_words()}')


def ros_environment() -> None:
    """
    Set the domain, the range of discovery and our files for the middleware of processes to come.

    Where the user has chosen other files, or none by an empty variable, that stays.
    """
    os.environ['ROS_DOMAIN_ID'] = str(reserve_domain())
    os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
    for variable, file in configurations(ROOT / 'config').items():
        os.environ.setdefault(variable, file)


def check_number(name: str, value: float, high: float) -> None:
    """Raise InputError unless an option's value is above 0 and at most `high`."""
    text = complaint(name, value, float, Rule((POSITIVE, high)))
    if text:
        raise InputError(text)


def add_tracker_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that tracker_parameters turns into parameters of the tracker node."""
    parser.add_argument('--model', default='aiatrack_lite', help='default: %(default)s')
    parser.add_argument(
        '--checkpoint',
        default='',
        metavar='FILE',
        help='weights; default: those that come with the model',
    )
    parser.add_argument('--device', default='auto', help='auto, cpu or cuda:N')
    parser.add_argument(
        '--record-to',
        default='',
        metavar='FOLDER',
        help='have the tracker node write clips of what happens into this folder',
    )


def tracker_parameters(args: argparse.Namespace) -> dict[str, Any]:
    """Return the parameters of the tracker node that the options ask for."""
    return {
        'model': args.model,
        'checkpoint': args.checkpoint,
        'device': args.device,
        'record_to': args.record_to,
    }


def exit_code(script: str, work: Callable[[], Sequence[str]]) -> int:
    """
    Do the work of a script and return the script's exit code.

    0 if it returns nothing; 1 and one line if it returns what fell short; 2 and one line if
    something did not run; 130 after Ctrl-C. SIGTERM ends it as cleanly.
    """
    # A process may be born with Ctrl-C ignored: a shell starts what is in its background so.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(f'{script}: ended by SIGTERM'))
    try:
        shortcomings = work()
    except (AiATrackError, OSError) as error:
        print(f'{script}: {error}', file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    if shortcomings:
        print(f'{script}: ' + '; '.join(shortcomings), file=sys.stderr)
        return 1
    return 0
