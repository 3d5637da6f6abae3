# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A node that records a run of the simulator: a video, and how well the robot followed whom."""

from collections.abc import Sequence
import functools
import math
from pathlib import Path
import sys
from typing import Any

from aiatrack_ros.errors import InputError
from aiatrack_ros.msg import TrackerStatus
from aiatrack_ros.nodes.common import images
from aiatrack_ros.nodes.common import messages
from aiatrack_ros.nodes.common.messages import STATE_NAMES
from aiatrack_ros.nodes.common.parameters import declare
from aiatrack_ros.nodes.common.parameters import Setting
from aiatrack_ros.nodes.common.run_node import run_node
from aiatrack_ros.nodes.common.surviving import surviving
from aiatrack_ros.nodes.playback.stamp_pairing import Pair
from aiatrack_ros.nodes.playback.stamp_pairing import StampPairing
from aiatrack_ros.simulation.map_view import MapView
from aiatrack_ros.simulation.run_report import make_report
from aiatrack_ros.simulation.run_report import NOBODY
from aiatrack_ros.simulation.run_report import OTHER
from aiatrack_ros.simulation.run_report import Record
from aiatrack_ros.simulation.run_report import SCENERY
from aiatrack_ros.simulation.run_report import TARGET
from aiatrack_ros.simulation.world import Pose
from aiatrack_ros.simulation.world import SCENES
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.boxes import box_iou
from aiatrack_ros.tracking.drawing import draw
from aiatrack_ros.tracking.video import VideoWriter
from geometry_msgs.msg import Pose as PoseMessage
from geometry_msgs.msg import PoseArray
from geometry_msgs.msg import TwistStamped
import numpy as np
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import Image
from vision_msgs.msg import Detection2D
from vision_msgs.msg import Detection2DArray

_QOS = QoSProfile(depth=1000, reliability=ReliabilityPolicy.RELIABLE)

_TOPICS = {
    'sim/truth': PoseArray,
    'sim/people': Detection2DArray,
    'cmd_vel': TwistStamped,
    'tracker/tracks': Detection2DArray,
    'tracker/status': TrackerStatus,
}

# A track shows the person whose outline its box overlaps most, if that IoU is at least
# _MIN_OVERLAP, and if more than the share _MIN_VISIBLE of the person is visible.
_MIN_OVERLAP, _MIN_VISIBLE = 0.3, 0.05

SIM_RECORDER = (
    Setting('scene', 'alone', 'the scene of sim_node', choices=tuple(SCENES), read_only=True),
    Setting('video', '', 'video to write, .mp4; empty for none', read_only=True),
    Setting('fps', 10.0, 'frames per second of that video', (1.0, 1000.0), read_only=True),
    Setting('report', '', 'file for the figures, .json; empty for none', read_only=True),
)


