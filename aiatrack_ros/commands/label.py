# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""``aiatrack label``: correct a few boxes of a clip, and have the rest filled in."""

import argparse
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
import sys

from aiatrack_ros.clips.clip import Clip
from aiatrack_ros.clips.clip import Shot
from aiatrack_ros.clips.labelling import fill
from aiatrack_ros.clips.labelling import shots_of
from aiatrack_ros.clips.labelling import write_training_clip
from aiatrack_ros.commands.options import add_recorded_tracker_arguments
from aiatrack_ros.commands.options import recorded_tracker
from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.box_text import read_box
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.boxes import check_box
import numpy as np
from tqdm import tqdm

DESCRIPTION = """\
Correct a few boxes of a clip that the node recorded; tracking fills the images between them in,
forwards and backwards. Images in which both ways don't agree get no label.

  aiatrack label clip_20260301T101500_lost.mcap --output recordings     draw on a web page
  aiatrack label CLIP --box 0:310,120,60,150 --box 200:400,110,66,160 --absent 120 --absent 150

Without --box a page shows some images one after the other: draw the target's box and press Follow,
or press Forget where it can't be seen. Numbers of images are those of `aiatrack replay --csv`.

recordings/CLIP/, pictures and boxes.csv, is what `aiatrack train config/train/finetune.yaml` tunes
on and `aiatrack eval recordings` measures with."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument('clip', metavar='CLIP', help='a clip (.mcap) of the recorder')
    parser.add_argument(
        '--output',
        default='recordings',
        metavar='FOLDER',
        help='the clip is written into a new folder in this one; default: %(default)s',
    )
    parser.add_argument(
        '--box',
        action='append',
        default=[],
        metavar='N:x,y,w,h',
        help='the target in image N, from 0; may be given several times',
    )
    parser.add_argument(
        '--absent',
        action='append',
        default=[],
        type=int,
        metavar='N',
        help='the target can not be seen in image N; may be given several times',
    )
    parser.add_argument(
        '--images',
        type=int,
        default=6,
        metavar='COUNT',
        help='how many images the page asks about; default: %(default)s',
    )
    add_recorded_tracker_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    clip = Clip(args.clip)
    for problem in clip.problems:
        print(problem, file=sys.stderr)
    folder = Path(args.output).expanduser() / clip.path.stem
    if folder.exists():
        raise InputError(f"'{folder}' is there already; name another --output")
    shots = shots_of(clip)
    if len(shots) < 2:
        raise InputError(f"clip '{clip.path}' has {len(shots)} images; two are needed")
    keys = _typed(args, shots) if args.box or args.absent else _drawn(args, shots)
    tracker, _, _ = recorded_tracker(args, clip.header)

    @lru_cache(maxsize=4)
    def picture(index: int) -> np.ndarray:
        return shots[index].picture

    def progress(indices: Iterable[int]) -> Iterable[int]:
        return tqdm(indices, unit='image', disable=None, leave=False)

    labels = fill(len(shots), picture, keys, tracker, progress)
    table = write_training_clip(folder, shots, labels)
    absent = sum(box is None for box in labels.values())
    print(
        f'{len(keys)} images given, {len(labels)} of {len(shots)} labelled, {absent} of them '
        f'without the target\n{table}'
    )
    return 0


def _typed(args: argparse.Namespace, shots: list[Shot]) -> dict[int, Box | None]:
    keys: dict[int, Box | None] = dict.fromkeys(args.absent)
    for text in args.box:
        number, colon, box = text.partition(':')
        if not colon or not number.strip().isdecimal():
            raise InputError(f"--box '{text}' is not N:x,y,w,h, such as 120:310,80,60,150")
        index = int(number)
        if index >= len(shots):
            raise InputError(f'there is no image {index}; the clip has {len(shots)}, from 0')
        height, width = shots[index].picture.shape[:2]
        keys[index] = check_box(read_box(box, width, height), width, height)
    return keys


def _drawn(args: argparse.Namespace, shots: list[Shot]) -> dict[int, Box | None]:
    try:
        from aiatrack_ros.commands.label_page import LabelPage
    except ImportError as error:
        raise InputError('the page needs aiohttp: pip install aiohttp, or give --box') from error
    count = min(max(args.images, 1), len(shots))
    asked = sorted({round(k * (len(shots) - 1) / max(count - 1, 1)) for k in range(count)})
    keys: dict[int, Box | None] = {}
    with LabelPage() as page:
        print(f'draw the boxes at {page.address}', flush=True)
        for number, index in enumerate(asked, 1):
            shot = shots[index]
            believed = None if shot.event.get('state') == 'lost' else shot.box
            title = (
                f'image {index}, {number} of {len(asked)}: Follow, or Forget if it is not there'
            )
            keys[index] = page.ask(shot.picture, believed, title)
            print(f'image {index}: {keys[index] or "not there"}', flush=True)
    return keys
