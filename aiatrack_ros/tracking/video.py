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
from aiatrack_ros.tracking.pixel_order import to_bgr
from aiatrack_ros.tracking.pixel_range import PixelRange
from aiatrack_ros.tracking.video_encoders import Encoder
from aiatrack_ros.tracking.video_encoders import H264
from aiatrack_ros.tracking.video_encoders import open_encoder
import cv2
import numpy as np

IMAGE_SUFFIXES = frozenset({'.jpg', '.jpeg', '.png', '.bmp', '.webp', '.tif', '.tiff', '.ppm'})
DEFAULT_FPS = 30.0

# How to turn frames by the angle of a video's display matrix, which a player does as well.
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}

# Of a frame that is written: MPEG-4 part 2 has 13 bits for it.
_LONGEST_SIDE = 8191


def natural_key(path: Path) -> list[tuple[int, str]]:
    """Return a sort key by which frame 10 comes after frame 9."""
    parts = re.split(r'(\d+)', path.name)
    # isdigit() would be true of a superscript two as well, which is no number to int().
    return [(int(part), '') if part.isdecimal() else (-1, part) for part in parts]


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
    """Writes an mp4, H.264 where there is an encoder; a context manager.

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
        self._fps = fps
        self._size: tuple[int, int] | None = None
        self._encoder: Encoder | None = None
        self._codec = ''
        self._count = 0
        self._failure = ''

    @property
    def description(self) -> str:
        """The path, with what to know of the file; for people, once there is a frame."""
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
            if error is None:  # what ended the work before is of more interest
                raise

    def write(self, picture: np.ndarray) -> None:
        """Append a frame (H, W, 3) uint8, RGB; one of another size is scaled to the first's."""
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
        """Finish the file; harmless twice.

        Raises:
            InputError: The file does not hold what was written: the disk is full, for one.
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
        # OpenCV does not say when it could not write.
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
