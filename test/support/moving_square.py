# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Films of something patterned that moves over a still background, and may be hidden."""

from pathlib import Path

import cv2
import numpy as np

WIDTH, HEIGHT, SIDE = 320, 240, 40
BOX = (60.0, 90.0, float(SIDE), float(SIDE))


def moving_square(count: int, hidden: range = range(0)) -> list[np.ndarray]:
    """Return pictures (240, 320, 3) uint8, RGB; the square moves 4 pixels a picture from BOX."""
    dice = np.random.default_rng(7)
    ground = np.kron(dice.integers(60, 120, (24, 32, 3)), np.ones((10, 10, 1))).astype(np.uint8)
    square = np.kron(dice.integers(0, 256, (5, 5, 3)), np.ones((8, 8, 1))).astype(np.uint8)
    pictures = []
    for number in range(count):
        picture = ground.copy()
        if number not in hidden:
            x, y = int(BOX[0]) + 4 * number, int(BOX[1])
            picture[y : y + SIDE, x : x + SIDE] = square[:, : max(0, WIDTH - x)]
        pictures.append(picture)
    return pictures


def write_film(folder: Path, size: tuple[int, int], corners: list[tuple[int, int]]) -> Path:
    """Write a picture of `size` (width, height) for each corner of a patch of 50 x 40 pixels.

    The folder is made; the patch is noise on grey, and a corner is the (left, top) of the patch.
    """
    folder.mkdir()
    noise = np.random.default_rng(1).integers(0, 255, (40, 50, 3), dtype=np.uint8)
    for number, (left, top) in enumerate(corners):
        picture = np.full((size[1], size[0], 3), 100, np.uint8)
        picture[top : top + 40, left : left + 50] = noise
        cv2.imwrite(str(folder / f'{number:02d}.png'), picture)
    return folder
