# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The gate over real DDS, before the real tracker node with a scripted tracker."""

from aiatrack_ros.tracking import State
from geometry_msgs.msg import TwistStamped
import pytest
from ros_harness import Ros
from ros_harness import wait_for
from stop_when_lost import StopWhenLost
from tracker_bench import Bench
from tracker_bench import BOX


@pytest.fixture
def ros():
    ros = Ros()
    yield ros
    ros.close()


def test_commands_pass_while_the_target_is_seen(ros):
    bench = Bench(ros).start().activate()
    operator = bench.operator
    operator.listen('cmd_vel', TwistStamped)
    drive = operator.create_publisher(TwistStamped, 'cmd_vel_in', 10)
    gate = ros.spin(StopWhenLost, BOX)
    wait_for(
        lambda: (
            drive.get_subscription_count()
            and gate._commands.get_subscription_count()
            and operator.count_subscribers('tracker/tracks') == 2
            and gate.count_publishers('tracker/tracks')
        ),
        'discovery',
    )
    command = TwistStamped()
    command.twist.linear.x = 0.1

    def heard() -> list[float]:
        return [message.twist.linear.x for message in operator.heard['cmd_vel']]

    def show_and_drive() -> list[float]:
        bench.show(0)
        drive.publish(command)
        return heard()

    wait_for(show_and_drive, 'a command that passes')
    assert bench.tracker.seen[0][0] == 'initialize'
    assert bench.tracker.seen[0][2] == BOX
    assert set(heard()) == {0.1}

    bench.tracker.state = State.LOST
    bench.show(0)
    wait_for(lambda: heard()[-1] == 0.0, 'the stop')
    command.twist.linear.x = 0.2
    drive.publish(command)
    for _ in range(10):  # time enough for it to arrive
        bench.show(0)
    command.twist.linear.x = 0.3
    bench.tracker.state = State.TRACKING
    wait_for(lambda: show_and_drive()[-1] == 0.3, 'a command after the target was found')
    assert 0.2 not in heard()

    wait_for(lambda: heard()[-1] == 0.0, 'the stop when the tracker falls silent')
