# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Our own form of video: a folder or tar file with NAME/boxes.csv and the pictures it names."""

from collections.abc import Iterator
import csv
from dataclasses import dataclass
import io
from typing import NamedTuple

from aiatrack_ros.datasets.archives import Folder
from aiatrack_ros.datasets.archives import PICTURES
from aiatrack_ros.datasets.labels import Box
from aiatrack_ros.datasets.labels import is_visible
from aiatrack_ros.datasets.labels import parse_box


class Entry(NamedTuple):
    """A frame with its target.

    A picture that is named without its suffix is looked for when it is read.
    """

    picture: str  # its name in the folder, and so of the mask
    box: Box  # x, y, w, h in pixels
    mask: str | None = None


@dataclass(frozen=True)
class LabelledVideo:
    """The frames of one target in the order of their lines."""

    name: str
    entries: tuple[Entry, ...]
    problems: tuple[str, ...]  # what is damaged, each with its file and line; left out of entries


def find_videos(folder: Folder) -> Iterator[LabelledVideo]:
    """Yield a video for each `NAME/boxes.csv`, whose lines are `FRAME,x,y,w,h`, sorted by name.

    The picture of a line is `NAME/FRAME` with one of PICTURES, its mask, where there is one,
    `NAME/FRAME.mask.png`. A NaN or empty box means an absent target, as in labels.py; the first
    line may be a heading.
    """
    names = set(folder)
    for table in sorted(name for name in names if name.endswith('/boxes.csv')):
        stem = table.removesuffix('/boxes.csv')
        text = folder.read(table).decode('utf-8', 'replace')
        entries: list[Entry] = []
        problems: list[str] = []
        for number, row in enumerate(csv.reader(io.StringIO(text)), 1):
            box = parse_box(row[1:5])
            if box is None:
                if number > 1 and row:
                    problems.append(f'{folder.path}/{table}:{number}: not FRAME,x,y,w,h')
                continue
            if not is_visible(box):
                continue
            pictures = (f'{stem}/{row[0]}{suffix}' for suffix in PICTURES)
            picture = next((name for name in pictures if name in names), None)
            if picture is None:
                problems.append(f'{folder.path}/{table}:{number}: there is no such picture')
                continue
            mask = f'{stem}/{row[0]}.mask.png'
            entries.append(Entry(picture, box, mask if mask in names else None))
        yield LabelledVideo(stem, tuple(entries), tuple(problems))
