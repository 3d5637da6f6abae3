# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What is to be drawn: the geometry of scenes, sampled on the CPU, without a single pixel.

A scene is F crops of one target. Crop 0 is the initial reference, cut around the true box as the
tracker cuts it; the others are cut around a jittered box. Coordinates: "crop" are pixels of a
crop, "target" has its origin in the target's centre and the square root of the target's area as
its unit, "picture" and "cutout" are pixels of a stored image. Pixel i covers i to i + 1
everywhere.
"""

from dataclasses import dataclass
from dataclasses import field

from aiatrack_ros.settings import CheckedSettings
from aiatrack_ros.settings import setting
from aiatrack_ros.training.picture_bank import Bank
from aiatrack_ros.training.picture_bank import Group
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Rng = np.random.Generator

OTHERS = 3  # boxes of others that are told of a crop: two distractors and an occluder


@dataclass(frozen=True)
class SamplingConfig(CheckedSettings):
    """How scenes vary. Shares are probabilities; sigmas are of normal distributions."""

    # Crops per scene: the initial reference and jittered ones. (The paper: three.)
    frames: int = setting(4, 2)
    # Jitter of the box that a crop is cut around: logarithm of its size, and its centre in units
    # of the target's size. In `wide` of the crops the centre is uniform within +-reach instead.
    scale_jitter: float = setting(0.2, 0)
    centre_jitter: float = setting(0.35, 0)
    wide: float = setting(0.35, 0, 1)
    reach: float = setting(1.5, 0)
    # Composited scenes: others beside the target, something before it, black beyond the picture's
    # border (else the background is mirrored).
    distractors: float = setting(0.5, 0, 1)
    occluders: float = setting(0.25, 0, 1)
    borders: float = setting(0.3, 0, 1)
    # Of these others, those of the target's kind; and of all distractors, those that change their
    # place beside the target from crop to crop, as people do, and do not stay where they were.
    alike: float = setting(0.75, 0, 1)
    roaming: float = setting(0.65, 0, 1)
    # Scenes in which one crop is without the target, and of such crops those in which another of
    # its kind stands in its place: another target of the same film, or one that is pasted there.
    absent: float = setting(0.35, 0, 1)
    impostors: float = setting(0.7, 0, 1)
    # Frames of a video are drawn at most this many stored frames apart, but for the first.
    gap: int = setting(10, 0)
    flips: float = setting(0.5, 0, 1)
    # Targets whose box is a part of the object, or wider than it, the same in all crops: who
    # points at a head must not get the whole person.
    parts: float = setting(0.0, 0, 1)


@dataclass
class Layer:
    """Cut-outs to be drawn in one pass, one per crop."""

    cutout: NDArray[np.int64]  # (B, F), -1 where there is none
    matrix: Floats  # (B, F, 3, 3), crop to cut-out
    gain: Floats  # (B, F), brightness


@dataclass
class Plan:
    """Everything that a batch of scenes consists of."""

    picture: NDArray[np.int64]  # (B, F)
    matrix: Floats  # (B, F, 3, 3), crop to picture
    mirrored: NDArray[np.bool_]  # (B,), the picture goes on as its mirror image, else black
    boxes: Floats  # (B, F, 4), x1, y1, x2, y2 in pixels of the crop, cut at crop and picture
    # (B, F), the target is in the crop. Where it is not, its box is that of who stands in its
    # place, or of the empty place.
    present: NDArray[np.bool_]
    flip: NDArray[np.bool_]  # (B,), mirror the finished scene
    trust: Floats  # (B,), the weight of the losses on where the box is
    others: Floats  # (B, F, OTHERS, 4), boxes of others in the crop; NaN where there are none
    layers: list[Layer] = field(default_factory=list)

    def padding(self, crop_size: int, picture_size: Floats) -> tuple[NDArray, NDArray]:
        """Return which rows and which columns (B, F, S) of a crop lie beyond the picture."""
        middle = np.arange(crop_size) + 0.5
        x = self.matrix[..., 0, 0, None] * middle + self.matrix[..., 0, 2, None]
        y = self.matrix[..., 1, 1, None] * middle + self.matrix[..., 1, 2, None]
        width, height = np.moveaxis(picture_size[self.picture], -1, 0)[..., None]
        outside = ~self.mirrored[:, None, None]
        return outside & ((y < 0) | (y >= height)), outside & ((x < 0) | (x >= width))


def affine(scale_x: Floats, scale_y: Floats, angle: Floats, shift: Floats) -> Floats:
    """Return matrices (..., 3, 3): scale, rotate by `angle` (radians), move by `shift`."""
    cosine, sine = np.cos(angle), np.sin(angle)
    matrix = np.zeros((*np.shape(cosine), 3, 3))
    matrix[..., 0, 0], matrix[..., 0, 1] = cosine * scale_x, -sine * scale_y
    matrix[..., 1, 0], matrix[..., 1, 1] = sine * scale_x, cosine * scale_y
    matrix[..., :2, 2] = shift
    matrix[..., 2, 2] = 1
    return matrix


def apply(matrix: Floats, points: Floats) -> Floats:
    """Map points (..., P, 2) by matrices (..., 3, 3)."""
    return points @ np.swapaxes(matrix[..., :2, :2], -1, -2) + matrix[..., None, :2, 2]


def draw_plan(
    rng: Rng,
    bank: Bank,
    config: SamplingConfig,
    count: int,
    crop_size: int,
    search_factor: float,
) -> Plan:
    """Draw `count` scenes; the same generator state gives the same scenes."""
    shape = (count, config.frames)
    weights = np.array([(group.paste, group.place) for group in bank.groups])
    choice = rng.choice(weights.size, count, p=weights.ravel() / weights.sum())
    group, in_place = choice // 2, choice % 2 == 1

    # 1. The window: crop to target coordinates.
    zoom = np.exp(rng.normal(0, config.scale_jitter, shape) * rng.choice([0.5, 1, 1.8], shape))
    zoom = zoom.clip(0.45, 2.2)
    offset = rng.normal(0, config.centre_jitter, (*shape, 2))
    far = rng.random(shape) < config.wide
    offset[far] = rng.uniform(-config.reach, config.reach, (far.sum(), 2))
    zoom[:, 0], offset[:, 0] = 1, 0
    half = search_factor / 2
    offset = offset.clip(-0.92 * half, 0.92 * half) * zoom[..., None]
    unit = crop_size / (search_factor * zoom)  # crop pixels per target unit
    present = np.ones(shape, bool)
    gone = np.flatnonzero((rng.random(count) < config.absent) & (config.frames > 2))
    gone_frame = rng.integers(2, max(3, config.frames), len(gone))
    present[gone, gone_frame] = False

    plan = Plan(
        picture=np.zeros(shape, np.int64),
        matrix=np.zeros((*shape, 3, 3)),
        mirrored=~in_place & (rng.random(count) >= config.borders),
        boxes=np.zeros((*shape, 4)),
        present=present,
        flip=rng.random(count) < config.flips,
        trust=np.array([bank.groups[index].trust for index in group]),
        others=np.full((*shape, OTHERS, 4), np.nan),
    )
    plan.trust[~in_place] = 1  # who is pasted has an exact box
    # Absent targets in whose place another of their kind stands.
    plays = ~present & (rng.random(shape) < config.impostors)

    # 2. The target and its background, in target coordinates.
    half_size = np.zeros((*shape, 2))  # of the box, in target units
    to_picture = np.zeros((*shape, 3, 3))
    target = Layer(np.full(shape, -1), np.tile(np.eye(3), (*shape, 1, 1)), np.ones(shape))
    moved_away = ~present & in_place[:, None]
    kinds: list[str] = []
    for index in range(count):
        source = bank.groups[group[index]]
        if in_place[index]:
            half_size[index], to_picture[index], found, kind = _place(
                rng, bank, source, config, plan, plays[index], index
            )
            moved_away[index] &= ~found
        else:
            half_size[index], kind = _paste(rng, bank, source, config, target, plays[index], index)
            to_picture[index] = _background(rng, bank, config, plan, search_factor, index)
        kinds.append(kind)
    target.cutout[~present & ~plays] = -1
    # A target in place cannot be taken away: the window goes elsewhere.
    move = moved_away
    if move.any():
        side = rng.integers(0, 2, move.sum())
        sign = rng.choice([-1, 1], move.sum())
        reach = half * zoom[move] + half_size[move][np.arange(len(side)), side]
        moved = offset[move]
        moved[np.arange(len(side)), side] = sign * (reach + rng.uniform(0.05, 1.0, len(side)))
        offset[move] = moved
    # There, too, another may stand in its place.
    centre = np.zeros((*shape, 2))
    for index, frame in zip(*np.nonzero(move & plays)):
        cutout = _another(rng, bank, config, kinds[index], None)
        if cutout is not None:
            spread = rng.normal(0, config.centre_jitter, 2)
            centre[index, frame] = offset[index, frame] + spread * zoom[index, frame]
            size = zoom[index, frame] * np.exp(rng.normal(0, 0.2))
            halves, matrix = _standing(
                rng, bank, cutout[:1], np.array([size]), centre[index, frame]
            )
            half_size[index, frame] = halves[0]
            target.matrix[index, frame] = matrix[0]
            target.cutout[index, frame] = cutout[0]

    # 3. Crop to target, and all the rest through it.
    to_target = affine(
        1 / unit, 1 / unit, np.zeros(shape), offset - (crop_size / 2 / unit)[..., None]
    )
    plan.matrix = to_picture @ to_target
    middle = crop_size / 2 + (centre - offset) * unit[..., None]
    reach = half_size * unit[..., None]
    plan.boxes = np.concatenate((middle - reach, middle + reach), -1)
    _cut_boxes(plan, bank, crop_size)

    behind, before, centres, other_halves = _others(
        rng, bank, config, kinds, target, half_size, in_place
    )
    for layer in (*behind, target, *before):
        layer.matrix = layer.matrix @ to_target
        plan.layers.append(layer)
    middle = crop_size / 2 + (centres - offset[:, :, None]) * unit[..., None, None]
    reach = other_halves * unit[..., None, None]
    plan.others = np.concatenate((middle - reach, middle + reach), -1)
    low, high = _visible(plan, bank, crop_size)
    low, high = (np.tile(side, 2)[:, :, None] for side in (low, high))
    seen = plan.others.clip(low, high)
    area = (seen[..., 2:] - seen[..., :2]).prod(-1)
    plan.others = np.where(area[..., None] > 0.3 * 4 * reach.prod(-1)[..., None], seen, np.nan)
    return plan


def plan_views(
    rng: Rng,
    bank: Bank,
    config: SamplingConfig,
    pictures: NDArray[np.int64],
    crop_size: int,
    search_factor: float,
) -> Plan:
    """Plan crops of targets in place, (B, F) pictures, without anything beside them."""
    shape = pictures.shape
    boxes = bank.picture_box[pictures].astype(float)
    size = boxes[..., 2:]
    unit = np.sqrt(size.prod(-1)) * np.exp(rng.normal(0, config.scale_jitter, shape))
    offset = rng.normal(0, config.centre_jitter, (*shape, 2)) * unit[..., None]
    scale = unit * search_factor / crop_size  # picture pixels per crop pixel
    middle = boxes[..., :2] + size / 2 + offset
    shift = middle - scale[..., None] * crop_size / 2
    matrix = affine(scale, scale, np.zeros(shape), shift)
    low = (boxes[..., :2] - shift) / scale[..., None]
    plan = Plan(
        picture=pictures,
        matrix=matrix,
        mirrored=np.zeros(shape[0], bool),
        boxes=np.concatenate((low, low + size / scale[..., None]), -1),
        present=np.ones(shape, bool),
        flip=np.zeros(shape[0], bool),
        trust=np.ones(shape[0]),
        others=np.full((*shape, OTHERS, 4), np.nan),
    )
    _cut_boxes(plan, bank, crop_size)
    return plan


def _times(rng: Rng, length: int, config: SamplingConfig) -> NDArray[np.int64]:
    """Return indices of a target's frames: any first one, the others near each other."""
    first = rng.integers(length)
    centre = rng.integers(length)
    times = (centre + rng.integers(-config.gap, config.gap + 1, config.frames)).clip(0, length - 1)
    times[0] = first
    return times


