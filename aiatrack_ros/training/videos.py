# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Videos of one target each as a source: our own form, GOT-10k, LaSOT and TrackingNet.

None of them is searched for pictures: the annotations say which there should be, and one that is
missing is found out, and named, when it is read.
"""

from collections.abc import Sequence
import csv
from functools import partial
import io
import logging
from pathlib import Path
import re
from typing import NamedTuple

from aiatrack_ros.errors import InputError
from aiatrack_ros.training.archives import Folder
from aiatrack_ros.training.clips import Box
from aiatrack_ros.training.clips import BrokenPictureError
from aiatrack_ros.training.clips import Clip
from aiatrack_ros.training.clips import Frame
from aiatrack_ros.training.stills import mask_at
from aiatrack_ros.training.surroundings import around
from aiatrack_ros.training.surroundings import usable

logger = logging.getLogger(__name__)


class Entry(NamedTuple):
    """One annotated frame."""

    picture: str
    box: Box
    mask: str | None = None


def read_videos(path: str, longest: int) -> list[Clip]:
    """Return one clip per target from `NAME/boxes.csv` with lines `frame,x,y,w,h`.

    `path` is a folder or a tar file. The pictures are `NAME/FRAME.jpg` (or .jpeg, .png), masks,
    where there are any, `NAME/FRAME.mask.png`. Frames whose box is empty or not a number are left
    out, and so is a target with fewer than two frames; the log names what was left out.
    """
    folder = Folder(path)
    names = set(folder)
    clips: list[Clip] = []
    for table in sorted(name for name in names if name.endswith('/boxes.csv')):
        stem = table.removesuffix('/boxes.csv')
        text = folder.read(table).decode('utf-8', 'replace')
        entries = []
        for number, row in enumerate(csv.reader(io.StringIO(text)), 1):
            box = _box(row[1:5])
            if box is None:
                if number > 1 and row:  # the first line may be a heading
                    _left_out(f'{path}/{table} line {number}', 'not a box')
                continue
            pictures = (f'{stem}/{row[0]}{suffix}' for suffix in ('.jpg', '.jpeg', '.png'))
            picture = next((name for name in pictures if name in names), None)
            if picture is None:
                _left_out(f'{path}/{table} line {number}', 'there is no such picture')
                continue
            mask = f'{stem}/{row[0]}.mask.png'
            entries.append(Entry(picture, box, mask if mask in names else None))
        _add_clip(clips, folder, stem, entries, longest)
    return clips


def read_got10k(path: str, longest: int) -> list[Clip]:
    """Return the clips of a GOT-10k split: `SEQ/groundtruth.txt`, `SEQ/00000001.jpg`.

    `path` is the split or the folder above its `train`. Frames that `absence.label` calls absent,
    or `cover.label` fully covered, are left out.
    """
    root = Path(path) / 'train' if (Path(path) / 'train').is_dir() else Path(path)
    clips: list[Clip] = []
    for table in sorted(root.glob('*/groundtruth.txt')):
        folder = table.parent
        hidden = _marks(folder, {'absence.label': 1, 'cover.label': 0})
        if hidden is None:
            continue
        entries = _numbered(table, '{:08d}.jpg', 1, hidden)
        _add_clip(clips, Folder(folder, listed=False), folder.name, entries, longest)
    return _some(clips, root, 'GOT-10k', 'SEQ/groundtruth.txt')


def read_lasot(path: str, longest: int) -> list[Clip]:
    """Return the clips of LaSOT: `CLASS/CLASS-N/groundtruth.txt` and `img/00000001.jpg` beside it.

    Frames that `full_occlusion.txt` or `out_of_view.txt` mark are left out, and so are the
    sequences that `testing_set.txt` names, which is part of LaSOT's toolkit.
    """
    root = Path(path)
    names = root / 'testing_set.txt'
    testing = set(names.read_text().split()) if names.is_file() else set()
    if not testing:
        logger.warning(
            "%s is missing: LaSOT's test sequences are trained on too, if they are there", names
        )
    clips: list[Clip] = []
    for table in sorted((*root.glob('*/groundtruth.txt'), *root.glob('*/*/groundtruth.txt'))):
        folder = table.parent
        if folder.name in testing:
            continue
        hidden = _marks(folder, {'full_occlusion.txt': 1, 'out_of_view.txt': 1})
        if hidden is None:
            continue
        entries = _numbered(table, 'img/{:08d}.jpg', 1, hidden)
        _add_clip(clips, Folder(folder, listed=False), folder.name, entries, longest)
    return _some(clips, root, 'LaSOT', 'CLASS/CLASS-N/groundtruth.txt')


def read_trackingnet(path: str, longest: int) -> list[Clip]:
    """Return the clips of TrackingNet: `TRAIN_K/anno/SEQ.txt`, `TRAIN_K/frames/SEQ/0.jpg`."""
    root = Path(path)
    clips: list[Clip] = []
    for table in sorted((*root.glob('anno/*.txt'), *root.glob('*/anno/*.txt'))):
        folder = table.parent.parent / 'frames' / table.stem
        entries = _numbered(table, '{}.jpg', 0, ())
        _add_clip(clips, Folder(folder, listed=False), table.stem, entries, longest)
    return _some(clips, root, 'TrackingNet', 'TRAIN_K/anno/SEQ.txt')


def _left_out(name: str, reason: str) -> None:
    logger.warning('%s: %s; left out', name, reason)


def _box(values: Sequence[str]) -> Box | None:
    try:
        box = tuple(float(value) for value in values)
    except ValueError:
        return None
    return box if usable(box) else None


def _marks(folder: Path, labels: dict[str, int]) -> list[list[bool]] | None:
    """Return, for each label file that is there, which frames have its number for 'hidden'.

    None, with a word in the log, if one of them holds anything but numbers.
    """
    marks = []
    for name, hidden in labels.items():
        file = folder / name
        if not file.is_file():
            continue
        words = re.split(r'[\s,]+', file.read_text(errors='replace').strip())
        try:
            marks.append([float(word) == hidden for word in words if word])
        except ValueError as error:
            _left_out(str(file), str(error))
            return None
    return marks


def _numbered(
    table: Path, picture: str, first: int, hidden: Sequence[Sequence[bool]]
) -> list[Entry]:
    """Return the entries of a file with one box per line and pictures with numbers for names."""
    entries = []
    for index, line in enumerate(table.read_text(errors='replace').splitlines()):
        if any(index < len(marks) and marks[index] for marks in hidden):
            continue
        values = [value for value in re.split(r'[\s,]+', line.strip()) if value]
        box = _box(values)
        if box is not None:
            entries.append(Entry(picture.format(index + first), box))
        elif values and any(value.strip('-0. ').lower() not in ('', 'nan') for value in values):
            # Zeros and NaN say that the target is absent; anything else is a mistake.
            _left_out(f'{table} line {index + 1}', 'not a box')
    return entries


def _add_clip(
    clips: list[Clip], folder: Folder, name: str, entries: list[Entry], longest: int
) -> None:
    if len(entries) < 2:
        _left_out(f'{folder.path}: {name}', 'fewer than two usable frames')
    else:
        clips.append(Clip(name, len(entries), partial(_read, folder, entries, longest)))


def _some(clips: list[Clip], root: Path, layout: str, form: str) -> list[Clip]:
    if not clips:
        raise InputError(f'training data {root}: nothing in the layout of {layout} ({form})')
    return clips


def _read(folder: Folder, entries: list[Entry], longest: int, index: int) -> Frame:
    picture, box, mask_name = entries[index]
    image = folder.image(picture)
    x, y, w, h = box
    if x >= image.shape[1] or y >= image.shape[0] or x + w <= 0 or y + h <= 0:
        raise BrokenPictureError(
            f'{folder.path}/{picture}: the box {box} lies outside the picture'
        )
    mask = mask_at(folder, mask_name, image.shape) if mask_name else None
    return around(image, box, mask, longest)
