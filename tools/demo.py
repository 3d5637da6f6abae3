#!/usr/bin/env python3
# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Follow a target through a video with real ROS 2 nodes, each in a process of its own.

video_player publishes the video as a camera would, tracker_node follows the target, track_recorder
writes the video with the tracks and prints how it went. All talk over DDS.

  make demo
  make demo VIDEO=street.mp4 BOX=310,120,60,150 OUTPUT=street_tracked.mp4
"""

import argparse
from pathlib import Path
import sys
import tempfile
import time

from aiatrack_ros.commands.box_argument import join_boxes
from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.boxes import parse_box
from aiatrack_ros.tracking.output_files import refuse_overwriting
from aiatrack_ros.tracking.video import Video
from aiatrack_ros.tracking.video import VideoWriter
from processes import add_tracker_options
from processes import exit_code
from processes import Part
from processes import ProcessError
from processes import ROOT
from processes import ros_environment
from processes import start
from processes import stop_well
from processes import stopping
from processes import tracker_parameters

# The target is a cyclist at the kerb, between two cuts of the film. A van and a car hide him for a
# while.
DEMO_VIDEO = ROOT / 'build' / 'data' / 'bikes.mp4'
DEMO_FRAMES = (76, 136)
DEMO_BOX = '406,54,106,218'

START_SECONDS = 90.0  # all processes have started after so long, even with torch on a slow disk
IDLE_SECONDS = 5.0  # after so long without an image, the recorder takes the video for ended
SLOWNESS = 4.0  # the video may take so many times its own length


def supervise(tracker: Part, player: Part, recorder: Part, limit: float) -> None:
    """Wait until the recorder has its video; raise ProcessError if anything else happens first."""
    end = time.monotonic() + limit
    while recorder.process.poll() is None:
        for part in (tracker, player):
            code = part.process.poll()
            if code or (code == 0 and part is tracker):
                raise ProcessError(f'{part.name} ended: {part.last_words()}')
        if time.monotonic() > end:
            raise ProcessError(
                f'not done after {limit:.0f} s; the tracker said last: {tracker.last_words()}'
            )
        time.sleep(0.1)
    if recorder.process.returncode:
        raise ProcessError(f'{recorder.name} ended: {recorder.last_words()}')


def run(args: argparse.Namespace) -> list[str]:
    """Run the demo; return no shortcomings; raise AiATrackError for what went wrong."""
    if bool(args.video) != bool(args.box):
        raise InputError('give VIDEO and BOX together: the box is the target in the first frame')
    parse_box(args.box or DEMO_BOX)
    refuse_overwriting({'output': args.output}, (args.video or DEMO_VIDEO, args.checkpoint))
    video = Video(args.video or DEMO_VIDEO)
    VideoWriter(args.output, video.fps).close()
    first, last = (0, -1) if args.video else DEMO_FRAMES
    count = last + 1 - first if last >= 0 else video.frame_count
    ros_environment()
    reliable = {
        'qos_overrides./image.subscription.reliability': 'reliable',
        'qos_overrides./image.subscription.depth': 100,
    }
    with tempfile.TemporaryDirectory(prefix='aiatrack_demo_') as name:
        folder = Path(name)
        parts: list[Part] = []
        with stopping(parts):
            recorder = start(
                'playback.track_recorder',
                folder,
                output=args.output,
                fps=float(video.fps),
                idle_timeout=IDLE_SECONDS,
                **reliable,
            )
            parts.append(recorder)
            tracker = start(
                'tracker.tracker_node',
                folder,
                autostart=True,
                **tracker_parameters(args),
            )
            parts.append(tracker)
            player = start(
                'playback.video_player',
                folder,
                path=str(video.path),
                box=args.box or DEMO_BOX,
                first_frame=first,
                last_frame=last,
                wait_for_subscribers=2,
            )
            parts.append(player)
            limit = START_SECONDS + IDLE_SECONDS + SLOWNESS * count / video.fps
            supervise(tracker, player, recorder, limit)
            stop_well(tracker)
            print(recorder.printed.read_text(), end='')
    return []


def main() -> int:
    """Return the exit code: 0, or 2 after one line that says what went wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--video', default='', metavar='FILE', help='your own video or folder')
    parser.add_argument(
        '--box', default='', metavar='x,y,w,h', help='the target in its first frame, in pixels'
    )
    parser.add_argument(
        '--output',
        default='demo.mp4',
        metavar='FILE.mp4',
        help='video to write; default: %(default)s',
    )
    add_tracker_options(parser)
    args = parser.parse_args(join_boxes(sys.argv[1:]))
    return exit_code('demo', lambda: run(args))


if __name__ == '__main__':
    sys.exit(main())
