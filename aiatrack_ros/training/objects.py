# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""COCO's annotated objects as a source of stills."""

from functools import partial
from pathlib import Path

from aiatrack_ros.datasets.archives import BrokenPictureError
from aiatrack_ros.datasets.coco import find_objects
from aiatrack_ros.datasets.coco import LabelledObject
from aiatrack_ros.datasets.coco import mask_of
from aiatrack_ros.errors import InputError
from aiatrack_ros.training.clips import Clip
from aiatrack_ros.training.clips import Frame
from aiatrack_ros.training.surroundings import around
from aiatrack_ros.training.surroundings import usable

SMALLEST = 24.0  # pixels: the square root of the area of the smallest object worth following


def read_coco(path: str, longest: int) -> list[Clip]:
    """Return one clip of one frame per object of COCO; those below SMALLEST are left out."""
    clips = [
        Clip(found.picture, 1, partial(_object, found, longest))
        for found in find_objects(Path(path))
        if usable(found.box) and found.box[2] * found.box[3] >= SMALLEST**2
    ]
    if not clips:
        raise InputError(
            f'training data {path}: no objects in annotations/instances_NAME.json whose pictures '
            'are in images/NAME or NAME'
        )
    return clips


def _object(found: LabelledObject, longest: int, _: int) -> Frame:
    image = found.folder.image(found.picture)
    if found.box[0] >= image.shape[1] or found.box[1] >= image.shape[0]:
        raise BrokenPictureError(
            f'{found.folder.path}/{found.picture}: the box {found.box} lies outside the picture'
        )
    return around(image, found.box, mask_of(found.outline, image.shape[:2]), longest)
