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
from aiatrack_ros.tracking.video import Video
import pytest
from ros_harness import ROOT

# A run takes a minute on two cores of a laptop; a loaded machine may take far longer.
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
    run = simulate('--scene', 'alone', '--output', '', '--report', str(report))
    assert run.returncode == 0, run.stderr
    figures = json.loads(report.read_text())
    assert figures['walk_seconds'] == 30
    assert figures['frames'] > 450
    assert figures['max_error'] <= 0.4
    assert figures['seconds_to_stop'] <= 1.0
    assert figures['seconds_to_resume'] <= 3.0
    assert figures['ids'] == ['walker']
    assert abs(figures['final_error']) <= 0.4
    assert figures['followed_in_sight'] > 0.9
    assert figures['longest_astray'] <= 2.0
    assert 'maximum' in run.stdout


def test_company_is_told_from_the_target(tmp_path):
    """Another who takes the target's place is not followed, and the target is found again."""
    if shipped_weights('aiatrack_lite') is None:
        pytest.skip('no weights come with aiatrack_lite in this checkout')
    report, video = tmp_path / 'report.json', tmp_path / 'run.mp4'
    run = simulate('--scene', 'company', '--output', str(video), '--report', str(report))
    figures = json.loads(report.read_text())
    assert figures['frames'] > 500
    assert sum(1 for _ in Video(video)) == figures['frames']
    assert sum(figures['followed'].values()) == pytest.approx(1)
    assert figures['followed']['target'] > 0.6
    # The other one hides the target twice, and after that the target is away.
    assert 1 <= len(figures['seconds_to_find']) <= 4
    assert figures['longest_astray'] <= 2.0
    assert run.returncode == 0, run.stderr


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
