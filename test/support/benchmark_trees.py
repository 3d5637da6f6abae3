# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Small data sets in the layouts of the benchmarks, and trackers that behave as told."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aiatrack_ros.tracking.target_state import State
import cv2
import numpy as np

WIDTH, HEIGHT = 96, 72


def boxes_moving_right(frames: int, step: float = 1.0) -> np.ndarray:
    """Return true boxes (frames, 4) of a target of 20 x 16 pixels."""
    truth = np.tile([10.0, 24.0, 20.0, 16.0], (frames, 1))
    truth[:, 0] += step * np.arange(frames)
    return truth


def draw(box: np.ndarray) -> np.ndarray:
    """Return an image (HEIGHT, WIDTH, 3) uint8 RGB of a red target on a blue-green slope."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    image = np.stack([0 * rows, rows * 2, columns * 2], axis=-1).astype(np.uint8)
    if np.isfinite(box).all():
        x, y, w, h = (round(float(value)) for value in box)
        image[max(y, 0) : max(y + h, 0), max(x, 0) : max(x + w, 0)] = (220, 20, 20)
    return image


def write_images(folder: Path, truth: np.ndarray, name: str = '{:08d}.jpg') -> None:
    """Write a picture of each box, numbered from 1."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, box in enumerate(truth, start=1):
        path = folder / name.format(number)
        cv2.imwrite(str(path), np.ascontiguousarray(draw(box)[..., ::-1]))


def write_boxes(path: Path, truth: np.ndarray, delimiter: str = ',') -> None:
    """Write boxes, one a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savetxt(path, truth, fmt='%.4f', delimiter=delimiter)


def write_otb(root: Path, name: str, truth: np.ndarray) -> Path:
    """Write a sequence as OTB does; return its folder."""
    write_images(root / name / 'img', truth, '{:04d}.jpg')
    write_boxes(root / name / 'groundtruth_rect.txt', truth)
    return root / name


def write_got10k(root: Path, name: str, truth: np.ndarray, cover: Sequence[int]) -> Path:
    """Write a sequence as GOT-10k does, `cover` from 0 (absent) to 8; return its folder."""
    folder = root / name
    write_images(folder, truth)
    write_boxes(folder / 'groundtruth.txt', truth)
    cover = np.asarray(cover, int)
    np.savetxt(folder / 'cover.label', cover, fmt='%d')
    np.savetxt(folder / 'absence.label', cover == 0, fmt='%d')
    np.savetxt(folder / 'cut_by_image.label', 0 * cover, fmt='%d')
    (folder / 'meta_info.ini').write_text(
        f'[METAINFO]\nurl: x\nresolution: ({WIDTH}, {HEIGHT})\nobject_class: square\n'
    )
    with (root / 'list.txt').open('a') as listing:
        listing.write(f'{name}\n')
    return folder


def write_lasot(
    root: Path,
    name: str,
    truth: np.ndarray,
    occluded: Sequence[int],
    out_of_view: Sequence[int],
) -> Path:
    """Write a sequence as LaSOT does, under the folder of its class; return its folder."""
    folder = root / name.split('-')[0] / name
    write_images(folder / 'img', truth)
    write_boxes(folder / 'groundtruth.txt', truth)
    (folder / 'full_occlusion.txt').write_text(','.join(map(str, occluded)) + '\n')
    (folder / 'out_of_view.txt').write_text(','.join(map(str, out_of_view)) + '\n')
    return folder


@dataclass(frozen=True)
class Answer:
    """What `Scripted` says of a frame."""

    box: tuple[float, float, float, float]
    score: float
    state: State = State.TRACKING


class Scripted:
    """A tracker that gives prepared answers, and keeps all images that it was shown."""

    description = 'scripted'

    def __init__(self, boxes: np.ndarray, scores: np.ndarray | None = None) -> None:
        self.boxes = boxes
        self.scores = np.ones(len(boxes)) if scores is None else scores
        self.images: list[np.ndarray] = []
        self.given: list[tuple[float, ...]] = []
        self.frame = 0

    def initialize(self, image: np.ndarray, box: tuple[float, ...]) -> None:
        """Begin the script anew."""
        self.images.append(image)
        self.given.append(box)
        self.frame = 0

    def track(self, image: np.ndarray) -> Answer:
        """Give the next answer."""
        self.images.append(image)
        self.frame += 1
        return Answer(tuple(self.boxes[self.frame]), float(self.scores[self.frame]))
