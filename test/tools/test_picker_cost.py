# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What the page costs: figures from made-up answers, and one short run with real nodes."""

import re

from aiatrack_ros.msg import TrackerStatus
import picker_cost
from picker_cost import Turn
import pytest
from tool_runs import run_tool
from watcher import Answer

pytestmark = pytest.mark.timeout(200)


def answers(latency):
    status = TrackerStatus(state=TrackerStatus.TRACKING, latency=latency, compute_time=0.01)
    return [Answer(status, latency)] * 3


def test_figures_compare_turns_with_and_without_a_page():
    # In the middle the machine is slower, for both alike.
    quiet = [Turn(answers(latency), 0.02, 2.0) for latency in (0.012, 0.042, 0.012)]
    busy = [
        Turn(answers(latency), 0.1, 2.0, pictures)
        for latency, pictures in ((0.0145, 28), (0.0445, 28), (0.013, 31))
    ]
    found = picker_cost.figures(quiet, busy)
    alone = [figure for figure in found if 'no page' in figure.part]
    viewed = {figure.name: figure for figure in found if 'one page' in figure.part}
    assert alone[0].value == pytest.approx(1.0)
    cpu = viewed['CPU of the picker, of one core']
    assert cpu.value == pytest.approx(5.0) and cpu.kept
    added = viewed['added to stamp to track, median of 3 turns']
    assert added.value == pytest.approx(2.5, abs=1e-4) and not added.kept
    assert viewed['of this outside computing'].value == pytest.approx(2.5, abs=1e-4)
    assert viewed['added in the turn in which it was least'].value == pytest.approx(1, abs=1e-4)
    assert viewed['added in the turn in which it was most'].value == pytest.approx(2.5, abs=1e-4)
    assert viewed['pictures per second on the page'].value == 14.5
    assert viewed['the same less computing time'].value == pytest.approx(4.5, abs=1e-4)


def test_a_short_run():
    answer = run_tool('picker_cost.py', '--seconds', '6')
    # A busy machine can't judge the cost, but it can show that pictures came through.
    assert answer.returncode in (0, 1), answer.stderr
    rate = re.search(r'pictures per second on the page +([\d.]+) Hz', answer.stdout)
    assert float(rate[1]) > 1
    assert len(re.findall('CPU of the picker', answer.stdout)) == 2
    assert 'median of 2 turns' in answer.stdout
