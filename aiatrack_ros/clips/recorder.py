# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Keeps the last seconds of a tracker, and writes a clip of them when something happens.

Whoever tracks only hands over, which takes some microseconds; images are compressed and clips are
written on a thread of the recorder's own.
"""

from collections.abc import Callable
import contextlib
from dataclasses import dataclass
from datetime import datetime
from datetime import timezone
import errno
import math
from pathlib import Path
from queue import Empty
from queue import SimpleQueue
import threading
import time
from typing import Any
from typing import TYPE_CHECKING

from aiatrack_ros import __version__
from aiatrack_ros.clips.clip_writer import ClipWriter
from aiatrack_ros.clips.clip_writer import MessageTypes
from aiatrack_ros.clips.events import DOUBTFUL
from aiatrack_ros.clips.events import FORMAT
from aiatrack_ros.clips.events import LOST
from aiatrack_ros.clips.events import RESET
from aiatrack_ros.clips.events import RETARGETED
from aiatrack_ros.clips.events import SAVED
from aiatrack_ros.clips.folder_limit import make_room
from aiatrack_ros.clips.folder_limit import PART
from aiatrack_ros.clips.folder_limit import PREFIX
from aiatrack_ros.clips.picture import Picture
from aiatrack_ros.clips.ring import Ring
from aiatrack_ros.clips.ring import Segment
from aiatrack_ros.clips.ring import Step
from aiatrack_ros.daemon_thread import DaemonThread
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.snapshot import Snapshot
from aiatrack_ros.tracking.target_state import State

if TYPE_CHECKING:  # it brings torch, which whoever reads clips may do without
    from aiatrack_ros.tracking.tracker import TrackResult


MAX_BYTES = 256 * 2**20
# Bytes of images that may wait for the recorder's thread; meanwhile further ones are left out.
_MAX_WAITING = 64 * 2**20
# The tracker's state is noted once in this share of the recorded seconds. A clip can only begin at
# such a note, so it reaches back longer than asked for by up to this share.
_PIECE = 0.25
# Seconds between two looks of the thread for work. If each image woke it, it would be in the way
# of the tracking thread just when that goes on.
_PACE = 0.1
# Seconds that the writer rests between two steps of a clip: the interpreter runs one thread at a
# time, and the tracking thread shall have it whenever it asks.
_REST = 0.002
# Seconds that stop() waits for the thread, since a disk may hang.
_END_SECONDS = 10.0
# A result whose identity is below this is doubtful: more likely than not it is somebody else.
_EVEN_ODDS = 0.5
# Doubt makes a clip when it ends with somebody still tracked, or after this many images in a row.
# Doubt that ends in a loss makes none of its own: the loss makes one.
_LONG_DOUBT = 10
# What to do about a folder that takes no clip, by the error.
_REMEDIES = {
    **dict.fromkeys(
        (errno.ENOSPC, errno.EDQUOT, errno.EFBIG), 'make room there, or change record_to'
    ),
    **dict.fromkeys(
        (errno.EACCES, errno.EPERM, errno.EROFS), 'let the node write there, or change record_to'
    ),
}

Messages = tuple[tuple[str, Any], ...]
Reply = Callable[[bool, str], None]


@dataclass(frozen=True)
class RecorderSettings:
    """How a recorder works.

    Attributes:
        folder: Where clips are written; it has to exist.
        seconds: How long a clip reaches back before the event, and on after it.
        limit: Bytes that all clips in the folder may take; the oldest are deleted to make room.
        quality: JPEG quality of images that came raw, 1 to 100; 0 keeps them raw.
        image_topic: The name that the topic of images has in the clip.
        node: The name of the node, with which the other topics of the clip begin.
    """

    folder: Path
    seconds: float = 10.0
    limit: int = 2**30
    quality: int = 90
    image_topic: str = '/image'
    node: str = '/tracker'


class Recorder:
    """The recorder; its methods may be called from any thread and don't wait for each other.

    Args:
        settings: How it works.
        types: How messages become bytes.
        header: What a clip says at its begin: model, settings and the like, as in events.py.
        say: Takes a line when a clip was written, and when one could not be.
    """

    def __init__(
        self,
        settings: RecorderSettings,
        types: MessageTypes,
        header: dict[str, Any],
        say: Callable[[bool, str], None],
    ) -> None:
        self._settings = settings
        self._types = types
        self._header = dict(header)
        self._say = say
        self._ring = Ring(settings.seconds, MAX_BYTES)
        self._noted = 0.0  # when a snapshot was last asked for
        self._gap = False  # whether steps were left out, so that the next one needs a snapshot
        self._had_target = False
        self._waiting: SimpleQueue[tuple[Callable[[], None], int]] = SimpleQueue()
        self._taken = 0  # bytes of images handed over; only the tracking thread changes it
        self._stopped = threading.Event()
        # What follows only the recorder's thread changes:
        self._done = 0  # bytes of images that were taken from the queue and worked on
        self._writer: ClipWriter | None = None
        self._until = 0.0
        self._reasons: set[str] = set()
        self._state = State.TRACKING
        self._doubts = 0  # images in a row in which it is doubtful who is tracked
        self._last_doubt = -math.inf
        self._complained = False
        try:
            self._check_folder()
        except OSError as error:
            self._fail(error)
        self._thread = DaemonThread(self._run, 'recorder')
        self._thread.start()

    # --- for the tracking thread ---

    def began(
        self, picture: Picture, box: Box, names: dict[str, str], messages: Messages = ()
    ) -> None:
        """Note that a box was given; `names` are the target's ``id`` and ``class_id``."""
        facts = {'kind': 'began', 'stamp': picture.stamp, 'box': box, **names}
        step = Step(time.monotonic(), facts, picture, messages=messages)
        again, self._had_target = self._had_target, True
        self._gap = not self._submit(lambda: self._begin(step, again), picture.size)
        self._noted = step.time

    def tracked(
        self,
        picture: Picture,
        result: 'TrackResult',
        snapshot: Callable[[], Snapshot | None],
        memory_fill: int = 0,
        missed: int = 0,
        messages: Messages = (),
    ) -> None:
        """Note that an image was tracked in.

        Args:
            picture: The image.
            result: What was found.
            snapshot: Returns what the tracker knows after it; called now and then.
            memory_fill: References in the tracker's memory.
            missed: Images that went by since the one before.
            messages: As published.
        """
        now = time.monotonic()
        due = self._gap or now - self._noted >= _PIECE * self._settings.seconds
        noted = snapshot() if due else None
        facts = {
            'kind': 'image',
            'stamp': picture.stamp,
            'memory_fill': memory_fill,
            'missed': missed,
        }
        step = Step(now, facts, picture, result, messages)
        self._gap = not self._submit(lambda: self._track(step, result, noted), picture.size)
        if due:
            self._noted = now

    def forgotten(self, by_user: bool) -> None:
        """Note that the target was forgotten."""
        if self._had_target:
            self._had_target = False
            step = Step(time.monotonic(), {'kind': 'forgotten'})
            self._submit(lambda: self._forget(step, by_user))

    def settings_changed(self, settings: dict[str, Any], snapshot: Snapshot | None) -> None:
        """Note that the online loop has other settings from now on, and what the tracker knows."""
        step = Step(time.monotonic(), {'kind': 'settings', 'settings': settings})
        self._submit(lambda: self._change(step, snapshot))

    # --- for others ---

    def save(self, reply: Reply) -> None:
        """Write a clip; `reply` is told whether it was begun, and its path or the reason."""
        self._submit(lambda: self._save(reply))

    def stop(self) -> None:
        """Finish a clip that is being written, and end the thread."""
        self._stopped.set()
        self._thread.join(_END_SECONDS)

    # --- the thread ---

    def _submit(self, work: Callable[[], None], size: int = 0) -> bool:
        if size and self._taken - self._done + size > _MAX_WAITING:
            if not self._gap:
                self._waiting.put((self._leave_out, 0))
            return False
        self._taken += size
        self._waiting.put((work, size))
        return True

    def _run(self) -> None:
        while not self._stopped.wait(_PACE):
            self._catch_up()
        self._catch_up()
        self._end()

    def _catch_up(self) -> None:
        while True:
            try:
                work, size = self._waiting.get_nowait()
            except Empty:
                return
            try:
                work()
            except Exception as error:
                self._fail(error)
            self._done += size

    def _leave_out(self) -> None:
        """End what can't go on: steps were left out, for the disk or this thread was too slow."""
        self._ring.clear()
        self._end()

    def _begin(self, step: Step, again: bool) -> None:
        self._state = State.TRACKING
        self._add(step, None)
        if again:
            self._happened(RETARGETED, step.time)

    def _track(self, step: Step, result: 'TrackResult', snapshot: Snapshot | None) -> None:
        self._add(step, snapshot)
        if result.state is State.LOST and self._state is State.TRACKING:
            self._happened(LOST, step.time)
        self._state = result.state
        if result.state is State.LOST:  # that says more
            self._doubts = 0
            return
        doubtful = result.identity < _EVEN_ODDS
        self._doubts += doubtful
        if self._doubts and (not doubtful or self._doubts >= _LONG_DOUBT):
            self._doubts = 0
            if step.time - self._last_doubt > self._settings.seconds:
                self._last_doubt = step.time
                self._happened(DOUBTFUL, step.time)

    def _forget(self, step: Step, by_user: bool) -> None:
        self._add(step, None)
        if by_user:
            self._happened(RESET, step.time)
        self._end()  # nothing more will come of this target

    def _change(self, step: Step, snapshot: Snapshot | None) -> None:
        if self._writer:
            self._write(step)
        self._header['settings'] = step.facts['settings']
        self._ring.cut(snapshot)  # a clip begins with one set of settings

    def _add(self, step: Step, snapshot: Snapshot | None) -> None:
        if step.picture:
            step.picture.compress(self._settings.quality)
        self._ring.add(step, snapshot)
        if self._writer:
            self._write(step)
            if step.time >= self._until:
                self._end()

    def _save(self, reply: Reply) -> None:
        if not self._worth_a_clip():
            reply(False, 'there is nothing to save: no target was followed of late')
            return
        self._happened(SAVED, time.monotonic())
        if self._writer:
            reply(True, str(self._writer.path))
        else:
            reply(False, f"the clip can't be written into '{self._settings.folder}', see the log")

    def _happened(self, reason: str, now: float) -> None:
        """Begin a clip, or have the one that is being written go on for longer."""
        if self._writer:
            if reason not in self._reasons:  # once for each, or the clip might never end
                self._until = now + self._settings.seconds
            self._reasons.add(reason)
            self._guarded(lambda writer: writer.event({'kind': 'reason', 'reason': reason}))
            return
        segments = self._worth_a_clip()
        if not segments:
            return
        self._until = now + self._settings.seconds
        self._reasons = {reason}
        try:
            self._writer = self._open(reason)
        except Exception as error:
            self._fail(error)
            return
        first = next(
            step.picture.stamp for each in segments for step in each.steps if step.picture
        )
        header = {
            'format': FORMAT,
            'version': __version__,
            **self._header,
            'image_topic': self._settings.image_topic,
            'quality': self._settings.quality,
            'reason': reason,
        }
        self._guarded(lambda writer: writer.begin(header, segments[0], first))
        for segment in segments:
            for step in segment.steps:
                if self._writer is None:
                    return
                self._write(step)
                time.sleep(_REST)
        self._guarded(lambda writer: writer.event({'kind': 'reason', 'reason': reason}))

    def _worth_a_clip(self) -> list[Segment]:
        """Return the segments that have images."""
        return [
            segment
            for segment in self._ring.segments
            if any(step.picture for step in segment.steps)
        ]

    def _check_folder(self) -> None:
        if not self._settings.folder.is_dir():
            raise NotADirectoryError('there is no such folder; make it, or change record_to')

    def _open(self, reason: str) -> ClipWriter:
        self._check_folder()
        folder = self._settings.folder
        make_room(folder, self._settings.limit)
        stamp = datetime.now(timezone.utc).strftime('%Y%m%dT%H%M%S')
        path = folder / f'{PREFIX}{stamp}_{reason}.mcap'
        count = 1
        while path.exists() or path.with_suffix(PART).exists():
            count += 1
            path = folder / f'{PREFIX}{stamp}_{reason}_{count}.mcap'
        settings = self._settings
        return ClipWriter(path, self._types, settings.image_topic, settings.node)

    def _write(self, step: Step) -> None:
        self._guarded(lambda writer: writer.step(step))
        if self._writer and self._writer.size > self._settings.limit:
            self._end()

    def _guarded(self, write: Callable[[ClipWriter], None]) -> None:
        if self._writer is None:
            return
        try:
            write(self._writer)
        except Exception as error:
            self._writer.abort()
            self._writer = None
            self._fail(error)

    def _end(self) -> None:
        """Finish the clip that is being written."""
        writer = self._writer
        if writer is None:
            return
        self._guarded(lambda writer: writer.finish())
        self._writer = None
        if not writer.path.exists():
            return
        self._complained = False
        self._say(True, f"clip '{writer.path}': {writer.images} images")
        with contextlib.suppress(OSError):  # the next clip tries again, and says so
            make_room(self._settings.folder, self._settings.limit, keep=writer.path)

    def _fail(self, error: Exception) -> None:
        """Say that no clip is written; once until one is."""
        if self._complained:
            return
        self._complained = True
        with contextlib.suppress(Exception):  # the thread outlives its complaints
            reason = getattr(error, 'strerror', '') or str(error)
            remedy = _REMEDIES.get(getattr(error, 'errno', None) or 0)
            self._say(
                False,
                f"no clip is written into '{self._settings.folder}': "
                + '; '.join(filter(None, (reason, remedy))),
            )
