# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Reads clips, which hold what a tracker saw and what it believed."""

from collections.abc import Iterator
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any

from aiatrack_ros.clips.events import EVENTS
from aiatrack_ros.clips.events import FORMAT
from aiatrack_ros.clips.events import REFERENCES
from aiatrack_ros.clips.picture import RECORDED_FORM
from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.bags import Bag
from aiatrack_ros.tracking.bags import IMAGE_TYPES
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.image_messages import ImageDecoder
from aiatrack_ros.tracking.snapshot import Snapshot
import numpy as np

_WITH_IMAGE = ('began', 'image')


@dataclass(frozen=True)
class Shot:
    """An event with its image, if it has one.

    Attributes:
        event: The event, with the fields that events.py describes.
        message: The message of the image, as recorded; None for an event without an image.
    """

    event: dict[str, Any]
    message: Any = None

    @property
    def box(self) -> Box:
        """The box that was given or found, x, y, w, h in pixels."""
        x, y, w, h = map(float, self.event['box'])
        return x, y, w, h

    @property
    def is_exact(self) -> bool:
        """Whether the image is the very one that the tracker saw, and was not compressed later."""
        return getattr(self.message, 'format', '') != RECORDED_FORM

    @property
    def picture(self) -> np.ndarray:
        """The image, (H, W, 3) uint8, RGB; raises InputError if it can't be decoded."""
        return ImageDecoder().decode(self.message)


class Clip:
    """A clip, whose events are read at once and its images when they are asked for.

    Args:
        path: The clip, or the folder of one that broke off.

    Attributes:
        header: The event ``clip``, which is the first.
        events: All events, in their order.
        snapshot: What the tracker knew at the start; None if the clip starts with a box, or lacks
            the images that the tracker's memory was made of.
        problems: What is torn or missing, one line each.

    Raises:
        InputError: The clip does not exist, is no clip, or has another format.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).expanduser()
        self.events: list[dict[str, Any]] = []
        with Bag(self.path) as bag:
            self._topic = self._events_topic(bag)
            for _, _, message in bag.messages(self._topic):
                self.events.append(self._event(message))
            self.problems = list(bag.problems)
            self._image_topics = [
                name
                for name, kind in bag.topics.items()
                if kind in IMAGE_TYPES and f'/{REFERENCES}' not in name
            ]
            self._reference_topics = [name for name in bag.topics if f'/{REFERENCES}' in name]
        if not self.events or self.events[0].get('kind') != 'clip':
            raise InputError(f"clip '{self.path}' has no begin; it is torn at its first bytes")
        self.header = self.events[0]
        if self.header.get('format') != FORMAT:
            raise InputError(
                f"clip '{self.path}' is of format {self.header.get('format')}, written by version "
                f'{self.header.get("version")}; this version reads format {FORMAT}'
            )
        if self.events[-1].get('kind') != 'end' and not self.problems:
            self.problems.append(f"clip '{self.path}' broke off; what there is of it is read")
        self.snapshot: Snapshot | None = None
        self._numbers: list[int] = []
        noted = next((each for each in self.events if each['kind'] == 'snapshot'), None)
        if noted and noted['numbers']:
            self.snapshot = Snapshot.from_dict(noted)
            self._numbers = [int(number) for number in noted['numbers']]

    @property
    def images(self) -> int:
        """How many images the clip tells of."""
        return sum(event['kind'] in _WITH_IMAGE for event in self.events)

    def references(self) -> dict[int, np.ndarray]:
        """Return the images of the memory at the start, (H, W, 3) uint8, RGB, by their numbers."""
        decoder = ImageDecoder()
        with Bag(self.path) as bag:
            messages = bag.messages(*self._reference_topics) if self._reference_topics else ()
            return {
                number: decoder.decode(message)
                for number, (_, _, message) in zip(self._numbers, messages)
            }

    def shots(self) -> Iterator[Shot]:
        """Yield the events in their order, with images; those whose image is torn are left out."""
        waiting: dict[str, Any] | None = None
        with Bag(self.path) as bag:
            for topic, _, message in bag.messages(self._topic, *self._image_topics):
                if topic == self._topic:
                    event = self._event(message)
                    if event['kind'] in _WITH_IMAGE:
                        waiting = event
                    else:
                        yield Shot(event)
                elif waiting is not None:
                    yield Shot(waiting, message)
                    waiting = None

    def _events_topic(self, bag: Bag) -> str:
        for name, kind in bag.topics.items():
            if name.endswith(f'/{EVENTS}') and kind == 'std_msgs/msg/String':
                return name
        raise InputError(f"'{self.path}' is no clip of the recorder: it has no topic ~/{EVENTS}")

    def _event(self, message: Any) -> dict[str, Any]:
        try:
            event = json.loads(message.data)
        except ValueError as error:
            raise InputError(f"clip '{self.path}' is damaged: {error}") from error
        if not isinstance(event, dict) or 'kind' not in event:
            raise InputError(f"clip '{self.path}' is damaged: an event without a kind")
        return event
