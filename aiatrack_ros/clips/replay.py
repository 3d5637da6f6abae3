# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Runs a tracker over the images of a clip again and compares what it finds with the recording."""

from collections.abc import Iterator
from dataclasses import dataclass
import math
from typing import Any
from typing import TYPE_CHECKING

from aiatrack_ros.clips.clip import Clip
from aiatrack_ros.clips.clip import Shot
from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.boxes import box_iou
from aiatrack_ros.tracking.drawing import COLORS
from aiatrack_ros.tracking.drawing import draw
from aiatrack_ros.tracking.settings import TrackerSettings
from aiatrack_ros.tracking.target_state import State
import cv2
import numpy as np

if TYPE_CHECKING:  # it brings torch, which whoever reads clips may do without
    from aiatrack_ros.tracking.tracker import Tracker
    from aiatrack_ros.tracking.tracker import TrackResult


# Boxes of the same network, engine and images agree within this, in pixels.
SAME = 1e-3


@dataclass(frozen=True)
class Replayed:
    """One image of a clip, as it was tracked in and as it is now.

    Attributes:
        index: The number of the image in the clip, from 0.
        shot: The image, with what was recorded of it.
        result: What the tracker says of it now.
    """

    index: int
    shot: Shot
    result: 'TrackResult'

    @property
    def shift(self) -> float:
        """The largest difference between the two boxes in x, y, w or h, in pixels."""
        return max(abs(a - b) for a, b in zip(self.shot.box, self.result.box))

    @property
    def overlap(self) -> float:
        """The IoU of both boxes."""
        return float(box_iou(self.shot.box, self.result.box))


def recorded_settings(clip: Clip) -> TrackerSettings:
    """Return the settings of the online loop with which a clip begins.

    Raises:
        InputError: This version has other settings.
    """
    return _settings(clip.header.get('settings', {}))


def _settings(values: dict[str, Any]) -> TrackerSettings:
    try:
        return TrackerSettings(**values)
    except (TypeError, ValueError) as error:
        raise InputError(
            f'the settings of the clip are not those of this version: {error}'
        ) from error


def replay(
    clip: Clip, tracker: 'Tracker', same_network: bool = True, follow_settings: bool = True
) -> Iterator[Replayed]:
    """Track through a clip.

    It begins with what the tracker knew at the clip's begin. Where that is not in the clip, it
    begins with the box in the first image.

    Args:
        clip: The clip.
        tracker: The tracker to run, of any model, engine and settings.
        same_network: Whether the tracker's network is the one that the clip was recorded with.
        follow_settings: Whether to change settings where they were changed during the recording.

    Raises:
        InputError: An image is missing or can't be decoded.
    """
    if clip.snapshot:
        images = clip.references()
        missing = {origin.number for origin in clip.snapshot.memory} - set(images)
        if missing:
            raise InputError(f"clip '{clip.path}' ends before its first image")
        tracker.restore(clip.snapshot, images.__getitem__, same_network)
        del images
    else:
        tracker.reset()
    index = -1
    for shot in clip.shots():
        kind = shot.event['kind']
        index += shot.message is not None
        if kind == 'began' or (kind == 'image' and not tracker.initialized):
            tracker.initialize(shot.picture, shot.box)
        elif kind == 'image':
            yield Replayed(index, shot, tracker.track(shot.picture))
        elif kind == 'forgotten':
            tracker.reset()
        elif kind == 'settings' and follow_settings:
            tracker.settings = _settings(shot.event['settings'])


def draw_replayed(replayed: Replayed) -> np.ndarray:
    """Return the image with both boxes, (H, W, 3) uint8, RGB; the recorded one is grey."""
    state = replayed.result.state.value
    picture = draw(
        replayed.shot.picture,
        state,
        replayed.result.box if state == State.TRACKING.value else None,
        replayed.result.score,
    )
    if replayed.shot.event['state'] == State.TRACKING.value:
        x, y, w, h = replayed.shot.box
        corners = np.clip(np.rint([x, y, x + w, y + h]), -(2**15), 2**15).astype(int).tolist()
        cv2.rectangle(picture, corners[:2], corners[2:], COLORS['idle'], 1)
    return picture


@dataclass
class Differences:
    """How a replay differs from what was recorded.

    Attributes:
        images: How many images were compared.
        largest_shift: The largest difference in x, y, w or h of any box, in pixels.
        other_states: In how many images one was tracking and the other had lost the target.
        tracked: In how many images both were tracking; while the target is lost, a box is a guess.
        tracked_shift: The largest difference in the images in which both were tracking, in pixels.
        compressed: How many images the recorder had compressed.
    """

    images: int = 0
    largest_shift: float = 0.0
    other_states: int = 0
    tracked: int = 0
    tracked_shift: float = 0.0
    compressed: int = 0
    _overlaps: float = 0.0

    def add(self, replayed: Replayed) -> None:
        """Count an image."""
        state, then = replayed.result.state.value, replayed.shot.event['state']
        self.images += 1
        self.largest_shift = max(self.largest_shift, replayed.shift)
        self.other_states += state != then
        self.compressed += not replayed.shot.is_exact
        if state == then == State.TRACKING.value:
            self.tracked += 1
            self.tracked_shift = max(self.tracked_shift, replayed.shift)
            self._overlaps += replayed.overlap

    @property
    def same(self) -> bool:
        """Whether boxes and states are the same."""
        return self.largest_shift <= SAME and not self.other_states

    @property
    def overlap(self) -> float:
        """The mean IoU of the boxes where both were tracking; NaN without such an image."""
        return self._overlaps / self.tracked if self.tracked else math.nan

    def text(self) -> str:
        """Return the comparison as one line of text."""
        if not self.images:
            return 'no image to track in'
        if self.same:
            return f'{self.images} images: the same boxes (within {SAME:g} pixels) and states'
        text = (
            f'{self.images} images: the state differs in {self.other_states}; in the '
            f'{self.tracked} that both were tracking in, boxes differ by up to '
            f'{self.tracked_shift:.3f} pixels, mean overlap {self.overlap:.3f}'
        )
        if self.compressed:
            text += (
                f'; the recorder made JPEGs of {self.compressed} images, which alone lets boxes '
                'differ (record_quality 0 keeps them as they came)'
            )
        return text
