# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Writes clips, each as one MCAP file, with rosbags and without ROS."""

from collections.abc import Callable
from collections.abc import Mapping
import contextlib
import json
import os
from pathlib import Path
import shutil
from typing import Any
from typing import Final

from aiatrack_ros.clips.events import EVENTS
from aiatrack_ros.clips.events import REFERENCES
from aiatrack_ros.clips.folder_limit import PART
from aiatrack_ros.clips.picture import Picture
from aiatrack_ros.clips.ring import Segment
from aiatrack_ros.clips.ring import Step
import numpy as np
from rosbags.rosbag2 import StoragePlugin
from rosbags.rosbag2 import Writer
from rosbags.typesys import get_types_from_msg
from rosbags.typesys import get_typestore
from rosbags.typesys import Stores
from rosbags.typesys.store import Typestore

_COMPRESSED, _RAW = 'sensor_msgs/msg/CompressedImage', 'sensor_msgs/msg/Image'
_TEXT = 'std_msgs/msg/String'
# This version of a bag can be read by rosbag2 of Humble and all that came after it.
_VERSION: Final = 8


class MessageTypes:
    """Turns messages into bytes.

    Args:
        definitions: The texts of the message files by type, such as
            'vision_msgs/msg/Detection2D', for the messages that the node hands over.
        topics: The types of those messages, by the last part of their topics.
        serialize: Turns such a message into CDR.
    """

    def __init__(
        self,
        definitions: Mapping[str, str] | None = None,
        topics: Mapping[str, str] | None = None,
        serialize: Callable[[Any], bytes] = bytes,
    ) -> None:
        self.store: Typestore = get_typestore(Stores.ROS2_HUMBLE)
        self.topics = dict(topics or {})
        self.serialize = serialize
        types: dict[str, Any] = {}
        for name, text in (definitions or {}).items():
            types.update(get_types_from_msg(text, name))
        known = self.store.fielddefs
        self.store.register({name: each for name, each in types.items() if name not in known})
        self._make: Any = self.store.types
        # rosbags makes the code of a type at its first use, so it is used before images come.
        self.image(Picture(0, '', np.zeros(1, np.uint8), 'jpeg'))
        self.text('')

    def image(self, picture: Picture) -> tuple[str, bytes]:
        """Return the type of a picture's message, and its bytes."""
        stamp = self._make['builtin_interfaces/msg/Time'](*divmod(picture.stamp, 10**9))
        header = self._make['std_msgs/msg/Header'](stamp, picture.frame_id)
        if picture.data is not None:
            message = self._make[_COMPRESSED](header, picture.form, picture.data)
            return _COMPRESSED, bytes(self.store.serialize_cdr(message, _COMPRESSED))
        pixels = picture.pixels
        if pixels is None:
            raise ValueError('a picture without pixels')
        height, width = pixels.shape[:2]
        encoding = 'bgr8' if pixels.strides[2] < 0 else 'rgb8'
        data = (pixels[..., ::-1] if encoding == 'bgr8' else pixels).reshape(-1)
        message = self._make[_RAW](header, height, width, encoding, 0, 3 * width, data)
        return _RAW, bytes(self.store.serialize_cdr(message, _RAW))

    def text(self, text: str) -> bytes:
        """Return the bytes of a std_msgs/String."""
        return bytes(self.store.serialize_cdr(self._make[_TEXT](text), _TEXT))


class ClipWriter:
    """One clip, written step by step into a folder of its own until it is finished.

    A power cut leaves that folder, in which what was written by then can be read.

    Args:
        path: Where the finished clip is to be, NAME.mcap; nothing may be there.
        types: Turns messages into bytes.
        image_topic: The topic of the images.
        node: The name of the node, such as '/tracker', which the other topics begin with.

    Attributes:
        size: How many bytes of messages were written.
        images: How many images were written.

    Raises:
        OSError: The clip can't be written.
    """

    def __init__(self, path: Path, types: MessageTypes, image_topic: str, node: str) -> None:
        self.path = path
        self.size = 0
        self.images = 0
        self._types = types
        self._image_topic = image_topic
        self._node = node
        self._part = path.with_suffix(PART)
        self._connections: dict[tuple[str, str], Any] = {}
        self._time = 0
        self._writer = Writer(self._part, version=_VERSION, storage_plugin=StoragePlugin.MCAP)
        try:
            self._writer.open()
        except BaseException:
            self.abort()
            raise

    def begin(self, header: dict[str, Any], segment: Segment, time: int) -> None:
        """Write the first events and the references.

        Args:
            header: The fields of the event ``clip``.
            segment: The first segment, whose steps are not written here.
            time: The stamp of the first image, in nanoseconds.
        """
        self._time = time - 1
        self.event({'kind': 'clip', **header})
        if segment.snapshot is None:
            return
        numbers = list(segment.references)
        self.event({'kind': 'snapshot', **segment.snapshot.as_dict(), 'numbers': numbers})
        for number in numbers:
            self._image(f'{self._node}/{REFERENCES}', segment.references[number])

    def step(self, step: Step) -> None:
        """Write what happened, with its image and messages."""
        if step.picture:
            self._time = max(self._time, step.picture.stamp - 1)
        self.event(step.event)
        if step.picture:
            self._image(self._image_topic, step.picture)
            self.images += 1
        for topic, message in step.messages:
            data = self._types.serialize(message)
            self._write(f'{self._node}/{topic}', self._types.topics[topic], data)

    def event(self, event: dict[str, Any]) -> None:
        """Write an event."""
        text = json.dumps(event, separators=(',', ':'))
        self._write(f'{self._node}/{EVENTS}', _TEXT, self._types.text(text))

    def finish(self) -> None:
        """Write the last event, and move the clip to its place."""
        self.event({'kind': 'end', 'images': self.images})
        self._writer.close()
        written = self._part / f'{self._part.name}.mcap'
        # Some file systems tell only now that they were full, and after a power cut a new name is
        # to stand for a whole clip.
        with written.open('rb') as file:
            os.fsync(file.fileno())
        written.replace(self.path)
        shutil.rmtree(self._part)

    def abort(self) -> None:
        """Remove what was written, as far as that can be done; this raises nothing."""
        with contextlib.suppress(Exception):
            self._writer.abort()
        shutil.rmtree(self._part, ignore_errors=True)
        with contextlib.suppress(OSError):  # rmtree needs to open it, for which files may be short
            self._part.rmdir()

    def _image(self, topic: str, picture: Picture) -> None:
        kind, data = self._types.image(picture)
        if kind == _COMPRESSED and not topic.endswith('/compressed'):
            topic += '/compressed'  # this is how image_transport names it
        self._write(topic, kind, data)

    def _write(self, topic: str, kind: str, data: bytes) -> None:
        connection = self._connections.get((topic, kind))
        if connection is None:
            connection = self._writer.add_connection(topic, kind, typestore=self._types.store)
            self._connections[topic, kind] = connection
        self._time += 1
        self._writer.write(connection, self._time, data)
        self.size += len(data)
