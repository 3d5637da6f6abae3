# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""``aiatrack explain``: why the target was lost in a clip, as a page."""

import argparse
import sys

from aiatrack_ros.clips.clip import Clip
from aiatrack_ros.clips.explanation import explain
from aiatrack_ros.clips.explanation_page import page
from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.output_files import check_output
from aiatrack_ros.tracking.output_files import refuse_overwriting

DESCRIPTION = """\
Say why the target was lost in a clip that the node recorded (record_to).

  aiatrack explain clip_20260301T101500_lost.mcap --output why.html

The page holds the film around the loss, curves of score, identity, size and motion, where the
network looked, what it compared with, and a sentence by rules: left the picture, hidden, another
one like it, too small, too fast, dark, blurred, changed its look, images missing, hardly
found, box began wrongly. It is one file that needs no network."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument('clip', metavar='CLIP', help='a clip (.mcap) of the recorder')
    parser.add_argument(
        '--output',
        metavar='OUT.html',
        help='where to write the page; default: beside the clip, with .html',
    )


def run(args: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    clip = Clip(args.clip)
    for problem in clip.problems:
        print(problem, file=sys.stderr)
    output = args.output or str(clip.path.with_suffix('.html'))
    refuse_overwriting({'output': output}, (args.clip,))
    path = check_output('output', output)
    explanation = explain(clip)
    try:
        path.write_text(page(explanation), encoding='utf-8')
    except OSError as error:
        raise InputError(f"output '{path}' can't be written: {error.strerror or error}") from error
    print(f'{explanation.cause.name}: {explanation.cause.sentence}\n{path}')
    return 0
