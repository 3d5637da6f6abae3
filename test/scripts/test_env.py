# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The shell of scripts/env.sh: one set of wheels in it, and nothing else of ROS."""

import os
from pathlib import Path
import shutil
import subprocess
import sys

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROFILES = {
    'jazzy': 'FASTRTPS_DEFAULT_PROFILES_FILE',
    'kilted': 'FASTDDS_DEFAULT_PROFILES_FILE',
}


@pytest.fixture
def source(tmp_path):
    """Return a function that sources env.sh of a checkout that holds these environments."""
    (tmp_path / 'scripts').mkdir()
    shutil.copy(ROOT / 'scripts' / 'env.sh', tmp_path / 'scripts')
    (tmp_path / 'aiatrack_ros').symlink_to(ROOT / 'aiatrack_ros')

    def run(*names, **variables):
        for name in names:
            for path in (f'install/{name}/environment.json', f'install/{name}/local_setup.bash'):
                (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / path).touch()
            (tmp_path / '.venv' / name / 'bin').mkdir(parents=True)
            (tmp_path / '.venv' / name / 'bin' / 'python3').symlink_to(sys.executable)
        return subprocess.run(
            ['bash', '-c', f'source {tmp_path}/scripts/env.sh && env'],
            env={'PATH': os.environ['PATH'], **variables},
            capture_output=True,
            text=True,
        )

    return run


def variables_of(answer):
    return dict(line.split('=', 1) for line in answer.stdout.splitlines() if '=' in line)


@pytest.mark.parametrize(
    ('chosen', 'name'),
    [
        ({}, 'jazzy'),
        ({'ROS': 'kilted'}, 'kilted'),
        ({'ROS': 'kilted', 'PYTHON': '/opt/bin/python3.13'}, 'kilted-python3.13'),
    ],
)
def test_takes_the_environment_that_was_asked_for(source, tmp_path, chosen, name):
    shell = variables_of(source('jazzy', 'kilted', 'kilted-python3.13', **chosen))
    distribution = name.partition('-')[0]
    assert shell['VIRTUAL_ENV'] == str(tmp_path / '.venv' / name)
    assert shell['PATH'].startswith(str(tmp_path / '.venv' / name / 'bin'))
    assert shell['ROS_DISTRO'] == distribution
    named = [variable for variable in PROFILES.values() if variable in shell]
    assert named == [PROFILES[distribution]]
    assert shell[named[0]] == str(tmp_path / 'config' / 'fastdds.xml')


def test_nothing_of_a_sourced_distribution_remains(source):
    other = {
        'ROS_DISTRO': 'humble',
        'PYTHONPATH': '/opt/ros/humble/lib/python3.10/site-packages',
        'LD_LIBRARY_PATH': '/opt/ros/humble/lib',
        'AMENT_PREFIX_PATH': '/opt/ros/humble',
        'CMAKE_PREFIX_PATH': '/opt/ros/humble',
        'RMW_IMPLEMENTATION': 'rmw_connextdds',
        'FASTDDS_DEFAULT_PROFILES_FILE': '/opt/ros/humble/profile.xml',
    }
    shell = variables_of(source('jazzy', **other))
    assert not [name for name, value in shell.items() if 'humble' in value]
    assert 'RMW_IMPLEMENTATION' not in shell


def test_environment_that_is_not_there_is_one_line_with_the_remedy(source):
    answer = source('jazzy', ROS='kilted', PYTHON='python3.13')
    assert answer.returncode != 0
    assert answer.stderr.count('\n') == 1
    assert "no environment kilted-python3.13: run 'make setup ROS=kilted PYTHON=python3.13'" in (
        answer.stderr
    )
