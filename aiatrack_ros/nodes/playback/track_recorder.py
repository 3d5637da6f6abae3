# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A node that writes images as a video with the tracks drawn in, and sums up how it went."""

import math
import statistics
import sys
from typing import Any

from aiatrack_ros.errors import InputError
from aiatrack_ros.msg import TrackerStatus
from aiatrack_ros.nodes.common import images
from aiatrack_ros.nodes.common import messages
from aiatrack_ros.nodes.common.messages import STATE_NAMES
from aiatrack_ros.nodes.common.parameters import declare
from aiatrack_ros.nodes.common.parameters import Setting
from aiatrack_ros.nodes.common.run_node import EXIT_FAILURE
from aiatrack_ros.nodes.common.run_node import EXIT_OK
from aiatrack_ros.nodes.common.run_node import run_node
from aiatrack_ros.nodes.common.surviving import surviving
from aiatrack_ros.nodes.playback.stamp_pairing import Pair
from aiatrack_ros.nodes.playback.stamp_pairing import StampPairing
from aiatrack_ros.timing import milliseconds
from aiatrack_ros.tracking.drawing import draw
from aiatrack_ros.tracking.video import VideoWriter
from rclpy.clock import Clock
from rclpy.clock import ClockType
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.task import Future
from rclpy.timer import Timer
from sensor_msgs.msg import Image
from vision_msgs.msg import Detection2DArray

_QOS = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)


PARAMETERS = (
    Setting('output', 'tracks.mp4', 'video to write, .mp4', read_only=True),
    Setting('fps', 30.0, 'frames per second of that video', (1.0, 1000.0), read_only=True),
    Setting(
        'idle_timeout',
        0.0,
        'end when no image has come for so long after the first, in '
        'seconds; 0 goes on until Ctrl-C',
        (0.0, 3600.0),
        read_only=True,
    ),
)


class Summary:
    """
    Counts the frames, and what the tracker said of them.

    Attributes:
        frames: How many there were.
        states: The number of frames with each state of a TrackerStatus.
        latencies: In seconds, of the frames in which a target was sought and the latency is known.
        scores: Of the frames in which the target was tracked, in [0, 1].
    """

    def __init__(self) -> None:
        self.frames = 0
        self.states = dict.fromkeys(STATE_NAMES, 0)
        self.latencies: list[float] = []
        self.scores: list[float] = []

    def add(self, status: TrackerStatus | None) -> None:
        """Count a frame with its status, which is None if the tracker passed the frame over."""
        self.frames += 1
        if status is None:
            return
        self.states[status.state] += 1
        if status.state != TrackerStatus.IDLE and not math.isnan(status.latency):
            self.latencies.append(status.latency)
        if status.state == TrackerStatus.TRACKING:
            self.scores.append(status.score)

    def table(self) -> str:
        """Return the counts and the medians as lines of text, one value in each."""
        dropped = self.frames - sum(self.states.values())
        rows = [
            ('frames published', str(self.frames)),
            ('  before the target was set', str(self.states[TrackerStatus.IDLE])),
            ('  tracked', str(self.states[TrackerStatus.TRACKING])),
            ('  target lost', str(self.states[TrackerStatus.LOST])),
            ('  dropped for a newer one', str(dropped)),
            ('latency, stamp to track: median', _milliseconds(self.latencies, 50)),
            ('                 95th percentile', _milliseconds(self.latencies, 95)),
            (
                'mean score (predicted IoU)',
                f'{statistics.fmean(self.scores):.2f}' if self.scores else 'none',
            ),
        ]
        return '\n'.join(f'{name:<34}{value:>10}' for name, value in rows)


def _milliseconds(seconds: list[float], percent: float) -> str:
    return f'{milliseconds(seconds, percent):.0f} ms' if seconds else 'none'


