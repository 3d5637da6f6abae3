# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The latency benchmark: its figures from made-up answers, and one short run with real nodes."""

import json
import os
import re

from aiatrack_ros.model.checkpoint import shipped_weights
from aiatrack_ros.msg import TrackerStatus
import latency
from processes import ProcessError
import pytest
from steady_camera import Scene
from tool_runs import run_tool
from watcher import Answer
from watcher import cpu_seconds

pytestmark = pytest.mark.timeout(200)


def answers(overheads, compute=0.02, state=TrackerStatus.TRACKING):
    """Return an answer for each time in seconds that the node added."""
    return [
        Answer(
            TrackerStatus(
                state=state,
                latency=compute + overhead,
                compute_time=compute,
                frames_received=100 + 2 * number,
                frames_tracked=50 + number,
                frames_dropped=7 + number,
            ),
            compute + overhead + 0.001,
        )
        for number, overhead in enumerate(overheads)
    ]


def values(figures):
    return {figure.name: figure.value for figure in figures}


def test_tracking_figures_leave_out_the_computing_time():
    figures = latency.tracking_figures(answers([0.001, 0.002, 0.003, 0.004, 0.030]))
    found = values(figures)
    assert found['stamp to track less computing time, median'] == pytest.approx(3, abs=1e-3)
    assert found['stamp to track less computing time, 99th percentile'] == pytest.approx(
        28.96, abs=1e-3
    )
    assert found['stamp to track, median'] == pytest.approx(23, abs=1e-3)
    assert found['stamp to track at a subscriber, median'] == pytest.approx(24, abs=1e-3)
    assert found['computing time, median'] == pytest.approx(20, abs=1e-3)
    assert (found['images received'], found['images tracked'], found['images dropped']) == (
        8,
        4,
        4,
    )
    assert [figure.limit for figure in figures[:3]] == [6, 15, None]
    assert [figure.kept for figure in figures[:3]] == [True, False, True]


def test_only_images_with_a_target_count():
    idle = answers([5.0] * 9, state=TrackerStatus.IDLE)
    lost = answers([0.002] * 3, state=TrackerStatus.LOST)
    found = values(latency.tracking_figures(idle + lost))
    assert found['stamp to track less computing time, 99th percentile'] == pytest.approx(
        2, abs=1e-3
    )
    with pytest.raises(ProcessError, match='answered 0 images'):
        latency.tracking_figures(idle)


def test_idle_figure_is_a_share_of_one_core():
    (figure,) = latency.idle_figures(cpu=0.5, seconds=20.0)
    assert (figure.value, figure.limit, figure.kept) == (2.5, 5, True)
    assert not latency.idle_figures(cpu=1.1, seconds=20.0)[0].kept


def test_fast_camera_is_held_to_a_period_and_two_computing_times():
    figures = latency.fast_camera_figures(answers([0.010] * 9 + [0.050]), rate=100.0)
    found = values(figures)
    assert found['one period and two computing times'] == pytest.approx(50, abs=1e-3)
    assert found['stamp to track, longest'] == pytest.approx(70, abs=1e-3)
    assert found['images over that bound of their own'] == pytest.approx(100 / 9)
    median = next(figure for figure in figures if figure.name == 'stamp to track, median')
    assert median.limit == pytest.approx(50, abs=1e-3) and median.kept


def test_table_names_each_part_once_and_marks_what_is_too_much():
    figures = [
        latency.Figure('idle', 'CPU', 7.25, '%', 5.0),
        latency.Figure('idle', 'b', 1, 'ms'),
        latency.Figure('fast', 'images', 12, 'images'),
    ]
    lines = latency.table(figures).splitlines()
    assert [lines[0], lines[3]] == ['idle', 'fast']
    assert lines[1].split() == ['CPU', '7.2', '%', 'limit', '5.0', 'EXCEEDED']
    assert lines[4].split() == ['images', '12', 'images']


def test_scene_shows_the_patch_where_its_box_is():
    scene = Scene(160, 120)
    wall = scene.picture(0, patch=False)
    for number in (0, 31, 200):
        x, y, width, height = map(int, scene.box(number))
        different = (scene.picture(number) != wall).any(-1)
        assert different[y : y + height, x : x + width].mean() > 0.9
        different[y : y + height, x : x + width] = False
        assert not different.any()


@pytest.mark.skipif(not os.path.isdir('/proc/self'), reason='needs /proc')
def test_cpu_seconds_are_those_of_the_process():
    assert cpu_seconds(os.getpid()) == pytest.approx(sum(os.times()[:2]), abs=0.1)


def test_measures_real_nodes(tmp_path):
    if shipped_weights('aiatrack_lite') is None:
        pytest.skip('no weights come with aiatrack_lite in this checkout')
    path = tmp_path / 'latency.json'
    done = run_tool('latency.py', '--seconds', '2', '--json', str(path))
    assert done.returncode in (0, 1), done.stderr  # speed is not tested here
    figures = json.loads(path.read_text())
    for figure in figures:
        assert figure['name'] in done.stdout
        assert figure['value'] >= 0 or 'less computing time' in figure['name']
    assert len({figure['part'] for figure in figures}) == 3
    assert done.stderr.count('\n') == done.returncode


@pytest.mark.parametrize(
    'arguments, words',
    [
        (['--checkpoint', 'no/such.pth'], "tracker_node.*checkpoint 'no/such.pth' does not exist"),
        (['--seconds', '0'], 'seconds is 0'),
        (['--json', 'no/such/file.json'], "json 'no/such/file.json' can't be written"),
    ],
)
def test_says_in_one_line_what_went_wrong(arguments, words):
    done = run_tool('latency.py', *arguments)
    assert done.returncode == 2
    assert done.stdout == ''
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith('latency: ')
    assert re.search(words, done.stderr), done.stderr
