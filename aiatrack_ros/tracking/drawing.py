# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A picture with the state and the box that the tracker reports drawn in."""

from aiatrack_ros.tracking.boxes import Box
import cv2
import numpy as np

# The colour of each state, RGB.
COLORS = {'tracking': (40, 220, 60), 'lost': (235, 60, 40), 'idle': (170, 170, 170)}


def draw(
    picture: np.ndarray, state: str, box: Box | None = None, score: float | None = None
) -> np.ndarray:
    """Return a copy of a picture with the state, and the box if there is one.

    Args:
        picture: (H, W, 3) uint8, RGB.
        state: 'idle', 'tracking' or 'lost'.
        box: x, y, w, h in pixels; it may reach outside of the picture.
        score: Predicted IoU in [0, 1], written beside the state; None leaves it out.

    Returns:
        (H, W, 3) uint8, RGB. Lines and letters grow with the picture.
    """
    canvas = np.array(picture, order='C')
    height, width = canvas.shape[:2]
    unit = max(1, round(min(height, width) / 300))
    color = COLORS[state]
    if box is not None:
        x, y, w, h = box
        # OpenCV takes 32 bit integers only, and overflows on what lies far outside.
        corners = np.clip(np.rint([x, y, x + w, y + h]), -(2**15), 2**15).astype(int).tolist()
        cv2.rectangle(canvas, corners[:2], corners[2:], color, 2 * unit)
    label = state if score is None else f'{state} {score:.2f}'
    place = (4 * unit, 15 * unit)
    for shade, thickness in (((0, 0, 0), 3 * unit), (color, unit)):
        cv2.putText(
            canvas,
            label,
            place,
            cv2.FONT_HERSHEY_SIMPLEX,
            0.45 * unit,
            shade,
            thickness,
            cv2.LINE_AA,
        )
    return canvas
