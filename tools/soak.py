#!/usr/bin/env python3
# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Let the tracker node run for minutes and see whether it stays as it is: memory, files, threads.

Camera, tracker and this script are processes of their own, over DDS. The target goes out of sight
and comes back; now and then it is forgotten, given anew, and parameters change.

Memory is what is resident of the process's own. What it shares with others is shown beside it:
the segments of Fast DDS, its own and those of whoever sends to it. They have the size that
config/fastdds.xml gives them, and count as resident page by page as messages pass through.

  make soak
  python3 tools/soak.py --minutes 60 --plot soak.png

Ends with 0 if nothing grew, 1 if something did, 2 if something did not run.
"""

import argparse
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
import itertools
import os
from pathlib import Path
import sys
import tempfile
import time

from aiatrack_ros.errors import InputError
from aiatrack_ros.msg import TrackerStatus
from processes import add_tracker_options
from processes import check_number
from processes import exit_code
from processes import ProcessError
from processes import ros_environment
from processes import start
from processes import stop_well
from processes import stopping
from processes import tracker_parameters
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from std_srvs.srv import Trigger
from watcher import ProcessorUse
from watcher import START_SECONDS
from watcher import Watcher
from watcher import watching

RATE = 30.0  # images per second
SAMPLE_SECONDS = 2.0  # the longest time between two looks at the process
# Who says nothing for so long has stopped; for less, the machine may have been busy with others.
STOPPED_SECONDS = 10.0
# The longest time between two events. It is so short that each kind happens in the warm-up.
EVENT_SECONDS = 3.0
WARM_UP_SECONDS = 60.0  # the process may grow for so long, or for a third of a shorter run
SHOW_SECONDS, HIDE_SECONDS = 20.0, 3.0  # the target is in sight, and then out of it, for so long
MEMORY_MIB = 5.0  # the process may grow by so much after the warm-up

# Parameters that change in turn. memory_capacity and frame_buffer_seconds are not among them,
# because they say how much is kept, and memory would change with them.
CHANGES = (
    ('short_term_memory_size', 5),
    ('update_threshold', 0.7),
    ('lost_after', 10),
    ('search_factor', 4.0),
    ('short_term_memory_size', 3),
    ('update_threshold', 0.85),
    ('lost_after', 2),
    ('search_factor', 0.0),
)


@dataclass(frozen=True)
class Sample:
    """The process at one time, in seconds since the beginning."""

    time: float
    memory: float  # MiB that are resident and the process's own
    files: int
    threads: int
    references: int = 0  # frames in the memory of the tracker
    shared: float = 0.0  # MiB that are resident and shared with other processes


@dataclass(frozen=True)
class Tally:
    """Counts of what happened during the run."""

    images: int
    tracked: int
    dropped: int
    seconds_lost: float
    targets: int
    changes: int
    cpu_percent: float


def look(pid: int, begin: float, references: int = 0) -> Sample:
    """Return a sample of a process; `begin` is of the monotonic clock."""
    status = dict(
        line.split(':', 1) for line in Path(f'/proc/{pid}/status').read_text().splitlines()
    )
    own, mapped, shared = (
        int(status[name].split()[0]) / 1024 for name in ('RssAnon', 'RssFile', 'RssShmem')
    )
    return Sample(
        time.monotonic() - begin,
        own + mapped,
        len(os.listdir(f'/proc/{pid}/fd')),
        int(status['Threads']),
        references,
        shared,
    )


def settled(samples: Sequence[Sample]) -> list[Sample]:
    """Return the samples after the time in which the process may grow."""
    warm_up = min(WARM_UP_SECONDS, samples[-1].time / 3)
    return [sample for sample in samples if sample.time >= warm_up]


def shortcomings(samples: Sequence[Sample]) -> list[str]:
    """Return a line for each thing that did not stay as it was."""
    rest = settled(samples)
    found = []
    # The largest values are compared, because memory falls whenever the tracker forgets its
    # target.
    before = max(sample.memory for sample in samples[: len(samples) - len(rest)])
    after = max(sample.memory for sample in rest)
    if after - before > MEMORY_MIB:
        found.append(
            f'memory grew by {after - before:.1f} MiB, from {before:.1f} to {after:.1f} '
            f'MiB; {MEMORY_MIB:.0f} MiB are allowed'
        )
    for what in ('files', 'threads'):
        counts = [getattr(sample, what) for sample in rest]
        if min(counts) != max(counts):
            found.append(f'{what} varied from {min(counts)} to {max(counts)}')
    return found


def table(samples: Sequence[Sample], tally: Tally) -> str:
    """Return the figures as text: ten samples evenly spread, and what happened."""
    step = max(1, len(samples) // 10)
    lines = [
        f'{"minute":>8}{"memory, MiB":>14}{"shared":>9}{"files":>8}{"threads":>9}'
        f'{"references":>12}'
    ]
    lines += [
        f'{sample.time / 60:>8.1f}{sample.memory:>14.1f}{sample.shared:>9.1f}'
        f'{sample.files:>8}{sample.threads:>9}{sample.references:>12}'
        for sample in (*samples[:-1:step], samples[-1])
    ]
    lines.append(
        f'{tally.images} images, {tally.tracked} searched, {tally.dropped} dropped; '
        f'lost for {tally.seconds_lost:.0f} s; {tally.targets} targets given, '
        f'{tally.changes} parameters changed; {tally.cpu_percent:.0f} % of a core'
    )
    return '\n'.join(lines)


def plot(samples: Sequence[Sample], path: Path) -> None:
    """Write the samples as a picture."""
    import matplotlib

    matplotlib.use('agg')
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(3, sharex=True, figsize=(7, 6), layout='constrained')
    minutes = [sample.time / 60 for sample in samples]
    for axis, (name, title) in zip(
        axes, (('memory', 'resident memory, MiB'), ('files', 'open files'), ('threads', 'threads'))
    ):
        axis.plot(minutes, [getattr(sample, name) for sample in samples])
        axis.set_title(title, fontsize=10)
        axis.axvspan(0, settled(samples)[0].time / 60, alpha=0.1)
        axis.grid(alpha=0.3)
    axes[-1].set_xlabel('minutes; what is shaded is not judged')
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


class Soak:
    """What happens to the tracker, in turn."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._reset = watcher.create_client(Trigger, 'tracker/reset')
        self._set_parameters = watcher.create_client(SetParameters, 'tracker/set_parameters')
        self._changes = itertools.cycle(CHANGES)
        self._events = itertools.cycle(
            (self._change, self._change, self.point, self._change, self._forget)
        )
        self.targets = 0
        self.changes = 0

    def next_event(self) -> None:
        """Carry out the next event."""
        next(self._events)()

    def point(self) -> None:
        """Give a target, instead of the one before if there is one."""
        self._watcher.point_at_target()
        self.targets += 1

    def _forget(self) -> None:
        self._watcher.call(self._reset, Trigger.Request())
        self._watcher.watch(1.0)
        self.point()

    def _change(self) -> None:
        name, value = next(self._changes)
        request = SetParameters.Request(
            parameters=[Parameter(name, value=value).to_parameter_msg()]
        )
        result = self._watcher.call(self._set_parameters, request).results[0]
        if not result.successful:
            raise ProcessError(f'{name} {value} refused: {result.reason}')
        self.changes += 1


