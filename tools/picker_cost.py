#!/usr/bin/env python3
# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Measure what the target picker costs: its processor time, and the tracker's latency with it.

Camera (640x480, 15 images a second), tracker, picker and a viewer are processes of their own. The
same is measured with no page open and with one that takes every picture. Beside a figure stands
its limit, which is for two cores that do nothing else.

  make picker
  python3 tools/picker_cost.py --seconds 60

Ends with 0 if all figures keep within their limits, 1 if not, 2 if something did not run.
"""

import argparse
import asyncio
from collections.abc import Sequence
import json
from pathlib import Path
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


def figures(
    alone: tuple[Sequence[Answer], float],
    viewed: tuple[Sequence[Answer], float],
    pictures: int,
    seconds: float,
) -> list[Figure]:
    """Return the figures without and with a page that is open.

    Args:
        alone: Without it, the answers of the tracker and the processor time of the picker, in s.
        viewed: The same with it.
        pictures: How many came to the page.
        seconds: How long each of the two was measured.
    """
    (quiet, idle), (busy, used) = alone, viewed
    part = 'target picker, no page open'
    found = [
        Figure(part, 'CPU of the picker, of one core', 100 * idle / seconds, '%', ALONE_PERCENT),
        Figure(part, 'stamp to track, median', whole(quiet), 'ms'),
        Figure(part, 'the same less computing time', overhead(quiet), 'ms'),
    ]
    part = f'target picker, one page open, camera at {RATE:.0f} Hz'
    return [
        *found,
        Figure(part, 'CPU of the picker, of one core', 100 * used / seconds, '%', VIEWED_PERCENT),
        Figure(part, 'pictures per second on the page', pictures / seconds, 'Hz'),
        Figure(part, 'stamp to track, median', whole(busy), 'ms'),
        Figure(part, 'the same less computing time', overhead(busy), 'ms'),
        Figure(
            part,
            'added by the page to stamp to track, median',
            whole(busy) - whole(quiet),
            'ms',
            ADDED_MS,
        ),
    ]


def lines(file: TextIO) -> int:
    """Return how many lines another process has written to a file so far."""
    file.seek(0)
    return len(file.readlines())


def measure(watcher: Watcher, picker: Part, address: str, seconds: float) -> list[Figure]:
    """Return the figures without and with a viewer."""

    def pass_by() -> tuple[list[Answer], float]:
        watcher.watch(SETTLE_SECONDS)
        watcher.answers.clear()
        use = ProcessorUse(picker.process.pid)
        watcher.watch(seconds)
        used, passed = use.read()
        return list(watcher.answers), used * seconds / passed

    alone = pass_by()
    command = [sys.executable, __file__, VIEWER, address]
    with tempfile.TemporaryFile('w+') as seen:
        viewer = subprocess.Popen(command, stdout=seen)
        try:
            watcher.expect(lambda: lines(seen), 'a picture on the page', START_SECONDS)
            before = lines(seen)
            viewed = pass_by()
            pictures = round((lines(seen) - before) * seconds / (seconds + SETTLE_SECONDS))
        finally:
            viewer.terminate()
            viewer.wait()
    return figures(alone, viewed, pictures, seconds)


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
    args = parser.parse_args()
    return exit_code('picker', lambda: report(run(args)))


if __name__ == '__main__':
    sys.exit(main())