def _place(
    rng: Rng,
    bank: Bank,
    source: Group,
    config: SamplingConfig,
    plan: Plan,
    plays: NDArray[np.bool_],
    index: int,
) -> tuple[Floats, Floats, NDArray[np.bool_], str]:
    """Choose a target in place, and in crops that others play, others of its film.

    Returns half of the box's size (F, 2), the matrix from target to picture coordinates, in which
    crops such another was found, and the target's kind.
    """
    chosen = rng.choice(len(source.placed), p=source.shares())
    clip = source.placed[chosen]
    pictures = clip[_times(rng, len(clip), config)]
    found = np.zeros(config.frames, bool)
    for frame in np.flatnonzero(plays):
        other = _other_of_film(rng, bank, source.placed_film[chosen], clip)
        if other is not None:
            pictures[frame], found[frame] = other, True
    plan.picture[index] = pictures
    boxes = bank.picture_box[pictures].astype(float)
    low, high = _part(rng, config)
    boxes = np.concatenate((boxes[:, :2] + low * boxes[:, 2:], (high - low) * boxes[:, 2:]), -1)
    size = boxes[:, 2:]
    # A still moves, if at all, by being stretched; a video has its own motion and gets less.
    strength = 0.18 if len(clip) == 1 else 0.06
    stretch = np.exp(rng.normal(0, strength, config.frames))
    stretch = np.stack((stretch, 1 / stretch), -1)
    unit = np.sqrt(size.prod(-1))[:, None] * stretch  # picture pixels per target unit
    to_picture = affine(unit[:, 0], unit[:, 1], np.zeros(config.frames), boxes[:, :2] + size / 2)
    return size / unit / 2, to_picture, found, source.placed_kind[chosen]


