#!/usr/bin/env python3
# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Tell whether a tracker notices that somebody else stands where its target stood.

Of each target of film that a run holds out a short sequence is made: the target in the first half
of its film, a moment of another film, in which then another target of its own film stands in its
place for a while, and the target again, as it is in the second half. What a tracker makes of that
is told as `aiatrack eval` tells it. Identity is tuned on this (tracking/identity.py), for that run
did not train on these targets; what one before it trained on, docs/model_card.md says.

  python3 tools/takeovers.py config/train/aiatrack_lite_identity.yaml --data FOLDER
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator
import dataclasses
from dataclasses import dataclass
from functools import lru_cache
import sys

from aiatrack_ros.datasets.labels import Box
from aiatrack_ros.datasets.sequences import Sequence
from aiatrack_ros.errors import AiATrackError
from aiatrack_ros.errors import InputError
from aiatrack_ros.evaluation.metrics import overlap
from aiatrack_ros.evaluation.one_pass import track_sequence
from aiatrack_ros.evaluation.robustness import judge
from aiatrack_ros.evaluation.robustness import LEGEND
from aiatrack_ros.evaluation.robustness import robustness_table
from aiatrack_ros.tracking import identity
from aiatrack_ros.tracking.tracker import create_tracker
from aiatrack_ros.training.clips import Clip
from aiatrack_ros.training.clips import Frame
from aiatrack_ros.training.run import configured
from aiatrack_ros.training.run_config import TrainConfig
from aiatrack_ros.training.videos import read_videos
import cv2
import numpy as np
from tqdm import tqdm

HEAD, GAP, REST, BACK = 30, 8, 4, 30  # frames of each part
# How many frames others stand in each target's place, one after the other: who is there for a
# moment is one thing, who stays is looked at so often that he is like the target sometimes.
TAKEN = (25, 110)
SHORTEST = 4  # pictures of a target whose film is used
LONGEST = 1280  # side of a picture; larger ones are made smaller
KEPT = 8  # clips whose pictures are kept, for the next takeover
AROUND = 0.35  # of a target's size, shown with it where it is pasted, half on each side
FADE = 0.1  # of what is pasted, on each side
STEP = 0.08  # of its width, how far it moves in a frame
SIZE, PLACE = 0.12, 0.4  # deviations of its size (log) and place (widths)


@lru_cache(KEPT)
def frames_of(clip: Clip) -> list[Frame]:
    """Return the frames of a clip that show its target."""
    frames = (clip.read(index) for index in range(clip.length))
    return [frame for frame in frames if frame.box is not None]


def to_and_fro(frames: list[Frame], count: int) -> list[Frame]:
    """Return so many frames: forwards, back, and again."""
    around = frames + frames[-2:0:-1]
    return [around[index % len(around)] for index in range(count)]


@dataclass(frozen=True)
class Takeover(Sequence):
    """A sequence in which another stands in for the target while it is away."""

    shown: tuple[np.ndarray, ...] = dataclasses.field(default=(), repr=False)

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.shown)

    def image(self, index: int) -> np.ndarray:
        """Return a frame: uint8 (H, W, 3), RGB."""
        return self.shown[index]


def takeovers(config: TrainConfig) -> Iterator[Takeover]:
    """Make the sequences, one when it is asked for, the same each time."""
    clips = [
        clip
        for source in config.sources
        if source.format == 'video'
        for clip in read_videos(source.path, LONGEST)
        if clip.film and clip.length >= SHORTEST
    ]
    clips.sort(key=lambda clip: clip.name)
    of_film = defaultdict(list)
    for clip in clips:
        of_film[clip.film].append(clip)
    rng = np.random.default_rng(config.seed)
    for target in clips:
        others = [other for other in of_film[target.film] if other is not target]
        if target.name not in config.holdout or not others or len(frames_of(target)) < SHORTEST:
            continue
        elsewhere = next(clip for clip in reversed(clips) if clip.film != target.film)
        for taken in TAKEN[: len(others)]:
            yield _takeover(target, others[rng.integers(len(others))], elsewhere, taken, rng)


