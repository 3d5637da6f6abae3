# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
What a CameraInfo says about the camera of the images as they arrive.

K, P and the size in a CameraInfo are those of the whole sensor. A driver may read only a part of
the sensor, which is the region of interest, in pixels of the whole; and it may join neighbouring
pixels, which is the binning. An image then has the size of the region divided by the binning.
"""

import math

from aiatrack_ros.errors import InputError
from aiatrack_ros.nodes.follow.camera_geometry import Camera
import numpy as np
from sensor_msgs.msg import CameraInfo

Region = tuple[int, int, int, int]  # x, y, w, h in pixels of the whole sensor


def camera_of(
    info: CameraInfo, rectified: bool = False, size: tuple[int, int] | None = None
) -> Camera:
    """
    Return the camera of the images that come with a CameraInfo.

    Args:
        info: The CameraInfo.
        rectified: Whether the images are rectified. P holds for those, without distortion; K and
            the distortion hold for images that are not.
        size: Width and height of the images in pixels; None if they are not known.

    Raises:
        InputError: It holds no calibration, or not that of images of this size.
    """
    whole = _whole_rectified(info) if rectified else _whole_raw(info)
    # In the message 0 stands for 1.
    columns, rows = max(info.binning_x, 1), max(info.binning_y, 1)
    regions = _regions(info, rectified)
    sizes = [(w / columns, h / rows) for _, _, w, h in regions]
    chosen = 0
    if size is not None:
        # A pixel is allowed for, because some drivers round up and others down.
        fitting = [abs(w - size[0]) < 1 and abs(h - size[1]) < 1 for w, h in sizes]
        if not any(fitting):
            raise InputError(_misfit(info, sizes[0], size))
        chosen = fitting.index(True)
    width, height = size or map(math.floor, sizes[chosen])
    x, y = regions[chosen][:2]
    return Camera(
        width,
        height,
        whole.fx / columns,
        whole.fy / rows,
        (whole.cx - x) / columns,
        (whole.cy - y) / rows,
        whole.model,
        whole.distortion,
    )


def _whole_raw(info: CameraInfo) -> Camera:
    """Return the camera of raw images of the whole sensor."""
    fx, fy, cx, cy = info.k[0], info.k[4], info.k[2], info.k[5]
    return Camera(info.width, info.height, fx, fy, cx, cy, info.distortion_model, tuple(info.d))


def _whole_rectified(info: CameraInfo) -> Camera:
    """Return the camera of rectified images of the whole sensor."""
    fx, fy, cx, cy = info.p[0], info.p[5], info.p[2], info.p[6]
    return Camera(info.width, info.height, fx, fy, cx, cy)


def _regions(info: CameraInfo, rectified: bool) -> list[Region]:
    """
    Return the regions that the images may show, the most likely one first.

    A region of interest is meant in the raw image. If do_rectify is set, rectified images should
    show the region around what rectification makes of it; but image_proc cuts out the same pixels
    as from the raw image, whatever do_rectify is. Only the size of the images can tell.
    """
    roi, whole = info.roi, (0, 0, info.width, info.height)
    raw = (roi.x_offset, roi.y_offset, roi.width, roi.height)
    if raw in ((0, 0, 0, 0), whole):
        return [whole]
    x, y, w, h = raw
    if not (w and h) or x + w > info.width or y + h > info.height:
        raise InputError(
            f'camera_info has a region of interest of {w}x{h} pixels at ({x}, {y}), which is not '
            f'inside of its {info.width}x{info.height}; mend the driver of the camera'
        )
    return [_rectified_region(info, raw), raw] if rectified and roi.do_rectify else [raw]


def _rectified_region(info: CameraInfo, raw: Region) -> Region:
    """Return the region, in rectified images, between the corners of a region of raw ones."""
    camera, target = _whole_raw(info), _whole_rectified(info)
    rotation = np.array(info.r).reshape(3, 3)
    if not rotation.any():
        rotation = np.eye(3)
    x, y, w, h = raw
    corners = []
    for u, v in ((x, y), (x + w, y), (x, y + h), (x + w, y + h)):
        ray = rotation @ (*camera.ray(u, v), 1)
        corners.append(ray[:2] / ray[2] * (target.fx, target.fy) + (target.cx, target.cy))
    size = (info.width, info.height)
    left, top = np.clip(np.ceil(np.min(corners, axis=0)), 0, size)
    right, bottom = np.clip(np.floor(np.max(corners, axis=0)), 0, size)
    if not (left < right and top < bottom):
        raise InputError(
            'the region of interest of camera_info shows nothing once it is rectified; '
            'calibrate the camera'
        )
    return int(left), int(top), int(right - left), int(bottom - top)


def _misfit(info: CameraInfo, wanted: tuple[float, float], size: tuple[int, int]) -> str:
    """Return what to say where the images are not of the size that camera_info stands for."""
    roi = info.roi
    return (
        f'the images of the tracker are {size[0]}x{size[1]}, but those of camera_info are '
        f'{math.floor(wanted[0])}x{math.floor(wanted[1])} (sensor {info.width}x{info.height}, '
        f'roi {roi.width}x{roi.height}, binning {info.binning_x}x{info.binning_y}); '
        'remap camera_info to that of the images, or feed images that were not resized'
    )
