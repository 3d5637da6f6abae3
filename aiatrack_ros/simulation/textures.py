# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What walls, floor and people look like, painted by a seeded generator; uint8, RGB."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

WALL_SCALE, FLOOR_SCALE, FIGURE_SCALE = 100, 64, 400  # texels per metre
WALL_HEIGHT = 2.5  # metres

# A person: a figure like a chess pawn, of this height and largest radius in metres.
FIGURE_HEIGHT, FIGURE_RADIUS = 1.0, 0.2
_FIGURE_COLUMNS = 720  # texels around the figure, half a degree each

Color = tuple[int, int, int]


@dataclass(frozen=True)
class Outfit:
    """The colours of a person's hair and clothes, RGB; the stripes of the jersey alternate."""

    hair: Color
    scarf: Color
    stripes: tuple[Color, Color]
    badge: Color
    rucksack: Color
    trousers: Color
    seams: Color


TARGET_OUTFIT = Outfit(
    hair=(60, 36, 24),
    scarf=(240, 200, 30),
    stripes=((200, 30, 40), (245, 240, 235)),
    badge=(30, 60, 160),
    rucksack=(40, 110, 70),
    trousers=(36, 48, 92),
    seams=(150, 160, 200),
)
# Somebody of the same build, in clothes of the same cut, of other colours. To the identity head
# alone he is liker (a cosine of .5 to .6) than 19 of 20 strangers on film.
OTHER_OUTFIT = Outfit(
    hair=(28, 26, 28),
    scarf=(230, 226, 216),
    stripes=((34, 84, 150), (232, 232, 224)),
    badge=(170, 60, 40),
    rucksack=(120, 84, 48),
    trousers=(74, 70, 66),
    seams=(150, 144, 136),
)


