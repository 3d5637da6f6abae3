# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The tracker: images in, boxes out. Knows numpy, OpenCV, torch and the network, and no ROS."""

from typing import TYPE_CHECKING

from aiatrack_ros.lazy import lazy_names

# What a type checker sees; a program imports a name when it first asks for it.
if TYPE_CHECKING:
    from aiatrack_ros.model.config import VARIANTS as VARIANTS
    from aiatrack_ros.tracking.settings import ENGINES as ENGINES
    from aiatrack_ros.tracking.settings import PRECISIONS as PRECISIONS
    from aiatrack_ros.tracking.settings import TrackerSettings as TrackerSettings
    from aiatrack_ros.tracking.target_state import State as State
    from aiatrack_ros.tracking.tracker import create_tracker as create_tracker
    from aiatrack_ros.tracking.tracker import Tracker as Tracker
    from aiatrack_ros.tracking.tracker import TrackResult as TrackResult

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
if not TYPE_CHECKING:
    __getattr__ = lazy_names(__name__, _HOMES)
