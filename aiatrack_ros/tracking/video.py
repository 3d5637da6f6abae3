# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Videos and folders of pictures, read frame by frame, and videos written."""

from collections.abc import Iterator
import math
from pathlib import Path
import re
from types import TracebackType

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.output_files import check_output
from aiatrack_ros.tracking.output_files import hold
from aiatrack_ros.tracking.picture_files import decode_picture
from aiatrack_ros.tracking.pixel_range import PixelRange
import cv2
import numpy as np

IMAGE_SUFFIXES = frozenset({'.jpg', '.jpeg', '.png', '.bmp', '.webp', '.tif', '.tiff', '.ppm'})
DEFAULT_FPS = 30.0

# How to turn frames by the angle of a video's display matrix, which a player does as well.
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}

# MPEG-4 part 2 counts time in at most so many parts of a second, and sizes in 13 bits.
_MOST_TICKS, _LONGEST_SIDE = 65535, 8191
# OpenCV writes no slower rate.
_SLOWEST = 0.01


def natural_key(path: Path) -> list[tuple[int, str]]:
    """Return a sort key by which frame 10 comes after frame 9."""
    parts = re.split(r'(\d+)', path.name)
    # isdigit() would be true of a superscript two as well, which is no number to int().
    return [(int(part), '') if part.isdecimal() else (-1, part) for part in parts]


def writable_rate(fps: float) -> float:
    """Return the nearest frame rate to `fps` that an mp4 of ours can have.

    OpenCV makes a fraction of it by multiplying with 10 until nothing is left behind the point,
    1000 at most.
    """
    fps = min(max(fps, _SLOWEST), _MOST_TICKS)
    for parts in (1000, 100, 10):
        if round(fps * parts) <= _MOST_TICKS:
            return round(fps * parts) / parts
    return float(round(fps))


class Video:
    """The frames of a video file or of a folder of pictures, upright as a viewer shows them.

    Videos are turned by their display matrix, which phones write, and pictures by the orientation
    in their EXIF data. Hidden files of a folder are passed over. While there is a Video of a
    file, no VideoWriter of this or another program takes that file.

    Attributes:
        fps: Frames per second; 30 where the source does not say.
        frame_count: As the source says; a torn file may hold fewer.
        pictures: The files of the frames, in their order; none of a video file.
        live: False: the frames wait for whoever reads them.

    Raises:
        InputError: The path is missing, is no video, holds no pictures, or is being written.
    """

    live = False

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).expanduser()
        self.fps = DEFAULT_FPS
        self.pictures: list[Path] = []
        if self.path.is_dir():
            found = (
                path
                for path in self.path.iterdir()
                if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith('.')
            )
            self.pictures = sorted(found, key=natural_key)
            if not self.pictures:
                kinds = ', '.join(sorted(suffix[1:] for suffix in IMAGE_SUFFIXES))
                raise InputError(f"folder '{self.path}' holds no pictures ({kinds})")
            self.frame_count = len(self.pictures)
            return
        if not self.path.is_file():
            raise InputError(f"video '{self.path}' does not exist; give a video or a folder")
        try:
            self._held = hold(self.path, exclusive=False)
        except BlockingIOError as error:
            raise InputError(
                f"video '{self.path}' is being written by another program; wait for its end, or "
                'give another'
            ) from error
        capture = self._open()
        readable = capture.isOpened() and capture.grab()
        fps = capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if math.isfinite(fps) and fps > 0 else DEFAULT_FPS
        self.frame_count = max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        self._turn = _TURNS.get(round(capture.get(cv2.CAP_PROP_ORIENTATION_META)) % 360)
        capture.release()
        if not readable:
            raise InputError(
                f"video '{self.path}' can't be read; convert it to an H.264 mp4 with ffmpeg"
            )

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield frames (H, W, 3) uint8, RGB, as reversed views of OpenCV's BGR.

        Raises:
            InputError: A picture of the folder can't be read.
        """
        if self.pictures:
            pixel_range = PixelRange()
            for path in self.pictures:
                try:
                    yield decode_picture(np.fromfile(path, np.uint8), pixel_range, upright=True)
                except (InputError, OSError) as error:
                    raise InputError(
                        f"picture '{path}' can't be read ({_reason(error)}); remove or replace it"
                    ) from error
            return
        capture = self._open()
        try:
            while True:
                ok, picture = capture.read()
                if not ok:
                    return
                if self._turn is not None:
                    picture = cv2.rotate(picture, self._turn)
                yield picture[..., ::-1]
        finally:
            capture.release()

    def _open(self) -> cv2.VideoCapture:
        capture = cv2.VideoCapture(str(self.path))
        # OpenCV turns frames by itself in some of its versions only, so we do.
        capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)
        return capture


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else '') or str(error)


class VideoWriter:
    """Writes an mp4 (MPEG-4 part 2, which every OpenCV has); a context manager.

    The rate is the nearest to `fps` that such a file can have. Nothing is opened for writing
    before the first frame.

    Raises:
        InputError: The file can't be written, or is being read, by a Video for one.
    """

    def __init__(self, path: str | Path, fps: float) -> None:
        self.path = Path(path).expanduser()
        if self.path.suffix.lower() != '.mp4':
            raise InputError(f"output '{self.path}' must end in .mp4")
        check_output('output', self.path)
        try:
            self._held = hold(self.path, exclusive=True)
        except BlockingIOError as error:
            raise InputError(
                f"output '{self.path}' is being read or written by another program, and would "
                'be destroyed; choose another name'
            ) from error
        self._fps = writable_rate(fps)
        self._size: tuple[int, int] | None = None
        self._writer: cv2.VideoWriter | None = None
        self._count = 0
        self._failure = ''

    def __enter__(self) -> 'VideoWriter':
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self.close()
        except InputError:
            if error is None:  # what ended the work before is of more interest
                raise

    def write(self, picture: np.ndarray) -> None:
        """Append a frame (H, W, 3) uint8, RGB; one of another size is scaled to the first's."""
        if self._failure:
            raise InputError(self._failure)
        if self._writer is None:
            self._size = (picture.shape[1], picture.shape[0])
            code = cv2.VideoWriter.fourcc(*'mp4v')
            self._writer = cv2.VideoWriter(str(self.path), code, self._fps, self._size)
            if not self._writer.isOpened():
                self._writer = None
                self._failure = f"output '{self.path}' can't be written; {_remedy(*self._size)}"
                raise InputError(self._failure)
        frame = np.ascontiguousarray(picture[..., ::-1])
        if (picture.shape[1], picture.shape[0]) != self._size:
            frame = cv2.resize(frame, self._size)
        self._writer.write(frame)
        self._count += 1

    def close(self) -> None:
        """Finish the file; harmless twice.

        Raises:
            InputError: The file does not hold what was written: the disk is full, for one.
        """
        if self._held:
            self._held.close()
            self._held = None
        if self._writer is None:
            if self._failure:
                raise InputError(self._failure)
            return
        self._writer.release()
        self._writer = None
        # OpenCV does not say when it could not write.
        capture = cv2.VideoCapture(str(self.path))
        held = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) if capture.isOpened() else 0
        capture.release()
        if held < self._count:
            raise InputError(
                f"output '{self.path}' holds {held} of {self._count} frames; is the disk full?"
            )


def _remedy(width: int, height: int) -> str:
    if not (2 <= min(width, height) and max(width, height) <= _LONGEST_SIDE):
        return f'frames of {width}x{height} do not fit an mp4 (2 to {_LONGEST_SIDE} each way)'
    return 'choose another place'
