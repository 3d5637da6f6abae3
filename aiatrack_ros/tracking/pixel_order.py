# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""From RGB, which all here have, to BGR, which OpenCV writes."""

import cv2
import numpy as np


def to_bgr(picture: np.ndarray) -> np.ndarray:
    """Return a picture as OpenCV's writers take it: BGR, without gaps.

    Args:
        picture: (H, W, 3) uint8, RGB. What is itself a reversed view of such a picture, as
            OpenCV's readers give it, is returned as what it is a view of.
    """
    view = picture[..., ::-1]
    if view.flags.c_contiguous:
        return view
    # NumPy takes a tenfold time to turn the colours about.
    return cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2BGR)
