# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The follower over real DDS takes tracks, sends commands, and stops the robot whatever ends."""

import math
import os
import random
import re
import signal
import subprocess
import sys
import time
from typing import Any

from aiatrack_ros.msg import TrackerStatus
from aiatrack_ros.nodes.common import depth_images
from aiatrack_ros.nodes.common import messages
from aiatrack_ros.nodes.follow import follow_node
from aiatrack_ros.nodes.follow.camera_info import camera_of
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
from rclpy.qos import DurabilityPolicy
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from ros_harness import ROOT
from ros_harness import Ros
from ros_harness import stamp_of
from ros_harness import wait_for
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import Image
from sensor_msgs.msg import RegionOfInterest
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage
from vision_msgs.msg import Detection2DArray
import yaml

SECOND = 10**9
FRAME = SECOND // 10
FOCAL = 400.0
# The box is in the middle of the picture; a target 0.5 m high fills it from 2 m away.
BOX = (300.0, 190.0, 40.0, 100.0)


class World(Node):
    """Says all that the follower hears, and keeps all that the follower says."""

    def __init__(self, command_type: type = TwistStamped, **options: Any) -> None:
        super().__init__('world', **options)
        self.commands: list[Any] = []
        self.poses: list[PoseStamped] = []
        self.frames: list[TFMessage] = []
        self.stamp = 1000 * SECOND
        self.infos = self.create_publisher(CameraInfo, 'camera_info', 10)
        self.depths = self.create_publisher(Image, 'depth', 10)
        self.statuses = self.create_publisher(TrackerStatus, 'tracker/status', 10)
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
        self.graph = self.create_client(  # created last, see Ros.settle
            GetAvailableTransitions, 'follow/get_transition_graph'
        )


