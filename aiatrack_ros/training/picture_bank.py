# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""All pictures and cut-out objects of a training run as tensors on one device."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from dataclasses import field
import itertools
import logging
import os

from aiatrack_ros.datasets.archives import BrokenPictureError
from aiatrack_ros.errors import InputError
from aiatrack_ros.training.clips import Clip
from aiatrack_ros.training.clips import Frame
import cv2
import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor
from tqdm import tqdm

logger = logging.getLogger(__name__)

PICTURE_SIZE = 360  # pixels on the longer side of a stored picture
CUTOUT_SIZE = 192  # pixels on the longer side of a stored object
LEVELS = 3  # full, half and quarter size of everything, so that shrinking does not alias
HULL_POINTS = 32
SMALLEST_CUTOUT = 12  # pixels on the shorter side
READERS = max(4, min(16, os.cpu_count() or 4))  # threads that decode


@dataclass
class Group:
    """One source: the targets that can be pasted, and the targets in place.

    pasted: per target the cut-outs (indices) in the order of time, and pasted_kind what it is.
    placed: per target the picture indices in the order of time, placed_kind what it is, and
    placed_film where it was seen. paste, place: how often such targets are drawn, any scale.
    trust: the weight of the losses on where its boxes are.
    """

    name: str
    paste: float
    place: float
    backdrop: bool
    trust: float = 1.0
    pasted: list[NDArray[np.int64]] = field(default_factory=list)
    pasted_kind: list[str] = field(default_factory=list)
    placed: list[NDArray[np.int64]] = field(default_factory=list)
    placed_kind: list[str] = field(default_factory=list)
    placed_film: list[str] = field(default_factory=list)

    def shares(self) -> NDArray[np.floating]:
        """Return how often each target in place is drawn; of large films each one less.

        A hundred passers-by of one street count as ten targets of films of their own.
        """
        sizes = Counter(self.placed_film)
        weights = np.array([sizes[film] ** -0.5 if film else 1.0 for film in self.placed_film])
        return weights / weights.sum()


