#!/usr/bin/env python3
# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Measure what the tracker node adds to the computing time of its tracker, and what it costs idle.

Camera, tracker and this script are processes of their own, over DDS with the shipped profile.
Three parts: tracking at 30 images a second; without a target at the same pace; and with a camera
that is faster than the tracker. Beside a figure stands its limit, which is for two cores that do
nothing else.

  make latency
  make latency RECORD_TO=clips     what it is while the node records
  python3 tools/latency.py --seconds 60 --json latency.json

Ends with 0 if all figures keep within their limits, 1 if not, 2 if something did not run.
"""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
import json
from pathlib import Path
import sys
import tempfile

from aiatrack_ros.errors import InputError
from aiatrack_ros.msg import TrackerStatus
from aiatrack_ros.timing import milliseconds
import numpy as np
from processes import add_tracker_options
from processes import check_number
from processes import exit_code
from processes import Part
from processes import ProcessError
from processes import ros_environment
from processes import start
from processes import stop_well
from processes import stopping
from processes import tracker_parameters
from std_srvs.srv import Trigger
from watcher import Answer
from watcher import ProcessorUse
from watcher import START_SECONDS
from watcher import Watcher
from watcher import watching

RATE = 30.0  # images per second
FAST_RATE = 60.0  # images per second of the fast camera, at least
FAST_FACTOR = 1.5  # rate of the fast camera over that of the tracker, at least
SETTLE_SECONDS = 2.0  # nothing is measured for so long at the beginning of a part

# The limits on two cores; README.md has what was measured.
OVERHEAD_MEDIAN_MS = 6.0
OVERHEAD_P99_MS = 15.0
IDLE_PERCENT = 5.0
LATE_PERCENT = 1.0  # share of answers that the system may delay


@dataclass(frozen=True)
class Figure:
    """One line of the table; without a limit it only tells."""

    part: str
    name: str
    value: float
    unit: str
    limit: float | None = None

    @property
    def kept(self) -> bool:
        """Return whether the figure is within its limit."""
        return self.limit is None or self.value <= self.limit

    def line(self) -> str:
        """Return the line as text."""
        digits = 0 if self.unit == 'images' else 1
        limit = '' if self.limit is None else f'   limit {self.limit:.{digits}f}'
        return (
            f'  {self.name:<50}{self.value:>9.{digits}f} {self.unit:<7}'
            f'{limit}{"" if self.kept else "  EXCEEDED"}'
        ).rstrip()


def _sought(answers: Sequence[Answer]) -> list[Answer]:
    """Return the answers to images in which a target was searched for.

    Raises:
        ProcessError: There are too few to measure.
    """
    sought = [answer for answer in answers if answer.status.state != TrackerStatus.IDLE]
    if len(sought) < 2:
        raise ProcessError(f'the tracker answered {len(sought)} images; too few to measure')
    return sought


def _counts(part: str, sought: Sequence[Answer]) -> list[Figure]:
    first, last = sought[0].status, sought[-1].status
    names = ('received', 'tracked', 'dropped')
    return [
        Figure(
            part,
            f'images {name}',
            getattr(last, f'frames_{name}') - getattr(first, f'frames_{name}'),
            'images',
        )
        for name in names
    ]


def tracking_figures(answers: Sequence[Answer], rate: float = RATE) -> list[Figure]:
    """Return the figures of a tracker that keeps pace with the camera."""
    part = f'tracking, camera at {rate:.0f} Hz'
    sought = _sought(answers)
    whole = [answer.status.latency for answer in sought]
    compute = [answer.status.compute_time for answer in sought]
    overhead = [latency - own for latency, own in zip(whole, compute)]
    heard = [answer.arrival for answer in sought]
    return [
        Figure(
            part,
            'stamp to track less computing time, median',
            milliseconds(overhead),
            'ms',
            OVERHEAD_MEDIAN_MS,
        ),
        Figure(
            part,
            'stamp to track less computing time, 99th percentile',
            milliseconds(overhead, 99),
            'ms',
            OVERHEAD_P99_MS,
        ),
        Figure(part, 'stamp to track, median', milliseconds(whole), 'ms'),
        Figure(part, 'stamp to track, 99th percentile', milliseconds(whole, 99), 'ms'),
        Figure(part, 'stamp to track at a subscriber, median', milliseconds(heard), 'ms'),
        Figure(
            part, 'stamp to track at a subscriber, 99th percentile', milliseconds(heard, 99), 'ms'
        ),
        Figure(part, 'computing time, median', milliseconds(compute), 'ms'),
        *_counts(part, sought),
    ]


def idle_figures(cpu: float, seconds: float, rate: float = RATE) -> list[Figure]:
    """Return the figures of a node that used `cpu` seconds of a core in so many seconds."""
    part = f'idle, camera at {rate:.0f} Hz'
    return [Figure(part, 'CPU of the node, of one core', 100 * cpu / seconds, '%', IDLE_PERCENT)]


def fast_camera_figures(answers: Sequence[Answer], rate: float) -> list[Figure]:
    """
    Return the figures of a tracker that is slower than the camera.

    An image waits at most until the work on the image before it is done. If it came just after
    that work had begun, it may also wait for the next image, by which it is replaced. So the
    latency is one period of the camera and two computing times at most.
    """
    part = f'tracker slower than the camera, at {rate:.0f} Hz'
    sought = _sought(answers)
    whole = [answer.status.latency for answer in sought]
    compute = [answer.status.compute_time for answer in sought]
    bound = 1 / rate + 2 * float(np.median(compute))
    over = np.mean(
        [
            answer.status.latency
            > 1 / rate + before.status.compute_time + answer.status.compute_time
            for before, answer in zip(sought, sought[1:])
        ]
    )
    return [
        Figure(part, 'computing time, median', milliseconds(compute), 'ms'),
        Figure(part, 'one period and two computing times', 1000 * bound, 'ms'),
        Figure(part, 'stamp to track, median', milliseconds(whole), 'ms', 1000 * bound),
        Figure(part, 'stamp to track, 99th percentile', milliseconds(whole, 99), 'ms'),
        Figure(part, 'stamp to track, longest', milliseconds(whole, 100), 'ms'),
        Figure(part, 'images over that bound of their own', 100 * float(over), '%', LATE_PERCENT),
        *_counts(part, sought),
    ]


def table(figures: Sequence[Figure]) -> str:
    """Return all figures as text."""
    lines: list[str] = []
    part = ''
    for figure in figures:
        if figure.part != part:
            part = figure.part
            lines.append(part)
        lines.append(figure.line())
    return '\n'.join(lines)


def report(figures: Sequence[Figure]) -> list[str]:
    """Print the table; return what fell short."""
    print(table(figures), flush=True)
    exceeded = sum(not figure.kept for figure in figures)
    return [f'{exceeded} of the figures exceed their limits'] if exceeded else []


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of scripts that measure the tracker node in parts."""
    parser.add_argument(
        '--seconds',
        type=float,
        default=20.0,
        help='how long each part takes; default: %(default)s',
    )
    add_tracker_options(parser)


