# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
The robot follows: simulator, tracker and follower, each a process over DDS, with the real network.

The scene goes on in lock step with the nodes, so what is measured does not depend on the machine.
"""

import json
import os
import subprocess
import sys

from aiatrack_ros.model.checkpoint import shipped_weights
import pytest
from ros_harness import ROOT

# A minute on two cores of a laptop; a loaded machine takes as long as it needs.
pytestmark = pytest.mark.timeout(900)


def simulate(*arguments):
    environment = {**os.environ, 'PYTHONPATH': f'{ROOT}:{os.environ.get("PYTHONPATH", "")}'}
    return subprocess.run(
        [sys.executable, str(ROOT / 'tools' / 'sim.py'), *arguments],
        capture_output=True,
        text=True,
        timeout=880,
        env=environment,
    )


def test_follows_stops_and_resumes(tmp_path):
    if shipped_weights('aiatrack_lite') is None:
        pytest.skip('no weights come with aiatrack_lite in this checkout')
    report = tmp_path / 'report.json'
    run = simulate('--output', '', '--report', str(report))
    assert run.returncode == 0, run.stderr
    figures = json.loads(report.read_text())
    assert figures['walk_seconds'] == 30
    assert figures['frames'] > 450
    assert figures['max_error'] <= 0.4
    assert figures['seconds_to_stop'] <= 1.0
    assert figures['seconds_to_resume'] <= 3.0
    assert figures['ids'] == ['walker']
    assert abs(figures['final_error']) <= 0.4
    assert 'maximum' in run.stdout


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        (('--checkpoint', 'nowhere.safetensors'), 'nowhere.safetensors'),
        (('--output', 'run.avi'), 'must end in .mp4'),
    ],
)
def test_says_in_one_line_what_went_wrong(tmp_path, arguments, words):
    run = simulate(*('--output', '', *arguments))
    assert run.returncode == 2
    assert words in run.stderr
    assert run.stderr.count('\n') == 1