def _other_of_film(rng: Rng, bank: Bank, film: str, clip: NDArray[np.int64]) -> np.int64 | None:
    """Return a picture of another target of a film, at a time when this one was not labelled.

    For at the same time both may be in the picture.
    """
    clips = [other for other in bank.films.get(film, ()) if other is not clip]
    if not clips:
        return None
    other = clips[rng.integers(len(clips))]
    times, own = bank.picture_time[other], bank.picture_time[clip]
    apart = other[(times < own.min()) | (times > own.max())]
    return rng.choice(apart) if len(apart) else None


def _another(
    rng: Rng,
    bank: Bank,
    config: SamplingConfig,
    kind: str,
    clip: NDArray[np.int64] | None,
    alike: bool = True,
) -> NDArray[np.int64] | None:
    """Return a cut-out for each crop, of a target of a kind, or of any; not of `clip`."""
    clips = bank.kinds.get(kind, ()) if alike else ()
    if len(clips) < 2:
        pasted = [group.pasted for group in bank.groups if group.pasted]
        if not pasted:
            return None
        clips = pasted[rng.integers(len(pasted))]
    other = clips[rng.integers(len(clips))]
    for _ in range(3):
        if other is clip:
            other = clips[rng.integers(len(clips))]
    return None if other is clip else other[_times(rng, len(other), config)]


