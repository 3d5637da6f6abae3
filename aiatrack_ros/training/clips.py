# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What every data source delivers: clips of one target, decoded frame by frame."""

from collections.abc import Callable
from dataclasses import dataclass

from aiatrack_ros.datasets.archives import Image
from aiatrack_ros.datasets.labels import Box


@dataclass(frozen=True)
class Frame:
    """One picture with, where known, where the target is.

    image: (H, W, 3) uint8 RGB. box: x, y, w, h in pixels, or None. mask: (H, W) uint8, the
    target's coverage from 0 to 255, or None. time: the number of the frame in its film.
    """

    image: Image
    box: Box | None = None
    mask: Image | None = None
    time: int = 0


@dataclass(frozen=True)
class Clip:
    """Frames of one target in the order of time; each is read when it is asked for.

    A still picture is a clip of one frame. Targets of one kind look alike; targets of one film
    may be seen together. Both are names, and empty where nothing is known.
    """

    name: str
    length: int
    read: Callable[[int], Frame]
    kind: str = ''
    film: str = ''
