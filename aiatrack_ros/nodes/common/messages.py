# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Boxes as vision_msgs, and vision_msgs as boxes.

A box here is x, y, w, h in pixels, its upper left corner and its size; in vision_msgs it is its
centre and its size. Whether a box can be tracked (it is finite, not empty and in the image) is not
looked at here; the tracker does that.
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

DEFAULT_CLASS = 'target'  # the class of a target of which nobody has said one
# What people call the states of TrackerStatus.
STATE_NAMES = {
    TrackerStatus.IDLE: 'idle',
    TrackerStatus.TRACKING: 'tracking',
    TrackerStatus.LOST: 'lost',
}


def nanoseconds(stamp: Time) -> int:
    """Return a stamp in nanoseconds."""
    return stamp.sec * 1_000_000_000 + stamp.nanosec


def seconds_text(stamp: int) -> str:
    """Return a stamp in nanoseconds as text in seconds, such as '12.345 s'."""
    return f'{stamp / 1e9:.3f} s'


def box_from_bounding_box(bbox: BoundingBox2D) -> Box:
    """
    Return x, y, w, h in pixels of a bounding box.

    Raises InputError if it is rotated, which a box of the tracker cannot be.
    """
    if bbox.center.theta != 0:
        raise InputError(
            f'the box is rotated by theta {bbox.center.theta:g}; give one with '
            'theta 0 that encloses the target'
        )
    center = bbox.center.position
    return (center.x - bbox.size_x / 2, center.y - bbox.size_y / 2, bbox.size_x, bbox.size_y)


def first_box(detections: Sequence[Detection2D]) -> Box | None:
    """
    Return the box of the first track, x, y, w, h in pixels; None if there is no track.

    Raises InputError if it is rotated or not finite, for other nodes than ours publish tracks too.
    """
    if not detections:
        return None
    box = box_from_bounding_box(detections[0].bbox)
    if not all(map(math.isfinite, box)):
        raise InputError(f'the box of a track is not finite: {box}')
    return box


def box_from_region(region: RegionOfInterest) -> Box:
    """Return x, y, w, h in pixels of a region of interest."""
    return (
        float(region.x_offset),
        float(region.y_offset),
        float(region.width),
        float(region.height),
    )


def class_of(detection: Detection2D) -> str:
    """Return the class of a detection; DEFAULT_CLASS if it has none."""
    if detection.results and detection.results[0].hypothesis.class_id:
        return detection.results[0].hypothesis.class_id
    return DEFAULT_CLASS


def make_detection(
    header: Header, box: Box, score: float, track_id: str = '', class_id: str = DEFAULT_CLASS
) -> Detection2D:
    """
    Return a detection.

    Args:
        header: Of the image that it is in.
        box: x, y, w, h in pixels of that image.
        score: In [0, 1].
        track_id: What tells the target from others; empty if it has no id.
        class_id: What the target is.
    """
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
    """Return the detections of one image as an array with the header of the image."""
    return Detection2DArray(header=header, detections=list(detections))
