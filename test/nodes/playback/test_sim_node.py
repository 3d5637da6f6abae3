# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The simulator over real DDS: it begins when all are there, and keeps step with the commands."""

import math
import time
from typing import Any

from aiatrack_ros.nodes.common import messages
from aiatrack_ros.nodes.common.depth_images import depth_in_box
from aiatrack_ros.nodes.follow.camera_geometry import Camera
from aiatrack_ros.nodes.playback import sim_node
from aiatrack_ros.nodes.playback.sim_node import SimNode
from aiatrack_ros.srv import SetTarget
from geometry_msgs.msg import PoseArray
from geometry_msgs.msg import TwistStamped
import pytest
from rclpy.exceptions import InvalidParameterValueException
from rclpy.node import Node
from ros_harness import Ros
from ros_harness import wait_for
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import Image
from vision_msgs.msg import Detection2D
from vision_msgs.msg import Detection2DArray

FIRST = sim_node.FIRST_STAMP
FRAME = 10**8


class Robot(Node):
    """Stands for tracker and follower, and says what the test wants them to say."""

    def __init__(self, **options: Any) -> None:
        super().__init__('robot', **options)
        self.targets: list[Detection2D] = []
        self.accept = True
        self.heard: dict[str, list] = {}
        self.ears = []
        for topic, kind in (
            ('image', Image),
            ('depth', Image),
            ('camera_info', CameraInfo),
            ('sim/truth', PoseArray),
            ('sim/people', Detection2DArray),
            ('/clock', Clock),
        ):
            self.heard[topic] = []
            self.ears.append(
                self.create_subscription(
                    kind, topic, self.heard[topic].append, 1 if topic == '/clock' else 50
                )
            )
        self.commands = self.create_publisher(TwistStamped, 'cmd_vel', 10)
        self.create_service(SetTarget, 'tracker/set_target', self.on_target)

    def on_target(self, request, response):
        self.targets.append(request.target)
        response.success, response.message = self.accept, 'as the test wants it'
        return response

    def image(self, number):
        """Return the image of this number as soon as it is there."""
        return wait_for(
            lambda: next(
                (
                    message
                    for message in list(self.heard['image'])
                    if messages.nanoseconds(message.header.stamp) == FIRST + number * FRAME
                ),
                None,
            ),
            f'image {number}',
        )

    def command(self, number, speed=0.0, turn_rate=0.0):
        """Answer the image of this number."""
        message = TwistStamped(header=self.image(number).header)
        message.twist.linear.x, message.twist.angular.z = speed, turn_rate
        self.commands.publish(message)

    def truth(self, number):
        """Return x and heading of the robot, x of the target."""
        self.image(number)
        poses = wait_for(
            lambda: next(
                (
                    message.poses
                    for message in list(self.heard['sim/truth'])
                    if messages.nanoseconds(message.header.stamp) == FIRST + number * FRAME
                ),
                None,
            ),
            'the truth',
        )
        robot, target, *_ = poses
        heading = 2 * math.atan2(robot.orientation.z, robot.orientation.w)
        return robot.position.x, heading, target.position.x


@pytest.fixture
def ros():
    ros = Ros()
    yield ros
    ros.close()


def test_lock_step(ros):
    robot = ros.spin(Robot)
    sim = ros.spin(SimNode)
    # The first image comes again and again until somebody answers.
    wait_for(lambda: len(robot.heard['image']) > 1, 'the first image twice')
    assert not robot.targets
    wait_for(lambda: sim._images.get_subscription_count(), 'discovery')
    wait_for(robot.commands.get_subscription_count, 'discovery')
    robot.command(0)
    image = robot.image(1)
    (target,) = robot.targets
    assert messages.nanoseconds(target.header.stamp) == FIRST
    assert target.id == 'walker'
    assert (image.width, image.height, image.encoding) == (640, 480, 'bgr8')
    wait_for(lambda: robot.heard['/clock'], '/clock')
    # The command of an image acts from the next image on.
    robot.command(1, speed=0.2, turn_rate=0.4)
    robot.command(2, speed=0.0)
    robot.command(3)
    assert robot.truth(2)[:2] == (0, 0)
    x, heading, _ = robot.truth(3)
    assert (x, heading) == pytest.approx((0.02, 0.04), abs=1e-4)
    assert robot.truth(4)[:2] == (x, heading)
    # Without a command there is no step, and commands for other images do not count.
    robot.command(2)
    time.sleep(0.5)
    assert sim._frame == 4
    robot.command(4)
    robot.image(5)


