# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Rows of parameters that the nodes of selection have in common."""

from aiatrack_ros.nodes.common.parameters import Setting
from aiatrack_ros.picker.corner_pair import SMALLEST_BOX


def smallest_box(read_only: bool = False) -> Setting:
    """Return the row of the least side of a box, in pixels."""
    return Setting(
        'smallest_box',
        SMALLEST_BOX,
        'least width and height of a box in pixels; smaller ones are slips',
        (1.0, 1000.0),
        read_only=read_only,
    )


def shown_picture(
    columns: int, rate: float, quality: int, read_only: bool = False
) -> tuple[Setting, ...]:
    """Return the rows of the picture that a node shows, with the node's own defaults.

    Args:
        columns: The most pixels across.
        rate: The most pictures per second.
        quality: The quality of the JPEGs, 1 to 100.
        read_only: Whether they can only be given at the start of the node.
    """
    return (
        Setting(
            'picture_columns',
            columns,
            'pixels across of the picture shown, at most',
            (16, 4096),
            read_only=read_only,
        ),
        Setting(
            'picture_rate',
            rate,
            'pictures shown per second, at most',
            (0.5, 60.0),
            read_only=read_only,
        ),
        Setting(
            'jpeg_quality',
            quality,
            'quality of the picture shown',
            (1, 100),
            read_only=read_only,
        ),
    )
