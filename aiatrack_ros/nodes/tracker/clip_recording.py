# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
The node's side of the recorder, which turns messages of ROS into what `clips/` takes.

The tracking thread only hands over references here: it copies nothing and writes nothing.
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

# The types of the node's own messages that a clip holds, by the last parts of their topics.
_TOPICS = {
    'tracks': 'vision_msgs/msg/Detection2DArray',
    'init_box': 'vision_msgs/msg/Detection2D',
    'status': 'aiatrack_ros/msg/TrackerStatus',
}


class ClipRecording:
    """
    Tells a recorder what the tracking thread sees and believes, as its Watcher.

    Args:
        settings: How the recorder works.
        tracker: The tracker of the node, whose snapshots go into the clips.
        header: What a clip says of the node; the fields are in clips/events.py.
        say: Takes whether a line is good news, and the line.

    Attributes:
        recorder: The recorder, which whoever made this has to stop.
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
        """Record that a box was given, with the image that it was given for."""
        self._sequence = frame.sequence
        box = messages.make_detection(
            frame.message.header, target.box, 1.0, target.track_id, target.class_id
        )
        names = {'id': target.track_id, 'class_id': target.class_id}
        self.recorder.began(_picture(frame, picture), target.box, names, (('init_box', box),))

    def tracked(self, outcome: Outcome) -> None:
        """Record an image and what was found in it; do nothing where nobody looked into it."""
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
        """Record that there is no target any more, and whether a user wanted that."""
        self.recorder.forgotten(by_user)

    def settings_changed(self, settings: TrackerSettings) -> None:
        """Record the settings that hold from now on."""
        self.recorder.settings_changed(dataclasses.asdict(settings), self._tracker.snapshot())


def _picture(frame: Frame, pixels: np.ndarray) -> Picture:
    """Return the compressed image as it came, or else the pixels that the tracker sees."""
    message = frame.message
    frame_id = message.header.frame_id
    if isinstance(message, CompressedImage):
        data = np.frombuffer(message.data, np.uint8)
        return Picture(frame.stamp, frame_id, data, message.format)
    return Picture(frame.stamp, frame_id, pixels=pixels)


def _definitions() -> dict[str, str]:
    """Return the installed definitions of the messages that a clip may hold, by their types."""
    found = {}
    for package in ('vision_msgs', 'aiatrack_ros'):
        for path in (Path(get_package_share_directory(package)) / 'msg').glob('*.msg'):
            found[f'{package}/msg/{path.stem}'] = path.read_text()
    return found
