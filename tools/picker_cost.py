#!/usr/bin/env python3
# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Measure what the target picker costs: its processor time, and the tracker's latency with it.

Camera (640x480, 15 images a second), tracker, picker and a viewer are processes of their own. It
is measured with no page open and with one that takes every picture, in many short turns, since
what else goes on in a machine changes more from minute to minute than by a page. Beside a figure
stands its limit, which is for two cores that do nothing else.

  make picker
  python3 tools/picker_cost.py --seconds 120

Ends with 0 if all figures keep within their limits, 1 if not, 2 if something did not run.
"""

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
import functools
import json
from pathlib import Path
import statistics
import subprocess
import sys
import tempfile
from typing import TextIO

from aiatrack_ros.timing import milliseconds
import aiohttp
from latency import add_options
from latency import Figure
from latency import report
from latency import SETTLE_SECONDS
from processes import check_number
from processes import exit_code
from processes import Part
from processes import ros_environment
from processes import start
from processes import stop_well
from processes import stopping
from processes import tracker_parameters
from try_picker import ADDRESS
from try_picker import said
from watcher import Answer
from watcher import ProcessorUse
from watcher import START_SECONDS
from watcher import Watcher
from watcher import watching

RATE = 15.0  # images per second

# The limits on two cores.
VIEWED_PERCENT = 10.0  # of a core, with a page open
ALONE_PERCENT = 2.0  # of a core, with no page open
ADDED_MS = 1.0  # that the page adds to the time from stamp to track

SECONDS = 75.0  # with a page, and as many without
TURN_SECONDS = 3.0

VIEWER = 'viewer'  # the argument by which this script is told to be the viewer


async def view(address: str) -> None:
    """Look at the page as a browser does, without end; print a line for each picture."""
    base = address.partition('?')[0]
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(
            address.replace(base, f'{base}socket'),
            headers={'Origin': base.rstrip('/')},
            max_msg_size=0,
        ) as socket,
    ):
        async for message in socket:
            if message.type is aiohttp.WSMsgType.BINARY:
                length = int.from_bytes(message.data[:4], 'big')
                number = json.loads(message.data[4 : 4 + length])['number']
                await socket.send_json({'type': 'shown', 'number': number})
                print(number, flush=True)


def overhead(answers: Sequence[Answer]) -> float:
    """Return the median of what the node adds to the computing time of its tracker, in ms."""
    times = [answer.status.latency - answer.status.compute_time for answer in answers]
    return milliseconds(times)


def whole(answers: Sequence[Answer]) -> float:
    """Return the median of the time from stamp to track, in ms."""
    return milliseconds([answer.status.latency for answer in answers])


@dataclass(frozen=True)
class Turn:
    """What was measured in one turn, with or without a page.

    Attributes:
        answers: Those of the tracker.
        used: Processor time of the picker, in seconds.
        passed: How long it took, in seconds.
        pictures: How many came to the page.
    """

    answers: Sequence[Answer]
    used: float
    passed: float
    pictures: int = 0


def figures(alone: Sequence[Turn], viewed: Sequence[Turn]) -> list[Figure]:
    """Return the figures without and with a page that is open; one follows on the other."""
    added = [
        whole(busy.answers) - whole(quiet.answers)
        for quiet, busy in zip(alone, viewed, strict=True)
    ]
    outside = statistics.median(
        overhead(busy.answers) - overhead(quiet.answers)
        for quiet, busy in zip(alone, viewed, strict=True)
    )
    part = f'target picker, one page open, camera at {RATE:.0f} Hz'
    rate = sum(turn.pictures for turn in viewed) / sum(turn.passed for turn in viewed)
    return [
        *_of_turns('target picker, no page open', alone, ALONE_PERCENT),
        *_of_turns(part, viewed, VIEWED_PERCENT),
        Figure(part, 'pictures per second on the page', rate, 'Hz'),
        Figure(
            part,
            f'added to stamp to track, median of {len(added)} turns',
            statistics.median(added),
            'ms',
            ADDED_MS,
        ),
        Figure(part, 'of this outside computing', outside, 'ms'),
        Figure(part, 'added in the turn in which it was least', min(added), 'ms'),
        Figure(part, 'added in the turn in which it was most', max(added), 'ms'),
    ]


def _of_turns(part: str, turns: Sequence[Turn], limit: float) -> list[Figure]:
    percent = 100 * sum(turn.used for turn in turns) / sum(turn.passed for turn in turns)
    answers = [answer for turn in turns for answer in turn.answers]
    return [
        Figure(part, 'CPU of the picker, of one core', percent, '%', limit),
        Figure(part, 'stamp to track, median', whole(answers), 'ms'),
        Figure(part, 'the same less computing time', overhead(answers), 'ms'),
    ]


def lines(file: TextIO) -> int:
    """Return how many lines another process has written to a file so far."""
    file.seek(0)
    return len(file.readlines())


def measure(watcher: Watcher, picker: Part, address: str, seconds: float) -> list[Figure]:
    """Return the figures without and with a viewer, who are measured for so long each."""
    turns = max(1, round(seconds / TURN_SECONDS))

    def turn(seen: TextIO | None = None) -> Turn:
        watcher.watch(SETTLE_SECONDS)
        watcher.answers.clear()
        before = lines(seen) if seen else 0
        use = ProcessorUse(picker.process.pid)
        watcher.watch(seconds / turns)
        used, passed = use.read()
        pictures = lines(seen) - before if seen else 0
        return Turn(list(watcher.answers), used, passed, pictures)

    alone, viewed = [], []
    command = [sys.executable, __file__, VIEWER, address]
    for _ in range(turns):
        alone.append(turn())
        with tempfile.TemporaryFile('w+') as seen:
            viewer = subprocess.Popen(command, stdout=seen)
            try:
                watcher.expect(functools.partial(lines, seen), 'a picture', START_SECONDS)
                viewed.append(turn(seen))
            finally:
                viewer.terminate()
                viewer.wait()
    return figures(alone, viewed)


def run(args: argparse.Namespace) -> list[Figure]:
    """Run both parts; raise AiATrackError for what went wrong."""
    check_number('seconds', args.seconds, 3600)
    ros_environment()
    with tempfile.TemporaryDirectory(prefix='aiatrack_picker_') as name:
        folder = Path(name)
        parts: list[Part] = []
        with stopping(parts):
            picker = start('selection.target_picker_node', folder, port=0)
            parts.append(picker)
            address = said(picker, ADDRESS, parts)[1]
            tracker = start(
                'tracker.tracker_node', folder, autostart=True, **tracker_parameters(args)
            )
            parts += [tracker, start('steady_camera.py', folder, rate=RATE)]
            with watching(parts) as watcher:
                watcher.expect(lambda: watcher.newest, 'a word of the tracker', START_SECONDS)
                watcher.point_at_target()
                found = measure(watcher, picker, address, args.seconds)
            stop_well(picker)
    return found


def main() -> int:
    """Return the exit code: 0, 1 if a limit is exceeded, 2 if something did not run."""
    if sys.argv[1:2] == [VIEWER]:
        asyncio.run(view(sys.argv[2]))
        return 0
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(parser)
    parser.set_defaults(seconds=SECONDS)
    args = parser.parse_args()
    return exit_code('picker', lambda: report(run(args)))


if __name__ == '__main__':
    sys.exit(main())
