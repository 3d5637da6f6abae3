# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Boxes as people write them."""

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.box_text import read_box
from aiatrack_ros.tracking.box_text import read_size
import pytest


@pytest.mark.parametrize(
    ('text', 'box'),
    [
        ('310,120,60,150', (310, 120, 60, 150)),
        (' 310 120  60 150 ', (310, 120, 60, 150)),
        ('310, 120, 60.5, 150', (310, 120, 60.5, 150)),
        ('-10,120,60,150', (-10, 120, 60, 150)),
        ('@corners 10,20,110,220', (10, 20, 100, 200)),
        ('@corners 110 220 10 20', (10, 20, 100, 200)),
        ('@corners 10 220 110 20', (10, 20, 100, 200)),
        ('50%,25%,10%,50%', (320, 120, 64, 240)),
        ('@corners 0 0 50% 100%', (0, 0, 320, 480)),
        ('10,25%,64,50%', (10, 120, 64, 240)),
    ],
)
def test_every_form_is_read(text, box):
    assert read_box(text, 640, 480) == pytest.approx(box)


@pytest.mark.parametrize(
    'text',
    ['', '1,2,3', '1,2,3,4,5', 'a,b,c,d', '1,2,3,4px', '%,1,1,1', '@corner 1 2 3 4', '1;2;3;4'],
)
def test_anything_else_is_refused_with_the_forms(text):
    with pytest.raises(InputError, match='@corners x1,y1,x2,y2'):
        read_box(text, 640, 480)


def test_corners_on_one_line_are_no_box():
    with pytest.raises(InputError, match='one line'):
        read_box('@corners 10,20,10,220', 640, 480)


def test_sizes_are_width_and_height():
    assert read_size('1920x1080') == (1920, 1080)
    for text in ('640', '640x', '640*480', '640x480x3', '-1x2', '640x480 '):
        with pytest.raises(InputError, match='is not WIDTHxHEIGHT'):
            read_size(text)
