# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""How the page of the target picker is served; the parameters of its node mirror these."""

from dataclasses import dataclass

from aiatrack_ros.picker.corner_pair import SMALLEST_BOX
from aiatrack_ros.settings import CheckedSettings
from aiatrack_ros.settings import setting
from aiatrack_ros.settings import text_setting


@dataclass(frozen=True)
class PickerSettings(CheckedSettings):
    """
    How to serve.

    Attributes:
        host: The address to listen on. Any but 127.0.0.1 lets other machines see the camera and
            choose the target.
        port: The port to listen on; 0 takes one that is free.
        token: What the page must be asked with, as in Access.
        max_viewers: The most pages that may be open at a time.
        picture_columns: The most columns that a picture is shown with.
        picture_rate: The most pictures that are shown per second.
        jpeg_quality: The quality of the JPEGs.
        smallest_box: The least side of a box in pixels; the page takes smaller ones for slips.
        keep_seconds: How old the image of a box may be, which the node has the tracker keep for
            so long; the page warns of older ones. With 0 it never warns.

    Raises:
        ValueError: A value is out of its range; the text names it.
    """

    host: str = text_setting(
        '127.0.0.1',
        'address to listen on: 127.0.0.1 is this machine alone, 0.0.0.0 all its networks',
    )
    port: int = setting(8642, 0, 65535, 'port; 0 takes one that is free')
    token: str = text_setting(
        '',
        'what the page must be asked with, 8 to 128 letters, digits, - or _; empty: none for this '
        'machine alone, one made up for any other host',
    )
    max_viewers: int = setting(8, 1, 100, 'pages that may be open at a time')
    picture_columns: int = setting(960, 16, 4096, 'pixels across of the picture shown, at most')
    picture_rate: float = setting(15.0, 0.5, 60.0, 'pictures shown per second, at most')
    jpeg_quality: int = setting(75, 1, 100, 'quality of the picture shown')
    smallest_box: float = setting(
        SMALLEST_BOX,
        1.0,
        1000.0,
        'least width and height of a box in pixels; smaller ones are slips',
    )
    keep_seconds: float = setting(
        10.0,
        0.0,
        10.0,
        "what the tracker's frame_buffer_seconds is raised to while a picture stands still on a "
        'page, so that it still has that image; 0 leaves it alone',
    )
