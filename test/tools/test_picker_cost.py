# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What the page costs: figures from made-up answers, and one short run with real nodes."""

import re

from aiatrack_ros.msg import TrackerStatus
import picker_cost
import pytest
from tool_runs import run_tool
from watcher import Answer

pytestmark = pytest.mark.timeout(200)


def answers(latency):
    status = TrackerStatus(state=TrackerStatus.TRACKING, latency=latency, compute_time=0.01)
    return [Answer(status, latency)] * 3


def test_figures_compare_with_and_without_a_page():
    found = picker_cost.figures((answers(0.012), 0.1), (answers(0.0145), 0.5), 140, 10.0)
    alone = [figure for figure in found if 'no page' in figure.part]
    viewed = {figure.name: figure for figure in found if 'one page' in figure.part}
    assert alone[0].value == pytest.approx(1.0)
    cpu = viewed['CPU of the picker, of one core']
    assert cpu.value == pytest.approx(5.0) and cpu.kept
    added = viewed['added by the page to stamp to track, median']
    assert added.value == pytest.approx(2.5, abs=1e-4) and not added.kept
    assert viewed['pictures per second on the page'].value == 14
    assert viewed['the same less computing time'].value == pytest.approx(4.5, abs=1e-4)


def test_a_short_run():
    answer = run_tool('picker_cost.py', '--seconds', '2')
    # A busy machine can't judge the cost, but it can show that pictures came through.
    assert answer.returncode in (0, 1), answer.stderr
    rate = re.search(r'pictures per second on the page +([\d.]+) Hz', answer.stdout)
    assert float(rate[1]) > 1
    assert len(re.findall('CPU of the picker', answer.stdout)) == 2
