# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The command ``aiatrack track``, which follows one target through a video, without ROS."""

import argparse
import contextlib
from pathlib import Path
import statistics
import sys

from aiatrack_ros.commands.options import add_tracker_arguments
from aiatrack_ros.commands.options import tracker_from_arguments
from aiatrack_ros.commands.target_choice import ended_by_interrupt
from aiatrack_ros.commands.target_choice import PAGE
from aiatrack_ros.commands.target_choice import target_choice
from aiatrack_ros.commands.target_choice import WINDOW
from aiatrack_ros.tracking.output_files import refuse_overwriting
from aiatrack_ros.tracking.picture_writer import PictureWriter
from aiatrack_ros.tracking.sources import LiveSource
from aiatrack_ros.tracking.sources import open_source
from aiatrack_ros.tracking.sources import Source
from aiatrack_ros.tracking.target_state import State
from aiatrack_ros.tracking.track_video import BoxTable
from aiatrack_ros.tracking.track_video import COLUMNS
from aiatrack_ros.tracking.track_video import track_video
from aiatrack_ros.tracking.video import Video
from aiatrack_ros.tracking.video import VideoWriter

DESCRIPTION = """\
Follow one target through a video, pictures, a bag, a camera or a stream, from one box on.

  aiatrack track street.mp4 --box 310,120,60,150 --output tracked.mp4 --csv boxes.csv
  aiatrack track street.mp4                  # draw the box on a web page
  aiatrack track street.mp4 --select window  # or in a window
  aiatrack track 0 --output tracked.mp4      # a camera, shown on the page; Ctrl-C ends it
  aiatrack track drive.mcap --topic /camera/image_raw --box 310,120,60,150
  aiatrack track 'shots/*.jpg' --box '@corners 20%,30%,40%,80%' --json boxes.jsonl --output drawn

The box is x,y,w,h in pixels of the first frame: top-left corner, width, height.
'@corners x1,y1,x2,y2' are two corners instead, and a number with % is a part of the picture.
Frames are upright, as a viewer shows them: videos of phones and pictures with EXIF data are
turned as they say.
Tables are written row by row, so what there is remains if the work ends early."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        'video',
        metavar='SOURCE',
        help='a video, a folder or quoted pattern of pictures, a rosbag2 folder or MCAP file, a '
        'camera (0, /dev/video0) or the address of a stream (rtsp://, http://)',
    )
    parser.add_argument(
        '--topic', default='', help='of the images in a bag; not needed where it has but one'
    )
    parser.add_argument(
        '--box',
        default='',
        metavar='x,y,w,h',
        help='the target in the first frame; without it you are asked to draw it',
    )
    parser.add_argument(
        '--select',
        choices=(PAGE, WINDOW),
        default=PAGE,
        help='where you draw it: on a web page or in a window; default: %(default)s',
    )
    parser.add_argument(
        '--output',
        metavar='OUT.mp4',
        help='write the video with the boxes drawn in; OUT without .mp4 is a folder of pictures',
    )
    parser.add_argument('--csv', metavar='BOXES.csv', help=f'write {",".join(COLUMNS)} per frame')
    parser.add_argument('--json', metavar='BOXES.jsonl', help='the same, one JSON object a line')
    add_tracker_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    video = open_source(args.video, topic=args.topic)
    read = (args.video, args.checkpoint, *(video.pictures if isinstance(video, Video) else ()))
    outputs = {'output': args.output, 'csv': args.csv, 'json': args.json}
    refuse_overwriting(outputs, read)
    with contextlib.ExitStack() as opened:
        if isinstance(video, LiveSource):
            opened.callback(video.close)
        # However the work ends, the files are closed here and what was written stays.
        tables = []
        if args.csv:
            tables.append(opened.enter_context(BoxTable(args.csv, 'csv')))
        if args.json:
            tables.append(opened.enter_context(BoxTable(args.json, 'json')))
        writer = _writer(args.output, video.fps) if args.output else None
        if writer:
            opened.push(writer)
        with target_choice(args.box, video, args.select) as choice:
            # It takes seconds, so what else can be wrong is told before.
            tracker = tracker_from_arguments(args)
            print(tracker.description)
            box, begun = choice.choose(video)
            with ended_by_interrupt(video):
                rows, seconds = track_video(choice.shown(tracker), begun, box, writer, tables)
    _summarise(rows, seconds, video)
    if isinstance(writer, VideoWriter):
        print(f'video: {writer.description}')
    return 0


def _writer(path: str, fps: float) -> VideoWriter | PictureWriter:
    folder = Path(path).expanduser()
    return PictureWriter(path) if folder.is_dir() or not folder.suffix else VideoWriter(path, fps)


def _summarise(rows: list[tuple], seconds: list[float], video: Source) -> None:
    if len(rows) < video.frame_count:
        print(
            f"video '{video.path}' ended after {len(rows)} of {video.frame_count} frames",
            file=sys.stderr,
        )
    lost = sum(row[-1] == State.LOST.value for row in rows)
    if not seconds:
        print('1 frame: nothing to track in')
        return
    score = statistics.mean(row[5] for row in rows[1:] if row[5] is not None)
    print(
        f'{len(rows)} frames, lost in {lost}, mean score {score:.2f}, '
        f'median {1000 * statistics.median(seconds):.1f} ms a frame'
    )
