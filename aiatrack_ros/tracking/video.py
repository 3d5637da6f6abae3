# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Videos and folders of pictures, read frame by frame, and videos written."""

from collections.abc import Iterator
from pathlib import Path
import re
from types import TracebackType

from aiatrack_ros.errors import InputError
import cv2
import numpy as np

IMAGE_SUFFIXES = frozenset({'.jpg', '.jpeg', '.png', '.bmp', '.webp', '.tif', '.tiff', '.ppm'})
DEFAULT_FPS = 30.0


def natural_key(path: Path) -> list[tuple[int, str]]:
    """Return a sort key by which frame 10 comes after frame 9."""
    parts = re.split(r'(\d+)', path.name)
    return [(int(part), '') if part.isdigit() else (-1, part) for part in parts]


class Video:
    """The frames of a video file or of a folder of pictures.

    Attributes:
        fps: Frames per second; 30 where the source does not say.
        frame_count: As the source says; a torn file may hold fewer.

    Raises:
        InputError: The path is missing, is no video, or holds no pictures.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).expanduser()
        self.fps = DEFAULT_FPS
        self._pictures: list[Path] = []
        if self.path.is_dir():
            found = (p for p in self.path.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)
            self._pictures = sorted(found, key=natural_key)
            if not self._pictures:
                kinds = ', '.join(sorted(suffix[1:] for suffix in IMAGE_SUFFIXES))
                raise InputError(f"folder '{self.path}' holds no pictures ({kinds})")
            self.frame_count = len(self._pictures)
            return
        if not self.path.is_file():
            raise InputError(f"video '{self.path}' does not exist; give a video or a folder")
        capture = cv2.VideoCapture(str(self.path))
        readable = capture.isOpened() and capture.grab()
        self.fps = capture.get(cv2.CAP_PROP_FPS) or DEFAULT_FPS
        self.frame_count = max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))
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
        if self._pictures:
            for path in self._pictures:
                picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
                if picture is None:
                    raise InputError(f"picture '{path}' can't be read; remove or replace it")
                yield picture[..., ::-1]
            return
        capture = cv2.VideoCapture(str(self.path))
        try:
            while True:
                ok, picture = capture.read()
                if not ok:
                    return
                yield picture[..., ::-1]
        finally:
            capture.release()


class VideoWriter:
    """Writes an mp4 (MPEG-4 part 2, which every OpenCV has); a context manager.

    Raises:
        InputError: The file can't be written.
    """

    def __init__(self, path: str | Path, fps: float) -> None:
        self.path = Path(path).expanduser()
        if self.path.suffix.lower() != '.mp4':
            raise InputError(f"output '{self.path}' must end in .mp4")
        if not self.path.parent.is_dir():
            raise InputError(f"output '{self.path}' can't be written: its folder does not exist")
        self._fps = fps
        self._size: tuple[int, int] | None = None
        self._writer: cv2.VideoWriter | None = None

    def __enter__(self) -> 'VideoWriter':
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def write(self, picture: np.ndarray) -> None:
        """Append a frame (H, W, 3) uint8, RGB; one of another size is scaled to the first's."""
        if self._writer is None:
            self._size = (picture.shape[1], picture.shape[0])
            code = cv2.VideoWriter.fourcc(*'mp4v')
            self._writer = cv2.VideoWriter(str(self.path), code, self._fps, self._size)
            if not self._writer.isOpened():
                raise InputError(f"output '{self.path}' can't be written; choose another place")
        frame = np.ascontiguousarray(picture[..., ::-1])
        if (picture.shape[1], picture.shape[0]) != self._size:
            frame = cv2.resize(frame, self._size)
        self._writer.write(frame)

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.release()
            self._writer = None