def clouds(rng: np.random.Generator, height: int, width: int, depth: float) -> np.ndarray:
    """Return noise of several scales, (H, W) float32, mostly within [-depth, depth]."""
    total = np.zeros((height, width), np.float32)
    for cell in (64, 24, 8, 3):
        size = (max(2, width // cell), max(2, height // cell))
        noise = rng.uniform(-1, 1, size[::-1]).astype(np.float32)
        total += cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    return depth * total / 2


def wall(rng: np.random.Generator, length: float) -> np.ndarray:
    """Return a wall of a length in metres, with plaster, a skirting board and posters.

    (WALL_HEIGHT * WALL_SCALE, length * WALL_SCALE, 3) uint8, the top of the wall first.
    """
    height, width = int(WALL_HEIGHT * WALL_SCALE), max(2, round(length * WALL_SCALE))
    picture = np.empty((height, width, 3), np.float32)
    picture[:] = rng.uniform(140, 210, 3) * 0.6 + 70
    picture += clouds(rng, height, width, 22)[..., None]
    picture[-12:] *= 0.5
    left = int(rng.integers(10, 40))
    while left < width - 50:
        w, h = int(rng.integers(40, 110)), int(rng.integers(60, 130))
        w = min(w, width - left - 5)
        top = int(rng.integers(60, height - h - 20))
        picture[top : top + h, left : left + w] = _poster(rng, h, w)
        left += w + int(rng.integers(25, 90))
    return _finish(picture)


def floor(rng: np.random.Generator, width: float, length: float) -> np.ndarray:
    """Return a floor of tiles, `width` x `length` metres.

    (length * FLOOR_SCALE, width * FLOOR_SCALE, 3) uint8; rows go along y, columns along x.
    """
    rows, columns = round(length * FLOOR_SCALE), round(width * FLOOR_SCALE)
    side = FLOOR_SCALE // 2
    shades = rng.uniform(0.8, 1.1, (rows // side + 1, columns // side + 1))
    tiles = np.kron(shades, np.ones((side, side)))[:rows, :columns]
    picture = tiles[..., None] * np.array([128, 112, 96])
    picture = picture + clouds(rng, rows, columns, 14)[..., None]
    picture[::side] *= 0.7
    picture[:, ::side] *= 0.7
    return _finish(cv2.GaussianBlur(picture, (0, 0), 1.0))


def figure(rng: np.random.Generator, outfit: Outfit) -> tuple[np.ndarray, np.ndarray]:
    """
    Return the skin of a person in an outfit, and how thick the person is.

    The skin (H, 720, 3) uint8 is unrolled: rows go from head to foot, columns all around, from the
    back over the right side, the front (in the middle) and the left side. The second array (H,)
    float32 is the radius of each row in metres.
    """
    rows = round(FIGURE_HEIGHT * FIGURE_SCALE)
    skin = np.empty((rows, _FIGURE_COLUMNS, 3), np.float32)
    y = np.arange(rows) / rows  # 0 at the top of the head, 1 at the feet
    radius = np.interp(
        y, [0.24, 0.28, 0.36, 0.60, 0.66, 0.95, 1.0], [0.06, 0.15, 0.19, 0.15, 0.16, 0.11, 0.11]
    )
    in_head = y < 0.25
    radius[in_head] = np.sqrt(np.maximum(0.125**2 - (y[in_head] - 0.125) ** 2, 0.0)) * 0.85

    skin[:] = (214, 168, 134)  # face
    _paint(skin, y < 0.09, outfit.hair)
    columns = np.arange(_FIGURE_COLUMNS)
    back = np.abs(columns - _FIGURE_COLUMNS / 2) > _FIGURE_COLUMNS / 4
    skin[np.ix_(y < 0.21, back)] = outfit.hair
    for side in (-1, 1):  # eyes
        center = (_FIGURE_COLUMNS // 2 + side * 50, round(0.115 * rows))
        cv2.ellipse(skin, center, (16, 6), 0, 0, 360, (20, 20, 30), -1)
    cv2.ellipse(
        skin, (_FIGURE_COLUMNS // 2, round(0.18 * rows)), (36, 6), 0, 0, 360, (150, 40, 40), -1
    )
    _paint(skin, (y >= 0.23) & (y < 0.27), outfit.scarf)
    for number, top in enumerate(np.arange(0.27, 0.62, 0.05)):  # striped jersey
        _paint(skin, (y >= top) & (y < top + 0.05), outfit.stripes[number % 2])
    center = (_FIGURE_COLUMNS // 2, round(0.42 * rows))
    cv2.circle(skin, center, 44, outfit.badge, -1)  # badge in front
    cv2.circle(skin, center, 22, (250, 220, 40), -1)
    top, bottom = round(0.33 * rows), round(0.56 * rows)  # rucksack behind
    skin[top:bottom, :110] = skin[top:bottom, -110:] = outfit.rucksack
    skin[top + 20 : top + 36, :90] = skin[top + 20 : top + 36, -90:] = (225, 225, 90)
    _paint(skin, (y >= 0.62) & (y < 0.93), outfit.trousers)
    for seam in (0, _FIGURE_COLUMNS // 4, _FIGURE_COLUMNS // 2, 3 * _FIGURE_COLUMNS // 4):
        skin[round(0.66 * rows) : round(0.93 * rows), max(0, seam - 6) : seam + 6] = outfit.seams
    _paint(skin, y >= 0.93, (70, 40, 20))  # shoes
    skin += clouds(rng, rows, _FIGURE_COLUMNS, 10)[..., None]
    return _finish(skin), radius.astype(np.float32)


def _paint(skin: np.ndarray, rows: np.ndarray, color: Sequence[int]) -> None:
    skin[rows] = color


def _poster(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    poster = np.empty((height, width, 3), np.float32)
    poster[:] = rng.uniform(40, 240, 3)
    for _ in range(int(rng.integers(4, 9))):
        color = rng.uniform(10, 250, 3).tolist()
        center = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        if rng.random() < 0.5:
            cv2.circle(poster, center, int(rng.integers(4, max(5, width // 3))), color, -1)
        else:
            size = (int(rng.integers(6, width)), int(rng.integers(4, 40)))
            corner = (center[0] + size[0], center[1] + size[1])
            cv2.rectangle(poster, center, corner, color, -1)
    cv2.rectangle(poster, (0, 0), (width - 1, height - 1), (30, 30, 30), 2)
    return poster


def _finish(picture: np.ndarray) -> np.ndarray:
    return np.clip(picture, 0, 255).astype(np.uint8)
