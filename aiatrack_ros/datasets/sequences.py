# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
r"""Sequences of tracking benchmarks on disk, recognised by their layout.

===========  ===============================  ==============================  ====================
layout       images                           boxes                           target absent
===========  ===============================  ==============================  ====================
OTB          SEQ/img/\*.jpg                   SEQ/groundtruth_rect[.K].txt    NaN or empty box
LaSOT        [CLASS/]SEQ/img/\*.jpg           SEQ/groundtruth.txt             full_occlusion.txt,
                                                                              out_of_view.txt
GOT-10k      SEQ/\*.jpg                       SEQ/groundtruth.txt             cover.label,
                                                                              absence.label
TrackingNet  frames/SEQ/\*.jpg                anno/SEQ.txt                    NaN or empty box
clip         SEQ/\*.jpg                       SEQ/boxes.csv                   NaN or empty box
===========  ===============================  ==============================  ====================

Pictures may be JPEG, PNG, WebP or BMP everywhere. A NaN or empty box means an absent target in
every layout; labels.py says how boxes and marks are read. A file with the first box alone, as in
the test sets of GOT-10k and TrackingNet, is a sequence whose truth is withheld: it can be tracked
but not scored. A clip, as `aiatrack label` writes it, tells only of the pictures that its
boxes.csv names, from the first one with the target on.
"""

import csv
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
import re

from aiatrack_ros.datasets.archives import BrokenPictureError
from aiatrack_ros.datasets.archives import Folder
from aiatrack_ros.datasets.archives import PICTURES
from aiatrack_ros.datasets.labels import Box
from aiatrack_ros.datasets.labels import is_visible
from aiatrack_ros.datasets.labels import parse_box
from aiatrack_ros.datasets.labels import read_labels
from aiatrack_ros.errors import InputError
import cv2
import numpy as np

OTB = 'otb'
LASOT = 'lasot'
GOT10K = 'got10k'
TRACKINGNET = 'trackingnet'
CLIP = 'clip'
LAYOUTS = (OTB, GOT10K, LASOT, TRACKINGNET, CLIP)

SUBSETS = ('train', 'val', 'test')

# Sequences of OTB that have boxes for a part of their images only: the first of these images, and
# one past the last, both counted from 0. (Table of the benchmark's own toolkit.)
OTB_RANGES = {
    'david': (299, 770),
    'football1': (0, 74),
    'freeman3': (0, 460),
    'freeman4': (0, 283),
    'diving': (0, 215),
}


@dataclass(frozen=True)
class Sequence:
    """A video with the true box of its target; images are read when asked for."""

    name: str
    layout: str
    images: tuple[Path, ...]
    truth: np.ndarray = field(repr=False)  # (N, 4) x, y, w, h in pixels; rows >= 1 NaN if withheld
    visible: np.ndarray = field(repr=False)  # (N,) bool: the target is there and has a box
    resolution: tuple[int, int] | None = None  # width, height to which boxes are clipped, or None
    withheld: bool = False

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.images)

    def image(self, index: int) -> np.ndarray:
        """Read a frame, (H, W, 3) uint8, RGB.

        Raises:
            InputError: Its file is missing or no picture.
        """
        return read_image(self.images[index])


def read_image(path: Path) -> np.ndarray:
    """Read an image file as (H, W, 3) uint8, RGB, a reversed view of OpenCV's BGR.

    Raises:
        InputError: The file is missing or no picture.
    """
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        problem = 'is not an image that OpenCV can read' if path.is_file() else 'does not exist'
        raise InputError(f'{path}: {problem}; restore the file from the data set')
    return image[..., ::-1]


def find_sequences(folder: str | Path) -> list[Sequence]:
    """Find the sequences of a folder: one sequence, or a data set in one of the layouts.

    Raises:
        InputError: There is none, or one of them is incomplete.
    """
    root = Path(folder)
    if root.is_file() and root.suffix == '.mcap':
        raise InputError(
            f'{root}: a clip without true boxes; label it first (aiatrack label), and name the '
            'folder that this writes'
        )
    if not root.is_dir():
        raise InputError(f'{root}: no such folder; name the folder of a data set or sequence')
    if (root / 'frames').is_dir() and (root / 'anno').is_dir():
        return _trackingnet(root)
    found = _sequences_of(root)
    for child in [] if found else _children(root):
        found += _sequences_of(child)
        if not found and child.name in SUBSETS and (child / 'list.txt').is_file():
            raise InputError(f'{root}: has subsets; name one of them, for instance {child}')
    if not found:
        for child in _children(root):
            for grandchild in _children(child):
                found += _sequences_of(grandchild)
    if not found:
        raise InputError(
            f'{root}: no sequence found; expected img/ with groundtruth_rect.txt (OTB) or '
            'groundtruth.txt (LaSOT), or images beside groundtruth.txt (GOT-10k) or boxes.csv '
            '(a clip)'
        )
    return found


def _children(folder: Path) -> list[Path]:
    """Return the folders of a data set, in the order of its list.txt where it has one."""
    listing = folder / 'list.txt'
    if listing.is_file():
        children = [folder / line.strip() for line in _read_text(listing).split('\n')]
        children = [child for child in children if child != folder]
        for child in children:
            if not child.is_dir():
                raise InputError(
                    f'{child}: named in {listing} but missing; restore it or remove the line'
                )
        return children
    return sorted(child for child in folder.iterdir() if child.is_dir())