class Bank:
    """Pictures, objects and their geometry.

    pictures[level]: (N, 3, P, P) uint8, each picture in the top left corner. picture_size: (N, 2)
    width and height. picture_box: (N, 4) x, y, w, h of the target, NaN without one. picture_time:
    (N,) frame numbers in their film. films: per film its targets, arrays of picture indices.
    kinds: per kind of object its targets, arrays of cut-outs. backdrops: indices of pictures fit
    as a background. cutouts[level]: (M, 4, Q, Q) uint8, red, green, blue
    (multiplied by the coverage) and coverage. cutout_size: (M, 2). hull: (M, HULL_POINTS, 2)
    points of the convex hull in pixels, so that an affine map of them gives the exact box of the
    mapped object.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.groups: list[Group] = []
        self.pictures: list[Tensor] = []
        self.cutouts: list[Tensor] = []
        self.films: dict[str, list[NDArray[np.int64]]] = {}
        self.kinds: dict[str, list[NDArray[np.int64]]] = {}
        self._pictures: list[NDArray[np.uint8]] = []
        self._boxes: list[tuple[float, ...]] = []
        self._times: list[int] = []
        self._cutouts: list[NDArray[np.uint8]] = []
        self._hulls: list[NDArray[np.float32]] = []
        self._backdrops: list[int] = []

    def add(
        self,
        name: str,
        clips: list[Clip],
        paste: float,
        place: float,
        backdrop: bool,
        trust: float = 1.0,
    ) -> Group:
        """Read the clips of one source; what cannot be read is named in the log and left out."""
        group = Group(name, paste, place, backdrop, trust)
        known: dict[str, int] = {}
        jobs = [(clip, index) for clip in clips for index in range(clip.length)]
        with ThreadPoolExecutor(READERS) as pool:
            frames = tqdm(
                pool.map(_read, jobs), name, len(jobs), unit='picture', mininterval=2, leave=False
            )
            for _, pairs in itertools.groupby(zip(jobs, frames), lambda pair: id(pair[0][0])):
                members = list(pairs)
                clip = members[0][0][0]
                self._add_clip(group, clip, [frame for _, frame in members if frame], known)
        return self._checked(group)

    def add_frames(
        self,
        name: str,
        clips: list[list[Frame]],
        paste: float,
        place: float,
        backdrop: bool,
        trust: float = 1.0,
    ) -> Group:
        """Add clips of equally many decoded frames each, any of which can be replaced later."""
        group = Group(name, paste, place, backdrop, trust)
        for frames in clips:
            pictures = [self._add_picture(frame) for frame in frames]
            group.placed.append(np.array(pictures))
            group.placed_kind.append(name)
            group.placed_film.append('')
            cutouts = [self._add_cutout(cut_out(frame)) for frame in frames if paste > 0]
            if cutouts:
                group.pasted.append(np.array(cutouts))
                group.pasted_kind.append(name)
            if backdrop:
                self._backdrops += pictures
        return self._checked(group)

    def replace(self, group: Group, slot: int, frames: list[Frame]) -> None:
        """Put other frames in the place of a clip that `add_frames` added."""
        for index, frame in zip(group.placed[slot], frames, strict=True):
            self.picture_size[index] = frame.image.shape[1::-1]
            self.picture_box[index] = frame.box or (np.nan,) * 4
            self.picture_time[index] = frame.time
            for level, image in zip(self.pictures, _levels(frame.image, PICTURE_SIZE)):
                level[index] = torch.from_numpy(image).to(self.device)
        for index, frame in zip(group.pasted[slot] if group.pasted else (), frames):
            patch, hull = cut_out(frame)
            self.hull[index] = hull
            for level, image in zip(self.cutouts, _levels(patch, CUTOUT_SIZE)):
                level[index] = torch.from_numpy(image).to(self.device)

    def finish(self) -> 'Bank':
        """Build the tensors after the last source was added; return the bank itself."""
        if not self._backdrops and any(group.paste for group in self.groups):
            raise InputError(
                'training data: nothing to paste targets on; set backdrop: true for some source'
            )
        if not any(group.paste + group.place for group in self.groups):
            raise InputError('training data: no source has a target; set paste or place above 0')
        self.picture_size = np.array([p.shape[1::-1] for p in self._pictures], np.float32)
        self.picture_box = np.array(self._boxes, np.float32)
        self.picture_time = np.array(self._times, np.int64)
        self.backdrops = np.array(self._backdrops, np.int64)
        self.films, self.kinds = {}, {}
        for group in self.groups:
            for kind, clip in zip(group.pasted_kind, group.pasted, strict=True):
                self.kinds.setdefault(kind, []).append(clip)
            for film, clip in zip(group.placed_film, group.placed, strict=True):
                if film:
                    self.films.setdefault(film, []).append(clip)
        self.hull = np.array(self._hulls, np.float32).reshape(-1, HULL_POINTS, 2)
        self.pictures = _stacks(self._pictures, 3, PICTURE_SIZE, self.device)
        self.cutouts = _stacks(self._cutouts, 4, CUTOUT_SIZE, self.device)
        self._pictures, self._cutouts = [], []
        return self

    def _add_clip(
        self, group: Group, clip: Clip, frames: list[Frame], known: dict[str, int]
    ) -> None:
        placed, pasted = [], []
        for frame in frames:
            # Several targets of one still share its picture as a backdrop.
            seen = clip.length == 1 and clip.name in known
            picture = -1
            if group.place > 0 and frame.box is not None or group.backdrop and not seen:
                picture = self._add_picture(frame)
            if group.backdrop and not seen:
                self._backdrops.append(picture)
                known[clip.name] = picture
            if group.place > 0 and frame.box is not None:
                placed.append(picture)
            cut = cut_out(frame) if group.paste > 0 and frame.mask is not None else None
            if cut is not None and min(cut[0].shape[:2]) >= SMALLEST_CUTOUT:
                pasted.append(self._add_cutout(cut))
        if placed:
            group.placed.append(np.array(placed))
            group.placed_kind.append(clip.kind or group.name)
            group.placed_film.append(clip.film)
        if pasted:
            group.pasted.append(np.array(pasted))
            group.pasted_kind.append(clip.kind or group.name)

    def _checked(self, group: Group) -> Group:
        if not group.placed:
            group.place = 0.0
        if not group.pasted:
            group.paste = 0.0
        if not (group.placed or group.pasted or group.backdrop):
            raise InputError(f'training data {group.name}: nothing usable in it')
        self.groups.append(group)
        return group

    def _add_picture(self, frame: Frame) -> int:
        self._pictures.append(frame.image)
        self._boxes.append(frame.box or (np.nan,) * 4)
        self._times.append(frame.time)
        return len(self._pictures) - 1

    def _add_cutout(self, cut: tuple[NDArray[np.uint8], NDArray[np.float32]]) -> int:
        self._cutouts.append(cut[0])
        self._hulls.append(cut[1])
        return len(self._cutouts) - 1


def cut_out(frame: Frame) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return a frame's target as a patch (h, w, 4) of at most CUTOUT_SIZE, and its hull.

    Without a mask, or with one too small to be seen, the whole box is the target.
    """
    mask = frame.mask
    if mask is None or (mask > 127).sum() < 80:
        mask = np.zeros(frame.image.shape[:2], np.uint8)
        x, y, w, h = frame.box or (0, 0, mask.shape[1], mask.shape[0])
        top, left = max(0, round(y)), max(0, round(x))
        mask[top : max(top + 2, round(y + h)), left : max(left + 2, round(x + w))] = 255
    rows = np.flatnonzero((mask > 8).any(1))
    columns = np.flatnonzero((mask > 8).any(0))
    cut = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    coverage = mask[cut].astype(np.float32) / 255
    patch = np.dstack((frame.image[cut] * coverage[..., None], coverage * 255))
    scale = min(1.0, CUTOUT_SIZE / max(patch.shape[:2]))
    if scale < 1:
        size = tuple(max(1, round(side * scale)) for side in patch.shape[1::-1])
        patch = cv2.resize(patch, size, interpolation=cv2.INTER_AREA)
    solid = patch[..., 3] > 127
    return np.round(patch).astype(np.uint8), hull_points(
        solid if solid.any() else patch[..., 3] >= 0
    )


