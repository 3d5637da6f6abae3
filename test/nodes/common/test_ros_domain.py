# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Nobody gets a ROS domain that another has."""

import subprocess
import sys

from aiatrack_ros.errors import AiATrackError
from aiatrack_ros.nodes.common import ros_domain
import pytest
from ros_harness import ROOT

CODE = (
    'import sys; from pathlib import Path; sys.path.insert(0, {root!r});'
    'from aiatrack_ros.nodes.common.ros_domain import reserve_domain;'
    'print(reserve_domain(Path({folder!r})), flush=True); sys.stdin.read()'
)


@pytest.fixture(autouse=True)
def forget():
    held = list(ros_domain._held)
    yield
    for file in ros_domain._held[len(held) :]:
        file.close()
    del ros_domain._held[len(held) :]


def test_each_gets_its_own(tmp_path):
    domains = [ros_domain.reserve_domain(tmp_path) for _ in ros_domain.DOMAINS]
    assert sorted(domains) == list(ros_domain.DOMAINS)
    with pytest.raises(AiATrackError, match='all 101 ROS domains'):
        ros_domain.reserve_domain(tmp_path)


def test_a_process_that_ends_gives_its_own_back(tmp_path, monkeypatch):
    monkeypatch.setattr(ros_domain, 'DOMAINS', range(1, 3))
    code = CODE.format(root=str(ROOT), folder=str(tmp_path)).replace(
        'print',
        'from aiatrack_ros.nodes.common import ros_domain;ros_domain.DOMAINS = range(1, 3); print',
    )
    with subprocess.Popen(
        [sys.executable, '-c', code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        theirs = int(other.stdout.readline())
        ours = ros_domain.reserve_domain(tmp_path)
        assert {theirs, ours} == {1, 2}
        with pytest.raises(AiATrackError):
            ros_domain.reserve_domain(tmp_path)
        other.kill()
    assert ros_domain.reserve_domain(tmp_path) == theirs
