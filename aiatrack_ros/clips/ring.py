# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The last seconds of a tracker, in pieces that each begin with what it knew."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import TYPE_CHECKING

from aiatrack_ros.clips.events import facts_of
from aiatrack_ros.clips.picture import Picture
from aiatrack_ros.tracking.snapshot import Snapshot

if TYPE_CHECKING:  # it brings torch, which whoever reads clips may do without
    from aiatrack_ros.tracking.tracker import TrackResult


@dataclass
class Step:
    """One thing that happened.

    Attributes:
        time: When it happened, in seconds of the monotonic clock.
        facts: The event, as events.py describes it; for an image, all but what `result` holds.
        picture: The image that belongs to the event, if one does.
        result: What the tracker found in the image.
        messages: The ROS messages published with it: pairs of the topic's last part and a message.
    """

    time: float
    facts: dict[str, Any]
    picture: Picture | None = None
    result: 'TrackResult | None' = None
    messages: tuple[tuple[str, Any], ...] = ()

    @property
    def event(self) -> dict[str, Any]:
        """The event, as in events.py."""
        return self.facts | facts_of(self.result) if self.result else self.facts

    @property
    def begins(self) -> bool:
        """Whether a box was given."""
        return bool(self.facts['kind'] == 'began')

    @property
    def number(self) -> int | None:
        """The number by which the tracker's memory knows the picture, None where it does not."""
        if self.result and self.result.memory_updated:
            return self.result.number
        return 0 if self.begins else None


@dataclass
class Segment:
    """Steps in a row, and what the tracker knew before the first of them.

    Attributes:
        snapshot: None where the first step gives the target.
        references: The pictures of the snapshot's memory, by their numbers. Empty where they would
            have taken too much memory; the tracker's state can't be rebuilt then.
        steps: What happened, in its order.
    """

    snapshot: Snapshot | None = None
    references: dict[int, Picture] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)


class Ring:
    """Segments that together reach back so many seconds, in bounded memory.

    Args:
        seconds: How far it reaches back at least, once so much has happened.
        max_bytes: The most that its pictures may take; if they would take more, it reaches back
            less far.
    """

    def __init__(self, seconds: float, max_bytes: int) -> None:
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._segments: deque[Segment] = deque()
        # Pictures of this target that may be in the tracker's memory, by their numbers.
        self._recent: dict[int, Picture] = {}

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The segments, the oldest first."""
        return tuple(self._segments)

    @property
    def bytes(self) -> int:
        """What its pictures take, each counted once."""
        return sum(picture.size for picture in self._pictures().values())

    def clear(self) -> None:
        """Forget everything."""
        self._segments.clear()
        self._recent.clear()

    def cut(self, snapshot: Snapshot | None) -> None:
        """Forget all steps, and go on with what the tracker knows now, if it has a target."""
        self._segments.clear()
        if snapshot:
            self.begin(snapshot)

    def add(self, step: Step, snapshot: Snapshot | None = None) -> None:
        """Take a step in; a snapshot of the tracker after it has a new segment begin there."""
        if step.begins:
            self._recent = {}
            self._segments.append(Segment())
        if self._segments:  # else nothing is known of the target: steps were left out before
            self._segments[-1].steps.append(step)
        if step.picture and step.number is not None:
            self._recent[step.number] = step.picture
        if snapshot:
            self.begin(snapshot)
        if step.begins or snapshot:
            self._shorten(step.time)

    def begin(self, snapshot: Snapshot) -> None:
        """Begin a segment with what the tracker knows now."""
        numbers = [origin.number for origin in snapshot.memory]
        known = {number: self._recent[number] for number in numbers if number in self._recent}
        self._recent = dict(known)
        complete = len(known) == len(set(numbers))
        self._segments.append(Segment(snapshot, known if complete else {}))

    def _shorten(self, now: float) -> None:
        segments = self._segments
        while len(segments) > 1 and _begin_of(segments[1], now) <= now - self._seconds:
            segments.popleft()
        while self.bytes > self._max_bytes:
            if len(segments) > 1:
                segments.popleft()
            elif segments[0].references or self._recent:
                segments[0].references, self._recent = {}, {}
            else:
                return

    def _pictures(self) -> dict[int, Picture]:
        held: list[Picture] = [*self._recent.values()]
        for segment in self._segments:
            held += segment.references.values()
            held += _pictures_of(segment.steps)
        return {id(picture): picture for picture in held}


def _begin_of(segment: Segment, now: float) -> float:
    return segment.steps[0].time if segment.steps else now


def _pictures_of(steps: Iterable[Step]) -> list[Picture]:
    return [step.picture for step in steps if step.picture]
