# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The events of a clip, which are one JSON object for each thing that happened.

A clip is an MCAP file of ROS 2 messages:

==================  ===================================  =========================================
topic               type                                 what
==================  ===================================  =========================================
that of the camera  sensor_msgs/Image, CompressedImage   the images that the tracker worked on
~/references        the same                             images before the clip, of which the
                                                         tracker's memory is made at its begin
~/events            std_msgs/String                      the events, as JSON
~/tracks, ~/status  as published by the node
~/init_box          vision_msgs/Detection2D              the boxes that were given
==================  ===================================  =========================================

Messages lie in the order in which things happened, and their times of recording rise without two
being the same; an image follows at once on its event. Every event has a ``kind``:

- ``clip``: the first; ``format``, ``version``, ``model``, ``checkpoint``, ``description``,
  ``settings`` of the online loop, other ``parameters``, ``image_topic``, ``quality`` of the JPEGs
  that the recorder made (0: none), ``reason`` for the clip.
- ``snapshot``: what the tracker knew at the clip's start (tracking/snapshot.py), and the
  ``numbers`` of the images on ~/references, in their order. Missing where a clip begins with a
  box.
- ``began``: a box was given in the image that follows: ``box``, ``id``, ``class_id``.
- ``image``: the outcome of tracking in the image that follows; the fields of TrackResult, with
  ``stamp``, ``memory_fill``, and ``missed``, the images that went by since the one before.
- ``settings``: the settings from now on.
- ``forgotten``: the target was forgotten.
- ``reason``: what the clip was made for, or what happened besides: one of REASONS.
- ``end``: the last, with the number of ``images``; missing where the recording broke off.
"""

from dataclasses import asdict
from typing import Any
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # it brings torch, which whoever reads clips may do without
    from aiatrack_ros.tracking.tracker import TrackResult


FORMAT = 1

EVENTS, REFERENCES = 'events', 'references'  # these are the last parts of topics

LOST, DOUBTFUL, RESET, RETARGETED, SAVED = 'lost', 'doubtful', 'reset', 'retargeted', 'saved'
REASONS = {
    LOST: 'the target was lost',
    DOUBTFUL: 'what was found may have been somebody else',
    RESET: 'the target was reset by the user',
    RETARGETED: 'the user gave another box in its place',
    SAVED: 'the user asked for a clip',
}


def facts_of(result: 'TrackResult') -> dict[str, Any]:
    """Return the fields with which the event of an image tells the outcome of tracking."""
    return {
        'number': result.number,
        'box': result.box,
        'score': result.score,
        'raw_iou': result.raw_iou,
        'identity': result.identity,
        'state': result.state.value,
        'memory_updated': result.memory_updated,
        'looks': [asdict(look) for look in result.looks],
        'times': result.times,
    }