def _standing(
    rng: Rng,
    bank: Bank,
    cutouts: NDArray[np.int64],
    size: Floats,
    centre: Floats,
    turn: float = 0.12,
) -> tuple[Floats, Floats]:
    """Put cut-outs (F,) of a size (F,) at places (F, 2) or (2,), in target coordinates.

    Returns half of their boxes' sizes (F, 2) and the matrices from target to cut-out coordinates.
    """
    count = len(cutouts)
    angle = rng.normal(0, turn) + rng.normal(0, 0.1, count)
    aspect = np.exp(rng.normal(0, 0.12, count))
    pose = affine(aspect * rng.choice([-1, 1]), 1 / aspect, angle, np.zeros((count, 2)))
    half, matrix = _posed(bank, cutouts, pose)
    place = affine(size, size, np.zeros(count), np.broadcast_to(centre, (count, 2)))
    return half * size[:, None], matrix @ np.linalg.inv(place)


def _paste(
    rng: Rng,
    bank: Bank,
    source: Group,
    config: SamplingConfig,
    target: Layer,
    plays: NDArray[np.bool_],
    index: int,
) -> tuple[Floats, str]:
    """Choose a target to paste, and who plays it; return half of its box's size and its kind."""
    chosen = rng.integers(len(source.pasted))
    clip, kind = source.pasted[chosen], source.pasted_kind[chosen]
    cutouts = clip[_times(rng, len(clip), config)]
    for frame in np.flatnonzero(plays):
        other = _another(rng, bank, config, kind, clip)
        cutouts[frame] = -1 if other is None else other[0]
    frames = config.frames
    liveliness = rng.choice([0.3, 1.0, 2.0])
    angle = rng.normal(0, 0.15) + rng.normal(0, 0.12, frames) * liveliness
    if rng.random() < 0.1:
        angle += rng.uniform(-np.pi, np.pi)
    aspect = np.exp(rng.normal(0, 0.15) + rng.normal(0, 0.08, frames) * liveliness)
    shear = rng.normal(0, 0.08, frames) * liveliness
    mirror = rng.choice([-1, 1])
    pose = affine(aspect * mirror, 1 / aspect, angle, np.zeros((frames, 2)))
    pose[:, :2, 1] += shear[:, None] * pose[:, :2, 0]
    half_size, matrix = _posed(bank, cutouts.clip(0), pose, _part(rng, config))
    target.cutout[index] = cutouts
    target.matrix[index] = matrix
    target.gain[index] = np.exp(rng.normal(0, 0.15) + rng.normal(0, 0.08, frames))
    return half_size, kind


