# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Reads recordings of topics without ROS: rosbag2 folders and MCAP files, even torn ones."""

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
from pathlib import Path
import shutil
import struct
import tempfile
from typing import Any

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.image_messages import ImageDecoder
from aiatrack_ros.tracking.video import DEFAULT_FPS
from aiatrack_ros.tracking.video import natural_key
import numpy as np

# Files with these suffixes hold a recording, each alone or together in a folder.
SUFFIXES = ('.mcap', '.db3', '.bag')
IMAGE_TYPES = ('sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage')

# Topics that end so hold pictures that a clip of the recorder has beside those of its camera.
_NO_CAMERA = ('/references', '/references/compressed')

# An MCAP file begins and ends with _MAGIC. Each record in between begins with its kind, in one
# byte, and the length of what follows, in eight. The format is described at https://mcap.dev/spec.
_MAGIC = b'\x89MCAP0\r\n'
_RECORD = struct.Struct('<BQ')
_FOOTER, _DATA_END = 0x02, 0x0F


def is_bag(path: str | Path) -> bool:
    """Return whether a path is a recording of topics, by the names of its files."""
    path = Path(path).expanduser()
    if path.is_dir():
        return (path / 'metadata.yaml').is_file() or bool(_files_of(path))
    return path.is_file() and path.suffix.lower() in SUFFIXES


class Bag:
    """The messages of a recording; a context manager.

    An MCAP file that ends early, as after a power cut, is read as far as it goes. So is a folder
    without metadata.yaml, which is the last file that a recorder writes.

    Args:
        path: A rosbag2 folder, or a file with one of SUFFIXES.

    Attributes:
        topics: The type of each topic, such as 'sensor_msgs/msg/Image'.
        counts: How many messages each topic has.
        seconds: The time from the first message to the last.
        problems: What is torn or missing, one line each; more may come while messages are read.

    Raises:
        InputError: The recording does not exist, or nothing of it can be read; or rosbags is not
            installed.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).expanduser()
        self.problems: list[str] = []
        self._opened = contextlib.ExitStack()
        self._parts: list[_Part] = []
        if not self.path.exists():
            raise InputError(f"bag '{self.path}' does not exist")
        try:
            self._open()
        except BaseException:
            self.close()
            raise
        self.topics: dict[str, str] = {}
        self.counts: dict[str, int] = {}
        for part in self._parts:
            for connection in part.reader.connections:
                self.topics[connection.topic] = connection.msgtype
                before = self.counts.get(connection.topic, 0)
                self.counts[connection.topic] = before + connection.msgcount
        filled = [part.reader for part in self._parts if part.reader.duration > 0]
        self.seconds = 0.0
        if filled:
            first = min(reader.start_time for reader in filled)
            self.seconds = (max(reader.end_time for reader in filled) - first) / 1e9

    def __enter__(self) -> 'Bag':
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Close the files; do nothing if they are closed already."""
        self._opened.close()

    def messages(self, *topics: str) -> Iterator[tuple[str, int, Any]]:
        """Yield messages in the order of time: topic, time of recording in ns, and message.

        A message has the fields of its ROS type; sequences of numbers are NumPy arrays. Where a
        file is damaged, its messages end and `problems` says so.

        Args:
            topics: The topics to read; none stands for all.
        """
        for part in self._parts:
            wanted = [
                connection
                for connection in part.reader.connections
                if not topics or connection.topic in topics
            ]
            if not wanted:
                continue
            try:
                for connection, stamp, data in part.messages(wanted):
                    message = part.reader.deserialize(data, connection.msgtype)
                    yield connection.topic, stamp, message
            # On damaged data the library raises whatever error it runs into.
            except Exception as error:
                self.problems.append(f"bag '{self.path}' is damaged and ends here: {error}")

    def _open(self) -> None:
        if self.path.is_dir():
            if (self.path / 'metadata.yaml').is_file():
                with contextlib.suppress(InputError):  # if this fails, file by file may do
                    self._parts = [self._part(self.path)]
                    return
            files = _files_of(self.path)
            if not files:
                raise InputError(f"folder '{self.path}' holds no bag (metadata.yaml, *.mcap)")
            self.problems.append(
                f"bag '{self.path}' was not closed; what its files hold is read, file by file"
            )
        else:
            files = [self.path]
        for file in files:
            self._parts.append(self._mended(file) if _is_torn(file) else self._part(file))

    def _part(self, path: Path) -> '_Part':
        try:
            from rosbags.highlevel import AnyReader
            from rosbags.typesys import get_typestore
            from rosbags.typesys import Stores
        except ImportError as error:
            raise InputError('reading bags needs rosbags: pip install rosbags') from error
        try:
            # A recording of sqlite3 does not always define its types; these stand in then.
            reader = AnyReader([path], default_typestore=get_typestore(Stores.LATEST))
            self._opened.enter_context(reader)
        except Exception as error:  # on damaged data the library raises anything
            raise InputError(f"bag '{path}' can't be read: {error}") from error
        return _Part(reader)

    def _mended(self, file: Path) -> '_Part':
        """Return a reader of the whole records of a torn MCAP file, which are copied for that."""
        folder = Path(self._opened.enter_context(tempfile.TemporaryDirectory()))
        copy = folder / file.name
        kept, size = mend_mcap(file, copy)
        self.problems.append(
            f"bag '{file}' ends early, as after a power cut; {kept} of its {size} bytes are read"
        )
        part = self._part(copy)
        part.is_torn = True
        return part


