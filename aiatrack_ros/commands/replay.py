# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""``aiatrack replay``: track through a clip of the recorder again, and compare."""

import argparse
import contextlib
import sys

from aiatrack_ros.clips.clip import Clip
from aiatrack_ros.clips.replay import Differences
from aiatrack_ros.clips.replay import draw_replayed
from aiatrack_ros.clips.replay import replay
from aiatrack_ros.commands.options import add_recorded_tracker_arguments
from aiatrack_ros.commands.options import recorded_tracker
from aiatrack_ros.tracking.output_files import refuse_overwriting
from aiatrack_ros.tracking.track_video import BoxTable
from aiatrack_ros.tracking.track_video import COLUMNS
from aiatrack_ros.tracking.video import DEFAULT_FPS
from aiatrack_ros.tracking.video import VideoWriter
from tqdm import tqdm

DESCRIPTION = """\
Track through the images of a clip that the node recorded (record_to), and compare the boxes.

  aiatrack replay clip_20260301T101500_lost.mcap
  aiatrack replay CLIP --lost-after 10 --output drawn.mp4      with another setting
  aiatrack replay CLIP --model aiatrack_r50 --device cuda      with another network

The tracker begins with what it knew at the clip's begin: with the network and the settings that
recorded, and images as they came, the boxes are the same to a thousandth of a pixel."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument('clip', metavar='CLIP', help='a clip (.mcap) of the recorder')
    parser.add_argument(
        '--output',
        metavar='OUT.mp4',
        help='write the images with both boxes drawn in, the recorded one in grey',
    )
    parser.add_argument(
        '--csv', metavar='BOXES.csv', help=f'write {",".join(COLUMNS)} of the boxes of now'
    )
    add_recorded_tracker_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    clip = Clip(args.clip)
    for problem in clip.problems:
        print(problem, file=sys.stderr)
    refuse_overwriting({'output': args.output, 'csv': args.csv}, (args.clip,))
    tracker, same_network, same_settings = recorded_tracker(args, clip.header)
    print(f'recorded with {clip.header.get("description")}\nreplayed with {tracker.description}')
    if clip.snapshot is None and clip.events[1]['kind'] != 'began':
        print(
            'the clip does not tell what the tracker knew at its begin: it begins with the first '
            'box here',
            file=sys.stderr,
        )
    differences = Differences()
    with contextlib.ExitStack() as opened:
        table = opened.enter_context(BoxTable(args.csv, 'csv')) if args.csv else None
        writer = (
            opened.enter_context(VideoWriter(args.output, _fps(clip))) if args.output else None
        )
        replayed = replay(clip, tracker, same_network, follow_settings=same_settings)
        for each in tqdm(replayed, total=clip.images, unit='image', disable=None):
            differences.add(each)
            result = each.result
            numbers = (*(round(value, 3) for value in result.box), round(result.score, 4))
            if table:
                table.write((each.index, *numbers, result.state.value))
            if writer:
                writer.write(draw_replayed(each))
    print(differences.text())
    return 0


def _fps(clip: Clip) -> float:
    stamps = [event['stamp'] for event in clip.events if event['kind'] == 'image']
    seconds = (max(stamps) - min(stamps)) / 1e9 if stamps else 0.0
    return (len(stamps) - 1) / seconds if seconds > 0 else DEFAULT_FPS
