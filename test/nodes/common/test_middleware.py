# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What is said of the middleware, and the variable that Fast DDS really heeds."""

import os
import subprocess
import sys

from aiatrack_ros.nodes.common import middleware
import pytest

NEWER, OLDER = 'FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE'
NAMES = {'humble': OLDER, 'jazzy': OLDER, 'kilted': NEWER, 'lyrical': NEWER, '': NEWER}

NODE = """
import rclpy
rclpy.init()
node = rclpy.create_node('node')
print(rclpy.get_rmw_implementation_identifier())
"""


@pytest.mark.parametrize(('distribution', 'name'), NAMES.items())
def test_names_the_variable_of_each_distribution(distribution, name, tmp_path):
    (tmp_path / 'a.xml').touch()
    there, gone = str(tmp_path / 'a.xml'), str(tmp_path / 'b.xml')
    (other,) = {NEWER, OLDER} - {name}

    def said(**environment):
        return middleware.describe('rmw_fastrtps_cpp', {'ROS_DISTRO': distribution, **environment})

    assert middleware.profile_variable({'ROS_DISTRO': distribution}) == name
    assert said(**{name: there}) == f'rmw_fastrtps_cpp, profile {there}'
    assert said(**{name: gone}).endswith(f'no profile: {name} names {gone}, which does not exist')
    if name == OLDER:
        assert said(**{other: there}).endswith(f'{other} is set, this Fast DDS heeds {name}')
    else:
        assert said(**{other: there}) == f'rmw_fastrtps_cpp, profile {there}'
    assert said().endswith(f'no profile: {name} is not set')


def test_says_what_others_were_told():
    describe = middleware.describe
    assert 'no shared memory' in describe('rmw_zenoh_cpp', {})
    shared = {'ZENOH_CONFIG_OVERRIDE': 'transport/shared_memory/enabled=true'}
    assert describe('rmw_zenoh_cpp', shared).endswith('transport/shared_memory/enabled=true')
    assert describe('rmw_of_somebody', {}) == 'rmw_of_somebody'


def test_says_what_cyclone_was_told_and_what_the_kernel_allows(monkeypatch, tmp_path):
    limit = tmp_path / 'rmem_max'
    monkeypatch.setattr(middleware, '_RECEIVE_LIMIT', limit)

    def said(**environment):
        return middleware.describe('rmw_cyclonedds_cpp', environment)

    # In a container's own network the kernel may not show its limit.
    assert said() == said(CYCLONEDDS_URI='') == 'rmw_cyclonedds_cpp, no CYCLONEDDS_URI'
    limit.write_text('212992\n')
    assert said(CYCLONEDDS_URI='file:///c.xml') == (
        'rmw_cyclonedds_cpp, CYCLONEDDS_URI is file:///c.xml, net.core.rmem_max is 212992'
    )


def complaint_of_fast_dds(tmp_path, *names):
    """Return what a process says whose variables of these names name a file of nonsense."""
    nonsense = tmp_path / 'nonsense.xml'
    nonsense.write_text('<dds><profiles><nonsense/></profiles></dds>')
    inherited = {key: value for key, value in os.environ.items() if key not in (NEWER, OLDER)}
    answer = subprocess.run(
        [sys.executable, '-c', NODE],
        env=inherited | dict.fromkeys(names, str(nonsense)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,  # Fast DDS 2 complains on stdout
        text=True,
        check=True,
    )
    if 'rmw_fastrtps' not in answer.stdout:
        pytest.skip('is about Fast DDS, and another middleware runs here')
    return answer.stdout


def test_the_distribution_that_runs_heeds_the_variable_that_is_named(tmp_path):
    named = middleware.profile_variable()
    (other,) = {NEWER, OLDER} - {named}
    assert 'tag nonsense' in complaint_of_fast_dds(tmp_path, named)
    # Fast DDS 3 takes the older name as well.
    assert ('tag nonsense' in complaint_of_fast_dds(tmp_path, other)) == (other == OLDER)
