# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Stand-ins for launch and launch_ros, which the wheel environment lacks.

They take what they are given, so that tests see which node would be started, and how.
"""

import importlib.util
import sys
from types import ModuleType
from types import SimpleNamespace

from ros_harness import ROOT


class StandIn(SimpleNamespace):
    """Stands for any launch action, and keeps what that was made with."""

    def __init__(self, *values, **names):
        super().__init__(values=values, **names)


class Configuration:
    """A launch argument, whose value the context knows."""

    def __init__(self, name):
        self.name = name

    def perform(self, context):
        return context[self.name]


def stand_in(name, monkeypatch, **attributes):
    module = ModuleType(name)
    module.__dict__.update(attributes)
    monkeypatch.setitem(sys.modules, name, module)


def load_launch_file(name, monkeypatch):
    """Return a launch file as a module."""
    stand_in('launch', monkeypatch, LaunchContext=dict, LaunchDescription=list)
    stand_in('launch.action', monkeypatch, Action=StandIn)
    stand_in(
        'launch.actions',
        monkeypatch,
        DeclareLaunchArgument=StandIn,
        OpaqueFunction=StandIn,
        SetEnvironmentVariable=StandIn,
    )
    stand_in('launch.substitutions', monkeypatch, LaunchConfiguration=Configuration)
    stand_in('launch_ros', monkeypatch)
    stand_in('launch_ros.actions', monkeypatch, LifecycleNode=StandIn, Node=StandIn)
    stand_in('ament_index_python', monkeypatch)
    stand_in(
        'ament_index_python.packages',
        monkeypatch,
        get_package_share_directory=lambda package: str(ROOT),
    )
    spec = importlib.util.spec_from_file_location(
        name.replace('.', '_'), ROOT / 'launch' / f'{name}.launch.py'
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
