# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
The node's side of the recorder: messages of ROS to what `clips/` takes.

What the tracking thread does here is to hand over references; nothing is copied or written.
"""

from collections.abc import Callable
import dataclasses
from pathlib import Path
from typing import Any

from aiatrack_ros.clips.clip_writer import MessageTypes
from aiatrack_ros.clips.picture import Picture
from aiatrack_ros.clips.recorder import Recorder
from aiatrack_ros.clips.recorder import RecorderSettings
from aiatrack_ros.nodes.common import messages
from aiatrack_ros.nodes.common.frame_buffer import Frame
from aiatrack_ros.nodes.tracker.tracking_worker import Outcome
from aiatrack_ros.nodes.tracker.tracking_worker import Target
from aiatrack_ros.tracking import Tracker
from aiatrack_ros.tracking import TrackerSettings
from ament_index_python.packages import get_package_share_directory
import numpy as np
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage

# What a clip holds of the node's own messages, by the last parts of their topics.
_TOPICS = {
    'tracks': 'vision_msgs/msg/Detection2DArray',
    'init_box': 'vision_msgs/msg/Detection2D',
    'status': 'aiatrack_ros/msg/TrackerStatus',
}


class ClipRecording:
    """
    Tells a recorder what the tracking thread sees and believes; a Watcher.

    `header` is what a clip says of the node, as in clips/events.py; `say` takes a line, and
    whether it is good news.
    """

    def __init__(
        self,
        settings: RecorderSettings,
        tracker: Tracker,
        header: dict[str, Any],
        say: Callable[[bool, str], None],
    ) -> None:
        self._tracker = tracker
        self._sequence = 0
        self._said: tuple[tuple[str, Any], ...] = ()
        types = MessageTypes(_definitions(), _TOPICS, serialize_message)
        self.recorder = Recorder(settings, types, header, say)

    def published(self, tracks: Any, status: Any) -> None:
        """Keep what was published of the image that `tracked` is about to be told of."""
        self._said = (('tracks', tracks), ('status', status))

    def began(self, frame: Frame, target: Target, picture: np.ndarray) -> None:
        """Record a box that was given."""
        self._sequence = frame.sequence
        box = messages.make_detection(
            frame.message.header, target.box, 1.0, target.track_id, target.class_id
        )
        names = {'id': target.track_id, 'class_id': target.class_id}
        self.recorder.began(_picture(frame, picture), target.box, names, (('init_box', box),))

    def tracked(self, outcome: Outcome) -> None:
        """Record an image and what was found in it."""
        said, self._said = self._said, ()
        frame, result, picture = outcome.frame, outcome.result, outcome.picture
        if result is None or picture is None:
            return
        missed = frame.sequence - self._sequence - 1
        self._sequence = frame.sequence
        self.recorder.tracked(
            _picture(frame, picture),
            result,
            self._tracker.snapshot,
            outcome.memory_fill,
            missed,
            said,
        )

    def forgotten(self, by_user: bool) -> None:
        """Record that there is no target."""
        self.recorder.forgotten(by_user)

    def settings_changed(self, settings: TrackerSettings) -> None:
        """Record the settings from now on."""
        self.recorder.settings_changed(dataclasses.asdict(settings), self._tracker.snapshot())


def _picture(frame: Frame, pixels: np.ndarray) -> Picture:
    """Return an image as it came where it came compressed, and else as the tracker sees it."""
    message = frame.message
    frame_id = message.header.frame_id
    if isinstance(message, CompressedImage):
        data = np.frombuffer(message.data, np.uint8)
        return Picture(frame.stamp, frame_id, data, message.format)
    return Picture(frame.stamp, frame_id, pixels=pixels)


def _definitions() -> dict[str, str]:
    """Return the texts of the messages that a clip holds, as they are installed."""
    found = {}
    for package in ('vision_msgs', 'aiatrack_ros'):
        for path in (Path(get_package_share_directory(package)) / 'msg').glob('*.msg'):
            found[f'{package}/msg/{path.stem}'] = path.read_text()
    return found
