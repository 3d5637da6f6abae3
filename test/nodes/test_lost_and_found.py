# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
A target that leaves the picture and comes back, through the real node with the weights that ship.

The video is composited: a toy walks out on the left of a textured ground and returns there.
"""

from aiatrack_ros.msg import TrackerStatus
from aiatrack_ros.nodes.common import messages
from aiatrack_ros.tracking import create_tracker
from aiatrack_ros.tracking import TrackerSettings
from aiatrack_ros.tracking.boxes import box_iou
import cv2
import numpy as np
import pytest
from ros_harness import Ros
from tracker_bench import Bench

WIDTH, HEIGHT = 320, 240
TOY_WIDTH, TOY_HEIGHT, TOP = 40, 60, 100
# The column of the left edge of the toy in each frame.
LEAVING = list(range(150, -45, -5))
GONE = [-100] * (TrackerSettings().lost_after + 10)
RETURNING = list(range(-40, 120, 5))


def ground(rng):
    layers = []
    for cell in (40, 8):
        coarse = rng.integers(60, 190, (HEIGHT // cell + 2, WIDTH // cell + 2, 3), dtype=np.uint8)
        layers.append(cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC))
    return cv2.addWeighted(layers[0], 0.7, layers[1], 0.3, 0)


def toy():
    """Return a figure, (60, 40, 4) RGBA."""
    figure = np.zeros((TOY_HEIGHT, TOY_WIDTH, 4), np.uint8)
    cv2.ellipse(figure, (20, 38), (16, 20), 0, 0, 360, (200, 40, 30, 255), -1)
    cv2.circle(figure, (20, 13), 11, (240, 200, 150, 255), -1)
    for x in (16, 24):
        cv2.circle(figure, (x, 11), 2, (20, 20, 20, 255), -1)
    cv2.rectangle(figure, (10, 34), (30, 40), (250, 240, 60, 255), -1)
    cv2.rectangle(figure, (8, 0), (32, 5), (30, 60, 180, 255), -1)
    return figure


def film(positions):
    """Yield the frames, (240, 320, 3) uint8 RGB, with some noise."""
    rng = np.random.default_rng(5)
    empty, figure = ground(rng).astype(float), toy()
    for left in positions:
        picture = empty.copy()
        start, end = max(0, left), min(WIDTH, left + TOY_WIDTH)
        if start < end:
            part = figure[:, start - left : end - left].astype(float)
            area = picture[TOP : TOP + TOY_HEIGHT, start:end]
            area += (part[..., :3] - area) * (part[..., 3:] / 255)
        yield np.clip(picture + rng.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)


@pytest.fixture
def bench():
    ros = Ros()
    yield Bench(ros)
    ros.close()


@pytest.mark.timeout(180)
def test_silent_while_the_target_is_away_and_the_same_id_when_it_is_back(bench):
    bench.start(create_tracker, device='cpu').activate()
    positions = [*LEAVING, *GONE, *RETURNING]
    first, *rest = film(positions)
    bench.show_picture(first)
    assert bench.point_at((LEAVING[0] + 4, TOP, 32, 58), track_id='toy').success
    stamps = [bench.show_picture(picture) for picture in rest]
    states = [bench.status(stamp).state for stamp in stamps]
    boxes = [
        [messages.box_from_bounding_box(track.bbox) for track in bench.tracks(stamp)]
        for stamp in stamps
    ]

    # ~/tracks and ~/track have an entry exactly while it is tracked, and the id never changes.
    assert [len(found) for found in boxes] == [
        int(state == TrackerStatus.TRACKING) for state in states
    ]
    assert bench.operator.stamps('tracker/track') == [
        stamp for stamp, state in zip(stamps, states) if state == TrackerStatus.TRACKING
    ]
    assert {bench.status(stamp).id for stamp in stamps} == {'toy'}
    assert {track.id for track in bench.operator.heard['tracker/track']} == {'toy'}

    # Tracked while it is there, lost soon after it has left, found soon after it has come back.
    out = len(LEAVING) - 1  # rest[out] is the first frame without it
    back = out + len(GONE)
    assert set(states[:out]) == {TrackerStatus.TRACKING}
    gone = states.index(TrackerStatus.LOST)
    assert out <= gone <= out + TrackerSettings().lost_after + 2
    found = states.index(TrackerStatus.TRACKING, gone)
    assert set(states[gone:found]) == {TrackerStatus.LOST}
    assert back + TrackerSettings().regain_after <= found <= back + 15
    assert set(states[found:]) == {TrackerStatus.TRACKING}

    # The box is where the toy is.
    for index in [*range(30), *range(back + 12, len(rest))]:
        left = positions[index + 1]
        assert box_iou(np.array(boxes[index][0]), np.array((left + 4, TOP, 32, 58))) > 0.5, index

    # The memory takes nothing in while the target is lost.
    fills = [bench.status(stamp).memory_fill for stamp in stamps]
    assert len(set(fills[gone:found])) == 1
