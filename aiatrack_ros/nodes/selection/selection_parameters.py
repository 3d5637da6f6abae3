# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Rows of parameters that the nodes of selection have in common."""

from dataclasses import replace

from aiatrack_ros.nodes.common.parameters import mirrored
from aiatrack_ros.nodes.common.parameters import Setting
from aiatrack_ros.picker.picker_settings import PickerSettings

_ROWS = {row.name: row for row in mirrored(PickerSettings)}


def smallest_box() -> Setting:
    """Return the row of the least side of a box, in pixels."""
    return _ROWS['smallest_box']


def shown_picture(columns: int, rate: float, quality: int) -> tuple[Setting, ...]:
    """Return the rows of the picture that a node shows, with the node's own defaults.

    Args:
        columns: The most pixels across.
        rate: The most pictures per second.
        quality: The quality of the JPEGs, 1 to 100.
    """
    own = {'picture_columns': columns, 'picture_rate': rate, 'jpeg_quality': quality}
    return tuple(replace(_ROWS[name], default=default) for name, default in own.items())
