# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Videos of one target each as a source: our own form, GOT-10k, LaSOT and TrackingNet.

None of them is searched for pictures: the annotations say which there should be, and one that is
missing is found out, and named, when it is read.
"""

from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
import logging
from pathlib import Path
import re

from aiatrack_ros.datasets.archives import BrokenPictureError
from aiatrack_ros.datasets.archives import Folder
from aiatrack_ros.datasets.labels import read_labels
from aiatrack_ros.datasets.video_folders import Entry
from aiatrack_ros.datasets.video_folders import find_videos
from aiatrack_ros.errors import InputError
from aiatrack_ros.training.clips import Clip
from aiatrack_ros.training.clips import Frame
from aiatrack_ros.training.stills import mask_at
from aiatrack_ros.training.surroundings import around
from aiatrack_ros.training.surroundings import usable
import numpy as np

logger = logging.getLogger(__name__)


def read_videos(path: str, longest: int) -> list[Clip]:
    """Return one clip per target from `NAME/boxes.csv` with lines `frame,x,y,w,h`.

    `path` is a folder or a tar file. The pictures are `NAME/FRAME.jpg` (or .png, .webp), masks,
    where there are any, `NAME/FRAME.mask.png`. Names that differ only in the number behind their
    last hyphen are targets of one film, whose frames FRAME counts. Frames without a target are
    left out, and so are damaged lines and a target with fewer than two frames, which the log
    names.
    """
    folder = Folder(path)
    clips: list[Clip] = []
    for video in find_videos(folder):
        _left_out(video.problems)
        _add_clip(clips, folder, video.name, video.entries, longest)
    return clips


def read_got10k(path: str, longest: int) -> list[Clip]:
    """Return the clips of a GOT-10k split: `SEQ/groundtruth.txt`, `SEQ/00000001.jpg`.

    `path` is the split or the folder above its `train`. Frames that `absence.label` calls absent,
    or `cover.label` fully covered, are left out. Pictures may be PNG or WebP in all layouts.
    """
    root = Path(path) / 'train' if (Path(path) / 'train').is_dir() else Path(path)
    clips: list[Clip] = []
    for table in sorted(root.glob('*/groundtruth.txt')):
        folder = table.parent
        entries = _numbered(table, '{:08d}', 1)
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
        entries = _numbered(table, 'img/{:08d}', 1)
        _add_clip(clips, Folder(folder, listed=False), folder.name, entries, longest)
    return _some(clips, root, 'LaSOT', 'CLASS/CLASS-N/groundtruth.txt')


def read_trackingnet(path: str, longest: int) -> list[Clip]:
    """Return the clips of TrackingNet: `TRAIN_K/anno/SEQ.txt`, `TRAIN_K/frames/SEQ/0.jpg`."""
    root = Path(path)
    clips: list[Clip] = []
    for table in sorted((*root.glob('anno/*.txt'), *root.glob('*/anno/*.txt'))):
        folder = table.parent.parent / 'frames' / table.stem
        entries = _numbered(table, '{}', 0)
        _add_clip(clips, Folder(folder, listed=False), table.stem, entries, longest)
    return _some(clips, root, 'TrackingNet', 'TRAIN_K/anno/SEQ.txt')


def _left_out(problems: Iterable[str]) -> None:
    for problem in problems:
        logger.warning('%s; left out', problem)


def _numbered(table: Path, picture: str, first: int) -> list[Entry]:
    """Return the entries of a file with one box per line and pictures with numbers for names."""
    labels = read_labels(table)
    _left_out(labels.problems)
    return [
        Entry(picture.format(index + first), tuple(labels.boxes[index].tolist()))
        for index in np.flatnonzero(labels.visible).tolist()
    ]


def _add_clip(
    clips: list[Clip], folder: Folder, name: str, entries: Sequence[Entry], longest: int
) -> None:
    entries = [entry for entry in entries if usable(entry.box)]
    if len(entries) < 2:
        _left_out([f'{folder.path}: {name}: fewer than two usable frames'])
    else:
        film = re.sub(r'-\d+$', '', name)
        clips.append(Clip(name, len(entries), partial(_read, folder, entries, longest), film=film))


def _some(clips: list[Clip], root: Path, layout: str, form: str) -> list[Clip]:
    if not clips:
        raise InputError(f'training data {root}: nothing in the layout of {layout} ({form})')
    return clips


def _read(folder: Folder, entries: list[Entry], longest: int, index: int) -> Frame:
    picture, box, mask_name = entries[index]
    if not Path(picture).suffix:
        picture = folder.picture(picture)
    image = folder.image(picture)
    x, y, w, h = box
    if x >= image.shape[1] or y >= image.shape[0] or x + w <= 0 or y + h <= 0:
        raise BrokenPictureError(
            f'{folder.path}/{picture}: the box {box} lies outside the picture'
        )
    mask = mask_at(folder, mask_name, image.shape) if mask_name else None
    digits = re.sub(r'\D', '', Path(picture).stem)
    frame = around(image, box, mask, longest)
    return replace(frame, time=int(digits[-9:] or 0))