def hull_points(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the HULL_POINTS extreme points (x, y) of a mask, in pixel edges.

    A pixel at (0, 0) covers 0 to 1, so its four corners count and not its centre.
    """
    rows, columns = np.nonzero(mask)
    centres = np.stack((columns, rows), 1).astype(np.int32)
    hull = cv2.convexHull(centres)[:, 0].astype(np.float32)
    corners = (hull[:, None] + np.array([(0, 0), (1, 0), (0, 1), (1, 1)], np.float32)).reshape(
        -1, 2
    )
    angles = np.arange(HULL_POINTS) * (2 * np.pi / HULL_POINTS)
    directions = np.stack((np.cos(angles), np.sin(angles)))
    return corners[np.argmax(corners @ directions, 0)].astype(np.float32)


def _read(job: tuple[Clip, int]) -> Frame | None:
    clip, index = job
    try:
        return clip.read(index)
    except BrokenPictureError as error:
        logger.warning('%s; left out', error)
        return None


def _levels(image: NDArray[np.uint8], size: int) -> list[NDArray[np.uint8]]:
    """Return an image (h, w, C) in the corner of squares (C, size, size), halved each time."""
    height, width, channels = image.shape
    canvas = np.zeros((size, size, channels), np.uint8)
    canvas[:height, :width] = image
    # A picture's edge goes on for a few pixels, so that the smaller levels do not mix in the void.
    if channels == 3:
        canvas[:height, width : width + 4] = canvas[:height, width - 1 : width]
        canvas[height : height + 4] = canvas[height - 1 : height]
    levels = []
    for _ in range(LEVELS):
        levels.append(np.ascontiguousarray(canvas.transpose(2, 0, 1)))
        half = canvas.shape[0] // 2
        smaller = cv2.resize(canvas, (half, half), interpolation=cv2.INTER_AREA)
        canvas = smaller.astype(np.uint8, copy=False)
    return levels


def _stacks(
    images: list[NDArray[np.uint8]], channels: int, size: int, device: torch.device
) -> list[Tensor]:
    count = max(1, len(images))
    stacks = [np.zeros((count, channels, size >> i, size >> i), np.uint8) for i in range(LEVELS)]

    def put(index: int) -> None:
        for stack, level in zip(stacks, _levels(images[index], size)):
            stack[index] = level

    with ThreadPoolExecutor(READERS) as pool:
        list(pool.map(put, range(len(images))))
    return [torch.from_numpy(stack).to(device) for stack in stacks]
