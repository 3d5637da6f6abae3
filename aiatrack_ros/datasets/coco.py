# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The objects of COCO annotations, with their boxes and outlines."""

from collections.abc import Iterator
import json
import logging
from pathlib import Path
from typing import Any
from typing import NamedTuple

from aiatrack_ros.datasets.archives import Folder
from aiatrack_ros.datasets.archives import Image
from aiatrack_ros.datasets.labels import Box
from aiatrack_ros.datasets.labels import is_visible
from aiatrack_ros.errors import InputError
import cv2
import numpy as np

logger = logging.getLogger(__name__)


class LabelledObject(NamedTuple):
    """One object of an annotation. A crowd is not one object, and left out."""

    folder: Folder
    picture: str  # the name of the picture in the folder
    box: Box  # x, y, w, h in pixels
    outline: Any  # as in the annotation; mask_of draws it


def find_objects(root: Path) -> Iterator[LabelledObject]:
    """Yield the objects of `annotations/instances_NAME.json`, in their order.

    The pictures are in `images/NAME/` or `NAME/`. Crowds are left out without a word; an object
    without a box or a picture is left out and named in the log, and so is an annotation without a
    folder of pictures.

    Raises:
        InputError: An annotation is not COCO's.
    """
    for table in sorted(root.glob('annotations/instances_*.json')):
        split = table.stem.removeprefix('instances_')
        places = [p for p in (root / 'images' / split, root / split) if p.is_dir()]
        if not places:  # annotations of train and val come together, and their pictures do not
            logger.warning('%s: no pictures in images/%s or %s; left out', table, split, split)
            continue
        folder = Folder(places[0], listed=False)
        try:
            content = json.loads(table.read_text())
            pictures = {image['id']: image['file_name'] for image in content['images']}
            objects = content['annotations']
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f'data {table} is not a COCO annotation: {error!r}') from error
        for item in objects:
            box = tuple(map(float, item.get('bbox', ())))
            if len(box) != 4 or not is_visible(box) or item.get('image_id') not in pictures:
                logger.warning('%s: object %s: no box or picture; left out', table, item.get('id'))
            elif not item.get('iscrowd'):
                picture = pictures[item['image_id']]
                yield LabelledObject(folder, picture, box, item.get('segmentation'))


def mask_of(outline: Any, size: tuple[int, ...]) -> Image | None:
    """Return the mask of an object, (H, W) uint8 of 0 and 255; None where it has no outline.

    Args:
        outline: A list of polygons, each x0, y0, x1, y1, ... in pixels; or a mapping whose
            `counts` are run lengths, which count zeros and ones in turn, down the columns.
            Compressed run lengths, which COCO uses for crowds only, are taken for no outline.
        size: H, W in pixels.
    """
    mask = np.zeros(size, np.uint8)
    if isinstance(outline, list) and outline:
        parts = [np.array(part, np.float64).reshape(-1, 2) for part in outline if len(part) >= 6]
        # COCO's coordinates begin at the edge of a pixel, OpenCV's at its centre. Its fixed point
        # numbers have four bits behind the point, so they are in sixteenths of a pixel.
        points = [np.round((part - 0.5) * 16).astype(np.int32) for part in parts]
        cv2.fillPoly(mask, points, (255,), cv2.LINE_8, 4)
        return mask if points else None
    if isinstance(outline, dict) and isinstance(outline.get('counts'), list):
        counts = outline['counts']
        values = np.arange(len(counts)) % 2 * 255
        flat = np.repeat(values, counts).astype(np.uint8)
        if flat.size == mask.size:
            return flat.reshape(size[::-1]).T.copy()
    return None