class TrackRecorder(Node):
    """
    Records `image` with what the tracker says on `tracks` and `status`.

    Images that the tracker passed over for a newer one show what it said last.

    Attributes:
        done: Gets the exit code once no image has come for `idle_timeout` seconds.

    Raises:
        InputError: The output cannot be written.
    """

    def __init__(self, **node_options: Any) -> None:
        super().__init__('track_recorder', **node_options)
        self._pairing: StampPairing = StampPairing(('tracks', 'status'))
        self._summary = Summary()
        self._seen: tuple = ('idle', None, None)  # the state, box and score that are drawn
        self._stamp = -1  # that of the last image, in nanoseconds
        self._timer: Timer | None = None
        self._closed = False
        self.done: Future = Future()
        # What follows may raise. ROS then calls destroy_node(), which needs all that is above.
        declare(self, PARAMETERS)
        self._idle_timeout: float = self.get_parameter('idle_timeout').value
        self._writer = VideoWriter(
            self.get_parameter('output').value, self.get_parameter('fps').value
        )
        self._decoder = images.ImageDecoder(images.load_bridge(self.get_logger().info))
        self.create_subscription(
            Image,
            'image',
            self._on_image,
            QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT),
            qos_overriding_options=QoSOverridingOptions.with_default_policies(),
        )
        self.create_subscription(
            Detection2DArray, 'tracks', lambda message: self._on_answer('tracks', message), _QOS
        )
        self.create_subscription(
            TrackerStatus, 'status', lambda message: self._on_answer('status', message), _QOS
        )

    def close(self) -> bool:
        """Write the images that are left, print the summary; return whether the video is whole."""
        if self._closed or not hasattr(self, '_writer'):
            return True
        self._closed = True
        for pair in self._pairing.rest():
            self._write(pair)
        try:
            self._writer.close()
        except InputError as error:
            self.get_logger().error(str(error))
            return False
        if self._summary.frames:
            print(self._summary.table())
            print(f'video: {self._writer.description}', flush=True)
        return True

    def destroy_node(self) -> None:
        """Finish the video and destroy the node."""
        self.close()
        super().destroy_node()

    def _on_image(self, message: Image) -> None:
        stamp = messages.nanoseconds(message.header.stamp)
        if stamp == self._stamp:
            self._complain(
                f'two images carry the stamp {messages.seconds_text(stamp)}, and only one of them '
                'is recorded; let the driver of the camera stamp its images'
            )
        self._stamp = stamp
        self._pairing.add_image(stamp, message)
        self._write_ready()
        if self._timer is not None:
            self._timer.reset()
        elif self._idle_timeout:
            # Simulated time stops when a bag has ended, so it cannot tell how long ago that was.
            self._timer = self.create_timer(
                self._idle_timeout, self._end, clock=Clock(clock_type=ClockType.STEADY_TIME)
            )

    def _on_answer(self, topic: str, message: Detection2DArray | TrackerStatus) -> None:
        self._pairing.add_answer(topic, messages.nanoseconds(message.header.stamp), message)
        self._write_ready()

    def _write_ready(self) -> None:
        if self._closed:  # images may still come until the process ends
            return
        for pair in self._pairing.ready():
            self._write(pair)

    def _write(self, pair: Pair) -> None:
        # An image is worth keeping even if what was said of it cannot be used.
        surviving(self._learn, 'tracks or status not used', self._complain)(pair)
        surviving(self._draw, 'image not written', self._complain)(pair)

    def _learn(self, pair: Pair) -> None:
        """Count what the tracker said of an image, and keep it for drawing."""
        status = pair.answers.get('status')
        known = status is not None and status.state in STATE_NAMES
        self._summary.add(status if known else None)
        if status is None:
            return
        if not known:
            raise InputError(f'a status has the state {status.state}, which is none of a tracker')
        score = None if status.state == TrackerStatus.IDLE else status.score
        self._seen = (STATE_NAMES[status.state], None, score)
        box = messages.first_box(pair.answers['tracks'].detections)
        self._seen = (STATE_NAMES[status.state], box, score)

    def _draw(self, pair: Pair) -> None:
        self._writer.write(draw(self._decoder.decode(pair.image), *self._seen))

    def _complain(self, text: str) -> None:
        self.get_logger().warning(text, throttle_duration_sec=5.0)

    def _end(self) -> None:
        if not self.done.done():
            self.done.set_result(EXIT_OK if self.close() else EXIT_FAILURE)


def main(args: list[str] | None = None) -> int:
    """Record until the images end or Ctrl-C; return the exit code."""
    return run_node(TrackRecorder, args)


if __name__ == '__main__':
    sys.exit(main())
