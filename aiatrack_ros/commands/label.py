# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""``aiatrack label``: correct a few boxes of a clip, and have the rest filled in."""

import argparse
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
import signal
import sys
from typing import Any
from typing import TYPE_CHECKING

from aiatrack_ros.clips.clip import Clip
from aiatrack_ros.clips.clip import Shot
from aiatrack_ros.clips.labelling import fill
from aiatrack_ros.clips.labelling import shots_of
from aiatrack_ros.clips.labelling import TABLE
from aiatrack_ros.clips.labelling import write_training_clip
from aiatrack_ros.commands.options import add_recorded_tracker_arguments
from aiatrack_ros.commands.options import add_setting_arguments
from aiatrack_ros.commands.options import recorded_tracker
from aiatrack_ros.commands.options import settings_from_arguments
from aiatrack_ros.errors import AiATrackError
from aiatrack_ros.errors import InputError
from aiatrack_ros.picker.picker_settings import PickerSettings
from aiatrack_ros.tracking.box_text import read_box
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.boxes import check_box
import numpy as np
from tqdm import tqdm

if TYPE_CHECKING:
    from aiatrack_ros.commands.label_page import LabelPage

Labels = dict[int, Box | None]

DESCRIPTION = """\
Correct a few boxes of a clip that the node recorded; tracking fills the images between them in,
forwards and backwards. Images in which both ways don't agree get no label.

  aiatrack label clip_20260301T101500_lost.mcap --output recordings     draw on a web page
  aiatrack label CLIP --box 0:310,120,60,150 --box 200:400,110,66,160 --absent 120 --absent 150

Without --box and --absent a page shows the clip. Drag the box right in a few images, or press Not
there where the target can't be seen; Fill in, look at the images between, correct again, and Save.
Corrections are kept at once, so that the same command goes on with them after Ctrl-C. Numbers of
images are those of `aiatrack replay --csv`.

recordings/CLIP/, pictures and boxes.csv, is what `aiatrack train config/train/finetune.yaml` tunes
on and `aiatrack eval recordings` measures with."""


_OF_PAGE = ('host', 'port', 'token')


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
        help='how many images the page proposes to begin with; default: %(default)s',
    )
    add_setting_arguments(parser.add_argument_group('page'), PickerSettings, _OF_PAGE)
    parser.set_defaults(port=0)
    add_recorded_tracker_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    clip = Clip(args.clip)
    for problem in clip.problems:
        print(problem, file=sys.stderr)
    folder = Path(args.output).expanduser() / clip.path.stem
    shots = shots_of(clip)
    if len(shots) < 2:
        raise InputError(f"clip '{clip.path}' has {len(shots)} images; two are needed")
    by_page = not (args.box or args.absent)
    kept = folder.with_name(f'{folder.name}.corrections.csv')
    if folder.exists() and not (by_page and kept.exists()):
        raise InputError(f"'{folder}' is there already; name another --output")
    if not by_page:
        keys = _typed(args, shots)
        tracker, _, _ = recorded_tracker(args, clip.header)
        labels = fill(len(shots), _pictures(shots), keys, tracker, _progress)
        write_training_clip(folder, shots, labels)
    else:
        keys, labels = _on_page(args, clip, shots, folder, kept)
    absent = sum(box is None for box in labels.values())
    print(
        f'{len(keys)} images given, {len(labels)} of {len(shots)} labelled, {absent} of them '
        f'without the target\n{folder / TABLE}'
    )
    return 0


def _pictures(shots: list[Shot]) -> Callable[[int], np.ndarray]:
    return lru_cache(maxsize=4)(lambda index: shots[index].picture)


def _progress(indices: Iterable[int]) -> Iterable[int]:
    return tqdm(indices, unit='image', disable=None, leave=False)


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


def _on_page(
    args: argparse.Namespace, clip: Clip, shots: list[Shot], folder: Path, kept: Path
) -> tuple[Labels, Labels]:
    """Return what was given and the labels, which are saved, once the page is done with."""
    try:
        from aiatrack_ros.commands.label_page import LabelPage
    except ImportError as error:
        raise InputError('the page needs aiohttp: pip install aiohttp, or give --box') from error
    settings = settings_from_arguments(args, PickerSettings, keep_seconds=0, picture_rate=60.0)
    count = min(max(args.images, 1), len(shots))
    proposed = sorted({round(k * (len(shots) - 1) / max(count - 1, 1)) for k in range(count)})
    ours = kept.exists()  # what is in the folder then is of the work that goes on

    def save(labels: Mapping[int, Box | None]) -> None:
        nonlocal ours
        write_training_clip(folder, shots, labels, replace=ours)
        ours = True

    with LabelPage(folder.name, shots, proposed, kept, settings) as page:
        try:
            if ours:
                print(f"going on with {len(page.given)} corrected images of '{kept}'")
            print(f'correct the boxes at {page.address}', flush=True)
            with _interrupts_that_hold():
                # This takes some seconds, in which the first boxes are corrected.
                tracker, _, _ = recorded_tracker(args, clip.header)
                labels = page.run(tracker, save)
        except (AiATrackError, KeyboardInterrupt):
            if not (page.given and page.is_saved):
                print(_farewell(page, kept), file=sys.stderr)
                raise
            labels = page.labels
        return page.given, labels


@contextmanager
def _interrupts_that_hold() -> Iterator[None]:
    """Have Ctrl-C raise KeyboardInterrupt in the end, whatever a library makes of it.

    Where it reaches Python inside of torch, as while weights are read, it may come out as another
    error.
    """
    asked = False

    def note(*_: Any) -> None:
        nonlocal asked
        asked = True
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, note)
    try:
        yield
    except Exception as error:
        if asked:
            raise KeyboardInterrupt from error
        raise
    finally:
        signal.signal(signal.SIGINT, before)


def _farewell(page: 'LabelPage', kept: Path) -> str:
    count = len(page.given)
    if page.is_saved:
        return 'nothing was corrected, and nothing is written'
    if kept.exists():
        return (
            f"not saved: {count} corrected images; they are kept in '{kept}', and the same "
            'command goes on with them'
        )
    return f'not saved, and lost: {count} corrected images'
