# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Makes a JPEG of the newest picture, once for all who take it, and only if somebody does."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from aiatrack_ros.errors import InputError
from aiatrack_ros.picker.wire import picture_bytes
from aiatrack_ros.tracking.pixel_order import to_bgr
import cv2
import numpy as np

# A picture waits so long, in seconds, for what the tracker says of it: to make a JPEG while the
# tracker looks at the same image would hold that up, and afterwards the picture has its box.
ANSWER_SECONDS = 0.05
SILENCE_SECONDS = 1.0  # It does not wait for a tracker that has said nothing for so long.


def encode_picture(
    picture: np.ndarray, columns: int, quality: int, number: int, stamp: int
) -> bytes:
    """
    Return the message that takes a picture to a page.

    Args:
        picture: (H, W, 3) uint8, RGB.
        columns: The most columns that the JPEG may have; a wider picture is made smaller.
        quality: The quality of the JPEG, 1 to 100.
        number: The number of the picture; numbers rise from one to the next.
        stamp: The stamp of the image, in nanoseconds.

    Raises:
        InputError: The picture cannot be made a JPEG, as when a side is over 65,500 pixels.
    """
    height, width = picture.shape[:2]
    small = to_bgr(picture)
    if width > columns:
        size = (columns, max(1, round(height * columns / width)))
        small = cv2.resize(small, size, interpolation=cv2.INTER_AREA)
    try:
        good, jpeg = cv2.imencode('.jpg', small, [cv2.IMWRITE_JPEG_QUALITY, quality])
    except cv2.error:
        good = False
    if not good:
        raise InputError(f'an image of {width}x{height} pixels cannot be made a JPEG')
    return picture_bytes(number, stamp, width, height, jpeg.tobytes())


class _Picture(NamedTuple):
    """A picture, and when it came by the loop's clock."""

    stamp: int
    decode: Callable[[], np.ndarray]
    came: float


class PictureFeed:
    """
    Holds the newest picture.

    All methods have to be called on the thread of the event loop.

    Args:
        columns: The most columns that a JPEG may have; a wider picture is made smaller.
        quality: The quality of the JPEGs, 1 to 100.
        period: The least time between two pictures, in seconds.
        fresh: It is called when a newer picture can be taken.
        judge: It is called with the reason when a picture could not be made into a JPEG, and with
            '' when one could.

    Attributes:
        number: The number of the newest picture that can be taken; 0 before the first.
        stamps: The stamps of the last pictures that could be taken, in nanoseconds.
    """

    def __init__(
        self,
        columns: int,
        quality: int,
        period: float,
        fresh: Callable[[], None],
        judge: Callable[[str], None],
    ) -> None:
        self.number = 0
        self.stamps: set[int] = set()
        self._columns, self._quality, self._period = columns, quality, period
        self._fresh, self._judge = fresh, judge
        # The picture to be taken next, and a newer one if that waits for its answer.
        self._offered: list[_Picture] = []
        self._newest: _Picture | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0  # when the next picture may be taken, by the loop's clock
        # When the tracker was heard last, and the stamp of which it spoke.
        self._heard, self._answered = -SILENCE_SECONDS, 0
        self._encoding: tuple[int, asyncio.Future] | None = None
        # There is one thread, because work on two pictures at a time would slow down the tracker.
        self._worker = ThreadPoolExecutor(1, thread_name_prefix='picker_jpeg')

    def offer(self, stamp: int, decode: Callable[[], np.ndarray]) -> None:
        """
        Take a newer picture.

        Args:
            stamp: The stamp of its image, in nanoseconds.
            decode: Returns it, (H, W, 3) uint8 RGB. It is called on another thread, or never if
                nobody takes the picture.
        """
        self._look()
        now = asyncio.get_running_loop().time()
        waiting = self._offered[:1] if now >= self._due else []
        self._offered = [*waiting, _Picture(stamp, decode, now)]
        self._look()

    def answered(self, stamp: int) -> None:
        """Hear that the tracker is done with the image of this stamp, in nanoseconds."""
        self._heard, self._answered = asyncio.get_running_loop().time(), stamp
        self._look()

    async def take(self) -> tuple[int, bytes | None]:
        """Return the number of the newest picture, and its message; None if none can be made."""
        number = self.number
        if self._newest is None:
            return number, None
        if self._encoding is None or self._encoding[0] != number:
            loop = asyncio.get_running_loop()
            future = loop.run_in_executor(self._worker, self._encode, number, self._newest)
            self._encoding = (number, asyncio.ensure_future(self._finish(future)))
        # A viewer that leaves must not cancel what others wait for.
        return number, await asyncio.shield(self._encoding[1])

    def close(self) -> None:
        """Take no more pictures, and let the thread end."""
        if self._timer is not None:
            self._timer.cancel()
        self._worker.shutdown(wait=False)

    def _look(self) -> None:
        """Let the picture on offer be taken, or look again when it can."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._offered:
            return
        loop = asyncio.get_running_loop()
        now, ready, picture = loop.time(), self._due, self._offered[0]
        if self._answered < picture.stamp and now - self._heard < SILENCE_SECONDS:
            ready = max(ready, picture.came + ANSWER_SECONDS)
        if now < ready:
            self._timer = loop.call_at(ready, self._look)
            return
        self._newest, self.number = self._offered.pop(0), self.number + 1
        if len(self.stamps) > 16:
            self.stamps.clear()
        self.stamps.add(picture.stamp)
        self._due = now + self._period
        self._fresh()
        self._look()

    def _encode(self, number: int, picture: _Picture) -> bytes:
        return encode_picture(
            picture.decode(), self._columns, self._quality, number, picture.stamp
        )

    async def _finish(self, future: asyncio.Future) -> bytes | None:
        try:
            data = await future
        except Exception as error:  # whatever went wrong, the next picture may be a good one
            self._judge(f'picture not shown: {error}')
            return None
        self._judge('')
        return data