def listen(watcher: Watcher, seconds: float) -> list[Answer]:
    """Return the answers of the tracker in so many seconds, after it has settled."""
    watcher.watch(SETTLE_SECONDS)
    watcher.answers.clear()
    watcher.watch(seconds)
    return list(watcher.answers)


def measure(
    watcher: Watcher, tracker: Part, parts: list[Part], folder: Path, seconds: float
) -> list[Figure]:
    """Return the figures of all parts."""
    camera = start('steady_camera.py', folder, rate=RATE)
    parts.append(camera)
    watcher.expect(lambda: watcher.newest, 'a word of the tracker', START_SECONDS)
    watcher.point_at_target()
    watcher.watch(SETTLE_SECONDS)
    use = ProcessorUse(tracker.process.pid)
    figures = tracking_figures(listen(watcher, seconds))
    used, passed = use.read()
    part = figures[0].part
    figures.append(Figure(part, 'CPU of the node, of one core', 100 * used / passed, '%'))

    reset = watcher.create_client(Trigger, 'tracker/reset')
    watcher.call(reset, Trigger.Request())
    watcher.watch(SETTLE_SECONDS)
    use = ProcessorUse(tracker.process.pid)
    watcher.watch(seconds)
    if watcher.newest.state != TrackerStatus.IDLE:
        raise ProcessError('the tracker was not idle')
    figures += idle_figures(*use.read())

    parts.remove(camera)
    stop_well(camera)
    compute = next(each.value for each in figures if each.name == 'computing time, median') / 1000
    rate = max(FAST_RATE, FAST_FACTOR / compute)
    parts.append(start('steady_camera.py', folder, rate=rate))
    watcher.point_at_target()
    return figures + fast_camera_figures(listen(watcher, seconds), rate)


def run(args: argparse.Namespace) -> list[Figure]:
    """Run all parts; raise AiATrackError for what went wrong."""
    check_number('seconds', args.seconds, 3600)
    if args.json and not Path(args.json).expanduser().parent.is_dir():
        raise InputError(f"json '{args.json}' can't be written: its folder does not exist")
    ros_environment()
    with tempfile.TemporaryDirectory(prefix='aiatrack_latency_') as name:
        folder = Path(name)
        parts: list[Part] = []
        with stopping(parts):
            tracker = start(
                'tracker.tracker_node', folder, autostart=True, **tracker_parameters(args)
            )
            parts.append(tracker)
            with watching(parts) as watcher:
                figures = measure(watcher, tracker, parts, folder, args.seconds)
            stop_well(tracker)
    if args.json:
        text = json.dumps([asdict(figure) for figure in figures], indent=2)
        Path(args.json).expanduser().write_text(text + '\n', encoding='utf-8')
    return figures


def main() -> int:
    """Return the exit code: 0, 1 if a limit is exceeded, 2 if something did not run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--json', default='', metavar='FILE', help='write the figures there too')
    add_options(parser)
    args = parser.parse_args()
    return exit_code('latency', lambda: report(run(args)))


if __name__ == '__main__':
    sys.exit(main())