class Bench:
    """A follower that is active and hears the world."""

    def __init__(
        self, ros: Ros, info: bool = True, command_type: type = TwistStamped, **parameters: Any
    ) -> None:
        self.ros = ros
        self.world: World = ros.spin(World, command_type)
        # Most tests are about what the follower says of an image, so it waits long for more.
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
                    for publisher in (
                        world.infos,
                        world.depths,
                        world.statuses,
                        world.tracks,
                        *node._outputs,
                    )
                ]
                + [ear.get_publisher_count() for ear in (*world.ears, *node._inputs)]
            ),
            'discovery',
        )

    def show_camera(self, focal: float = FOCAL, **changes: Any) -> None:
        info = CameraInfo(
            width=640,
            height=480,
            distortion_model='plumb_bob',
            d=[0.0] * 5,
            k=[focal, 0.0, 320.0, 0.0, focal, 240.0, 0.0, 0.0, 1.0],
        )
        for name, value in changes.items():
            setattr(info, name, value)
        self.world.infos.publish(info)
        if focal:
            wait_for(lambda: self.node._info == info, 'camera_info')

    def say_size(self, width: int, height: int) -> None:
        self.world.statuses.publish(TrackerStatus(image_width=width, image_height=height))
        wait_for(lambda: self.node._size == (width, height), 'the size of the images')

    def show_depth(self, metres: float | np.ndarray) -> None:
        count = self.node._depth_count
        header = Header(stamp=stamp_of(self.world.stamp + FRAME + SECOND // 50))
        self.world.depths.publish(depth_images.encode(np.broadcast_to(metres, (240, 320)), header))
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


def problem(bench, kind):
    """Return the last problem of a kind that the node told, '' if there was none."""
    return bench.node._monitor._problems.get(kind, (0, ''))[1]


def test_follows_and_stops(ros):
    bench = Bench(ros, target_height=0.5)
    assert stands(bench.see(BOX, count=4))
    twist = bench.see(BOX, count=15)
    assert twist.linear.x == pytest.approx(0.2)  # the robot is at 2 m and wants to be at 1.5 m
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
    # Without depth images the node goes on with the height that it learned from them: a box half
    # as high is twice as far away.
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
    # A target is measured anew after a pause too, for another run of the tracker may use the same
    # id for another target.
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


def cropped(x, y, width, height):
    return {'roi': RegionOfInterest(x_offset=x, y_offset=y, width=width, height=height)}


# Each row says how a camera reads out its sensor, where a target is seen then that is 40 x 100
# pixels large and 120 pixels right of the middle of the whole picture, and the size of the image.
READOUTS = [
    ({}, (420.0, 190.0, 40.0, 100.0), (640, 480)),
    ({'binning_x': 2, 'binning_y': 2}, (210.0, 95.0, 20.0, 50.0), (320, 240)),
    (cropped(300, 100, 320, 240), (120.0, 90.0, 40.0, 100.0), (320, 240)),
    (
        {'binning_x': 2, 'binning_y': 2, **cropped(300, 100, 320, 240)},
        (60.0, 45.0, 20.0, 50.0),
        (160, 120),
    ),
]


@pytest.mark.parametrize(('readout', 'box', 'size'), READOUTS)
@pytest.mark.parametrize('told', [False, True])
def test_turns_to_the_side_of_the_target_however_the_sensor_is_read_out(
    ros, readout, box, size, told
):
    bench = Bench(ros, info=False, target_height=0.5)
    bench.show_camera(**readout)
    if told:
        bench.say_size(*size)
    twist = bench.see(box, count=15)
    assert twist.angular.z == pytest.approx(-1.5 * math.atan(120 / FOCAL), abs=1e-6)
    assert twist.linear.x == pytest.approx(0.2)  # the height of the target puts it at 2 m


@pytest.mark.parametrize(('readout', 'box', 'size'), READOUTS)
def test_depth_is_read_where_the_target_is(ros, readout, box, size):
    bench = Bench(ros, info=False)
    bench.show_camera(**readout)
    x, y, w, h = (round(value * 320 / size[0]) for value in box)
    picture = np.full((240, 320), 9.0)
    picture[y : y + h, x : x + w] = 1.6
    bench.show_depth(picture)
    bench.see(box)
    pose = wait_for(lambda: bench.world.poses, 'a pose')[0].pose.position
    assert (pose.x, pose.y, pose.z) == pytest.approx((1.6 * 120 / FOCAL, 0, 1.6))


def test_a_box_cut_by_the_edge_of_the_region_says_nothing_of_the_distance(ros):
    bench = Bench(ros, info=False, target_height=0.5)
    bench.show_camera(**cropped(160, 120, 320, 240))
    twist = bench.see((140.0, 140.0, 40.0, 99.0), count=15)
    assert stands(twist)
    assert not stands(bench.see((140.0, 70.0, 40.0, 100.0), count=15))


def test_images_of_another_size_than_the_camera_info_stop_the_robot(ros):
    bench = Bench(ros, target_height=0.5)
    assert not stands(bench.see(BOX, count=10))
    bench.say_size(320, 240)
    assert stands(bench.see((150.0, 95.0, 20.0, 50.0), count=10))
    assert re.search('320x240.*640x480', problem(bench, 'camera'))
    bench.say_size(640, 480)
    assert not stands(bench.see(BOX, count=10))


def test_a_box_outside_of_the_image_of_the_camera_info_stops_the_robot(ros):
    bench = Bench(ros, info=False, target_height=0.5)
    bench.show_camera(**cropped(0, 0, 320, 240))
    assert stands(bench.see((420.0, 190.0, 40.0, 100.0), count=10))
    assert '320x240' in problem(bench, 'box')


def test_a_depth_image_of_another_view_is_not_used(ros):
    bench = Bench(ros, info=False, target_height=0.5)
    bench.show_camera(**cropped(0, 100, 640, 240))
    bench.show_depth(1.6)
    bench.see((300.0, 90.0, 40.0, 100.0))
    assert re.search('320x240.*640x240', problem(bench, 'depth'))
    assert not bench.world.poses


@pytest.mark.parametrize('model', ['none', 'Brown-Conrady'])
def test_a_calibration_that_was_published_once_arrives(ros, model):
    camera = ros.spin(Node, 'camera')
    qos = QoSProfile(
        depth=1,
        reliability=ReliabilityPolicy.RELIABLE,
        durability=DurabilityPolicy.TRANSIENT_LOCAL,
    )
    latched = camera.create_publisher(CameraInfo, 'camera_info', qos)
    k = [FOCAL, 0.0, 320.0, 0.0, FOCAL, 240.0, 0.0, 0.0, 1.0]
    latched.publish(CameraInfo(width=640, height=480, distortion_model=model, k=k))
    bench = Bench(ros, info=False, target_height=0.5)
    wait_for(lambda: bench.node._camera, 'the calibration')
    assert not stands(bench.see(BOX, count=10))
    # The calibration arrives after a pause too, and one that is published later replaces it.
    assert bench.transition(Transition.TRANSITION_DEACTIVATE)
    assert bench.transition(Transition.TRANSITION_ACTIVATE)
    bench.discovered()
    wait_for(lambda: bench.node._camera, 'the calibration')
    bench.show_camera(2 * FOCAL)
    assert bench.node._camera.fx == 2 * FOCAL


def test_a_calibration_that_nobody_keeps_is_not_asked_for(ros, capfd):
    bench = Bench(ros, info=False)
    time.sleep(0.5)
    assert bench.node._latched is None
    bench.show_camera()
    assert 'QoS' not in capfd.readouterr().err


@pytest.mark.parametrize('rectified', [False, True])
def test_rectified_images_are_seen_through_p_and_raw_ones_through_the_lens(ros, rectified):
    lens = {
        'd': [-0.3, 0.1, 0.0, 0.0, 0.0],
        'p': [300.0, 0.0, 340.0, 0.0, 0.0, 300.0, 240.0, 0.0, 0.0, 0.0, 1.0, 0.0],
    }
    bench = Bench(ros, info=False, images_rectified=rectified, max_turn_rate=3.0)
    bench.show_camera(**lens)
    x = (440 - 340) / 300 if rectified else camera_of(bench.node._info).ray(440, 240)[0]
    assert abs(x - 120 / FOCAL) > 0.005
    twist = bench.see((420.0, 190.0, 40.0, 100.0), count=20)
    assert twist.angular.z == pytest.approx(-1.5 * math.atan(x), abs=1e-6)


def test_survives_whatever_is_sent_and_stops_for_tracks_that_are_none(ros):
    bench = Bench(ros, target_height=0.5)
    dice = random.Random(16)
    numbers = (0.0, -1.0, 320.0, 1e18, 1e308, -1e308, math.nan, math.inf)
    sizes = (0, 1, 480, 640, 2**31, 2**32 - 1)
    models = ('', 'plumb_bob', 'equidistant', 'my_lens')

    def some(count):
        return [dice.choice(numbers) for _ in range(count)]

    for _ in range(30):
        bench.show_camera()
        assert not stands(bench.see(BOX, count=9))
        info = CameraInfo(
            width=dice.choice(sizes),
            height=dice.choice(sizes),
            distortion_model=dice.choice(models),
            d=some(dice.choice((0, 4, 5, 7))),
            k=some(9),
            p=some(12),
            binning_x=dice.choice(sizes),
        )
        info.roi.width, info.roi.height = dice.choice(sizes), dice.choice(sizes)
        bench.world.infos.publish(info)
        bench.world.statuses.publish(TrackerStatus(state=dice.randrange(256)))
        depth = Image(height=dice.choice(sizes), width=dice.choice(sizes), step=7, data=b'x')
        depth.header.stamp = stamp_of(bench.world.stamp)
        bench.world.depths.publish(depth)
        bench.show_camera()
        header = Header(stamp=stamp_of(bench.world.stamp + FRAME))
        track = messages.make_detection(header, tuple(some(4)), dice.choice(numbers), 'a')
        track.bbox.center.theta = dice.choice([0.1, 0.0, math.nan])
        if dice.random() < 0.5:
            track.results.clear()
        bench.world.stamp += FRAME
        bench.world.tracks.publish(messages.make_detections(header, [track]))
        assert stands(bench.see((BOX[0], BOX[1], 0.0, 0.0)))


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
    assert abs(messages.nanoseconds(commands[0].header.stamp) - time.time_ns()) < 60 * SECOND
    assert stands(bench.see(BOX))


class SimulatedTime(Node):
    """A simulator's clock, which may stand."""

    def __init__(self, **options: Any) -> None:
        super().__init__('simulator', **options)
        self.clock = self.create_publisher(Clock, '/clock', 1)
        self.time = 1000 * SECOND

    def pass_by(self, seconds: float) -> None:
        self.time += round(seconds * SECOND)
        self.clock.publish(Clock(clock=stamp_of(self.time)))


@pytest.mark.parametrize('clock', ['none', 'stops'])
def test_stops_in_real_time_where_simulated_time_stands(ros, clock):
    bench = Bench(ros, target_height=0.5, stop_after=1.0, use_sim_time=True)
    if clock == 'stops':
        simulator = ros.spin(SimulatedTime)
        wait_for(
            lambda: simulator.pass_by(0.1) or bench.node.get_clock().now().nanoseconds, 'time'
        )
    assert not stands(bench.see(BOX, count=10))
    bench.world.commands.clear()
    commands = wait_for(lambda: bench.world.commands, 'a stop', deadline=10)
    assert stands(commands[0].twist)
    assert 'nothing on /tracker/tracks' in problem(bench, 'silence')
    # The follower says no more after that: a simulator in lock step that waits for the command of
    # its image would take another stop for it.
    time.sleep(0.5)
    assert len(commands) == 1


def test_stops_in_simulated_time_where_that_is_faster(ros):
    bench = Bench(ros, target_height=0.5, stop_after=10.0, use_sim_time=True)
    simulator = ros.spin(SimulatedTime)
    wait_for(lambda: simulator.pass_by(0.1) or bench.node.get_clock().now().nanoseconds, 'time')
    assert not stands(bench.see(BOX, count=10))
    bench.world.commands.clear()
    simulator.pass_by(20.0)
    commands = wait_for(lambda: bench.world.commands, 'a stop', deadline=5)
    assert stands(commands[0].twist)


@pytest.mark.parametrize('stamp', [0, 77 * SECOND, None])
def test_stamps_that_stand_stop_the_robot_and_are_named(ros, stamp):
    bench = Bench(ros, target_height=0.5, stop_after=1.0)
    if stamp is None:  # the picture freezes while the robot drives
        assert not stands(bench.see(BOX, count=10))
        stamp = bench.world.stamp
    header = Header(stamp=stamp_of(stamp))
    frozen = messages.make_detections(header, [messages.make_detection(header, BOX, 0.9, 'a')])

    def stopped():
        bench.world.tracks.publish(frozen)
        time.sleep(0.05)
        return 'stamps' in problem(bench, 'time')

    wait_for(stopped, 'a word', deadline=10)
    name = 'are 0' if stamp == 0 else f'stand at {stamp / SECOND:.3f} s'
    assert name in problem(bench, 'time')
    bench.world.commands.clear()
    wait_for(lambda: stopped() and len(bench.world.commands) > 9, 'commands', deadline=10)
    assert all(stands(command.twist) for command in list(bench.world.commands))
    assert not problem(bench, 'silence')


def test_tracks_slower_than_stop_after_are_named(ros):
    bench = Bench(ros, target_height=0.5, stop_after=0.3)
    for _ in range(4):
        bench.world.stamp += 4 * FRAME
        assert stands(bench.see(BOX))
    assert 'once in 0.50 s' in problem(bench, 'time')
    assert 'stop_after (0.3 s)' in problem(bench, 'time')


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
    del declared['enable_stamped_cmd_vel']  # the default depends on the distribution
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
    assert follow_node.main(['--ros-args', '-p', 'max_speed:=9.0']) == 2
    error = capsys.readouterr().err
    assert 'max_speed' in error
    assert error.count('\n') == 1
