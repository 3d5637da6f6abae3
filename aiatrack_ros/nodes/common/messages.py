# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Boxes to vision_msgs and back.

A box is (x, y, w, h) in pixels, top-left corner and size; vision_msgs has centre and size.
Whether a box is usable (finite, not empty, inside the image) is for the tracker to say.
"""

from collections.abc import Iterable
from collections.abc import Sequence
import math

from aiatrack_ros.errors import InputError
from aiatrack_ros.msg import TrackerStatus
from aiatrack_ros.tracking.boxes import Box
from builtin_interfaces.msg import Time
from sensor_msgs.msg import RegionOfInterest
from std_msgs.msg import Header
from vision_msgs.msg import BoundingBox2D
from vision_msgs.msg import Detection2D
from vision_msgs.msg import Detection2DArray
from vision_msgs.msg import ObjectHypothesisWithPose

DEFAULT_CLASS = 'target'
# The states of TrackerStatus, as people read them.
STATE_NAMES = {
    TrackerStatus.IDLE: 'idle',
    TrackerStatus.TRACKING: 'tracking',
    TrackerStatus.LOST: 'lost',
}


def nanoseconds(stamp: Time) -> int:
    """Return a stamp as nanoseconds."""
    return stamp.sec * 1_000_000_000 + stamp.nanosec


def seconds_text(stamp: int) -> str:
    """Return a stamp of nanoseconds as seconds, to be read by people."""
    return f'{stamp / 1e9:.3f} s'


def box_from_bounding_box(bbox: BoundingBox2D) -> Box:
    """Return the box; raise InputError if it is rotated, which no box here can be."""
    if bbox.center.theta != 0:
        raise InputError(
            f'the box is rotated by theta {bbox.center.theta:g}; give one with '
            'theta 0 that encloses the target'
        )
    center = bbox.center.position
    return (center.x - bbox.size_x / 2, center.y - bbox.size_y / 2, bbox.size_x, bbox.size_y)


def first_box(detections: Sequence[Detection2D]) -> Box | None:
    """
    Return the box of the first track, None if there is none.

    Raises InputError for a box that is rotated or not finite: others publish tracks as well.
    """
    if not detections:
        return None
    box = box_from_bounding_box(detections[0].bbox)
    if not all(map(math.isfinite, box)):
        raise InputError(f'the box of a track is not finite: {box}')
    return box


def box_from_region(region: RegionOfInterest) -> Box:
    """Return the box of a region of interest."""
    return (
        float(region.x_offset),
        float(region.y_offset),
        float(region.width),
        float(region.height),
    )


def class_of(detection: Detection2D) -> str:
    """Return the class of a detection, DEFAULT_CLASS where it names none."""
    if detection.results and detection.results[0].hypothesis.class_id:
        return detection.results[0].hypothesis.class_id
    return DEFAULT_CLASS


def make_detection(
    header: Header, box: Box, score: float, track_id: str = '', class_id: str = DEFAULT_CLASS
) -> Detection2D:
    """Return a detection with the header of its image; `score` is in [0, 1]."""
    x, y, w, h = box
    result = ObjectHypothesisWithPose()
    result.hypothesis.class_id = class_id
    result.hypothesis.score = float(score)
    detection = Detection2D(header=header, id=track_id, results=[result])
    detection.bbox.center.position.x = float(x + w / 2)
    detection.bbox.center.position.y = float(y + h / 2)
    detection.bbox.size_x = float(w)
    detection.bbox.size_y = float(h)
    return detection


def make_detections(header: Header, detections: Iterable[Detection2D]) -> Detection2DArray:
    """Return an array of detections with the header of their image."""
    return Detection2DArray(header=header, detections=list(detections))