def test_a_command_that_is_none_is_a_stop(ros):
    robot = ros.spin(Robot)
    sim = ros.spin(SimNode, parameters={'give_target': False})
    wait_for(lambda: sim._images.get_subscription_count(), 'discovery')
    wait_for(robot.commands.get_subscription_count, 'discovery')
    robot.command(0)
    values = (math.nan, math.inf, -1e300)
    for number, value in enumerate(values, 1):
        robot.command(number, speed=value)
    for number, value in enumerate(values, 4):
        robot.command(number, turn_rate=value)
    robot.command(7)
    assert robot.truth(8)[:2] == (0, 0)


def test_depth_and_calibration_fit_the_truth(ros):
    robot = ros.spin(Robot)
    ros.spin(SimNode)
    box = messages.box_from_bounding_box(
        wait_for(lambda: robot.heard['sim/people'], 'the people')[0].detections[0].bbox
    )
    wait_for(
        lambda: all(robot.heard[topic] for topic in ('depth', 'camera_info', 'sim/truth')),
        'all topics',
    )
    info = robot.heard['camera_info'][0]
    camera = Camera(info.width, info.height, info.k[0], info.k[4], info.k[2], info.k[5])
    z = depth_in_box(robot.heard['depth'][0], box, camera.width, camera.height)
    assert z == pytest.approx(1.5, abs=0.02)
    assert camera.ray(box[0] + box[2] / 2, 240.0)[0] == pytest.approx(0, abs=0.005)


@pytest.mark.parametrize(
    ('scene', 'names'), [('alone', ['walker']), ('company', ['walker', 'other'])]
)
def test_tells_where_everybody_of_the_scene_is(ros, scene, names):
    robot = ros.spin(Robot)
    ros.spin(SimNode, parameters={'scene': scene})
    people = wait_for(lambda: robot.heard['sim/people'], 'the people')[0].detections
    assert [person.id for person in people] == names
    assert people[0].results[0].hypothesis.score > 0.9
    if scene == 'company':  # the other one is not there yet
        assert people[1].results[0].hypothesis.score == people[1].bbox.size_x == 0
    poses = wait_for(lambda: robot.heard['sim/truth'], 'the truth')[0].poses
    assert len(poses) == 1 + len(names)


def test_no_such_scene(ros):
    with pytest.raises(InvalidParameterValueException, match='alone, company'):
        ros.spin(SimNode, parameters={'scene': 'crowd'})


def test_real_time_goes_on_by_itself(ros):
    robot = ros.spin(Robot)
    ros.spin(SimNode, parameters={'lock_step': False, 'rate': 10.0})
    wait_for(robot.commands.get_subscription_count, 'discovery')
    robot.command(0)
    robot.image(1)
    begin = time.monotonic()
    robot.image(6)
    assert time.monotonic() - begin > 0.3


@pytest.mark.parametrize(('accept', 'words'), [(True, 'no answer'), (False, 'refused')])
def test_gives_up_with_a_word(ros, capfd, accept, words):
    robot = ros.spin(Robot)
    robot.accept = accept
    sim = ros.spin(SimNode, parameters={'patience': 1.0 if accept else 60.0})
    if not accept:
        wait_for(robot.commands.get_subscription_count, 'discovery')
        robot.command(0)
    wait_for(sim.done.done, 'the end')
    assert sim.done.result() == 1
    assert words in capfd.readouterr().err