def _sequences_of(folder: Path) -> list[Sequence]:
    """Return the sequences that this very folder holds: none, one, or one per target in OTB."""
    otb = sorted(folder.glob('groundtruth_rect*.txt'))
    if otb:
        # The benchmark has empty files for targets that it has dropped.
        otb = [path for path in otb if _read_text(path).strip()] or otb
        names = (
            [folder.name] if len(otb) == 1 else [f'{folder.name}.{k + 1}' for k in range(len(otb))]
        )
        images = _images(folder / 'img')
        return [
            _sequence(name, OTB, _otb_range(folder.name, images), path)
            for name, path in zip(names, otb)
        ]
    if (folder / 'boxes.csv').is_file():
        return [_clip(folder)]
    truth = folder / 'groundtruth.txt'
    has_images = (folder / 'img').is_dir()
    if not truth.is_file():
        if has_images:
            raise InputError(
                f'{folder}: has img/ but neither groundtruth_rect.txt nor groundtruth.txt; '
                'restore it or move the folder away'
            )
        return []
    if has_images:
        return [_sequence(folder.name, LASOT, _images(folder / 'img'), truth)]
    images = _images(folder)
    return [_sequence(folder.name, GOT10K, images, truth, _resolution(folder, images[0]))]


def _clip(folder: Path) -> Sequence:
    """Read a clip: the pictures that its table names, from the first with the target on."""
    files = Folder(folder)
    names: list[Path] = []
    boxes: list[Box] = []
    for number, row in enumerate(csv.reader(_read_text(folder / 'boxes.csv').splitlines()), 1):
        box = parse_box(row[1:5])
        if box is None:
            if number > 1 and row:
                raise InputError(f'{folder}/boxes.csv:{number}: expected FRAME,x,y,w,h')
            continue
        if not names and not is_visible(box):
            continue
        try:
            names.append(folder / files.picture(row[0]))
        except BrokenPictureError as error:
            raise InputError(f'{error}; restore it, or remove line {number}') from error
        boxes.append(box)
    if not names:
        raise InputError(f'{folder}/boxes.csv: no picture with the target')
    truth = np.array(boxes, float)
    visible = np.array([is_visible(box) for box in boxes], bool)
    return Sequence(folder.name, CLIP, tuple(names), truth, visible)


def _trackingnet(root: Path) -> list[Sequence]:
    """Return the sequences of a folder of TrackingNet."""
    sequences = []
    for path in sorted((root / 'anno').glob('*.txt')):
        images = _images(root / 'frames' / path.stem)
        sequences.append(_sequence(path.stem, TRACKINGNET, images, path))
    if not sequences:
        raise InputError(f'{root / "anno"}: no SEQ.txt files; restore them from the data set')
    return sequences


def _sequence(
    name: str,
    layout: str,
    images: tuple[Path, ...],
    path: Path,
    resolution: tuple[int, int] | None = None,
) -> Sequence:
    """Put a sequence together from its images and its file of boxes, with marks beside it."""
    labels = read_labels(path)
    if labels.problems:
        raise InputError(labels.problems[0])
    truth, visible = labels.boxes, labels.visible.copy()
    withheld = len(truth) == 1 < len(images)
    if withheld:
        truth = np.concatenate([truth, np.full((len(images) - 1, 4), np.nan)])
        visible = np.concatenate([visible, np.zeros(len(images) - 1, bool)])
    if len(truth) != len(images):
        raise InputError(
            f'{path}: {len(truth)} boxes for {len(images)} images in {images[0].parent}; '
            'restore the missing ones'
        )
    if not is_visible(truth[0]):
        raise InputError(f'{path}:1: no target in the first frame; cut the frames before it')
    visible[0] = True
    return Sequence(name, layout, images, truth, visible, resolution, withheld)


def _images(folder: Path) -> tuple[Path, ...]:
    """Return the pictures of a folder in the order of the numbers in their names."""
    if not folder.is_dir():
        raise InputError(f'{folder}: no such folder; restore the images of the sequence')
    images = [
        path
        for path in folder.iterdir()
        if path.suffix.lower() in PICTURES and not path.name.startswith('.')
    ]
    if not images:
        raise InputError(f'{folder}: no images ({", ".join(PICTURES)}); restore them')
    # TrackingNet's names have no leading zeros, so they don't sort as texts.
    return tuple(sorted(images, key=_numbers_in_name))


def _numbers_in_name(path: Path) -> list[tuple[int, int | str]]:
    parts = re.split(r'(\d+)', path.stem)
    return [(0, int(part)) if part.isdecimal() else (1, part) for part in parts if part]


def _otb_range(name: str, images: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return those images of a sequence of OTB that have boxes."""
    first, last = OTB_RANGES.get(name.lower(), (0, len(images)))
    # A copy that has only those images is shorter than the original, and is taken as it is.
    return images[first:last] if len(images) >= last else images


def _resolution(folder: Path, image: Path) -> tuple[int, int]:
    """Return the width and height that GOT-10k states, or those of the first image."""
    meta = folder / 'meta_info.ini'
    if meta.is_file():
        match = re.search(r'^resolution:\s*\(?(\d+),\s*(\d+)', _read_text(meta), re.MULTILINE)
        if match:
            return int(match.group(1)), int(match.group(2))
    height, width = read_image(image).shape[:2]
    return width, height


def _read_text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f'{path}: can not be read ({error}); restore the file') from None
