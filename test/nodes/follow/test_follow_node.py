# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The follower over real DDS: tracks in, commands out, and a stop whatever ends."""

import math
import os
import signal
import subprocess
import sys
from typing import Any

from aiatrack_ros.nodes.common import depth_images
from aiatrack_ros.nodes.common import messages
from aiatrack_ros.nodes.follow import follow_node
from aiatrack_ros.nodes.follow.follow_node import FollowNode
from geometry_msgs.msg import PoseStamped
from geometry_msgs.msg import Twist
from geometry_msgs.msg import TwistStamped
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from lifecycle_msgs.srv import GetAvailableTransitions
import numpy as np
import pytest
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from ros_harness import ROOT
from ros_harness import Ros
from ros_harness import stamp_of
from ros_harness import wait_for
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage
from vision_msgs.msg import Detection2DArray
import yaml

SECOND = 10**9
FRAME = SECOND // 10
FOCAL = 400.0
# In the middle of the picture; at 2 m it is 0.5 m high.
BOX = (300.0, 190.0, 40.0, 100.0)


class World(Node):
    """All that the follower hears, and ears on what it says."""

    def __init__(self, command_type: type = TwistStamped, **options: Any) -> None:
        super().__init__('world', **options)
        self.commands: list[Any] = []
        self.poses: list[PoseStamped] = []
        self.frames: list[TFMessage] = []
        self.stamp = 1000 * SECOND
        self.infos = self.create_publisher(CameraInfo, 'camera_info', 10)
        self.depths = self.create_publisher(Image, 'depth', 10)
        self.tracks = self.create_publisher(Detection2DArray, 'tracker/tracks', 10)
        reliable = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
        self.ears = [
            self.create_subscription(
                PoseStamped, 'follow/target_pose', self.poses.append, reliable
            ),
            self.create_subscription(command_type, 'cmd_vel', self.commands.append, reliable),
            self.create_subscription(TFMessage, '/tf', self.frames.append, reliable),
        ]
        self.change = self.create_client(ChangeState, 'follow/change_state')
        self.graph = self.create_client(  # the last, see Ros.settle
            GetAvailableTransitions, 'follow/get_transition_graph'
        )


