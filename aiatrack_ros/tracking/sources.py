# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Opens the source of pictures that a person names: a file, a bag, a camera or a stream."""

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from glob import glob
from pathlib import Path
import re
import threading
import time
from typing import Any
from typing import Protocol

from aiatrack_ros.daemon_thread import DaemonThread
from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.bags import BagVideo
from aiatrack_ros.tracking.bags import is_bag
from aiatrack_ros.tracking.video import DEFAULT_FPS
from aiatrack_ros.tracking.video import IMAGE_SUFFIXES
from aiatrack_ros.tracking.video import natural_key
from aiatrack_ros.tracking.video import Video
import cv2
import numpy as np

STALL_SECONDS = 3.0  # A live source that gives no picture for so long is said to stall.
OPEN_SECONDS = 10.0  # A stream that has not opened after so long is given up.
_AGAIN_SECONDS = 1.0  # So much time passes between two tries to open a source again.
_SILENT = 0  # At this level OpenCV logs nothing.
_CAMERA = re.compile(r'(?:/dev/video)?([0-9]+)')
_ADDRESS = re.compile(r'(rtsps?|https?|udp|tcp)://', re.IGNORECASE)
_NUMBERED = re.compile(r'%0?\d*d')


class Source(Protocol):
    """
    What gives pictures one after the other, each (H, W, 3) uint8, RGB.

    Attributes:
        fps: Pictures per second.
        frame_count: How many pictures there are by what the source says; 0 if it does not say.
        live: Whether pictures come as they are taken, so that those that nobody asks for in time
            are lost.
    """

    fps: float
    frame_count: int
    live: bool

    @property
    def path(self) -> Path | str:
        """The name of the source in messages to people."""

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield the pictures, (H, W, 3) uint8, RGB."""


def open_source(text: str, say: Callable[[str], None] = print, topic: str = '') -> Source:
    """Open what a person names.

    Args:
        text: A video file, a folder of pictures, a pattern of pictures (``'shots/*.jpg'``,
            ``'shots/%04d.png'``), a rosbag2 folder or a file of one (.mcap, .db3), the number or
            the device of a camera (``0``, ``/dev/video0``), or the address of a stream (rtsp,
            http).
        say: Takes a line to show when a live source stalls, when it goes on, and when a bag is
            torn.
        topic: The topic of the images in a bag; '' will do if the bag has only one.

    Raises:
        InputError: There is no such thing, or it cannot be read; or a topic was given for what is
            no bag.
    """
    if is_bag(text):
        return BagVideo(text, topic, say)
    if topic:
        raise InputError(f"'{text}' is no bag, so it has no topic '{topic}'")
    camera = _CAMERA.fullmatch(text)
    if camera:
        # By its name OpenCV 5 would have FFmpeg open it, whose complaints can't be silenced.
        return LiveSource(text, f"camera '{text}'", int(camera[1]), say)
    if _ADDRESS.match(text):
        return LiveSource(text, f"stream '{text}'", text, say)
    is_pattern = any(mark in text for mark in '*?[') or _NUMBERED.search(text)
    if is_pattern and not Path(text).expanduser().exists():
        return PicturePattern(text)
    return Video(text)


class PicturePattern(Video):
    """The pictures whose names fit a pattern, in the order of the numbers in their names.

    Args:
        pattern: A glob pattern, or a name with a place for a number, such as ``%04d``, which
            stands for any number of digits.

    Raises:
        InputError: No picture fits the pattern.
    """

    def __init__(self, pattern: str) -> None:
        path = Path(pattern).expanduser()
        names = glob(_NUMBERED.sub('*', str(path)))
        exact = None
        if number := _NUMBERED.search(str(path)):
            before, after = str(path)[: number.start()], str(path)[number.end() :]
            exact = re.compile(rf'{re.escape(before)}\d+{re.escape(after)}')
        fitting = [
            Path(name)
            for name in names
            if Path(name).suffix.lower() in IMAGE_SUFFIXES
            and (exact is None or exact.fullmatch(name))
        ]
        if not fitting:
            raise InputError(f"no picture fits the pattern '{pattern}'; put it in quotes")
        self.path, self.fps = path, DEFAULT_FPS
        self.pictures = sorted(fitting, key=natural_key)
        self.frame_count = len(self.pictures)


class LiveSource:
    """A camera or a stream, which a thread of its own reads; only the newest picture is kept.

    A stream that has an end, such as a file on a web server, is not live. It is read picture by
    picture without a thread, and none is left out.

    Args:
        path: What the person typed.
        name: What to call the source in messages.
        opens: What OpenCV is to open: the number of a camera, or an address.
        say: Takes a line to show when the source stalls and when it goes on.

    Attributes:
        path: What the person typed.
        fps: Pictures per second; DEFAULT_FPS if the source says nothing that can be true.
        frame_count: How many pictures there are; 0 for a live source.
        live: Whether the source has no end.

    Raises:
        InputError: It does not open.
    """

    def __init__(self, path: str, name: str, opens: int | str, say: Callable[[str], None]) -> None:
        self.path = path
        self._name, self._opens, self._listeners = name, opens, [say]
        self._ended = threading.Event()
        self._reader: DaemonThread | None = None
        self._fresh = threading.Condition()
        self._newest: np.ndarray | None = None
        capture = _open(opens)
        if capture is None:
            raise InputError(f'{name} does not open; {_remedy(opens)}')
        self._capture = capture
        self.fps = self._capture.get(cv2.CAP_PROP_FPS) or DEFAULT_FPS
        if not 0 < self.fps <= 1000:
            self.fps = DEFAULT_FPS
        self.frame_count = max(0, int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        self.live = not self.frame_count

    def say_to(self, listener: Callable[[str], None]) -> None:
        """Have a listener told as well when the source stalls and when it goes on."""
        self._listeners.append(listener)

    def end(self) -> None:
        """Have the pictures end; this may be called from any thread and from a signal handler."""
        self._ended.set()

    def close(self) -> None:
        """Have the pictures end, and wait until the thread has ended, too.

        If Python ended while the thread is inside OpenCV, that would abort the process.
        """
        self.end()
        if self._reader is not None:
            self._reader.join(OPEN_SECONDS + STALL_SECONDS)

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield pictures (H, W, 3) uint8, RGB, until ``end``, and wait while the source stalls."""
        if not self.live:
            yield from self._all()
            return
        self._reader = DaemonThread(self._read, 'live_source')
        self._reader.start()
        last, told = time.monotonic(), False
        while not self._ended.is_set():
            with self._fresh:
                self._fresh.wait_for(lambda: self._newest is not None, 0.2)
                picture, self._newest = self._newest, None
            if picture is None:
                silence = time.monotonic() - last
                if silence > STALL_SECONDS and not told:
                    self._say(f'{self._name} gives no picture for {silence:.0f} s; waiting for it')
                    told = True
                continue
            if told:
                self._say(f'{self._name} goes on after {time.monotonic() - last:.0f} s')
            last, told = time.monotonic(), False
            yield picture

    def _say(self, line: str) -> None:
        for listener in self._listeners:
            listener(line)

    def _all(self) -> Iterator[np.ndarray]:
        """Yield each picture of a source that has an end."""
        while not self._ended.is_set():
            good, picture = self._capture.read()
            if not good:
                break
            yield picture[..., ::-1]
        self._capture.release()

    def _read(self) -> None:
        """Keep the newest picture; when no more come, try to open the source again."""
        capture: cv2.VideoCapture | None = self._capture
        while not self._ended.is_set():
            good, picture = capture.read() if capture is not None else (False, None)
            if good and picture is not None:
                with self._fresh:
                    self._newest = picture[..., ::-1]
                    self._fresh.notify()
                continue
            if capture is not None:
                capture.release()
            self._ended.wait(_AGAIN_SECONDS)
            capture = None if self._ended.is_set() else _open(self._opens)
        if capture is not None:
            capture.release()


