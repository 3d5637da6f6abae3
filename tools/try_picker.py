#!/usr/bin/env python3
# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Draw a box on a running video in your browser, and see what is in it followed.

video_player shows the video again and again as a camera would, tracker_node follows the target,
target_picker_node serves the page. All talk over DDS. Ctrl-C ends it.

  make try
  make try VIDEO=street.mp4
  make try HOST=0.0.0.0       # to open the page on a phone
"""

import argparse
from collections.abc import Iterator
import contextlib
from pathlib import Path
import re
import sys
import tempfile
import time

from aiatrack_ros.tracking.video import Video
from demo import DEMO_FRAMES
from demo import DEMO_VIDEO
from demo import START_SECONDS
from processes import add_tracker_options
from processes import check
from processes import exit_code
from processes import Part
from processes import ProcessError
from processes import ros_environment
from processes import start
from processes import stopping
from processes import tracker_parameters

ADDRESS = re.compile(r'choose the target at (\S+)')
STARTED = re.compile(r'\[tracker\]: tracker: ')


@contextlib.contextmanager
def running(args: argparse.Namespace) -> Iterator[tuple[str, list[Part]]]:
    """Start video, tracker and page; give the page's address and the processes."""
    video = Video(args.video or DEMO_VIDEO)
    first, last = (0, -1) if args.video else DEMO_FRAMES
    ros_environment()
    with tempfile.TemporaryDirectory(prefix='aiatrack_try_') as name:
        folder = Path(name)
        parts: list[Part] = []
        with stopping(parts):
            picker = start('selection.target_picker_node', folder, host=args.host, port=args.port)
            parts.append(picker)
            address = said(picker, ADDRESS, parts)[1]
            player = start(
                'playback.video_player',
                folder,
                path=str(video.path),
                first_frame=first,
                last_frame=last,
                loop=True,
            )
            parts.append(player)
            tracker = start(
                'tracker.tracker_node', folder, autostart=True, **tracker_parameters(args)
            )
            parts.append(tracker)
            said(tracker, STARTED, parts)
            yield address, parts


def said(part: Part, words: re.Pattern, parts: list[Part]) -> re.Match:
    """Wait until a process has said something; return what; raise ProcessError if one ends."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if found := words.search(part.log.read_text(errors='replace')):
            return found
        check(parts)
        time.sleep(0.1)
    raise ProcessError(f'{part.name} has not begun after {START_SECONDS:.0f} s')


def run(args: argparse.Namespace) -> list[str]:
    """Run until Ctrl-C; return no shortcomings; raise AiATrackError for what went wrong."""
    print('starting: the tracker takes a few seconds', flush=True)
    with running(args) as (address, parts):
        print(f'open {address} and drag a box around something (Ctrl-C ends)', flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                time.sleep(0.5)
                check(parts)
    return []


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument('--video', default='', metavar='FILE', help='your own video or folder')
    parser.add_argument(
        '--host',
        default='127.0.0.1',
        help='address that the page listens on; 0.0.0.0 for phones, too; default: %(default)s',
    )
    parser.add_argument(
        '--port', type=int, default=8642, help='of the page; 0 takes any; default: %(default)s'
    )
    add_tracker_options(parser)


def main() -> int:
    """Return the exit code: 0, or 2 after one line that says what went wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_arguments(parser)
    args = parser.parse_args()
    return exit_code('try', lambda: run(args))


if __name__ == '__main__':
    sys.exit(main())
