# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
A node that simulates a robot with a camera and people who walk: a world to try follow_node in.

In lock step, time goes on when the command for the image has come, so that a run is the same on a
slow machine as on a fast one. All other nodes need use_sim_time.
"""

import math
import sys
from typing import Any

from aiatrack_ros.nodes.common import depth_images
from aiatrack_ros.nodes.common import images
from aiatrack_ros.nodes.common import messages
from aiatrack_ros.nodes.common.parameters import declare
from aiatrack_ros.nodes.common.parameters import Setting
from aiatrack_ros.nodes.common.run_node import EXIT_FAILURE
from aiatrack_ros.nodes.common.run_node import EXIT_OK
from aiatrack_ros.nodes.common.run_node import finish
from aiatrack_ros.nodes.common.run_node import run_node
from aiatrack_ros.simulation import camera_view
from aiatrack_ros.simulation import world
from aiatrack_ros.simulation.camera_view import CameraView
from aiatrack_ros.srv import SetTarget
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Pose as PoseMessage
from geometry_msgs.msg import PoseArray
from geometry_msgs.msg import TwistStamped
from rclpy.client import Client
from rclpy.clock import Clock
from rclpy.clock import ClockType
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from rclpy.task import Future
from rclpy.timer import Timer
from rosgraph_msgs.msg import Clock as ClockMessage
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

FRAME_ID = 'camera_optical_frame'
WORLD_ID = 'world'
IDS = ('walker', 'other')  # what ~/people calls the people in the scene, the target first
FIRST_STAMP = 1000 * 10**9  # nanoseconds, of the first image

FASTEST = 100.0  # the largest speed in m/s, and turn rate in rad/s, that a command may ask for

_KNOCK_SECONDS = 0.3  # the first image is sent so often until the other nodes are there
_RESEND_SECONDS = 5.0  # an image without an answer is sent again after so long
_NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
_QOS = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)

SIM_NODE = (
    Setting(
        'scene',
        'alone',
        'alone: the target hides behind a screen and returns; company: somebody else crosses, '
        'and takes the place of the target, which comes back elsewhere',
        choices=tuple(world.SCENES),
        read_only=True,
    ),
    Setting('seed', 0, 'look of the world and noise of the camera', (0, 2**31), read_only=True),
    Setting('rate', 10.0, 'images per simulated second', (1.0, 100.0), read_only=True),
    Setting(
        'lock_step',
        True,
        'wait for the command of each image; else simulated time passes like real time',
        read_only=True,
    ),
    Setting(
        'give_target',
        True,
        'point at the target in the first image, then let it walk; else it walks at once',
        read_only=True,
    ),
    Setting(
        'patience',
        60.0,
        'give up after so long without an answer, in seconds',
        (1.0, 3600.0),
        read_only=True,
    ),
)


class SimNode(Node):
    """
    Publishes image, camera_info, depth, /clock and the truth, and takes cmd_vel.

    The first image is sent until a command answers it, which shows that all nodes hear each other.
    Then the target is given to tracker/set_target, and the scene begins. A command takes effect
    from the next image on. `done` gets the exit code when the scene ends, or when nobody answers.
    """

    def __init__(self, **node_options: Any) -> None:
        super().__init__('sim', **node_options)
        declare(self, SIM_NODE)
        get = {setting.name: self.get_parameter(setting.name).value for setting in SIM_NODE}
        self._scene = world.SCENES[get['scene']]
        self._view = CameraView(get['seed'])
        self._period: float = 1 / get['rate']
        self._lock_step: bool = get['lock_step']
        self._patience: float = get['patience']
        self._robot = world.Pose()
        self._frame = 0
        self._command = TwistStamped()  # the newest command
        self._acting = TwistStamped()  # the command that moves the robot now
        self._sent: list[tuple[Any, Any]] = []  # publishers and messages of this moment
        self._running = False
        self.done: Future = Future()

        self._clock_out = self.create_publisher(ClockMessage, '/clock', _NEWEST)
        self._images = self.create_publisher(Image, 'image', _QOS)
        self._infos = self.create_publisher(CameraInfo, 'camera_info', _QOS)
        self._depths = self.create_publisher(Image, 'depth', _QOS)
        self._truth = self.create_publisher(PoseArray, '~/truth', _QOS)
        self._people = self.create_publisher(Detection2DArray, '~/people', _QOS)
        self.create_subscription(TwistStamped, 'cmd_vel', self._on_command, _QOS)
        self._set_target: Client | None = (
            self.create_client(SetTarget, 'tracker/set_target') if get['give_target'] else None
        )
        self._steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._asked = self._now()  # since then, an answer is waited for
        self._look()
        self._next(_KNOCK_SECONDS, self._knock)

    @property
    def _stamp(self) -> Time:
        nanoseconds = FIRST_STAMP + round(self._frame * self._period * 1e9)
        return Time(sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9)

    # --- before the scene begins ---

    def _knock(self) -> None:
        self._send()
        self._check_patience(
            'the first image', 'are tracker_node and follow_node active, with use_sim_time?'
        )

    def _point(self) -> None:
        """Ask the tracker to take the target."""
        if self._set_target is None or not self._set_target.service_is_ready():
            self._check_patience('the target', 'is tracker/set_target there?')
            return
        self._next(_RESEND_SECONDS, self._point)  # an answer that takes longer is lost
        target, *_ = self._outlines.detections
        answer = self._set_target.call_async(SetTarget.Request(target=target))
        answer.add_done_callback(self._on_target)
        self._check_patience('the target', 'is the tracker active?')

    def _on_target(self, answer: Future) -> None:
        if self._running or self.done.done():
            return
        reply: Any = answer.result()
        if reply.success:
            self._begin()
        else:
            self._end(EXIT_FAILURE, f'the tracker refused the target: {reply.message}')

    def _begin(self) -> None:
        self._running = True
        self._step()
        if self._lock_step:
            self._next(_RESEND_SECONDS, self._resend)
        else:
            self._next(self._period, self._step)

    # --- the scene ---

    def _on_command(self, message: TwistStamped) -> None:
        if self._lock_step or not self._running:
            if message.header.stamp != self._stamp or self.done.done():
                return  # it answers an older image
        self._command = self._checked(message)
        if not self._running:
            if self._set_target is None:
                self._begin()
            elif self._timer_work != self._point:
                self._asked = self._now()
                self._next(_KNOCK_SECONDS, self._point)
        elif self._lock_step:
            self._step()

    def _checked(self, message: TwistStamped) -> TwistStamped:
        """Return a command, or a stop in place of one that no robot could carry out."""
        speed, turn_rate = message.twist.linear.x, message.twist.angular.z
        if abs(speed) <= FASTEST and abs(turn_rate) <= FASTEST:  # which NaN is not
            return message
        self.get_logger().warning(
            f'the command of {speed:g} m/s and {turn_rate:g} rad/s is none; the robot stands',
            throttle_duration_sec=5.0,
        )
        return TwistStamped(header=message.header)

    def _step(self) -> None:
        """Let one period of simulated time pass."""
        twist = self._acting.twist
        self._robot = self._robot.moved(twist.linear.x, twist.angular.z, self._period)
        self._acting = self._command
        self._frame += 1
        if self._frame * self._period > self._scene.duration:
            self._images.wait_for_all_acked(Duration(seconds=5))
            self._end(EXIT_OK, f'{self._frame} images')
            return
        self._look()
        self._send()
        self._asked = self._now()
        if self._lock_step and self._running:
            self._timer.reset()

    def _resend(self) -> None:
        self._send()
        seconds = self._frame * self._period
        self._check_patience(f'the image of {seconds:.1f} s', 'has a node ended?')

    # --- what is sent ---

    def _look(self) -> None:
        """Make all messages of this moment."""
        people = self._scene.people(self._frame * self._period)
        view = self._view.render(self._robot, people, self._frame)
        header = Header(stamp=self._stamp, frame_id=FRAME_ID)
        self._outlines = messages.make_detections(
            header,
            (
                messages.make_detection(
                    header, outline.box or (0.0, 0.0, 0.0, 0.0), outline.visible, name, 'person'
                )
                for name, outline in zip(IDS, view.people)
            ),
        )
        truth = PoseArray(
            header=Header(stamp=header.stamp, frame_id=WORLD_ID),
            poses=[_pose_message(pose) for pose in (self._robot, *people)],
        )
        self._sent = [
            (self._clock_out, ClockMessage(clock=header.stamp)),
            (self._truth, truth),
            (self._people, self._outlines),
            (self._infos, _camera_info(header)),
            (self._depths, depth_images.encode(view.depth, header)),
            # The image comes last, so that all that is needed to judge it is there before.
            (self._images, images.encode(view.picture[..., ::-1], header, 'bgr8')),
        ]

    def _send(self) -> None:
        for publisher, message in self._sent:
            publisher.publish(message)

    # --- time ---

    def _now(self) -> float:
        return self._steady.now().nanoseconds / 1e9

    def _next(self, period: float, work: Any) -> None:
        """Call `work` every `period` seconds of real time from now on, in place of what was."""
        if hasattr(self, '_timer'):
            self.destroy_timer(self._timer)
        self._timer_work = work
        self._timer: Timer = self.create_timer(period, work, clock=self._steady)

    def _check_patience(self, what: str, hint: str) -> None:
        waited = self._now() - self._asked
        if waited > self._patience:
            self._end(EXIT_FAILURE, f'no answer to {what} in {waited:.0f} s: {hint}')

    def _end(self, code: int, text: str) -> None:
        self.destroy_timer(self._timer)
        finish(self, code, text)


def _pose_message(pose: world.Pose) -> PoseMessage:
    message = PoseMessage()
    message.position.x, message.position.y = pose.x, pose.y
    message.orientation.z = math.sin(pose.heading / 2)
    message.orientation.w = math.cos(pose.heading / 2)
    return message


def _camera_info(header: Header) -> CameraInfo:
    f, cx, cy = camera_view.FOCAL, camera_view.CENTER_X, camera_view.CENTER_Y
    return CameraInfo(
        header=header,
        width=camera_view.WIDTH,
        height=camera_view.HEIGHT,
        distortion_model='plumb_bob',
        d=[0.0] * 5,
        k=[f, 0.0, cx, 0.0, f, cy, 0.0, 0.0, 1.0],
        r=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        p=[f, 0.0, cx, 0.0, 0.0, f, cy, 0.0, 0.0, 0.0, 1.0, 0.0],
    )


def main(args: list[str] | None = None) -> int:
    """Run the scene; return the exit code."""
    return run_node(SimNode, args)


if __name__ == '__main__':
    sys.exit(main())
