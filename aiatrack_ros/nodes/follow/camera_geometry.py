# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Where the target is, by its box: its direction, from the lens, and its depth, from its height.

In the optical frame x points to the right, y down and z ahead. Depth is z, in metres.
"""

from collections.abc import Sequence
from dataclasses import dataclass
import math

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.boxes import Box
import cv2
import numpy as np

# A box that comes so near to the edge of the image, in pixels, may be cut off by it.
BORDER = 2.0

_FISHEYE = ('equidistant', 'fisheye')
_MODELS = ('', 'plumb_bob', 'rational_polynomial', *_FISHEYE)
# The numbers of coefficients that OpenCV takes; the key tells whether the lens is a fisheye.
_COUNTS = {True: (4,), False: (4, 5, 8, 12, 14)}


@dataclass(frozen=True)
class Camera:
    """
    A calibrated camera.

    Attributes:
        width: Of its images in pixels.
        height: Of its images in pixels.
        fx: Focal length in widths of a pixel.
        fy: Focal length in heights of a pixel.
        cx: Column of the optical axis in pixels.
        cy: Row of the optical axis in pixels.
        model: Name of the distortion model as in CameraInfo; empty where there is no distortion.
        distortion: Its coefficients.

    Raises:
        InputError: It is no calibration, or its distortion is not known.
    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    model: str = ''
    distortion: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Raise InputError for what is no calibration."""
        numbers = (self.fx, self.fy, self.cx, self.cy, *self.distortion)
        if not (
            self.width
            and self.height
            and all(map(math.isfinite, numbers))
            and self.fx > 0
            and self.fy > 0
        ):
            raise InputError(
                f'camera_info holds no calibration (size {self.width}x{self.height}, '
                f'fx {self.fx:g}, fy {self.fy:g}); calibrate the camera'
            )
        if self._coefficients and self.model not in _MODELS:
            raise InputError(
                f"camera_info names the distortion model '{self.model}', which is "
                'not known; feed the rectified image and its camera_info'
            )
        if self._coefficients and len(self._coefficients) not in _COUNTS[self._is_fisheye]:
            raise InputError(
                f'camera_info has {len(self.distortion)} coefficients, which do not '
                f"fit its distortion model '{self.model}'; calibrate the camera"
            )

    @property
    def _is_fisheye(self) -> bool:
        return self.model in _FISHEYE

    @property
    def _coefficients(self) -> tuple[float, ...]:
        """Return the distortion; empty where there is none. Some drivers fill up with zeros."""
        if not any(self.distortion):
            return ()
        if self._is_fisheye and not any(self.distortion[4:]):
            return self.distortion[:4]
        return self.distortion

    def sees(self, u: float, v: float) -> bool:
        """Return whether a position is inside of the image."""
        return 0 <= u <= self.width and 0 <= v <= self.height

    def ray(self, u: float, v: float) -> tuple[float, float]:
        """Return x/z and y/z of the points that a pixel sees."""
        if not self._coefficients:
            return (u - self.cx) / self.fx, (v - self.cy) / self.fy
        matrix = np.array([[self.fx, 0, self.cx], [0, self.fy, self.cy], [0, 0, 1.0]])
        undistort = cv2.fisheye.undistortPoints if self._is_fisheye else cv2.undistortPoints
        x, y = undistort(np.array([[[u, v]]], float), matrix, np.array(self._coefficients)).ravel()
        return float(x), float(y)


def is_box(box: Sequence[float]) -> bool:
    """Return whether a box is finite and not empty."""
    return all(map(math.isfinite, box)) and box[2] > 0 and box[3] > 0


class HeightRange:
    """
    Tells the depth of a target from the height of its box, once the target's own height is known.

    Attributes:
        height: Of the target in metres; None while it is not known.
    """

    def __init__(self, height: float | None = None) -> None:
        self.height = height

    def learn(self, camera: Camera, box: Box, depth: float) -> None:
        """Learn the height from a box at a depth in metres, unless the box may be cut off."""
        if not self._is_cut(camera, box):
            self.height = depth * box[3] / camera.fy

    def depth(self, camera: Camera, box: Box) -> float | None:
        """Return the depth in metres; None if the height is unknown or the box may be cut off."""
        if self.height is None or self._is_cut(camera, box):
            return None
        return camera.fy * self.height / box[3]

    @staticmethod
    def _is_cut(camera: Camera, box: Box) -> bool:
        return box[1] < BORDER or box[1] + box[3] > camera.height - BORDER
