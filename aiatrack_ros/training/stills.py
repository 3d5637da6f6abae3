# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Still pictures as a source: masks, region labels, alpha, white backgrounds, random shapes."""

from functools import partial
import re

from aiatrack_ros.datasets.archives import BrokenPictureError
from aiatrack_ros.datasets.archives import Folder
from aiatrack_ros.datasets.archives import Image
from aiatrack_ros.datasets.archives import PICTURES
from aiatrack_ros.datasets.archives import shrink
from aiatrack_ros.datasets.labels import Box
from aiatrack_ros.training.clips import Clip
from aiatrack_ros.training.clips import Frame
import cv2
import numpy as np

# A region of a labelled picture is a useful target between these shares of its area.
REGION_SHARE = (0.01, 0.35)
REGIONS_PER_PICTURE = 3
# A fruit or a product on a white ground: what differs from white by more than this is foreground.
WHITE_TOLERANCE = 18


def read_stills(path: str, cut: str, longest: int, seed: int, masks: str = '') -> list[Clip]:
    """Return clips of one frame each from pictures in a folder or tar file.

    `NAME.mask.png` beside `NAME.jpg` is the target's mask, `NAME.regions.png` holds region labels;
    `cut` says what to do with pictures that have neither: 'alpha', 'white' (a white ground),
    'shape' (a random shape, as a textured object) or 'none' (a background only). Masks may lie in
    another folder or tar file, `masks`. The name without a number at its end is the kind of its
    object.
    """
    folder = Folder(path)
    names = set(folder)
    beside = Folder(masks) if masks else folder
    masked = set(beside) if masks else names
    clips: list[Clip] = []
    for name in sorted(names):
        stem, _, suffix = name.rpartition('.')
        if '.' + suffix.lower() not in PICTURES or stem.endswith(('.mask', '.regions')):
            continue
        rng = np.random.default_rng((seed, len(clips)))
        kind = re.sub(r'[-_]?\d+$', '', stem.rpartition('/')[2])
        if f'{stem}.mask.png' in masked:
            read = partial(_masked, folder, name, beside, f'{stem}.mask.png', longest)
            clips.append(Clip(name, 1, read, kind))
        elif f'{stem}.regions.png' in names:
            for _ in range(REGIONS_PER_PICTURE):
                pick = int(rng.integers(2**31))
                label = f'{stem}.regions.png'
                clips.append(Clip(name, 1, partial(_region, folder, name, label, longest, pick)))
        elif cut in ('alpha', 'white'):
            clips.append(Clip(name, 1, partial(_isolated, folder, name, cut, longest), kind))
        else:
            pick = int(rng.integers(2**31))
            clips.append(Clip(name, 1, partial(_plain, folder, name, cut, longest, pick), kind))
    return clips


def box_of(mask: Image) -> Box | None:
    """Return x, y, w, h around the pixels of a mask above half coverage, or None."""
    columns = np.flatnonzero((mask > 127).any(0))
    rows = np.flatnonzero((mask > 127).any(1))
    if not len(rows):
        return None
    x, y = columns[0], rows[0]
    return float(x), float(y), float(columns[-1] + 1 - x), float(rows[-1] + 1 - y)


def mask_at(folder: Folder, name: str, shape: tuple[int, ...]) -> Image:
    """Return the mask in a file as coverage 0 to 255, scaled to (H, W) of `shape`."""
    mask = folder.pixels(name, cv2.IMREAD_GRAYSCALE)
    mask = np.where(mask > 0, 255, 0).astype(np.uint8)
    if mask.shape != tuple(shape[:2]):
        mask = cv2.resize(mask, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)
    return mask


def _frame(image: Image, mask: Image) -> Frame:
    return Frame(image, box_of(mask), mask)


def _masked(
    folder: Folder, name: str, masks: Folder, mask_name: str, longest: int, _: int
) -> Frame:
    image = folder.image(name, longest)
    return _frame(image, mask_at(masks, mask_name, image.shape))


def _region(folder: Folder, name: str, label: str, longest: int, pick: int, _: int) -> Frame:
    image = folder.image(name, longest)
    labels = folder.pixels(label, cv2.IMREAD_GRAYSCALE)
    if labels.shape != image.shape[:2]:
        size = (image.shape[1], image.shape[0])
        labels = cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST)
    values, counts = np.unique(labels, return_counts=True)
    share = counts / labels.size
    good = []
    for value in values[(share > REGION_SHARE[0]) & (share < REGION_SHARE[1])]:
        # One connected piece that does not touch the border is an object rather than a ground.
        count, pieces, stats, _centres = cv2.connectedComponentsWithStats(
            (labels == value).astype(np.uint8)
        )
        for piece in range(1, count):
            x, y, w, h, area = stats[piece]
            inside = x > 0 and y > 0 and x + w < labels.shape[1] and y + h < labels.shape[0]
            if inside and area > REGION_SHARE[0] * labels.size and area > 0.3 * w * h:
                good.append(pieces == piece)
    if not good:
        return Frame(image)
    chosen = good[pick % len(good)]
    return _frame(image, np.where(chosen, 255, 0).astype(np.uint8))


def _isolated(folder: Folder, name: str, cut: str, longest: int, _: int) -> Frame:
    if cut == 'alpha':
        pixels, _scale = shrink(folder.pixels(name, cv2.IMREAD_UNCHANGED), longest)
        if pixels.ndim != 3 or pixels.shape[2] != 4:
            raise BrokenPictureError(f'{folder.path}/{name}: has no alpha channel')
        return _frame(cv2.cvtColor(pixels[..., :3], cv2.COLOR_BGR2RGB), pixels[..., 3].copy())
    image = folder.image(name, longest)
    border = cv2.copyMakeBorder(image, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    fill = np.zeros((border.shape[0] + 2, border.shape[1] + 2), np.uint8)
    tolerance = (WHITE_TOLERANCE,) * 3
    flags = 4 | (255 << 8) | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE
    cv2.floodFill(border, fill, (0, 0), (0,), tolerance, tolerance, flags)
    mask: Image = 255 - fill[2:-2, 2:-2]
    mask = cv2.erode(mask, np.ones((3, 3), np.uint8))
    return _frame(image, mask)


def _plain(folder: Folder, name: str, cut: str, longest: int, pick: int, _: int) -> Frame:
    image = folder.image(name, longest)
    if cut != 'shape':
        return Frame(image)
    return Frame(image, None, random_shape(np.random.default_rng(pick), image.shape[:2]))


def random_shape(rng: np.random.Generator, size: tuple[int, ...]) -> Image:
    """Return a mask (H, W) of one smooth random shape near the middle of a picture."""
    height, width = size
    angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    radius = np.ones_like(angles)
    for order in range(2, 6):
        phase = rng.uniform(0, 2 * np.pi)
        radius += rng.normal(0, 0.35 / order) * np.cos(order * angles + phase)
    radius = np.clip(radius, 0.3, 1.7)
    extent = rng.uniform(0.15, 0.32, 2) * min(size)
    if rng.random() < 0.3:  # a plain box: many real targets are boxes
        extent *= 0.9
        corner = np.maximum(np.abs(np.cos(angles)), np.abs(np.sin(angles)))
        radius = 1 / corner
    centre = np.array((width, height)) * rng.uniform(0.38, 0.62, 2)
    points = np.stack((np.cos(angles), np.sin(angles)), 1) * radius[:, None] * extent + centre
    mask = np.zeros(size, np.uint8)
    cv2.fillPoly(mask, [np.round(points * 16).astype(np.int32)], (255,), cv2.LINE_AA, 4)
    return mask
