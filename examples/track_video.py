#!/usr/bin/env python3
# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Follow a target through a video from Python, without ROS.

  python3 examples/track_video.py street.mp4 310,120,60,150

The box is x, y, width and height of the target in the first frame, in pixels. Each line that is
printed holds the number of a frame, the state, the score and the box.
"""

import argparse

from aiatrack_ros.errors import AiATrackError
from aiatrack_ros.tracking import create_tracker
from aiatrack_ros.tracking import State
from aiatrack_ros.tracking.boxes import parse_box
from aiatrack_ros.tracking.video import Video


def main() -> None:
    """Read the command line and track."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument('video', help='a video file, or a folder of pictures')
    parser.add_argument('box', help='the target in the first frame, as x,y,w,h in pixels')
    args = parser.parse_args()
    try:
        track(args.video, args.box)
    except AiATrackError as error:  # bad input, in one line that names it and the remedy
        parser.error(str(error))


def track(video: str, box: str) -> None:
    """Print where the target is in each frame of a video."""
    tracker = create_tracker()  # the default weights, on the fastest engine that is installed
    frames = iter(Video(video))
    tracker.initialize(next(frames), parse_box(box))
    for number, frame in enumerate(frames, start=1):
        result = tracker.track(frame)
        state = 'tracked' if result.state is State.TRACKING else 'lost'
        x, y, w, h = result.box
        print(f'{number} {state} {result.score:.2f} {x:.1f},{y:.1f},{w:.1f},{h:.1f}')


if __name__ == '__main__':
    main()
