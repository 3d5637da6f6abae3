# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
The last images, so that a box can be applied to the one on which it was drawn.

The newest frame of the buffer is also the slot through which images reach the tracking thread:
whoever is late finds the newest, never a queue.
"""

from collections import deque
from dataclasses import dataclass
import threading

from aiatrack_ros.errors import InputError
from aiatrack_ros.nodes.common.images import ImageMessage
from aiatrack_ros.nodes.common.messages import nanoseconds
from aiatrack_ros.nodes.common.messages import seconds_text

MAX_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Frame:
    """An image message as it arrived. Its picture is decoded by whoever needs it."""

    sequence: int  # number of the image since the node was configured, from 1
    stamp: int  # stamp of the header, in nanoseconds
    message: ImageMessage


class FrameBuffer:
    """
    A ring of the last frames, in the order of arrival and with rising stamps.

    `seconds` is the span of stamps that it keeps and may change at any time; `max_bytes` is the
    most that the data of its images takes. The newest frame is always kept. A frame with the stamp
    of the newest takes its place, so a camera that does not stamp its images fills one slot.
    All methods may be called from any thread.
    """

    def __init__(self, seconds: float, max_bytes: int = MAX_BYTES) -> None:
        self.seconds = seconds
        self._max_bytes = max_bytes
        self._frames: deque[Frame] = deque()
        self._bytes = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._frames)

    def add(self, sequence: int, message: ImageMessage) -> bool:
        """
        Add the newest frame and forget those out of bounds.

        Returns False where its stamp is before that of the frame before it: a bag begins again or
        the clock was set. All older frames are forgotten then.
        """
        frame = Frame(sequence, nanoseconds(message.header.stamp), message)
        with self._lock:
            in_order = not self._frames or frame.stamp >= self._frames[-1].stamp
            if not in_order:
                self._forget_all()
            elif self._frames and frame.stamp == self._frames[-1].stamp:
                self._bytes -= len(self._frames.pop().message.data)
            self._frames.append(frame)
            self._bytes += len(message.data)
            oldest = frame.stamp - int(self.seconds * 1e9)
            while len(self._frames) > 1 and (
                self._frames[0].stamp < oldest or self._bytes > self._max_bytes
            ):
                self._bytes -= len(self._frames.popleft().message.data)
        return in_order

    def clear(self) -> None:
        """Forget all frames."""
        with self._lock:
            self._forget_all()

    def newest(self) -> Frame | None:
        """Return the newest frame, None where there is none."""
        with self._lock:
            return self._frames[-1] if self._frames else None

    def find(self, stamp: int) -> Frame | None:
        """
        Return the frame with this stamp in nanoseconds, or the nearest to it; 0 means the newest.

        Returns None where that frame may still be on its way: no frame has come yet, or none as
        new as this. Raises InputError where the stamp is older than the buffer.
        """
        with self._lock:
            if not self._frames:
                return None
            oldest, newest = self._frames[0], self._frames[-1]
            if stamp == 0:
                return newest
            if stamp > newest.stamp:
                return None
            if stamp < oldest.stamp:
                age = (newest.stamp - stamp) / 1e9
                span = (newest.stamp - oldest.stamp) / 1e9
                raise InputError(
                    f'the box is for the image of {seconds_text(stamp)}, {age:.3f} s before the '
                    f'newest; kept are the last {span:.3f} s (see frame_buffer_seconds)'
                )
            return min(self._frames, key=lambda frame: abs(frame.stamp - stamp))

    def nearest(self, stamp: int) -> Frame | None:
        """Return the frame with the nearest stamp, None where there is none."""
        with self._lock:
            return min(self._frames, key=lambda frame: abs(frame.stamp - stamp), default=None)

    def after(self, sequence: int, stamp: int) -> Frame | None:
        """Return the oldest frame later than `sequence` with at least `stamp`, None if none."""
        with self._lock:
            for frame in self._frames:
                if frame.sequence > sequence and frame.stamp >= stamp:
                    return frame
        return None

    def _forget_all(self) -> None:
        self._frames.clear()
        self._bytes = 0
