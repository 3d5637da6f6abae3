#!/usr/bin/env python3
# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Let a simulated robot follow somebody with real ROS 2 nodes, each in a process of its own.

sim_node is the world: a robot with a camera, and somebody who walks, leaves, and returns; in the
scene `company` somebody else crosses, and stands in the target's place while it is away.
tracker_node tracks, follow_node drives, sim_recorder writes the video and the figures. All talk
over DDS, in lock step, so a run does not depend on the speed of the machine.

  make sim
  make sim SCENE=company
  python3 tools/sim.py --seed 3 --output other_room.mp4

Ends with 0 if the robot kept its distance, stopped when the target left, followed it again and
never anybody else for long.
"""

import argparse
import json
from pathlib import Path
import sys
import tempfile
import time

from aiatrack_ros.errors import InputError
from aiatrack_ros.simulation.run_report import Report
from aiatrack_ros.simulation.world import SCENES
from aiatrack_ros.tracking.video import VideoWriter
from processes import add_tracker_options
from processes import check
from processes import exit_code
from processes import Part
from processes import ProcessError
from processes import ros_environment
from processes import start
from processes import stop
from processes import stop_well
from processes import stopping
from processes import tracker_parameters

RATE = 10.0  # images per simulated second
PATIENCE = 60.0  # seconds that the simulator waits for an answer
LIMIT = 900.0  # seconds that all of it may take

LOST_AFTER = 5  # frames, which are half a second here


def supervise(simulator: Part, others: list[Part]) -> None:
    """Wait for the end of the scene; raise ProcessError if anything else ends before."""
    end = time.monotonic() + LIMIT
    while simulator.process.poll() is None:
        check(others)
        if time.monotonic() > end:
            raise ProcessError(f'not done after {LIMIT:.0f} s')
        time.sleep(0.1)
    if simulator.process.returncode:
        raise ProcessError(f'{simulator.name} ended: {simulator.last_words()}')


def run(args: argparse.Namespace) -> Report:
    """Run the scene; raise AiATrackError for what went wrong."""
    if args.output:
        VideoWriter(args.output, RATE).close()
    if args.report and not Path(args.report).expanduser().parent.is_dir():
        raise InputError(f"report '{args.report}' can't be written: its folder does not exist")
    ros_environment()
    simulated = {'use_sim_time': True, 'autostart': True}
    with tempfile.TemporaryDirectory(prefix='aiatrack_sim_') as name:
        folder = Path(name)
        report = Path(args.report).expanduser() if args.report else folder / 'report.json'
        parts: list[Part] = []
        with stopping(parts):
            # The recorder is first, because it is the one that must miss nothing.
            recorder = start(
                'playback.sim_recorder',
                folder,
                scene=args.scene,
                report=str(report),
                video=args.output,
                fps=RATE,
            )
            parts.append(recorder)
            parts.append(
                start('follow.follow_node', folder, **simulated, enable_stamped_cmd_vel=True)
            )
            parts.append(
                start(
                    'tracker.tracker_node',
                    folder,
                    **simulated,
                    lost_after=LOST_AFTER,
                    **tracker_parameters(args),
                )
            )
            simulator = start(
                'playback.sim_node',
                folder,
                scene=args.scene,
                seed=args.seed,
                rate=RATE,
                patience=PATIENCE,
            )
            try:
                supervise(simulator, parts)
            finally:
                stop(simulator)
            for part in parts:
                stop_well(part)
            print(recorder.printed.read_text(), end='', flush=True)
        return read_report(report)


def read_report(path: Path) -> Report:
    """Return the figures that the recorder wrote."""
    if not path.is_file():
        raise ProcessError('the recorder saw no image with its answers')
    values = json.loads(path.read_text(encoding='utf-8'))
    for name in ('ids', 'seconds_to_find'):
        values[name] = tuple(values[name])
    return Report(**values)


def main() -> int:
    """Return the exit code: 0, 1 if the robot did not do well, 2 if something did not run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        '--output',
        default='sim.mp4',
        metavar='FILE.mp4',
        help="video to write, '' for none; default: %(default)s",
    )
    parser.add_argument(
        '--report', default='', metavar='FILE.json', help='write the figures there as well'
    )
    parser.add_argument(
        '--scene',
        choices=tuple(SCENES),
        default='alone',
        help='alone: the target hides behind a screen and returns; company: somebody else crosses '
        'between, and stands there while the target is away, which comes back elsewhere; '
        'default: %(default)s',
    )
    parser.add_argument(
        '--seed', type=int, default=0, help='another room and camera noise; default: %(default)s'
    )
    add_tracker_options(parser)
    args = parser.parse_args()

    def work() -> list[str]:
        shortcomings = run(args).shortcomings()
        if args.output:
            print(f'video: {args.output}', flush=True)
        return shortcomings

    return exit_code('sim', work)


if __name__ == '__main__':
    sys.exit(main())
