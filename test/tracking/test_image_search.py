# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Windows over the whole image."""

import functools
import itertools
import math

from aiatrack_ros.tracking.image_search import ROUNDS
from aiatrack_ros.tracking.image_search import search_windows
import numpy as np
import pytest

FACTOR = 4.0


def one_round(box, width, height, growth):
    """Return the windows (x1, y1, x2, y2) of the first round over the image in one size."""
    found = []
    for x, y, w, h in itertools.islice(search_windows(box, width, height, FACTOR), 5000):
        side = math.sqrt(w * h) * FACTOR
        if side == pytest.approx(math.sqrt(box[2] * box[3]) * FACTOR * growth):
            centre = (x + w / 2, y + h / 2)
            if centre in [c for c, _ in found]:
                break
            found.append((centre, side))
    return [(cx - s / 2, cy - s / 2, cx + s / 2, cy + s / 2) for (cx, cy), s in found]


@pytest.mark.parametrize(
    ('box', 'width', 'height'),
    [
        ((300, 200, 30, 60), 640, 480),
        ((5, 5, 10, 10), 320, 240),
        ((0, 0, 400, 300), 320, 240),
        ((100, 0, 12, 80), 1920, 1080),
    ],
)
@pytest.mark.parametrize('growth', ROUNDS)
def test_every_place_is_well_inside_some_window(box, width, height, growth) -> None:
    windows = one_round(box, width, height, growth)
    x, y = np.meshgrid(np.arange(0, width, 7), np.arange(0, height, 7))
    best = np.full(x.shape, -np.inf)
    for x1, y1, x2, y2 in windows:
        # The border of the image is as good as the middle of a window.
        inside = (
            x - x1 if x1 > 1e-6 else np.inf,
            x2 - x if x2 < width - 1e-6 else np.inf,
            y - y1 if y1 > 1e-6 else np.inf,
            y2 - y if y2 < height - 1e-6 else np.inf,
        )
        best = np.maximum(best, functools.reduce(np.minimum, inside))
    assert best.min() >= (windows[0][2] - windows[0][0]) / 4 - 1


def test_the_nearest_come_first_and_every_size_has_its_turn() -> None:
    box = (500.0, 100.0, 20.0, 40.0)
    windows = list(itertools.islice(search_windows(box, 640, 480, FACTOR), 400))
    first = math.sqrt(windows[0][2] * windows[0][3])
    turns = [list(group) for _, group in itertools.groupby(windows, lambda w: w[2])]
    assert first == pytest.approx(math.sqrt(800) * ROUNDS[0])
    assert len(turns) > 2  # the search has no end, and the sizes take turns
    for turn in turns[:2]:
        distances = [math.dist((x + w / 2, y + h / 2), (510, 120)) for x, y, w, h in turn]
        assert distances == sorted(distances)
    assert turns[0][0][2:] == turns[2][0][2:]