def _open(what: int | str) -> cv2.VideoCapture | None:
    """Open a camera or a stream without complaints of OpenCV; return None if that fails."""
    try:
        with _silence():
            if isinstance(what, str) and _ADDRESS.match(what):
                limits = [
                    cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
                    int(1000 * OPEN_SECONDS),
                    cv2.CAP_PROP_READ_TIMEOUT_MSEC,
                    int(1000 * STALL_SECONDS),
                ]
                capture = cv2.VideoCapture(what, cv2.CAP_FFMPEG, limits)
            else:
                capture = cv2.VideoCapture(what)
    except cv2.error:
        return None
    if capture.isOpened():
        return capture
    capture.release()
    return None


@contextmanager
def _silence() -> Iterator[None]:
    """Have OpenCV log nothing meanwhile, if it can be told so."""
    # OpenCV 5 has moved the two functions.
    homes: list[Any] = [cv2, getattr(cv2.utils, 'logging', None)]
    logging = next((home for home in homes if hasattr(home, 'setLogLevel')), None)
    if logging is None:
        yield
        return
    level = logging.getLogLevel()
    logging.setLogLevel(_SILENT)
    try:
        yield
    finally:
        logging.setLogLevel(level)


def _remedy(what: int | str) -> str:
    """Return what a person can do about a source that does not open."""
    if isinstance(what, str) and _ADDRESS.match(what):
        return 'is the address right, and does a player open it?'
    there = ', '.join(sorted(glob('/dev/video*'))) or 'none'
    return f'is it plugged in, and does no other program use it? Cameras here: {there}'
