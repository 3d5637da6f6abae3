# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A clip as a test of one's own robot; docs/recorder.md shows one."""

from collections.abc import Mapping
from pathlib import Path

from aiatrack_ros.clips.clip import Clip
from aiatrack_ros.clips.replay import recorded_settings
from aiatrack_ros.clips.replay import replay
from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.boxes import box_iou
from aiatrack_ros.tracking.target_state import State
from aiatrack_ros.tracking.tracker import create_tracker
from aiatrack_ros.tracking.tracker import Tracker


def check_clip(
    path: str | Path,
    boxes: Mapping[int, Box | None],
    tracker: Tracker | None = None,
    least_overlap: float = 0.5,
) -> None:
    """Assert that a tracker finds the target of a clip where it is.

    Args:
        path: The clip, an MCAP that the tracker node recorded.
        boxes: Where the target is, x, y, w, h in pixels, by the index of the image in the clip,
            from 0; None where it can't be seen and has to be called lost.
        tracker: The tracker to test; None makes one with the network and the settings that the
            clip was recorded with.
        least_overlap: The least IoU of a found box with the given one, 0 to 1.

    Raises:
        AssertionError: It is not found; the text names the images.
        InputError: The clip can't be read, or has no such images.
    """
    clip = Clip(path)
    same = tracker is None
    if tracker is None:
        tracker = create_tracker(
            clip.header['model'], clip.header['checkpoint'], settings=recorded_settings(clip)
        )
    failures, seen = [], set()
    for replayed in replay(clip, tracker, same_network=same, follow_settings=same):
        if replayed.index not in boxes:
            continue
        seen.add(replayed.index)
        truth, result = boxes[replayed.index], replayed.result
        if truth is None:
            if result.state is State.TRACKING:
                failures.append(f'image {replayed.index}: tracked, and the target is not there')
        elif result.state is State.LOST:
            failures.append(f'image {replayed.index}: lost')
        elif (found := float(box_iou(truth, result.box))) < least_overlap:
            failures.append(f'image {replayed.index}: overlap {found:.2f}')
    absent = sorted(set(boxes) - seen)
    if absent:
        raise InputError(
            f"clip '{clip.path}' has no image {', '.join(map(str, absent))} to track in; it has "
            f'{clip.images}'
        )
    if failures:
        raise AssertionError(f'{clip.path}: ' + '; '.join(failures))
