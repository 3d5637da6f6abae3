# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The network: what it computes, and its weights. Knows torch, and neither images nor ROS."""

from typing import TYPE_CHECKING

from aiatrack_ros.lazy import lazy_names

# What a type checker sees; a program imports a name when it first asks for it.
if TYPE_CHECKING:
    from aiatrack_ros.model.checkpoint import load_network as load_network
    from aiatrack_ros.model.config import ModelConfig as ModelConfig
    from aiatrack_ros.model.config import VARIANTS as VARIANTS
    from aiatrack_ros.model.network import AiATrack as AiATrack

_HOMES = {
    'AiATrack': 'aiatrack_ros.model.network',
    'ModelConfig': 'aiatrack_ros.model.config',
    'VARIANTS': 'aiatrack_ros.model.config',
    'load_network': 'aiatrack_ros.model.checkpoint',
}
__all__ = list(_HOMES)
if not TYPE_CHECKING:
    __getattr__ = lazy_names(__name__, _HOMES)