def _part(rng: Rng, config: SamplingConfig) -> tuple[Floats, Floats]:
    """Return the corners of a target's box, in units of its object's box; mostly 0 and 1."""
    if rng.random() >= config.parts:
        return np.zeros(2), np.ones(2)
    share = rng.uniform(0.4, 1.2, 2)
    if share.prod() < 0.25:
        share[rng.integers(2)] = 1.0
    low = rng.uniform(0, 1, 2) * (1 - share)
    return low, low + share


def _posed(
    bank: Bank,
    cutouts: NDArray[np.int64],
    pose: Floats,
    part: tuple[Floats, Floats] = (np.zeros(2), np.ones(2)),
) -> tuple[Floats, Floats]:
    """Scale a pose so that the box of the cut-out, or of a part of it, has area 1 and centre 0.

    Returns half of the box's size (..., 2) and the matrix from target to cut-out coordinates.
    """
    points = bank.hull[cutouts].astype(float)
    if (part[0] != 0).any() or (part[1] != 1).any():
        first, size = points.min(-2), np.ptp(points, -2)
        steps = np.array([(0, 0), (1, 0), (0, 1), (1, 1)])
        corners = part[0] + steps * (part[1] - part[0])  # (4, 2)
        points = first[..., None, :] + corners * size[..., None, :]
    corners = apply(pose, points)
    low, high = corners.min(-2), corners.max(-2)
    scale = 1 / np.sqrt((high - low).prod(-1))
    normalise = affine(scale, scale, np.zeros_like(scale), -(low + high) / 2 * scale[..., None])
    return (high - low) / 2 * scale[..., None], np.linalg.inv(normalise @ pose)


def _background(
    rng: Rng, bank: Bank, config: SamplingConfig, plan: Plan, search_factor: float, index: int
) -> Floats:
    frames = config.frames
    picture = np.full(frames, bank.backdrops[rng.integers(len(bank.backdrops))])
    if rng.random() < 0.15:  # the target went somewhere else
        picture[rng.integers(1, frames) :] = bank.backdrops[rng.integers(len(bank.backdrops))]
    plan.picture[index] = picture
    size = bank.picture_size[picture].astype(float)
    short = size.min(-1)
    grow = np.exp(rng.normal(0, 0.12, frames) * rng.choice([0.3, 1, 2]))
    unit = rng.uniform(0.55, 1.4) * short / search_factor * grow
    travel = rng.choice([0.2, 1.0, 3.0])
    place = rng.uniform(0.1, 0.9, 2) * size
    place = place + rng.normal(0, travel, (frames, 2)).cumsum(0) * unit[:, None] * 0.6
    # The target itself stays in the picture.
    place = place.clip(0.02 * size, 0.98 * size)
    angle = np.zeros(frames)
    if plan.mirrored[index]:
        angle = rng.normal(0, 0.2) + rng.normal(0, 0.06, frames)
    return affine(unit, unit, angle, place)


def _visible(plan: Plan, bank: Bank, crop_size: int) -> tuple[Floats, Floats]:
    """Return the corners (B, F, 2) of what is in the crop and, where the picture ends, in it."""
    low = np.zeros((*plan.picture.shape, 2))
    high = np.full((*plan.picture.shape, 2), float(crop_size))
    scale = plan.matrix[..., (0, 1), (0, 1)]
    shift = plan.matrix[..., :2, 2]
    first = -shift / scale
    last = (bank.picture_size[plan.picture] - shift) / scale
    real = ~plan.mirrored
    low[real] = np.maximum(low[real], first[real]).clip(0, crop_size)
    high[real] = np.minimum(high[real], last[real]).clip(0, crop_size)
    return low, high


