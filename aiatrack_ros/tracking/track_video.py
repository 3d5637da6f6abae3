# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""One target through one video, frame by frame."""

from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.drawing import draw
from aiatrack_ros.tracking.target_state import State
from aiatrack_ros.tracking.tracker import Tracker
from aiatrack_ros.tracking.video import Video
from aiatrack_ros.tracking.video import VideoWriter
from tqdm import tqdm

COLUMNS = ('frame', 'x', 'y', 'w', 'h', 'score', 'state')


def track_video(
    tracker: Tracker, video: Video, box: Box, writer: VideoWriter | None
) -> tuple[list[tuple], list[float]]:
    """Track through a video and draw into another, if there is a writer.

    Args:
        tracker: Follows the target.
        video: Frames, uint8 (H, W, 3), RGB.
        box: The target in the first frame: x, y, w, h in pixels.
        writer: Takes each frame with the box drawn in.

    Returns:
        A row of COLUMNS for each frame, and the seconds that each frame after the first took.
    """
    rows: list[tuple] = []
    seconds: list[float] = []
    progress = tqdm(video, total=video.frame_count or None, unit='frame', disable=None)
    for index, image in enumerate(progress):
        if index == 0:
            tracker.initialize(image, box)
            score, state = 1.0, State.TRACKING
        else:
            result = tracker.track(image)
            box, score, state = result.box, result.score, result.state
            seconds.append(result.times['total'])
        numbers = (*(round(value, 3) for value in box), round(score, 4))
        rows.append((index, *numbers, state.value))
        if writer:
            writer.write(draw(image, state.value, box if state is State.TRACKING else None, score))
    return rows, seconds
