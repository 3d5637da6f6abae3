# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What the parts of a frame cost, of engines that can tell."""

from typing import Protocol
from typing import runtime_checkable

from aiatrack_ros.model.attention import References
from aiatrack_ros.tracking.crop import Crop
from aiatrack_ros.tracking.engines.engine import Engine


@runtime_checkable
class StagedEngine(Protocol):
    """What an engine has, beside what every engine does, if its parts can be timed."""

    def stage_times(self, crop: Crop, long: References, short: References) -> dict[str, float]:
        """Find the target as ``Engine.find`` does; return the seconds of each stage, in order."""


def stage_times(
    engine: Engine, crop: Crop, long: References, short: References
) -> dict[str, float]:
    """Return the seconds of each stage of one ``find``; empty where the engine can't tell.

    Args:
        engine: It runs the frame once or a few times more; nothing that it keeps is changed.
        crop: The search crop.
        long: Long-term references.
        short: Short-term references.
    """
    return engine.stage_times(crop, long, short) if isinstance(engine, StagedEngine) else {}
