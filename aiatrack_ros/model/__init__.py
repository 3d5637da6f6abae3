# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The network: what it computes, and its weights. Knows torch, and neither images nor ROS."""

from aiatrack_ros.lazy import lazy_names

_HOMES = {
    'AiATrack': 'aiatrack_ros.model.network',
    'ModelConfig': 'aiatrack_ros.model.config',
    'VARIANTS': 'aiatrack_ros.model.config',
    'load_network': 'aiatrack_ros.model.checkpoint',
}
__all__ = list(_HOMES)
__getattr__ = lazy_names(__name__, _HOMES)
