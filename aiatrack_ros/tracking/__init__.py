# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The tracker: images in, boxes out. Knows numpy, OpenCV, torch and the network, and no ROS."""

from aiatrack_ros.lazy import lazy_names

_HOMES = {
    'ENGINES': 'aiatrack_ros.tracking.settings',
    'PRECISIONS': 'aiatrack_ros.tracking.settings',
    'State': 'aiatrack_ros.tracking.target_state',
    'TrackResult': 'aiatrack_ros.tracking.tracker',
    'Tracker': 'aiatrack_ros.tracking.tracker',
    'TrackerSettings': 'aiatrack_ros.tracking.settings',
    'VARIANTS': 'aiatrack_ros.model.config',
    'create_tracker': 'aiatrack_ros.tracking.tracker',
}
__all__ = list(_HOMES)
__getattr__ = lazy_names(__name__, _HOMES)