def _takeover(
    target: Clip, other: Clip, elsewhere: Clip, taken: int, rng: np.random.Generator
) -> Takeover:
    frames = frames_of(target)
    half = max(2, len(frames) // 2)
    head, back = to_and_fro(frames[:half], HEAD), to_and_fro(frames[half:], BACK)
    between = to_and_fro(frames_of(elsewhere), GAP + taken + REST)
    impostor = to_and_fro(frames_of(other), taken)
    # Pictures are cut around their target, and differ in size; those of a camera don't.
    high, wide = np.max([frame.image.shape[:2] for frame in head + back], axis=0)
    place = _box(head[-1])
    scale, shift = np.exp(rng.normal(0, SIZE)), rng.normal(0, PLACE)
    away = []
    for index, frame in enumerate(between):
        image = cv2.resize(np.ascontiguousarray(frame.image), (wide, high))
        step = index - GAP
        if 0 <= step < taken:
            x, y, w, h = place
            moved = x + w * (shift + STEP * (step - taken / 2)), y, w, h
            _paste(image, impostor[step].image, _box(impostor[step]), moved, scale)
        away.append(image)
    before, after = (
        [_enlarged(frame.image, wide, high) for frame in part] for part in (head, back)
    )
    shown = before + away + after
    nowhere = [(np.nan,) * 4] * len(away)
    visible = np.ones(len(shown), bool)
    visible[HEAD : HEAD + len(away)] = False
    return Takeover(
        name=f'{target.name} {other.name} {taken}',
        layout='clip',
        images=(),
        truth=np.array([*map(_box, head), *nowhere, *map(_box, back)], float),
        visible=visible,
        shown=tuple(shown),
    )


def _box(frame: Frame) -> Box:
    if frame.box is None:
        raise ValueError('a frame without its target was kept')
    return frame.box


def _enlarged(image: np.ndarray, wide: int, high: int) -> np.ndarray:
    """Return a picture with black on its right and below; boxes in it stay where they are."""
    return np.pad(image, ((0, high - image.shape[0]), (0, wide - image.shape[1]), (0, 0)))


def _paste(image: np.ndarray, source: np.ndarray, box: Box, place: Box, scale: float) -> None:
    """Put what is in and around a box of `source` at a place in an image, as high as it is."""
    x, y, w, h = box
    wide, high = (max(4, int(side * (1 + AROUND))) for side in (w, h))
    patch = cv2.getRectSubPix(np.ascontiguousarray(source), (wide, high), (x + w / 2, y + h / 2))
    ratio = place[3] / h * scale
    target = max(4, int(wide * ratio)), max(4, int(high * ratio))
    patch = cv2.resize(patch, target, interpolation=cv2.INTER_AREA if ratio < 1 else 1)
    height, width = patch.shape[:2]
    opacity = np.minimum.outer(_fading(height), _fading(width))[..., None]
    left = int(place[0] + place[2] / 2 - width / 2)
    top = int(place[1] + place[3] / 2 - height / 2)
    x1, y1 = max(0, left), max(0, top)
    x2, y2 = min(image.shape[1], left + width), min(image.shape[0], top + height)
    if x2 > x1 and y2 > y1:
        part = slice(y1 - top, y2 - top), slice(x1 - left, x2 - left)
        under = image[y1:y2, x1:x2]
        under[:] = np.rint(opacity[part] * patch[part] + (1 - opacity[part]) * under)


def _fading(count: int) -> np.ndarray:
    """Return 1 in the middle of a row of pixels, less towards both ends."""
    inward = np.minimum(np.arange(count) + 1, count - np.arange(count))
    return np.minimum(1, inward / (FADE * count))


def main() -> int:
    """Track, and print what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=LEGEND,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('config', metavar='CONFIG.yaml', help='the run that holds targets out')
    parser.add_argument('--data', default='', metavar='DIR', help='where its paths begin')
    parser.add_argument('--checkpoint', default='', metavar='FILE', help='default: as shipped')
    parser.add_argument(
        '--margin',
        type=float,
        default=identity.MARGIN,
        help='in place of that of tracking/identity.py (default: %(default)s)',
    )
    parser.add_argument('--threads', type=int, default=0, help='CPU threads (default: chosen)')
    args = parser.parse_args()
    identity.MARGIN = args.margin
    try:
        tracker = create_tracker(checkpoint=args.checkpoint, threads=args.threads)
        rows, overlaps = {}, []
        for sequence in tqdm(takeovers(configured(args.config, args.data)), unit='takeover'):
            trajectory = track_sequence(tracker, sequence)
            rows[sequence.name] = judge(sequence, trajectory)
            found = overlap(trajectory.boxes, sequence.truth)[1:]
            overlaps.append(np.nan_to_num(found[sequence.visible[1:]]).mean())
        if not rows:
            raise InputError(f"'{args.config}' holds no target out in whose film there is another")
    except AiATrackError as error:
        print(f'takeovers: {error}', file=sys.stderr)
        return 2
    print(robustness_table(rows))
    print(f'mean overlap {np.mean(overlaps):.4f} of {len(rows)} at a margin of {args.margin:g}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
