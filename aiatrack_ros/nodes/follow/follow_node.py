# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
A node that drives a robot after what the tracker tracks, as an example of the use of tracks.

It sends one command for each message on tracker/tracks; the decisions are in follow_control.py.
Whatever ends (the tracks, the images or the node itself), the last command is a stop.
"""

from collections.abc import Callable
from collections.abc import Sequence
import functools
import math
import os
import sys
from typing import Any

from aiatrack_ros.errors import InputError
from aiatrack_ros.msg import TrackerStatus
from aiatrack_ros.nodes.common import messages
from aiatrack_ros.nodes.common.depth_images import depth_in_box
from aiatrack_ros.nodes.common.diagnostics import LOG_SECONDS
from aiatrack_ros.nodes.common.diagnostics import LONG_LOG_SECONDS
from aiatrack_ros.nodes.common.diagnostics import Monitor
from aiatrack_ros.nodes.common.frame_buffer import FrameBuffer
from aiatrack_ros.nodes.common.managed_node import AUTOSTART
from aiatrack_ros.nodes.common.managed_node import ReleasingNode
from aiatrack_ros.nodes.common.parameters import declare
from aiatrack_ros.nodes.common.parameters import mirrored
from aiatrack_ros.nodes.common.parameters import Setting
from aiatrack_ros.nodes.common.parameters import settings_of
from aiatrack_ros.nodes.common.run_node import run_node
from aiatrack_ros.nodes.common.surviving import reason
from aiatrack_ros.nodes.common.surviving import surviving
from aiatrack_ros.nodes.follow.camera_geometry import Camera
from aiatrack_ros.nodes.follow.camera_geometry import HeightRange
from aiatrack_ros.nodes.follow.camera_geometry import is_box
from aiatrack_ros.nodes.follow.camera_info import camera_of
from aiatrack_ros.nodes.follow.follow_control import Command
from aiatrack_ros.nodes.follow.follow_control import Follower
from aiatrack_ros.nodes.follow.follow_control import FollowSettings
from aiatrack_ros.nodes.follow.follow_control import Sighting
from aiatrack_ros.nodes.follow.follow_control import STOP
from aiatrack_ros.nodes.follow.target_frame import namespaced_frame
from aiatrack_ros.nodes.follow.target_frame import target_transform
from aiatrack_ros.nodes.follow.track_timing import TrackTiming
from aiatrack_ros.tracking.boxes import Box
from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseStamped
from geometry_msgs.msg import Twist
from geometry_msgs.msg import TwistStamped
from rclpy.clock import Clock
from rclpy.clock import ClockType
from rclpy.duration import Duration
from rclpy.lifecycle import LifecycleState
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.qos import DurabilityPolicy
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage
from vision_msgs.msg import Detection2D
from vision_msgs.msg import Detection2DArray

# A track goes with the depth image of the nearest stamp, if that is within so many seconds.
DEPTH_TOLERANCE = 0.1
_DEPTH_SECONDS, _DEPTH_BYTES = 1.0, 64 * 2**20  # of depth images that are kept, at the most
_WATCHDOG_SECONDS = 0.1  # between two looks whether tracks still come
_LAST_WORDS = Duration(seconds=0.3)  # for which the last stop may take to arrive

_NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
_SENSOR = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
# A publisher that sends its calibration only once keeps it for subscribers of this kind.
_LATCHED = QoSProfile(
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
_TF = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)  # that of all publishers

# From Jazzy on, robots take stamped commands.
_STAMPED = os.environ.get('ROS_DISTRO', '') not in ('humble', 'iron')

FOLLOW_NODE = (
    AUTOSTART,
    Setting(
        'enable_stamped_cmd_vel',
        _STAMPED,
        'cmd_vel is a TwistStamped, else a Twist; the default is what your ROS distribution uses',
        read_only=True,
    ),
    Setting('base_frame', 'base_link', 'frame_id of cmd_vel', read_only=True),
    Setting(
        'images_rectified',
        False,
        'the images of the tracker are rectified: P of camera_info holds for them, and no '
        'distortion; else K and the distortion',
        read_only=True,
    ),
    Setting(
        'target_frame',
        'target',
        'tf frame of the target, in that of the camera; in a namespace it comes after that: '
        'front_target; empty publishes none',
        pattern=r'[A-Za-z0-9_/.-]*',
        read_only=True,
    ),
    *mirrored(FollowSettings),
)


class FollowNode(ReleasingNode):
    """
    Takes tracks, camera_info and depth images, and publishes cmd_vel and ~/target_pose.

    The status of the tracker tells the size of the images that the tracks are of. Another tracker
    may have no status; then they are taken to be those of camera_info. cmd_vel has the stamp of
    its image, so that a base which looks at that can refuse late commands. The node drives only
    while it is active; deactivation stops the robot.
    """

    def __init__(self, **node_options: Any) -> None:
        super().__init__('follow', **node_options)
        self._inputs: list[Any] = []  # subscriptions, while active
        self._latched: Subscription | None = None  # to a camera_info that is published only once
        self._outputs: list[Any] = []  # publishers, from configure to cleanup
        self._watchdog: Any = None
        self._monitor = Monitor()
        self._info: CameraInfo | None = None
        self._size: tuple[int, int] | None = None  # of the images of the tracker
        self._camera: Camera | None = None  # what info and size amount to,
        self._no_camera = ''  # or why they amount to nothing
        self._depths = FrameBuffer(_DEPTH_SECONDS, _DEPTH_BYTES)
        self._depth_count = 0
        self._track_id = ''
        self._range = HeightRange()
        # Real time may be set, and simulated time may stand, or never begin: neither would do
        # here.
        self._steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._timing = TrackTiming(self._now())
        self._moving = False  # whether the last command was no stop
        self._heard = 0.0  # when the last tracks came, in the time of ROS, which may be simulated
        declare(self, FOLLOW_NODE)
        self._follower = Follower(settings_of(self, FollowSettings))

    # --- lifecycle ---

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Make the publishers."""
        self._stamped = self.get_parameter('enable_stamped_cmd_vel').value
        self._cmd_vel = self.create_lifecycle_publisher(
            TwistStamped if self._stamped else Twist, 'cmd_vel', _NEWEST
        )
        self._target_pose = self.create_lifecycle_publisher(PoseStamped, '~/target_pose', _NEWEST)
        self._frames = self.create_lifecycle_publisher(TFMessage, '/tf', _TF)
        self._outputs = [self._cmd_vel, self._target_pose, self._frames]
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Begin to follow what is tracked."""
        result = super().on_activate(state)
        self._info, self._size = None, None
        self._calibrate()
        self._depths.clear()
        self._forget()
        self._timing = TrackTiming(self._now())
        self._heard = self._ros_now()
        self._inputs = [
            self._listen(CameraInfo, 'camera_info', self._on_camera_info, _SENSOR),
            self._listen(Image, 'depth', self._on_depth, _SENSOR),
            self._listen(TrackerStatus, 'tracker/status', self._on_status, _NEWEST),
            self._listen(Detection2DArray, 'tracker/tracks', self._on_tracks, _NEWEST),
        ]
        self._watchdog = self.create_timer(_WATCHDOG_SECONDS, self._watch, clock=self._steady)
        return result

    def _listen(
        self,
        message_type: type,
        topic: str,
        callback: Callable[[Any], None],
        qos: QoSProfile,
        **options: Any,
    ) -> Subscription:
        complain = functools.partial(self._complain, topic)
        survivor = surviving(callback, f'message on {topic} not used', complain)
        return self.create_subscription(message_type, topic, survivor, qos, **options)

    def _stop(self) -> None:
        """Leave the active state with a stop; in other states this does nothing."""
        for subscription in self._inputs:
            self.destroy_subscription(subscription)
        if self._latched:
            self.destroy_subscription(self._latched)
            self._latched = None
        if self._watchdog:
            self.destroy_timer(self._watchdog)
            self._watchdog = None
        if self._inputs and self.context.ok():
            self._send(self._follower.stop(), self.get_clock().now().to_msg())
            self._cmd_vel.wait_for_all_acked(_LAST_WORDS)
        self._inputs = []

    def _release(self) -> None:
        self._stop()
        for publisher in self._outputs:
            self.destroy_lifecycle_publisher(publisher)
        self._outputs = []

    # --- inputs ---

    def _ask_for_latched(self) -> None:
        """
        Subscribe to a camera_info that was published once and kept, if there is one.

        It is not done in any case, because publishers that do not keep it would log a warning.
        """
        topic = self.resolve_topic_name('camera_info')
        offers = (info.qos_profile.durability for info in self.get_publishers_info_by_topic(topic))
        if DurabilityPolicy.TRANSIENT_LOCAL in offers:
            self._latched = self._listen(CameraInfo, 'camera_info', self._on_camera_info, _LATCHED)

    def _on_camera_info(self, message: CameraInfo) -> None:
        self._info = message
        self._calibrate()

    def _on_status(self, message: TrackerStatus) -> None:
        size = (message.image_width, message.image_height)
        if all(size) and size != self._size:
            self._size = size
            self._calibrate()

    def _calibrate(self) -> None:
        """Work out the camera from camera_info and the status, or why there is none."""
        self._camera, self._no_camera = None, 'camera_info cannot be used: the robot stands'
        if self._info is None:
            topic = self.resolve_topic_name('camera_info')
            self._no_camera = (
                f'no camera_info on {topic}: the robot stands; '
                'remap camera_info to that of your camera'
            )
            return
        rectified = self.get_parameter('images_rectified').value
        try:
            self._camera = camera_of(self._info, rectified, self._size)
        except InputError as error:
            self._no_camera = f'{error}; until then the robot stands'
            self._complain('camera', self._no_camera)

    def _on_depth(self, message: Image) -> None:
        self._depth_count += 1
        self._depths.add(self._depth_count, message)

    def _on_tracks(self, message: Detection2DArray) -> None:
        self._heard = self._ros_now()
        self._follower.settings = settings_of(self, FollowSettings)
        time = messages.nanoseconds(message.header.stamp) / 1e9
        complaint = self._timing.hear(time, self._now(), self._follower.settings.stop_after)
        if complaint:  # it says that the robot stands, and so it does
            self._complain('time', complaint)
            self._follower.stop()
        try:
            sighting = self._look(message)
        except Exception as error:  # without tracks that can be used, the robot stops
            self._complain('tracks', f'tracks not used: {reason(error)}')
            sighting = None
        command = self._follower.update(time, sighting)
        self._send(command, message.header.stamp)

    def _look(self, message: Detection2DArray) -> Sighting | None:
        """Return where the target is seen; None if it is not seen, or the camera is not known."""
        if not message.detections:
            return None
        camera = self._camera
        if camera is None:
            self._complain('camera', self._no_camera)
            return None
        detection = self._choose(message.detections)
        try:
            box = messages.box_from_bounding_box(detection.bbox)
        except InputError as error:
            self._complain('box', str(error))
            return None
        if not is_box(box):
            return None
        u, v = box[0] + box[2] / 2, box[1] + box[3] / 2
        if not camera.sees(u, v):
            self._complain(
                'box',
                f'the middle of the box, ({u:.0f}, {v:.0f}), is outside of the '
                f'{camera.width}x{camera.height} image of camera_info: the robot '
                'stands; remap camera_info to that of the images of the tracker',
            )
            return None
        x, y = camera.ray(u, v)
        depth = self._measure(message.header, box, camera)
        if depth is None:
            depth = self._depth_from_height(box, camera)
        else:
            self._range.learn(camera, box, depth)
            self._publish_pose(message.header, (x * depth, y * depth, depth))
        return Sighting(
            bearing=-math.atan(x),
            distance=None if depth is None else depth * math.hypot(1, x),
            score=detection.results[0].hypothesis.score if detection.results else math.nan,
        )

    def _choose(self, detections: Sequence[Detection2D]) -> Detection2D:
        """Return the track of the same target as before, or else the one with the best score."""
        for detection in detections:
            if detection.id == self._track_id:
                return detection
        best = max(
            detections,
            key=lambda detection: max(
                (result.hypothesis.score for result in detection.results), default=0.0
            ),
        )
        self._forget()
        self._track_id = best.id
        return best

    def _forget(self) -> None:
        """Forget what was known of a target."""
        self._track_id = ''
        self._range = HeightRange()
        self._follower.stop()

    def _measure(self, header: Header, box: Box, camera: Camera) -> float | None:
        """Return the depth in a box, in metres, from the depth image; None if that has none."""
        stamp = messages.nanoseconds(header.stamp)
        frame = self._depths.nearest(stamp)
        if frame is None or abs(frame.stamp - stamp) > 1e9 * DEPTH_TOLERANCE:
            return None
        try:
            return depth_in_box(frame.message, box, camera.width, camera.height)
        except InputError as error:
            self._complain('depth', str(error))
            return None

    def _depth_from_height(self, box: Box, camera: Camera) -> float | None:
        """Return the depth, in metres, by the height of a box; None if that tells nothing."""
        settings = self._follower.settings
        if settings.target_height:
            return HeightRange(settings.target_height).depth(camera, box)
        if self._range.height is None:
            self._range.learn(camera, box, settings.initial_distance)
        return self._range.depth(camera, box)

    # --- outputs ---

    def _watch(self) -> None:
        """Stop the robot when no tracks come any more, or their stamps do not go on."""
        if self._info is None and self._latched is None:
            self._ask_for_latched()
        limit = self._follower.settings.stop_after
        real, simulated = self._timing.silence(self._now()), self._simulated_silence()
        if max(real, simulated) >= limit:
            topic = self.resolve_topic_name('tracker/tracks')
            self._complain(
                'silence',
                f'nothing on {topic} for {max(real, simulated):.1f} s: the robot stands; is '
                'the tracker active, and does the camera run?',
                LONG_LOG_SECONDS,
            )
        elif self._timing.standstill(self._now()) >= limit:
            self._complain('time', self._timing.standstill_text())
        else:
            return
        # While simulated time stands, a simulator in lock step waits for the command of its image,
        # and would take a stop for it. So a robot that stands anyway gets none.
        if self._moving or simulated >= limit or not self.get_parameter('use_sim_time').value:
            self._send(self._follower.stop(), self.get_clock().now().to_msg())

    def _simulated_silence(self) -> float:
        """Return how long no tracks have come in simulated time; 0 if time is not simulated."""
        if not self.get_parameter('use_sim_time').value:
            return 0.0
        self._heard = self._heard or self._ros_now()  # time may have been 0 until now
        return abs(self._ros_now() - self._heard)

    def _send(self, command: Command, stamp: Time) -> None:
        self._moving = command != STOP
        twist = Twist()
        twist.linear.x, twist.angular.z = command.speed, command.turn_rate
        if not self._stamped:
            self._cmd_vel.publish(twist)
            return
        header = Header(stamp=stamp, frame_id=self.get_parameter('base_frame').value)
        self._cmd_vel.publish(TwistStamped(header=header, twist=twist))

    def _publish_pose(self, header: Header, position: tuple[float, float, float]) -> None:
        pose = PoseStamped(header=header)
        pose.pose.position.x, pose.pose.position.y, pose.pose.position.z = position
        self._target_pose.publish(pose)
        frame = namespaced_frame(self, self.get_parameter('target_frame').value)
        if frame:
            self._frames.publish(target_transform(header, frame, position))

    def _now(self) -> float:
        return self._steady.now().nanoseconds / 1e9

    def _ros_now(self) -> float:
        return self.get_clock().now().nanoseconds / 1e9

    def _complain(self, kind: str, text: str, log_seconds: float = LOG_SECONDS) -> None:
        if self._monitor.problem(kind, text, log_seconds):
            self.get_logger().warning(text)


def main(args: list[str] | None = None) -> int:
    """Run the node until Ctrl-C; return the exit code."""
    return run_node(FollowNode, args, last_words=True)


if __name__ == '__main__':
    sys.exit(main())