class SimRecorder(Node):
    """
    Collects what is said of each image, and sums it up when it is destroyed.

    Raises InputError for a video or a report that cannot be written.
    """

    def __init__(self, **node_options: Any) -> None:
        super().__init__('sim_recorder', **node_options)
        self._records: list[Record] = []
        self._writer: VideoWriter | None = None
        self._report = ''
        self._first_stamp = 0
        self._last_stamp = 0
        self._pairing: StampPairing = StampPairing(tuple(_TOPICS))
        declare(self, SIM_RECORDER)
        self._map = MapView(SCENES[self.get_parameter('scene').value].duration)
        video = self.get_parameter('video').value
        self._report = self.get_parameter('report').value
        if self._report and not Path(self._report).parent.is_dir():
            raise InputError(f"report '{self._report}' can't be written: no such folder")
        if video:
            self._writer = VideoWriter(video, self.get_parameter('fps').value)
            self._decoder = images.ImageDecoder()
        for topic, message_type in _TOPICS.items():
            self.create_subscription(
                message_type,
                topic,
                functools.partial(self._on_answer, topic),
                _QOS,
            )
        self.create_subscription(Image, 'image', self._on_image, _QOS)

    def destroy_node(self) -> None:
        """Finish the video, print the figures, and destroy the node."""
        for pair in self._pairing.rest():
            self._take(pair)
        try:
            if self._writer:
                self._writer.close()
        except InputError as error:  # if the disk is full, the figures are still of use
            self.get_logger().error(str(error))
        if self._records:
            report = make_report(self._records)
            if self._report:
                Path(self._report).write_text(report.json() + '\n', encoding='utf-8')
            print(report.table(), flush=True)
        super().destroy_node()

    def _on_image(self, message: Image) -> None:
        stamp = messages.nanoseconds(message.header.stamp)
        if stamp > self._last_stamp:  # some images are sent more than once
            self._pairing.add_image(stamp, message)
            self._take_ready()

    def _on_answer(self, topic: str, message: Any) -> None:
        stamp = messages.nanoseconds(message.header.stamp)
        if stamp > self._last_stamp:
            self._pairing.add_answer(topic, stamp, message)
            self._take_ready()

    def _take_ready(self) -> None:
        for pair in self._pairing.ready():
            self._take(pair)

    def _take(self, pair: Pair) -> None:
        surviving(self._record, 'image not recorded', self._complain)(pair)

    def _complain(self, text: str) -> None:
        self.get_logger().warning(text, throttle_duration_sec=5.0)

    def _record(self, pair: Pair) -> None:
        self._last_stamp = pair.stamp
        if not pair.answers:
            return
        self._first_stamp = self._first_stamp or pair.stamp
        robot, target, *others = (_pose(message) for message in pair.answers['sim/truth'].poses)
        people = pair.answers['sim/people'].detections
        status, twist = pair.answers['tracker/status'], pair.answers['cmd_vel'].twist
        detections = pair.answers['tracker/tracks'].detections
        box = messages.first_box(detections)
        record = Record(
            time=(pair.stamp - self._first_stamp) / 1e9,
            robot=robot,
            target=target,
            visible=_visible(people[0]),
            track_id=detections[0].id if detections else '',
            score=status.score,
            state=STATE_NAMES[status.state],
            speed=twist.linear.x,
            turn_rate=twist.angular.z,
            followed=_followed(box, people),
            other=others[0] if others else None,
        )
        self._records.append(record)
        if self._writer:
            score = record.score if record.state != 'idle' else None
            camera = draw(self._decoder.decode(pair.image), record.state, box, score)
            self._writer.write(np.hstack([camera, self._map.draw(record)]))


def _visible(person: Detection2D) -> float:
    """Return the share of a person that the camera sees."""
    return person.results[0].hypothesis.score


def _followed(box: Box | None, people: Sequence[Detection2D]) -> str:
    """Return whom a track of this box shows, one of WHOM; the target is the first of `people`."""
    if box is None:
        return NOBODY
    overlaps = {
        whom: float(box_iou(np.array(box), np.array(messages.box_from_bounding_box(person.bbox))))
        for whom, person in zip((TARGET, OTHER), people)
        if _visible(person) > _MIN_VISIBLE
    }
    whom = max(overlaps, key=overlaps.__getitem__, default=SCENERY)
    return whom if overlaps.get(whom, 0.0) >= _MIN_OVERLAP else SCENERY


def _pose(message: PoseMessage) -> Pose:
    heading = 2 * math.atan2(message.orientation.z, message.orientation.w)
    pose = Pose(message.position.x, message.position.y, heading)
    if not all(map(math.isfinite, (pose.x, pose.y, pose.heading))):
        raise InputError(f'a pose is not finite: {pose}')
    return pose


def main(args: list[str] | None = None) -> int:
    """Record until Ctrl-C; return the exit code."""
    return run_node(SimRecorder, args)


if __name__ == '__main__':
    sys.exit(main())
