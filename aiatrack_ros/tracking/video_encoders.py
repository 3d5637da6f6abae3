# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What makes an mp4 of frames: H.264, which browsers play, or else MPEG-4 part 2."""

from collections.abc import Iterator
import contextlib
from fractions import Fraction
from pathlib import Path
from typing import Any
from typing import cast
from typing import Protocol

import cv2
import numpy as np

H264, MPEG4 = 'H.264', 'MPEG-4 part 2'

_LIBRARY = 'libx264'
# Fast, for a robot writes while it tracks; 20 is near to what can be told from the original.
_OPTIONS = {'preset': 'veryfast', 'crf': '20'}
# OpenCV and most players take the colours of a video for these, which it says as well.
_BT601 = 6
# MPEG-4 part 2 counts time in at most so many parts of a second.
_MOST_TICKS = 65535
# OpenCV writes no slower rate.
_SLOWEST = 0.01


class Encoder(Protocol):
    """
    Writes frames of one size to a file.

    Attributes:
        codec: H264 or MPEG4.
    """

    codec: str

    def write(self, frame: np.ndarray) -> None:
        """Append a frame (H, W, 3) uint8, BGR, of the size that was given."""

    def close(self) -> None:
        """Finish the file."""


def open_encoder(path: Path, fps: float, width: int, height: int) -> Encoder:
    """Return the best encoder that there is; raise OSError where none can write that."""
    if can_encode_h264():
        return H264Encoder(path, fps, width, height)
    return Mpeg4Encoder(path, fps, width, height)


def can_encode_h264() -> bool:
    """Return whether PyAV is installed, with the encoder."""
    try:
        import av

        av.codec.Codec(_LIBRARY, 'w')
    except (ImportError, ValueError):  # of a codec that is not known
        return False
    return True


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


class H264Encoder:
    """H.264 by PyAV, as browsers and chat programs take it: 4:2:0, its index before its frames.

    Raises:
        OSError: The file can't be written, here and in its methods.
    """

    codec = H264

    def __init__(self, path: Path, fps: float, width: int, height: int) -> None:
        import av

        self._av = av
        # 4:2:0 has one colour for 2 x 2 pixels: an odd last column or row stands twice.
        self._more = height % 2, width % 2
        self._rate = Fraction(writable_rate(fps)).limit_denominator(1000)
        self._count = 0
        with self._told():
            # It counts in thousandths by itself, in which the frames of a short film may vanish.
            counted = {'movie_timescale': str(max(1000, self._rate.numerator))}
            self._file = av.open(
                str(path), 'w', format='mp4', options={'movflags': '+faststart', **counted}
            )
            # Its kind is that of the codec, which a type checker cannot know.
            stream = self._file.add_stream(_LIBRARY, rate=self._rate, options=dict(_OPTIONS))
            self._stream = cast(Any, stream)
        self._stream.width = width + self._more[1]
        self._stream.height = height + self._more[0]
        self._stream.pix_fmt = 'yuv420p'
        self._stream.codec_context.colorspace = _BT601

    def write(self, frame: np.ndarray) -> None:
        """Append a frame (H, W, 3) uint8, BGR."""
        if any(self._more):
            down, across = self._more
            frame = cv2.copyMakeBorder(frame, 0, down, 0, across, cv2.BORDER_REPLICATE)
        with self._told():
            picture = self._av.VideoFrame.from_ndarray(frame, format='bgr24')
            picture = picture.reformat(format='yuv420p')
            picture.pts, picture.time_base = self._count, 1 / self._rate
            self._file.mux(self._stream.encode(picture))
        self._count += 1

    def close(self) -> None:
        """Finish the file."""
        with self._told():
            try:
                self._file.mux(self._stream.encode(None))
            finally:
                self._file.close()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except self._av.error.FFmpegError as error:  # only some of them are OSError as well
            raise OSError(str(error)) from error


class Mpeg4Encoder:
    """MPEG-4 part 2, which every OpenCV has, and media players play; browsers do not.

    Raises:
        OSError: The file can't be written. What OpenCV cannot write later on it does not say.
    """

    codec = MPEG4

    def __init__(self, path: Path, fps: float, width: int, height: int) -> None:
        code = cv2.VideoWriter.fourcc(*'mp4v')
        self._writer = cv2.VideoWriter(str(path), code, writable_rate(fps), (width, height))
        if not self._writer.isOpened():
            raise OSError(f"OpenCV can't write '{path}'")

    def write(self, frame: np.ndarray) -> None:
        """Append a frame (H, W, 3) uint8, BGR."""
        self._writer.write(frame)

    def close(self) -> None:
        """Finish the file."""
        self._writer.release()