def observe(
    watcher: Watcher, pid: int, seconds: float, progress: Callable[[Sample], None]
) -> tuple[list[Sample], Tally]:
    """Let things happen for so long; return the samples and what happened."""
    soak = Soak(watcher)
    watcher.expect(lambda: watcher.newest, 'a word of the tracker', START_SECONDS)
    soak.point()
    begin, use = time.monotonic(), ProcessorUse(pid)
    samples = [look(pid, begin)]
    pause = min(SAMPLE_SECONDS, seconds / 10)
    event = min(EVENT_SECONDS, seconds / 5)
    next_event = begin + event
    answered = begin
    lost = 0
    while samples[-1].time < seconds:
        watcher.answers.clear()
        watcher.watch(pause)
        lost += sum(answer.status.state == TrackerStatus.LOST for answer in watcher.answers)
        samples.append(look(pid, begin, watcher.newest.memory_fill))
        progress(samples[-1])
        if watcher.answers:
            answered = time.monotonic()
        elif time.monotonic() - answered > STOPPED_SECONDS:
            raise ProcessError(f'no answer of the tracker for {STOPPED_SECONDS:.0f} s')
        if time.monotonic() >= next_event:
            soak.next_event()
            next_event += event
    status: TrackerStatus = watcher.newest
    used, passed = use.read()
    return samples, Tally(
        status.frames_received,
        status.frames_tracked,
        status.frames_dropped,
        lost / RATE,
        soak.targets,
        soak.changes,
        100 * used / passed,
    )


def run(args: argparse.Namespace) -> list[str]:
    """Run it all; return the shortcomings; raise AiATrackError for what went wrong."""
    check_number('minutes', args.minutes, 7 * 24 * 60)
    picture = Path(args.plot).expanduser() if args.plot else None
    if picture and not picture.parent.is_dir():
        raise InputError(f"plot '{args.plot}' can't be written: its folder does not exist")
    if not Path('/proc/self/status').is_file():
        raise InputError('this system has no /proc, where the figures come from')
    ros_environment()

    def progress(sample: Sample) -> None:
        if sys.stderr.isatty():
            print(
                f'\r{sample.time / 60:6.1f} of {args.minutes:g} minutes, {sample.memory:.1f} MiB ',
                end='',
                file=sys.stderr,
                flush=True,
            )

    with tempfile.TemporaryDirectory(prefix='aiatrack_soak_') as name:
        folder = Path(name)
        parts = []
        with stopping(parts):
            tracker = start(
                'tracker.tracker_node', folder, autostart=True, **tracker_parameters(args)
            )
            parts.append(tracker)
            parts.append(
                start(
                    'steady_camera.py',
                    folder,
                    rate=RATE,
                    show_seconds=SHOW_SECONDS,
                    hide_seconds=HIDE_SECONDS,
                )
            )
            with watching(parts) as watcher:
                samples, tally = observe(watcher, tracker.process.pid, 60 * args.minutes, progress)
            stop_well(tracker)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    print(table(samples, tally), flush=True)
    if picture:
        plot(samples, picture)
    return shortcomings(samples)


def main() -> int:
    """Return the exit code: 0, 1 if something grew, 2 if something did not run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--minutes', type=float, default=10.0, help='default: %(default)s')
    parser.add_argument('--plot', default='', metavar='FILE.png', help='write the samples there')
    add_tracker_options(parser)
    args = parser.parse_args()

    def work() -> list[str]:
        found = run(args)
        if not found:
            print('memory is flat, files and threads are constant')
        return found

    return exit_code('soak', work)


if __name__ == '__main__':
    sys.exit(main())
