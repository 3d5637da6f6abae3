# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""``aiatrack track``: follow one target through a video, without ROS."""

import argparse
import contextlib
import statistics
import sys

from aiatrack_ros.commands.options import add_tracker_arguments
from aiatrack_ros.commands.options import tracker_from_arguments
from aiatrack_ros.tracking.boxes import parse_box
from aiatrack_ros.tracking.output_files import refuse_overwriting
from aiatrack_ros.tracking.target_state import State
from aiatrack_ros.tracking.track_video import BoxTable
from aiatrack_ros.tracking.track_video import COLUMNS
from aiatrack_ros.tracking.track_video import track_video
from aiatrack_ros.tracking.video import Video
from aiatrack_ros.tracking.video import VideoWriter

DESCRIPTION = """\
Follow one target through a video or a folder of pictures, from a box in the first frame on.

  aiatrack track street.mp4 --box 310,120,60,150 --output tracked.mp4 --csv boxes.csv

The box is x,y,w,h in pixels of the first frame: top-left corner, width, height. Frames are
upright, as a viewer shows them: videos of phones and pictures with EXIF data are turned as they
say.
The table is written row by row, so what there is remains if the work ends early."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument('video', metavar='VIDEO_OR_FOLDER', help='what to track in')
    parser.add_argument(
        '--box', required=True, metavar='x,y,w,h', help='the target in the first frame, in pixels'
    )
    parser.add_argument(
        '--output', metavar='OUT.mp4', help='write the video with the boxes drawn in'
    )
    parser.add_argument('--csv', metavar='BOXES.csv', help=f'write {",".join(COLUMNS)} per frame')
    add_tracker_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    box = parse_box(args.box)
    refuse_overwriting({'output': args.output, 'csv': args.csv}, (args.video, args.checkpoint))
    video = Video(args.video)
    with contextlib.ExitStack() as outputs:
        # What has been written by then stays, however the work ends.
        table = outputs.enter_context(BoxTable(args.csv)) if args.csv else None
        writer = (
            outputs.enter_context(VideoWriter(args.output, video.fps)) if args.output else None
        )
        tracker = tracker_from_arguments(args)
        print(tracker.description)
        rows, seconds = track_video(tracker, video, box, writer, table)
    _summarise(rows, seconds, video)
    return 0


def _summarise(rows: list[tuple], seconds: list[float], video: Video) -> None:
    if len(rows) < video.frame_count:
        print(
            f"video '{video.path}' ended after {len(rows)} of {video.frame_count} frames",
            file=sys.stderr,
        )
    lost = sum(row[-1] == State.LOST.value for row in rows)
    if not seconds:
        print('1 frame: nothing to track in')
        return
    score = statistics.mean(row[5] for row in rows[1:])
    print(
        f'{len(rows)} frames, lost in {lost}, mean score {score:.2f}, '
        f'median {1000 * statistics.median(seconds):.1f} ms a frame'
    )
