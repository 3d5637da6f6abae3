# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""COCO's annotated objects as a source of stills."""

from functools import partial
import json
import logging
from pathlib import Path
from typing import Any

from aiatrack_ros.errors import InputError
from aiatrack_ros.training.archives import Folder
from aiatrack_ros.training.clips import Box
from aiatrack_ros.training.clips import BrokenPictureError
from aiatrack_ros.training.clips import Clip
from aiatrack_ros.training.clips import Frame
from aiatrack_ros.training.clips import Image
from aiatrack_ros.training.surroundings import around
from aiatrack_ros.training.surroundings import usable
import cv2
import numpy as np

logger = logging.getLogger(__name__)

SMALLEST = 24.0  # pixels: the square root of the area of the smallest object worth following


def read_coco(path: str, longest: int) -> list[Clip]:
    """Return one clip of one frame per object.

    `path` holds `annotations/instances_NAME.json` and the pictures in `images/NAME/` or `NAME/`.
    Crowds and objects below SMALLEST are left out without a word, broken boxes are named in the
    log.
    """
    root = Path(path)
    clips: list[Clip] = []
    for table in sorted(root.glob('annotations/instances_*.json')):
        split = table.stem.removeprefix('instances_')
        places = [p for p in (root / 'images' / split, root / split) if p.is_dir()]
        if not places:  # the annotations of train and val come together, pictures apart
            logger.warning('%s: no pictures in images/%s or %s; left out', table, split, split)
            continue
        folder = Folder(places[0], listed=False)
        try:
            content = json.loads(table.read_text())
            pictures = {image['id']: image['file_name'] for image in content['images']}
            objects = content['annotations']
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f'training data {table} is not a COCO annotation: {error!r}'
            ) from error
        for item in objects:
            box = tuple(map(float, item.get('bbox', ())))
            if not usable(box) or item.get('image_id') not in pictures:
                logger.warning(
                    '%s: object %s: no usable box or picture; left out', table, item.get('id')
                )
                continue
            if item.get('iscrowd') or box[2] * box[3] < SMALLEST**2:
                continue
            name = pictures[item['image_id']]
            outline = item.get('segmentation')
            clips.append(Clip(name, 1, partial(_read, folder, name, box, outline, longest)))
    if not clips:
        raise InputError(
            f'training data {root}: no objects in annotations/instances_NAME.json whose pictures '
            'are in images/NAME or NAME'
        )
    return clips


def _read(folder: Folder, name: str, box: Box, outline: Any, longest: int, _: int) -> Frame:
    image = folder.image(name)
    if box[0] >= image.shape[1] or box[1] >= image.shape[0]:
        raise BrokenPictureError(f'{folder.path}/{name}: the box {box} lies outside the picture')
    return around(image, box, mask_of(outline, image.shape[:2]), longest)


def mask_of(outline: Any, size: tuple[int, int]) -> Image | None:
    """Return a mask (H, W) of 0 and 255 from COCO's polygons or run lengths, or None without one.

    Polygons are lists x0, y0, x1, y1, ... in pixels; run lengths count zeros and ones in turn,
    down the columns. Compressed run lengths, which COCO uses for crowds only, count as none.
    """
    mask = np.zeros(size, np.uint8)
    if isinstance(outline, list) and outline:
        parts = [np.array(part, np.float64).reshape(-1, 2) for part in outline if len(part) >= 6]
        # Polygon corners lie on pixel edges, OpenCV's on pixel centres; 1/16 pixel is kept.
        points = [np.round((part - 0.5) * 16).astype(np.int32) for part in parts]
        cv2.fillPoly(mask, points, 255, cv2.LINE_8, 4)
        return mask if points else None
    if isinstance(outline, dict) and isinstance(outline.get('counts'), list):
        counts = outline['counts']
        values = np.arange(len(counts)) % 2 * 255
        flat = np.repeat(values, counts).astype(np.uint8)
        if flat.size == mask.size:
            return flat.reshape(size[::-1]).T.copy()
    return None
