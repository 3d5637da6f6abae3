# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""How many images arrive, and how late: figures of made-up arrivals, and one short run."""

import re

import image_arrival
import pytest
from tool_runs import run_tool

pytestmark = pytest.mark.timeout(200)


def values(figures):
    return {figure.name: figure.value for figure in figures}


def test_figures_tell_what_was_lost_and_how_late_the_rest_came():
    figures = image_arrival.figures('640x480', [0.010, None, 0.030, 0.020], seconds=2.0)
    found = values(figures)
    assert found['images that the camera sent per second'] == 2
    assert found['images that did not arrive'] == 25
    assert found['stamp to arrival, median'] == pytest.approx(20)
    assert found['stamp to arrival, 99th percentile'] == pytest.approx(29.8)
    assert [figure.kept for figure in figures] == [True, False, True, True]


def test_where_nothing_arrives_no_times_are_told():
    figures = image_arrival.figures('640x480', [None] * 3, seconds=1.0)
    assert values(figures) == {
        'images that the camera sent per second': 3,
        'images that did not arrive': 100,
    }


def test_measures_over_the_middleware_that_runs():
    done = run_tool('image_arrival.py', '--sizes', '640x480,320x240', '--seconds', '1')
    assert done.returncode in (0, 1), done.stderr  # a busy machine may lose one
    lines = done.stdout.splitlines()
    assert re.match(r'middleware: rmw_\w+', lines[0])
    assert [line for line in lines if line.endswith(' Hz') and not line.startswith(' ')] == [
        '640x480 at 30 Hz',
        '320x240 at 30 Hz',
    ]
    lost = [float(line.split()[5]) for line in lines if 'did not arrive' in line]
    assert len(lost) == 2 and max(lost) < 50
    assert done.stdout.count('stamp to arrival, median') == 2


@pytest.mark.parametrize(
    'arguments, words',
    [
        (['--sizes', '640'], "size '640' is not WIDTHxHEIGHT"),
        (['--seconds', '0'], 'seconds is 0'),
        (['--rate', '-1'], 'rate is -1'),
        (['--sizes', '8x8'], 'steady_camera.py ended: .*width'),
    ],
)
def test_says_in_one_line_what_went_wrong(arguments, words):
    done = run_tool('image_arrival.py', *arguments)
    assert done.returncode == 2
    assert done.stdout == ''
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith('middleware: ')
    assert re.search(words, done.stderr), done.stderr