class Bench:
    """A follower that is active and hears the world."""

    def __init__(
        self, ros: Ros, info: bool = True, command_type: type = TwistStamped, **parameters: Any
    ) -> None:
        self.ros = ros
        self.world: World = ros.spin(World, command_type)
        # Most tests are about what it says of an image, not about how long it waits for one.
        self.node = ros.spin(FollowNode, parameters={'stop_after': 10.0, **parameters})
        ros.settle(self.world.graph, GetAvailableTransitions.Request())
        assert self.transition(Transition.TRANSITION_CONFIGURE)
        assert self.transition(Transition.TRANSITION_ACTIVATE)
        self.discovered()
        if info:
            self.show_camera()

    def transition(self, number: int) -> bool:
        request = ChangeState.Request(transition=Transition(id=number))
        return self.ros.call(self.world.change, request).success

    def discovered(self) -> None:
        world, node = self.world, self.node
        wait_for(
            lambda: all(
                [
                    publisher.get_subscription_count()
                    for publisher in (world.infos, world.depths, world.tracks, *node._outputs)
                ]
                + [ear.get_publisher_count() for ear in (*world.ears, *node._inputs)]
            ),
            'discovery',
        )

    def show_camera(self, focal: float = FOCAL) -> None:
        self.world.infos.publish(
            CameraInfo(
                width=640,
                height=480,
                distortion_model='plumb_bob',
                d=[0.0] * 5,
                k=[focal, 0.0, 320.0, 0.0, focal, 240.0, 0.0, 0.0, 1.0],
            )
        )
        if focal:
            wait_for(lambda: self.node._camera, 'camera_info')

    def show_depth(self, metres: float) -> None:
        count = self.node._depth_count
        header = Header(stamp=stamp_of(self.world.stamp + FRAME + SECOND // 50))
        self.world.depths.publish(depth_images.encode(np.full((240, 320), metres), header))
        wait_for(lambda: self.node._depth_count > count, 'the depth image')

    def see(self, *boxes: tuple, count: int = 1, score: float = 0.9, track_id: str = 'a') -> Any:
        """Show tracks of `count` images; return the last command."""
        for _ in range(count):
            self.world.stamp += FRAME
            stamp = stamp_of(self.world.stamp)
            header = Header(stamp=stamp, frame_id='camera')
            self.world.tracks.publish(
                messages.make_detections(
                    header,
                    [messages.make_detection(header, box, score, track_id) for box in boxes],
                )
            )
            command = wait_for(
                lambda stamp=stamp: next(
                    (
                        command
                        for command in list(self.world.commands)
                        if command.header.stamp == stamp
                    ),
                    None,
                ),
                'the command for an image',
            )
        return command.twist


@pytest.fixture
def ros():
    ros = Ros()
    yield ros
    ros.close()


def stands(twist):
    return twist == Twist()


def test_follows_and_stops(ros):
    bench = Bench(ros, target_height=0.5)
    assert stands(bench.see(BOX, count=4))
    twist = bench.see(BOX, count=15)
    assert twist.linear.x == pytest.approx(0.2)  # at 2 m, wants to be at 1.5 m
    assert twist.angular.z == pytest.approx(0)
    assert bench.world.commands[-1].header.frame_id == 'base_link'
    left = bench.see((200.0, 190.0, 40.0, 100.0), count=5)
    assert left.angular.z == pytest.approx(1.5 * math.atan(100 / FOCAL))
    assert stands(bench.see())
    assert stands(bench.see(BOX, count=4))
    assert not stands(bench.see(BOX))
    assert stands(bench.see((math.nan, 1.0, 1.0, 1.0)))
    assert not bench.world.poses


def test_distance_from_depth_and_pose_for_nav2(ros):
    bench = Bench(ros)
    bench.show_depth(1.6)
    bench.see(BOX)
    pose = wait_for(lambda: bench.world.poses, 'a pose')[0]
    assert pose.header == bench.world.commands[-1].header.__class__(
        stamp=stamp_of(bench.world.stamp), frame_id='camera'
    )
    assert (pose.pose.position.x, pose.pose.position.y) == pytest.approx((0, 0))
    assert pose.pose.position.z == pytest.approx(1.6)
    assert pose.pose.orientation.w == 1
    (transform,) = wait_for(lambda: bench.world.frames, 'a frame')[0].transforms
    assert (transform.header, transform.child_frame_id) == (pose.header, 'target')
    assert transform.transform.translation.z == pytest.approx(1.6)
    for _ in range(10):
        bench.show_depth(1.6)
        twist = bench.see(BOX)
    assert twist.linear.x == pytest.approx(0.1)
    assert len(bench.world.poses) == 11
    # Without depth images the height, known from them, goes on: twice as small is twice as far.
    bench.world.stamp += SECOND
    bench.see(BOX, count=3)
    assert bench.see(BOX, count=3).linear.x == pytest.approx(0.1)
    assert bench.see((310.0, 215.0, 20.0, 50.0), count=5).linear.x == pytest.approx(0.2)
    assert len(bench.world.poses) == 11


def test_distance_from_the_size_at_the_beginning(ros):
    bench = Bench(ros, initial_distance=1.5)
    assert bench.see(BOX, count=10).linear.x == pytest.approx(0)
    assert bench.see((310.0, 215.0, 20.0, 50.0), count=10).linear.x == pytest.approx(0.2)
    # Another target is measured anew, and looked at five times before the robot moves.
    small = (310.0, 200.0, 20.0, 90.0)
    assert stands(bench.see(small, track_id='b', count=4))
    assert bench.see(small, track_id='b', count=10).linear.x == pytest.approx(0)
    # So is one after a pause: its id may be that of another run of the tracker.
    assert bench.transition(Transition.TRANSITION_DEACTIVATE)
    assert bench.transition(Transition.TRANSITION_ACTIVATE)
    bench.discovered()
    bench.show_camera()
    assert bench.see(BOX, track_id='b', count=10).linear.x == pytest.approx(0)


def test_follows_the_same_one_of_several(ros):
    bench = Bench(ros, target_height=0.5)
    bench.see(BOX, count=8)
    header = Header(stamp=stamp_of(bench.world.stamp + FRAME))
    bench.world.stamp += FRAME
    bench.world.tracks.publish(
        messages.make_detections(
            header,
            [
                messages.make_detection(header, (0.0, 190.0, 40.0, 100.0), 1.0, 'other'),
                messages.make_detection(header, BOX, 0.8, 'a'),
            ],
        )
    )
    command = wait_for(
        lambda: next(
            (
                command
                for command in list(bench.world.commands)
                if command.header.stamp == header.stamp
            ),
            None,
        ),
        'a command',
    )
    assert command.twist.linear.x > 0
    assert command.twist.angular.z == pytest.approx(0)


@pytest.mark.parametrize('focal', [None, 0.0])
def test_stands_without_calibration(ros, focal):
    bench = Bench(ros, info=False)
    if focal is not None:
        bench.show_camera(focal)
    assert stands(bench.see(BOX, count=8))
    assert 'camera' in bench.node._monitor._problems


def test_stops_when_tracks_stop_coming(ros):
    bench = Bench(ros, target_height=0.5, stop_after=1.0)
    assert not stands(bench.see(BOX, count=10))
    bench.world.commands.clear()
    commands = wait_for(lambda: bench.world.commands, 'a stop')
    assert stands(commands[0].twist)
    assert stands(bench.see(BOX))


def test_deactivation_stops(ros):
    bench = Bench(ros, target_height=0.5)
    assert not stands(bench.see(BOX, count=10))
    assert bench.transition(Transition.TRANSITION_DEACTIVATE)
    wait_for(lambda: stands(bench.world.commands[-1].twist), 'a stop')
    count = len(bench.world.commands)
    assert bench.transition(Transition.TRANSITION_ACTIVATE)
    bench.discovered()
    bench.show_camera()
    assert len(bench.world.commands) == count
    assert stands(bench.see(BOX, count=4))
    assert not stands(bench.see(BOX, count=3))


def test_unstamped_commands(ros):
    bench = Bench(ros, command_type=Twist, enable_stamped_cmd_vel=False, target_height=0.5)
    header = Header(stamp=stamp_of(SECOND))
    bench.world.tracks.publish(messages.make_detections(header, []))
    assert stands(wait_for(lambda: bench.world.commands, 'a command')[0])


def test_parameters_are_refused_or_applied(ros):
    bench = Bench(ros, target_height=0.5)

    def change(name, value):
        return bench.node.set_parameters([Parameter(name, value=value)])[0]

    for name, value in (
        ('max_speed', 9.0),
        ('max_speed', math.nan),
        ('good_frames', 0),
        ('distance', -1.0),
        ('enable_stamped_cmd_vel', False),
    ):
        result = change(name, value)
        assert not result.successful
        assert name in result.reason or 'read-only' in result.reason
    assert change('max_speed', 0.05).successful
    assert change('good_frames', 2).successful
    assert stands(bench.see(BOX))
    assert bench.see(BOX, count=9).linear.x == pytest.approx(0.05)


def test_the_annotated_file_holds_the_defaults():
    content = yaml.safe_load((ROOT / 'config' / 'follow.yaml').read_text())
    declared = {setting.name: setting.default for setting in follow_node.FOLLOW_NODE}
    del declared['enable_stamped_cmd_vel']  # depends on the distribution
    assert content['/**']['ros__parameters'] == declared


def test_last_words_are_a_stop(ros):
    world = ros.spin(World)
    process = subprocess.Popen(
        [
            sys.executable,
            '-m',
            'aiatrack_ros.nodes.follow.follow_node',
            '--ros-args',
            '-p',
            'autostart:=true',
            '-p',
            'stop_after:=10.0',
        ],
        env={**os.environ, 'PYTHONPATH': f'{ROOT}:{os.environ.get("PYTHONPATH", "")}'},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(
            lambda: world.ears[1].get_publisher_count() and world.tracks.get_subscription_count(),
            'the follower',
            deadline=40,
        )
        world.tracks.publish(Detection2DArray(header=Header(stamp=stamp_of(SECOND))))
        wait_for(lambda: world.commands, 'a command')
        world.commands.clear()
        process.send_signal(signal.SIGINT)
        assert stands(wait_for(lambda: world.commands, 'a stop')[-1].twist)
        assert process.wait(20) == 0
        assert 'Traceback' not in process.stderr.read()
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_bad_start_values_are_one_line(capsys):
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        assert follow_node.main(['--ros-args', '-p', 'max_speed:=9.0']) == 2
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    error = capsys.readouterr().err
    assert 'max_speed' in error
    assert error.count('\n') == 1
