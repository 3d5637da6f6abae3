# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Whatever way a managed node leaves a state, it stops and lets go."""

from dataclasses import replace

from aiatrack_ros.nodes.common.managed_node import AUTOSTART
from aiatrack_ros.nodes.common.managed_node import ReleasingNode
from aiatrack_ros.nodes.common.parameters import declare
import pytest
import rclpy
from rclpy.lifecycle import TransitionCallbackReturn
from ros_harness import ROOT  # noqa: F401 (skips without ROS)


class Holder(ReleasingNode):
    """Writes down what is asked of it."""

    def __init__(self, context):
        self.calls = []
        self.broken = False
        super().__init__('holder', context=context)

    def on_configure(self, state):
        if self.broken:
            raise ValueError('on purpose')
        return super().on_configure(state)

    def _stop(self):
        self.calls.append('stop')

    def _release(self):
        self.calls.append('release')


@pytest.fixture
def holder():
    context = rclpy.Context()
    rclpy.init(context=context)
    node = Holder(context)
    yield node
    node.destroy_node()
    rclpy.shutdown(context=context)


@pytest.mark.parametrize(
    ('transitions', 'calls'),
    [
        (('configure', 'activate', 'deactivate'), ['stop']),
        (('configure', 'cleanup'), ['release']),
        (('configure', 'activate', 'shutdown'), ['release']),
    ],
)
def test_ways_out(holder, transitions, calls):
    for name in transitions:
        done = getattr(holder, f'trigger_{name}')()
        assert done == TransitionCallbackReturn.SUCCESS
    assert holder.calls == calls


def test_error_leaves_it_ready_to_be_configured_again(holder):
    holder.broken = True
    holder.trigger_configure()
    assert holder.calls == ['release']
    holder.broken = False
    assert holder.trigger_configure() == TransitionCallbackReturn.SUCCESS


@pytest.mark.parametrize(
    ('wanted', 'broken', 'started', 'state'),
    [
        (False, False, True, 'unconfigured'),
        (True, False, True, 'active'),
        (True, True, False, 'unconfigured'),
    ],
)
def test_start_brings_up_who_asks_for_it(holder, wanted, broken, started, state):
    declare(holder, [replace(AUTOSTART, default=wanted)])
    holder.broken = broken
    assert holder.start() == started
    assert holder._state_machine.current_state[1] == state


def test_destroyed(holder):
    holder.destroy_node()
    assert holder.calls == ['release']
