# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A contact sheet of scenes with their boxes."""

from aiatrack_ros.errors import InputError
from aiatrack_ros.training.compositor import Scenes
import cv2
import numpy as np
from numpy.typing import NDArray

Color = tuple[int, int, int]

PRESENT = (0, 255, 0)  # BGR
ABSENT = (0, 0, 255)
OTHER = (0, 220, 220)


def write_preview(scenes: Scenes, path: str, columns: int = 2) -> None:
    """Write a picture with one row of crops per scene, `columns` scenes side by side.

    A green box is the target; a red one says that it is not in the crop, but somebody else in its
    place, or nobody. Yellow ones are others.
    """
    strips = []
    shown = (scenes.crops, scenes.boxes, scenes.present, scenes.others)
    for scene in zip(*(tensor.cpu().numpy() for tensor in shown), strict=True):
        strip = []
        for crop, box, here, others in zip(*scene, strict=True):
            picture = np.ascontiguousarray(crop[..., ::-1])
            for other in others[np.isfinite(others).all(-1)]:
                _draw(picture, other, OTHER)
            _draw(picture, box, PRESENT if here else ABSENT)
            if not here:
                cv2.rectangle(picture, (0, 0), (crop.shape[1] - 1, crop.shape[0] - 1), ABSENT, 3)
            strip.append(picture)
        strips.append(np.hstack(strip))
    rows = [
        np.hstack(strips[i : i + columns])
        for i in range(0, len(strips) // columns * columns, columns)
    ]
    if not rows or not cv2.imwrite(path, np.vstack(rows)):
        raise InputError(
            f"can't write the preview '{path}': use a folder that exists and .png or .jpg"
        )


def _draw(picture: NDArray[np.uint8], box: NDArray[np.floating], color: Color) -> None:
    x1, y1, x2, y2 = np.round(box * picture.shape[0]).astype(int).tolist()
    cv2.rectangle(picture, (x1, y1), (x2 - 1, y2 - 1), color)
