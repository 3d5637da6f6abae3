# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Reads videos and folders of pictures frame by frame, and writes videos."""

from collections.abc import Iterator
import math
from pathlib import Path
import re
from types import TracebackType

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.output_files import check_output
from aiatrack_ros.tracking.output_files import hold
from aiatrack_ros.tracking.picture_files import decode_picture
from aiatrack_ros.tracking.pixel_order import to_bgr
from aiatrack_ros.tracking.pixel_range import PixelRange
from aiatrack_ros.tracking.video_encoders import Encoder
from aiatrack_ros.tracking.video_encoders import H264
from aiatrack_ros.tracking.video_encoders import open_encoder
import cv2
import numpy as np

IMAGE_SUFFIXES = frozenset({'.jpg', '.jpeg', '.png', '.bmp', '.webp', '.tif', '.tiff', '.ppm'})
DEFAULT_FPS = 30.0  # A source that does not say its rate is taken to have this one.

# How to turn frames upright, by the angle of a video's display matrix in degrees, as players do.
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}

# A frame that is written has at most so many pixels each way: MPEG-4 part 2 has 13 bits for them.
_LONGEST_SIDE = 8191


def natural_key(path: Path) -> list[tuple[int, str]]:
    """Return a sort key by which frame 10 comes after frame 9."""
    parts = re.split(r'(\d+)', path.name)
    # isdigit() is true of a superscript two as well, which int() does not take.
    return [(int(part), '') if part.isdecimal() else (-1, part) for part in parts]


class Video:
    """The frames of a video file or of a folder of pictures, upright as a viewer shows them.

    Videos are turned by their display matrix, which phones write, and pictures by the orientation
    in their EXIF data. Hidden files of a folder are passed over. While there is a Video of a file,
    no VideoWriter of this or another program overwrites that file.

    Args:
        path: A video file, or a folder of pictures with IMAGE_SUFFIXES.

    Attributes:
        path: The same, with the home folder in place of ``~``.
        fps: Frames per second; DEFAULT_FPS if the source does not say.
        frame_count: How many frames there are, by what the source says; a torn file may hold
            fewer.
        pictures: The files of the frames, in their order; empty for a video file.
        live: Always False, because the frames wait for whoever reads them.

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
        """Yield frames (H, W, 3) uint8, RGB, which are reversed views of OpenCV's BGR.

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
        # Only some versions of OpenCV turn frames by themselves, so none shall, and we do it.
        capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)
        return capture


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else '') or str(error)


class VideoWriter:
    """Writes an mp4, in H.264 if there is an encoder for it; a context manager.

    The file is not opened for writing before the first frame.

    Args:
        path: Where to write it; the name has to end in .mp4.
        fps: Frames per second. The file gets the nearest rate that an mp4 can have.

    Raises:
        InputError: The file can't be written, or is being read, as by a Video.
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
        self._fps = fps
        self._size: tuple[int, int] | None = None
        self._encoder: Encoder | None = None
        self._codec = ''
        self._count = 0
        self._failure = ''

    @property
    def description(self) -> str:
        """The path, with a warning if browsers do not play the file, once a frame was written."""
        if self._codec in ('', H264):
            return str(self.path)
        return f'{self.path} ({self._codec}, which browsers do not play: pip install av)'

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
            if error is None:  # else what ended the work is of more interest
                raise

    def write(self, picture: np.ndarray) -> None:
        """Append a frame, which is scaled to the size of the first one.

        Args:
            picture: (H, W, 3) uint8, RGB.

        Raises:
            InputError: The file can't be written, or the first frame is too large or too small.
        """
        if self._failure:
            raise InputError(self._failure)
        height, width = picture.shape[:2]
        try:
            if self._encoder is None:
                if not (2 <= min(width, height) and max(width, height) <= _LONGEST_SIDE):
                    self._failure = (
                        f"output '{self.path}' can't be written; frames of {width}x{height} do "
                        f'not fit an mp4 (2 to {_LONGEST_SIDE} each way)'
                    )
                    raise InputError(self._failure)
                self._size = (width, height)
                self._encoder = open_encoder(self.path, self._fps, width, height)
                self._codec = self._encoder.codec
            frame = to_bgr(picture)
            if (width, height) != self._size:
                frame = cv2.resize(frame, self._size)
            self._encoder.write(frame)
        except OSError as error:
            self._failure = self._complaint()
            raise InputError(self._failure) from error
        self._count += 1

    def close(self) -> None:
        """Finish the file; do nothing if it is finished already.

        Raises:
            InputError: The file does not hold all that was written, as when the disk is full.
        """
        if self._held:
            self._held.close()
            self._held = None
        encoder, self._encoder = self._encoder, None
        if encoder is not None:
            try:
                encoder.close()
            except OSError:
                self._failure = self._failure or self._complaint()
        if self._failure:
            raise InputError(self._failure)
        if encoder is None:
            return
        # OpenCV does not say so when it could not write, so the frames are counted.
        capture = cv2.VideoCapture(str(self.path))
        held = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) if capture.isOpened() else 0
        capture.release()
        if held < self._count:
            raise InputError(
                f"output '{self.path}' holds {held} of {self._count} frames; is the disk full?"
            )

    def _complaint(self) -> str:
        return (
            f"output '{self.path}' can't be written; is the disk full? Else choose another place"
        )