class _Part:
    """One file of a recording, or a folder as a whole."""

    def __init__(self, reader: Any) -> None:
        self.reader = reader
        self.is_torn = False

    def messages(self, connections: list[Any]) -> Iterator[tuple[Any, int, bytes]]:
        if self.is_torn:  # the index that puts messages in order was at the end, and is missing
            yield from self.reader.readers[0].storage.messages_scan(connections)
        else:
            yield from self.reader.messages(connections)


def _files_of(folder: Path) -> list[Path]:
    found = (path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    return sorted(found, key=natural_key)


def _is_torn(file: Path) -> bool:
    """Return whether a file begins as MCAP does, but does not end so."""
    with file.open('rb') as stream:
        if stream.read(len(_MAGIC)) != _MAGIC:
            return False
        stream.seek(-min(len(_MAGIC), file.stat().st_size), 2)
        return stream.read() != _MAGIC or file.stat().st_size == len(_MAGIC)


def mend_mcap(torn: Path, copy: Path) -> tuple[int, int]:
    """Copy the whole records of an MCAP file that ends early, and end the copy as MCAP has to.

    Args:
        torn: The file, which begins as MCAP does.
        copy: The file to write.

    Returns:
        How many bytes of the torn file were copied, and how many it has.

    Raises:
        OSError: A file can't be read or written.
    """
    size = torn.stat().st_size
    with torn.open('rb') as stream, copy.open('wb') as out:
        kept = stream.seek(len(_MAGIC))
        while len(head := stream.read(_RECORD.size)) == _RECORD.size:
            kind, length = _RECORD.unpack(head)
            end = kept + _RECORD.size + length
            if kind in (0, _FOOTER, _DATA_END) or end > size:
                break
            kept = stream.seek(end)
        stream.seek(0)
        left = kept
        while left and (block := stream.read(min(left, 2**20))):
            out.write(block)
            left -= len(block)
        out.write(_RECORD.pack(_DATA_END, 4) + bytes(4))
        out.write(_RECORD.pack(_FOOTER, 20) + bytes(20) + _MAGIC)
    shutil.copystat(torn, copy)
    return kept, size


class BagVideo:
    """The pictures of one topic of a recording, as a source of `aiatrack track`.

    Args:
        path: A rosbag2 folder, or a file of one.
        topic: A topic of sensor_msgs/Image or sensor_msgs/CompressedImage; '' will do if the
            recording has only one, the references of a clip aside.
        say: Takes a line about what is torn, and about each picture that is left out.

    Attributes:
        path: The recording.
        topic: The topic of the pictures.
        fps: Pictures per second, on average; DEFAULT_FPS if that cannot be told.
        frame_count: How many pictures there are, by what the recording says.
        live: Always False, because the pictures wait for whoever reads them.

    Raises:
        InputError: There is no such recording, or no such topic of images in it.
    """

    live = False

    def __init__(
        self, path: str | Path, topic: str = '', say: Callable[[str], None] = print
    ) -> None:
        self.path = Path(path).expanduser()
        self._say = say
        with Bag(self.path) as bag:
            self.topic = _image_topic(bag, topic)
            self.frame_count = bag.counts[self.topic]
            self.fps = DEFAULT_FPS
            if self.frame_count > 1 and bag.seconds > 0:
                self.fps = (self.frame_count - 1) / bag.seconds
            for problem in bag.problems:
                say(problem)

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield pictures (H, W, 3) uint8, RGB; messages that hold none are left out."""
        decoder = ImageDecoder()
        with Bag(self.path) as bag:
            known = len(bag.problems)
            for _, stamp, message in bag.messages(self.topic):
                try:
                    picture = decoder.decode(message)
                except InputError as error:
                    self._say(f'the image of {stamp / 1e9:.3f} s is left out: {error}')
                    continue
                yield picture
            for problem in bag.problems[known:]:
                self._say(problem)


def _image_topic(bag: Bag, topic: str) -> str:
    images = sorted(name for name, kind in bag.topics.items() if kind in IMAGE_TYPES)
    names = ', '.join(images) or f'none, of {", ".join(sorted(bag.topics)) or "none at all"}'
    cameras = [name for name in images if not name.endswith(_NO_CAMERA)]
    if not topic and len(cameras) == 1:
        return cameras[0]
    if not topic:
        raise InputError(f"bag '{bag.path}': give the topic of the images; it has {names}")
    for name in (topic, f'/{topic}'):
        if name in images:
            return name
    if topic in bag.topics:
        raise InputError(
            f"bag '{bag.path}': topic '{topic}' holds {bag.topics[topic]}, which is no image; "
            f'topics of images: {names}'
        )
    raise InputError(f"bag '{bag.path}' has no topic '{topic}'; topics of images: {names}")
