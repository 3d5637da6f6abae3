# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Makes a JPEG of the newest picture, once for all who take it, and only if somebody does."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from aiatrack_ros.errors import InputError
from aiatrack_ros.picker.wire import picture_bytes
from aiatrack_ros.tracking.pixel_order import to_bgr
import cv2
import numpy as np


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
        stamps: The stamps of the last pictures that were taken, in nanoseconds.
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
        self._offered: tuple[int, Callable[[], np.ndarray]] | None = None
        self._newest: tuple[int, Callable[[], np.ndarray]] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
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
        self._offered = (stamp, decode)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(0.0, self._due - loop.time()), self._release)

    async def take(self) -> tuple[int, bytes | None]:
        """Return the number of the newest picture, and its message; None if none can be made."""
        number = self.number
        if self._newest is None:
            return number, None
        if self._encoding is None or self._encoding[0] != number:
            stamp, decode = self._newest
            loop = asyncio.get_running_loop()
            future = loop.run_in_executor(self._worker, self._encode, number, stamp, decode)
            self._encoding = (number, asyncio.ensure_future(self._finish(stamp, future)))
        # A viewer that leaves must not cancel what others wait for.
        return number, await asyncio.shield(self._encoding[1])

    def close(self) -> None:
        """Take no more pictures, and let the thread end."""
        if self._timer is not None:
            self._timer.cancel()
        self._worker.shutdown(wait=False)

    def _release(self) -> None:
        self._timer = None
        self._newest, self.number = self._offered, self.number + 1
        self._due = asyncio.get_running_loop().time() + self._period
        self._fresh()

    def _encode(self, number: int, stamp: int, decode: Callable[[], np.ndarray]) -> bytes:
        return encode_picture(decode(), self._columns, self._quality, number, stamp)

    async def _finish(self, stamp: int, future: asyncio.Future) -> bytes | None:
        try:
            data = await future
        except Exception as error:  # whatever went wrong, the next picture may be a good one
            self._judge(f'picture not shown: {error}')
            return None
        self._judge('')
        if len(self.stamps) > 16:
            self.stamps.clear()
        self.stamps.add(stamp)
        return data
