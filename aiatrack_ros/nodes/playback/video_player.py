# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A node that plays a video like a camera, and can give the tracker the target in it."""

from itertools import islice
import sys
from typing import Any

from aiatrack_ros.errors import InputError
from aiatrack_ros.nodes.common import images
from aiatrack_ros.nodes.common import messages
from aiatrack_ros.nodes.common.parameters import declare
from aiatrack_ros.nodes.common.parameters import Setting
from aiatrack_ros.nodes.common.run_node import EXIT_OK
from aiatrack_ros.nodes.common.run_node import EXIT_USAGE
from aiatrack_ros.nodes.common.run_node import finish
from aiatrack_ros.nodes.common.run_node import run_node
from aiatrack_ros.srv import SetTarget
from aiatrack_ros.tracking.bags import BagVideo
from aiatrack_ros.tracking.bags import is_bag
from aiatrack_ros.tracking.boxes import parse_box
from aiatrack_ros.tracking.video import Video
import numpy as np
from rclpy.client import Client
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.task import Future
from sensor_msgs.msg import Image
from std_msgs.msg import Header

# One side of a connection discovers the other first. After so many seconds both have.
SETTLE_SECONDS = 0.5
# The target is given again if there is no answer after so many seconds, ATTEMPTS times in all.
ANSWER_SECONDS = 2.0
ATTEMPTS = 10
# A target is given up after so many refusals; fewer may mean that the first frame was lost.
REFUSALS = 3

PARAMETERS = (
    Setting('path', '', 'video file, folder of pictures, clip or other recording', read_only=True),
    Setting(
        'topic',
        '',
        'topic of the images in a recording; empty will do if it has one alone',
        read_only=True,
    ),
    Setting('first_frame', 0, 'frame to begin with', (0, 10**9), read_only=True),
    Setting('last_frame', -1, 'frame to end with; -1 is the last', (-1, 10**9), read_only=True),
    Setting(
        'rate', 0.0, 'frames per second; 0 is the rate of the video', (0.0, 1000.0), read_only=True
    ),
    Setting('loop', False, 'begin again after the last frame, until Ctrl-C', read_only=True),
    Setting('frame_id', 'camera', 'frame_id of the images', read_only=True),
    Setting(
        'wait_for_subscribers',
        0,
        'begin when so many nodes take the images',
        (0, 100),
        read_only=True,
    ),
    Setting(
        'box',
        '',
        'target in the first frame, x,y,w,h in pixels; it is given to the service '
        'set_target, and the video goes on when that has taken it. Empty: no target',
        read_only=True,
    ),
)


class VideoPlayer(Node):
    """
    Publishes a video on `image`, as bgr8 with the time of publication as stamp.

    At the end of the video it ends, or begins again. `done` gets the exit code, which is 2 if the
    target was refused; the reason is in the log. Raises InputError for a video or a box that
    cannot be read.
    """

    def __init__(self, **node_options: Any) -> None:
        super().__init__('video_player', **node_options)
        declare(self, PARAMETERS)
        get = {setting.name: self.get_parameter(setting.name).value for setting in PARAMETERS}
        if not get['path']:
            raise InputError('no video given; set the parameter path, -p path:=VIDEO')
        self._box = parse_box(get['box']) if get['box'] else None
        video: Video | BagVideo
        if is_bag(get['path']):
            video = BagVideo(get['path'], get['topic'], self._warn)
        else:
            video = Video(get['path'])
        stop = get['last_frame'] + 1 if get['last_frame'] >= 0 else None
        self._video, self._span = video, (get['first_frame'], stop)
        self._loop: bool = get['loop']
        self._frames = islice(video, *self._span)
        first = next(self._frames, None)
        if first is None:
            raise InputError(f"video '{video.path}' has no frame {get['first_frame']}")
        self._first: np.ndarray = first
        self._period = 1 / (get['rate'] or video.fps)
        self._frame_id: str = get['frame_id']
        self._listeners: int = get['wait_for_subscribers']
        self._count = 0
        self._attempts = 0
        self.done: Future = Future()
        self._images = self.create_publisher(
            Image,
            'image',
            # Reliable, so that whoever asks for every frame gets it; best effort fits as well.
            QoSProfile(depth=50, reliability=ReliabilityPolicy.RELIABLE),
            qos_overriding_options=QoSOverridingOptions.with_default_policies(),
        )
        self._set_target: Client | None = None
        if self._box:
            self._set_target = self.create_client(SetTarget, 'set_target')
        self._timer = self.create_timer(0.05, self._wait)

    def _warn(self, line: str) -> None:
        self.get_logger().warning(line)

    def _wait(self) -> None:
        """Begin if all that are to take the images, and the tracker if needed, are there."""
        ready = self._images.get_subscription_count() >= self._listeners
        if ready and (self._set_target is None or self._set_target.service_is_ready()):
            self._next(SETTLE_SECONDS if self._listeners else 0.0, self._begin)

    def _begin(self) -> None:
        """Publish the first frame and, if there is a target, wait until it is taken."""
        header = self._publish(self._first)
        if self._set_target is None or self._box is None:
            self._next(self._period, self._play)
            return
        self._attempts += 1
        target = messages.make_detection(header, self._box, score=1.0)
        answer = self._set_target.call_async(SetTarget.Request(target=target))
        answer.add_done_callback(self._answered)
        again = self._begin if self._attempts < ATTEMPTS else self._unanswered
        self._next(ANSWER_SECONDS, again)

    def _answered(self, answer: Future) -> None:
        if self._set_target is None:  # it is a late answer to an earlier attempt
            return
        reply: Any = answer.result()
        if reply.success:
            self._set_target = None
            self._next(self._period, self._play)
        elif self._attempts < REFUSALS:
            self._begin()
        else:
            self._end(EXIT_USAGE, f'target refused: {reply.message}')

    def _unanswered(self) -> None:
        self._end(EXIT_USAGE, f'no answer from {self.resolve_service_name("set_target")}')

    def _play(self) -> None:
        try:
            picture = next(self._frames, None)
            if picture is None and self._loop:
                self._frames = islice(self._video, *self._span)
                picture = next(self._frames, None)
        except InputError as error:
            self._end(EXIT_USAGE, str(error))
            return
        if picture is not None:
            self._publish(picture)
            return
        self._images.wait_for_all_acked(Duration(seconds=5))
        self._end(EXIT_OK, f'{self._count} frames published')

    def _publish(self, picture: np.ndarray) -> Header:
        header = Header(stamp=self.get_clock().now().to_msg(), frame_id=self._frame_id)
        # The reader returns a reversed view of BGR; reversed again, it is published without a
        # copy.
        self._images.publish(images.encode(picture[..., ::-1], header, 'bgr8'))
        self._count += 1
        return header

    def _next(self, period: float, work: Any) -> None:
        """Call `work` every `period` seconds from now on, in place of what was."""
        self.destroy_timer(self._timer)
        self._timer = self.create_timer(period, work)

    def _end(self, code: int, text: str) -> None:
        self.destroy_timer(self._timer)
        finish(self, code, text)


def main(args: list[str] | None = None) -> int:
    """Play until the end of the video or Ctrl-C; return the exit code."""
    return run_node(VideoPlayer, args)


if __name__ == '__main__':
    sys.exit(main())
