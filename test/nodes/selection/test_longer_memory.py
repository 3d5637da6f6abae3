# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The tracker's images are kept for as long as somebody needs them, and no longer."""

import time

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2: run make setup, or source a distribution')

from aiatrack_ros.nodes.selection.longer_memory import LongerMemory
from rcl_interfaces.msg import SetParametersResult
from rclpy.node import Node
from ros_harness import Ros
from ros_harness import wait_for


class Tracker(Node):
    """Has the parameter, and remembers its values."""

    def __init__(self, **options):
        super().__init__('tracker', **options)
        self.declare_parameter('frame_buffer_seconds', 1.5)
        self.values = []
        self.add_on_set_parameters_callback(self.on_set)

    def on_set(self, parameters):
        self.values += [parameter.value for parameter in parameters]
        return SetParametersResult(successful=True)


@pytest.fixture
def bench():
    ros = Ros()
    tracker = ros.spin(Tracker)
    asker = ros.spin(lambda **options: Node('asker', **options))
    memory = LongerMemory(asker)
    wait_for(memory._get.service_is_ready, 'the service')
    wait_for(memory._set.service_is_ready, 'the service')
    time.sleep(0.3)  # the tracker has to discover the clients as well
    yield tracker, memory
    ros.close()


def test_it_is_raised_as_far_as_wanted_and_put_back(bench):
    tracker, memory = bench
    memory.want(3.0)
    wait_for(lambda: tracker.values == [3.0], 'three seconds')
    memory.want(3.0)
    memory.want(10.0)
    wait_for(lambda: tracker.values == [3.0, 10.0], 'ten')
    memory.want(3.0)
    future = memory.want(0.0)
    wait_for(future.done, 'the answer')
    assert tracker.values == [3.0, 10.0, 3.0, 1.5]
    assert memory.want(0.0) is None


def test_what_is_longer_already_is_left_alone(bench):
    tracker, memory = bench
    memory.want(1.0)
    time.sleep(0.5)
    assert memory.want(0.0) is None
    assert tracker.values == []


def test_an_end_before_the_answer_changes_nothing(bench):
    tracker, memory = bench
    memory.want(3.0)
    memory.want(0.0)
    time.sleep(0.5)
    assert tracker.values == []


def test_a_tracker_that_comes_later_is_asked_when_it_is_said_again():
    ros = Ros()
    try:
        memory = LongerMemory(ros.spin(lambda **options: Node('asker', **options)))
        memory.want(3.0)
        tracker = ros.spin(Tracker)
        wait_for(lambda: memory.want(3.0) or tracker.values == [3.0], 'three seconds')
    finally:
        ros.close()


def test_a_tracker_that_is_not_there_is_no_matter():
    ros = Ros()
    memory = LongerMemory(ros.spin(lambda **options: Node('asker', **options)))
    assert memory.want(3.0) is None
    assert memory.want(0.0) is None
    ros.close()
