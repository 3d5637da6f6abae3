# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The launch file of RViz: our configuration, in an environment that keeps its heap small."""

from launch_stand_ins import load_launch_file
from ros_harness import ROOT


def test_rviz_starts_with_our_configuration_and_a_heap_that_gives_back(monkeypatch):
    launch_file = load_launch_file('rviz', monkeypatch)
    argument, variable, node = launch_file.generate_launch_description()
    assert argument.default_value == str(ROOT / 'config' / 'tracker.rviz')
    assert variable.values == ('MALLOC_MMAP_THRESHOLD_', '262144')
    assert (node.package, node.executable) == ('rviz2', 'rviz2')
    assert node.arguments[0] == '-d'
    assert node.arguments[1].name == argument.values[0]
