# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Where to look for a lost target: windows that cover the whole image, a crop a frame."""

from collections.abc import Iterator
import itertools
import math

from aiatrack_ros.tracking.boxes import Box

# Sides of the windows of one round over the image, in units of the usual search region. A larger
# one is through sooner; in a smaller one a target is as large as the network likes it best.
ROUNDS = (1.5, 1.0)


def search_windows(box: Box, width: int, height: int, factor: float) -> Iterator[Box]:
    """Yield, without end, boxes to cut crops around that together cover the image.

    Neighbours overlap by half, so that a target is well inside one of them. Those next to where it
    was come first: it returns there more often than elsewhere.

    Args:
        box: The target when it was seen last, x, y, w, h in pixels.
        width: Of the image.
        height: Of the image.
        factor: Side of a crop over the square root of its box's area.
    """
    x, y, w, h = box
    for growth in itertools.cycle(ROUNDS):
        side = math.sqrt(w * h) * factor * growth
        places = itertools.product(_centres(width, side), _centres(height, side))
        for centre_x, centre_y in sorted(
            places, key=lambda place: math.dist(place, (x + w / 2, y + h / 2))
        ):
            yield (
                centre_x - w * growth / 2,
                centre_y - h * growth / 2,
                w * growth,
                h * growth,
            )


def _centres(extent: int, side: float) -> list[float]:
    count = max(1, math.ceil(2 * extent / side) - 1)
    first = min(side / 2, extent / 2)
    step = (extent - 2 * first) / max(1, count - 1)
    return [first + index * step for index in range(count)]