def _cut_boxes(plan: Plan, bank: Bank, crop_size: int) -> None:
    """Cut boxes to what is visible."""
    low, high = _visible(plan, bank, crop_size)
    whole = (plan.boxes[..., 2:] - plan.boxes[..., :2]).prod(-1)
    plan.boxes = np.concatenate(
        (plan.boxes[..., :2].clip(low, high), plan.boxes[..., 2:].clip(low, high)), -1
    )
    left = (plan.boxes[..., 2:] - plan.boxes[..., :2]).prod(-1)
    # What is all but outside teaches nothing about where it is.
    plan.present &= left > 0.1 * whole


def _others(
    rng: Rng,
    bank: Bank,
    config: SamplingConfig,
    kinds: list[str],
    target: Layer,
    half_size: Floats,
    in_place: NDArray[np.bool_],
) -> tuple[list[Layer], list[Layer], Floats, Floats]:
    """Return layers behind the target (distractors) and before it (occluders), and their boxes.

    The boxes are centres and half sizes (B, F, OTHERS, 2) in target coordinates, NaN where there
    is none.
    """
    shape = target.cutout.shape
    count, frames = shape

    def blank() -> Layer:
        return Layer(np.full(shape, -1), np.tile(np.eye(3), (*shape, 1, 1)), np.ones(shape))

    layers = [blank() for _ in range(OTHERS)]
    centres = np.full((*shape, OTHERS, 2), np.nan)
    halves = np.full((*shape, OTHERS, 2), np.nan)

    def put(
        which: int,
        index: int,
        cutouts: NDArray[np.int64],
        size: Floats,
        centre: Floats,
        turn: float,
    ) -> None:
        half, matrix = _standing(rng, bank, cutouts, size, centre, turn)
        layer = layers[which]
        layer.cutout[index], layer.matrix[index] = cutouts, matrix
        layer.gain[index] = np.exp(rng.normal(0, 0.15) + rng.normal(0, 0.05, frames))
        there = cutouts >= 0
        centres[index, there, which] = np.broadcast_to(centre, (frames, 2))[there]
        halves[index, there, which] = half[there]

    def hide(which: int, index: int, hidden: NDArray[np.bool_]) -> None:
        layers[which].cutout[index, hidden] = -1
        centres[index, hidden, which] = np.nan

    for index in range(count):
        number = int(rng.random() < config.distractors)
        number += int(number and rng.random() < 0.5)
        nearest = 1.1 if in_place[index] else 0.7
        for which in range(number):
            alike = rng.random() < config.alike
            cutouts = _another(rng, bank, config, kinds[index], None, alike)
            if cutouts is None:
                continue
            each = frames if rng.random() < config.roaming else 1
            heading = rng.uniform(0, 2 * np.pi, each)
            distance = rng.uniform(nearest, 2.3, each)
            centre = distance[:, None] * np.stack((np.cos(heading), np.sin(heading)), -1)
            centre = centre + rng.normal(0, 0.25, (frames, 2)) * (not in_place[index])
            size = np.exp(rng.normal(0, 0.25) + rng.normal(0, 0.08, frames))
            put(which, index, cutouts, size, centre, 0.12)
            if each > 1:
                hide(which, index, rng.random(frames) < 0.2)
        if rng.random() < config.occluders:
            which = OTHERS - 1
            alike = rng.random() < config.alike
            cutouts = _another(rng, bank, config, kinds[index], None, alike)
            if cutouts is None:
                continue
            if alike:  # a passer-by of its kind
                side = rng.choice([-1, 1], frames) * rng.uniform(0.4, 1.2, frames)
                centre = np.stack((side, rng.normal(0.1, 0.2, frames)), -1) * 2 * half_size[index]
                size = np.exp(rng.normal(0.05, 0.15) + rng.normal(0, 0.05, frames))
                put(which, index, cutouts, size, centre, 0.12)
            else:
                heading = rng.uniform(0, 2 * np.pi, frames)
                direction = np.stack((np.cos(heading), np.sin(heading)), -1)
                size = rng.uniform(0.5, 1.1) * np.exp(rng.normal(0, 0.1, frames))
                distance = size / 2 + rng.uniform(0.0, 0.35, frames)
                centre = direction * distance[:, None] * 2 * half_size[index]
                put(which, index, cutouts, size, centre, 1.0)
            free = rng.random(frames) < 0.4
            free[0] = True  # the reference is whole
            hide(which, index, free)
    return layers[:-1], layers[-1:], centres, halves
