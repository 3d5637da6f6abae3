# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
The one thread that owns the tracker.

All other threads hand over what they have for it: images go through the frame buffer, everything
else comes as commands, which are carried out between two images. What comes out is given to
`publish`, on this thread.
"""

from collections import deque
from collections.abc import Callable
import contextlib
from dataclasses import dataclass
import threading
import time
from typing import Protocol

from aiatrack_ros.daemon_thread import DaemonThread
from aiatrack_ros.errors import InputError
from aiatrack_ros.nodes.common.frame_buffer import Frame
from aiatrack_ros.nodes.common.frame_buffer import FrameBuffer
from aiatrack_ros.nodes.common.images import ImageDecoder
from aiatrack_ros.nodes.common.messages import seconds_text
from aiatrack_ros.timing import Stopwatch
from aiatrack_ros.tracking import Tracker
from aiatrack_ros.tracking import TrackerSettings
from aiatrack_ros.tracking import TrackResult
from aiatrack_ros.tracking.boxes import Box
import numpy as np
from sensor_msgs.msg import Image

# A box may arrive before its image, which is larger. It is kept for so many seconds.
PATIENCE = 1.0

# A box is refused if the newest image is older than so many seconds, for nothing would be tracked.
STALE_SECONDS = 2.0

# The thread is said to hang when it has worked on one thing for more seconds than this.
HUNG_SECONDS = 5.0

# The end of the thread is waited for so many seconds.
END_SECONDS = 10.0

# After a box, the tracker catches up with the frames that came meanwhile. It goes through them at
# this many times the pace of the camera, or faster.
CATCH_UP_PACE = 2.0

Reply = Callable[[bool, str], None]  # takes whether it went well, and an id or a reason


@dataclass(frozen=True)
class Target:
    """What to track: a box in an image."""

    box: Box  # x, y, w, h in pixels
    stamp: int  # of the image, in nanoseconds; 0 stands for the newest image
    track_id: str
    class_id: str


@dataclass(frozen=True)
class Outcome:
    """What came out of one image."""

    frame: Frame
    target: Target | None = None  # None if there was none; then there is no result either
    result: TrackResult | None = None
    picture: np.ndarray | None = None  # (H, W, 3) uint8, RGB; None if it was not decoded
    memory_fill: int = 0  # frames in the tracker's memory

    @property
    def image_size(self) -> tuple[int, int]:
        """Width and height in pixels; 0, 0 for a compressed image that was not decoded."""
        if self.picture is not None:
            return self.picture.shape[1], self.picture.shape[0]
        message = self.frame.message
        return (message.width, message.height) if isinstance(message, Image) else (0, 0)


class Watcher(Protocol):
    """Who is told, on the tracking thread, what the tracker sees and believes."""

    def began(self, frame: Frame, target: Target, picture: np.ndarray) -> None:
        """Take note of a box that was given in a frame, whose picture is (H, W, 3) RGB."""

    def tracked(self, outcome: Outcome) -> None:
        """Take note of a frame that was tracked in, after it was published."""

    def forgotten(self, by_user: bool) -> None:
        """Take note that there is no target any more."""

    def settings_changed(self, settings: TrackerSettings) -> None:
        """Take note of the settings from now on."""


def warm_up(tracker: Tracker) -> None:
    """Have the tracker work once, because the first time is slow; on a GPU it takes seconds."""
    picture = np.zeros((240, 320, 3), np.uint8)
    tracker.initialize(picture, (140.0, 100.0, 40.0, 40.0))
    tracker.track(picture)
    tracker.reset()


class TrackingWorker:
    """
    Runs the tracker over the newest frame of a buffer, again and again.

    Whatever `publish`, `complain`, a reply or the watcher raises, the thread goes on.

    Args:
        tracker: It must not be used by others until `stop` has returned True.
        buffer: Where images come from.
        decoder: Makes pictures of them.
        publish: Gets the outcome of each image that is worked on, in the order of their arrival.
        complain: Gets a kind ('image', 'target' or 'tracker') and one line for the user.
        clock: Returns the seconds by which images grow old.
        watcher: Is told what happens, on this thread; None if nobody wants to know.
    """

    def __init__(
        self,
        tracker: Tracker,
        buffer: FrameBuffer,
        decoder: ImageDecoder,
        publish: Callable[[Outcome], None],
        complain: Callable[[str, str], None],
        clock: Callable[[], float] = time.monotonic,
        watcher: Watcher | None = None,
    ) -> None:
        self._tracker = tracker
        self._buffer = buffer
        self._decoder = decoder
        self._publish = publish
        self._complain = complain
        self._clock = clock
        self._watcher = watcher
        self._newest_time = 0.0  # when the newest image came, by that clock
        self._busy_since: float | None = None  # monotonic; None: nothing to do
        self._condition = threading.Condition()
        self._commands: deque[Callable[[], None]] = deque()
        self._stopped = False
        self._left_behind = False  # it hung when it was stopped, so nobody wants its answers now
        # A target whose image has not come, its reply, and until when it may wait (monotonic).
        self._waiting: tuple[Target, Reply, float] | None = None
        self._target: Target | None = None
        self._shape: tuple[int, ...] = ()  # of the pictures that the target is tracked in
        self._position = 0  # sequence of the last frame that was worked on
        self._published = 0  # sequence of the last frame that was published
        self._stamp = 0  # nanoseconds, of the last frame that was worked on
        self._duration = 0.0  # seconds that the last work on a frame took
        self._catching_up = False
        self._thread = DaemonThread(self._run, 'tracking')
        self._thread.start()

    # --- called from other threads ---

    def wake(self) -> None:
        """Have the thread look for a new frame in the buffer."""
        with self._condition:
            self._newest_time = self._clock()
            self._condition.notify()

    def fault(self) -> str:
        """Return what is wrong with the thread, in one line; '' if nothing is."""
        if not self._thread.is_alive() and not self._stopped:
            return 'the tracking thread has ended; deactivate the node and activate it again'
        since = self._busy_since
        busy = 0.0 if since is None else time.monotonic() - since
        if busy < HUNG_SECONDS:
            return ''
        return (
            f'the tracking thread hangs: it has been busy with one image for {busy:.0f} s; '
            'if it does not go on, clean the node up and configure it again'
        )

    def set_target(self, target: Target, reply: Reply) -> None:
        """Begin to track a target, once its image is there.

        `reply` gets True and the id of the track, or False and the reason.
        """
        self._submit(lambda: self._accept(target, reply))

    def reset(self, reply: Reply) -> None:
        """Forget the target; `reply` gets True and a word about what there was."""
        self._submit(lambda: self._reset(reply))

    def apply(self, settings: TrackerSettings) -> None:
        """Track with these settings from the next frame on."""

        def change() -> None:
            try:
                self._tracker.settings = settings
            except Exception as error:  # there may be no memory for an ensemble of that size
                self._complain('tracker', f'parameters not applied: {error}')
                return
            self._tell(lambda watcher: watcher.settings_changed(settings))

        self._submit(change)

    def stop(self) -> bool:
        """
        End the thread after the frame that it works on; the tracker then has no target.

        Returns False if the thread hangs; the tracker must not be used again then.
        """
        with self._condition:
            self._stopped = True
            self._condition.notify()
        self._thread.join(END_SECONDS)
        self._left_behind = self._thread.is_alive()
        return not self._left_behind

    # --- the thread ---

    def _submit(self, command: Callable[[], None]) -> None:
        with self._condition:
            self._commands.append(command)
            self._condition.notify()

    def _run(self) -> None:
        stopped = False
        while not stopped:
            self._busy_since = None
            with self._condition:
                patience = self._waiting[2] - time.monotonic() if self._waiting else None
                self._condition.wait_for(self._has_work, patience)
                stopped = self._stopped
                commands, self._commands = self._commands, deque()
            self._busy_since = time.monotonic()
            for command in commands:
                self._guard(command)
            if not stopped:
                self._guard(self._try_waiting)
                self._guard(self._work_on_next)
        self._guard(lambda: self._refuse_waiting('the node was deactivated'))
        self._guard(self._forget_target)

    def _guard(self, step: Callable[[], None]) -> None:
        """Take a step; if it raises, complain, and let the thread go on."""
        try:
            step()
        except Exception as error:
            with contextlib.suppress(Exception):
                self._complain(
                    'tracker', f'the tracking thread goes on after {type(error).__name__}: {error}'
                )

    def _tell(self, word: Callable[[Watcher], None]) -> None:
        """Tell the watcher, if there is one."""
        watcher = self._watcher
        if watcher is not None:
            self._guard(lambda: word(watcher))

    def _answer(self, reply: Reply, success: bool, text: str) -> None:
        """Give a reply; whoever asked may be gone, so it may raise."""
        self._guard(lambda: reply(success, text))

    def _has_work(self) -> bool:
        newest = self._buffer.newest()
        return bool(self._stopped or self._commands or newest and newest.sequence > self._position)

    def _next_frame(self) -> Frame | None:
        """Return the frame to work on next, mostly the newest; None if there is no new one."""
        newest = self._buffer.newest()
        if newest is None or newest.sequence <= self._position:
            return None
        if not self._catching_up:
            return newest
        step = int(CATCH_UP_PACE * self._duration * 1e9)
        frame = self._buffer.after(self._position, self._stamp + step) or newest
        self._catching_up = frame is not newest
        return frame

    # --- targets ---

    def _accept(self, target: Target, reply: Reply) -> None:
        self._refuse_waiting('a newer box came before its image')
        self._waiting = (target, reply, time.monotonic() + PATIENCE)

    def _try_waiting(self) -> None:
        """Begin with the target that waits if its image has come; refuse it after too long."""
        if self._waiting is None:
            return
        target, reply, until = self._waiting
        try:
            frame = self._buffer.find(target.stamp)
            if self._age() > STALE_SECONDS:
                frame = None
            if frame is not None:
                self._waiting = None
                self._initialize(frame, target)
        except InputError as error:
            self._waiting = None
            self._answer(reply, False, str(error))
        except Exception as error:
            self._fail(error)
            self._answer(reply, False, f'the tracker failed: {error}')
        else:
            if frame is not None:
                self._answer(reply, True, target.track_id)
            elif time.monotonic() >= until:
                self._refuse_waiting(self._missing(target))

    def _age(self) -> float:
        """Return how many seconds ago the newest image has arrived."""
        return self._clock() - self._newest_time

    def _missing(self, target: Target) -> str:
        """Return why a target can't begin."""
        newest = self._buffer.newest()
        if newest is None:
            return 'no image has arrived yet; the box needs one to begin in'
        if self._age() > STALE_SECONDS:
            return (
                f'the newest image that can be used is {self._age():.1f} s old: the camera is '
                'silent, or its images are refused, see the log; the box needs a live one'
            )
        return (
            f'the image of {seconds_text(target.stamp)}, on which the box was drawn, has not '
            f'arrived; the newest is of {seconds_text(newest.stamp)}'
        )

    def _refuse_waiting(self, reason: str) -> None:
        if self._waiting:
            _, reply, _ = self._waiting
            self._waiting = None
            self._answer(reply, False, reason)

    def _initialize(self, frame: Frame, target: Target) -> None:
        picture = self._decoder.decode(frame.message)
        watch = Stopwatch()
        self._tracker.initialize(picture, target.box)
        self._duration = watch.lap()
        self._target = target
        self._shape = picture.shape
        self._tell(lambda watcher: watcher.began(frame, target, picture))
        if frame.sequence > self._published:
            self._emit(Outcome(frame))  # before this box the frame had no track of the target
        self._position = frame.sequence
        self._stamp = frame.stamp
        self._catching_up = True

    def _reset(self, reply: Reply) -> None:
        self._refuse_waiting('reset before its image came')
        had_target = self._target is not None
        self._forget_target(by_user=True)
        self._answer(reply, True, 'target forgotten' if had_target else 'there was no target')

    def _forget_target(self, by_user: bool = False) -> None:
        if self._target is not None:
            self._tell(lambda watcher: watcher.forgotten(by_user))
        self._target = None
        self._tracker.reset()

    # --- frames ---

    def _work_on_next(self) -> None:
        frame = self._next_frame()
        if frame:
            self._work_on(frame)

    def _work_on(self, frame: Frame) -> None:
        self._position = frame.sequence
        self._stamp = frame.stamp
        if self._target is None:
            self._emit(Outcome(frame))
            return
        try:
            outcome = self._track(frame, self._target)
            self._emit(outcome)
            if outcome.result is not None:
                self._tell(lambda watcher: watcher.tracked(outcome))
        except InputError as error:
            self._complain('image', f'image not used: {error}')
        except Exception as error:
            self._fail(error)
            self._emit(Outcome(frame))

    def _track(self, frame: Frame, target: Target) -> Outcome:
        watch = Stopwatch()
        picture = self._decoder.decode(frame.message)
        if picture.shape != self._shape:
            (height, width), (old_height, old_width) = picture.shape[:2], self._shape[:2]
            self._complain(
                'image',
                f'the images were {old_width}x{old_height} and are '
                f'{width}x{height} now; the target is forgotten, because its '
                'box has no meaning there',
            )
            self._forget_target()
            return Outcome(frame, picture=picture)
        result = self._tracker.track(picture)
        self._duration = watch.lap()
        return Outcome(frame, target, result, picture, self._tracker.memory_fill)

    def _fail(self, error: Exception) -> None:
        """Go on without a target after an error that nobody foresaw, such as no memory."""
        self._waiting = None
        self._guard(self._forget_target)
        self._complain(
            'tracker', f'the tracker failed and forgot its target: {type(error).__name__}: {error}'
        )

    def _emit(self, outcome: Outcome) -> None:
        # While it catches up, it comes by frames that were published already, without the target.
        if outcome.frame.sequence > self._published and not self._left_behind:
            self._published = outcome.frame.sequence
            try:
                self._publish(outcome)
            except Exception as error:
                self._complain('tracker', f'an image went without an answer: {error}')
