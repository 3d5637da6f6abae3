# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Images and the answers to them, which come on other topics, brought together by stamp."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic
from typing import TypeVar

Image = TypeVar('Image')
Answer = TypeVar('Answer')

MAX_WAITING = 300


@dataclass(frozen=True)
class Pair(Generic[Image, Answer]):
    """An image and all the answers to it, by topic; `answers` is empty if it was passed over."""

    stamp: int
    image: Image
    answers: dict[str, Answer]


class StampPairing(Generic[Image, Answer]):
    """
    Gives images back in the order of their arrival, when it is known what was said of them.

    `topics` are those on which each answered image is answered, in the order of the images. So an
    image is known to be passed over when a later one has been answered on all of them. At most
    `max_waiting` images wait for that, and as many answers for their images.
    """

    def __init__(self, topics: tuple[str, ...], max_waiting: int = MAX_WAITING) -> None:
        self._topics = topics
        self._max_waiting = max_waiting
        self._images: dict[int, Image] = {}
        self._answers: dict[int, dict[str, Answer]] = {}

    def add_image(self, stamp: int, image: Image) -> None:
        """Take an image; stamps are in nanoseconds."""
        self._images[stamp] = image

    def add_answer(self, topic: str, stamp: int, answer: Answer) -> None:
        """Take what was said of the image with this stamp; it may come later than this.

        What is said again is not taken: topics overtake each other, so it may come on one of them
        before all have spoken for the first time.
        """
        self._answers.setdefault(stamp, {}).setdefault(topic, answer)
        if len(self._answers) > self._max_waiting:  # the images do not arrive
            del self._answers[min(self._answers)]

    def ready(self) -> Iterator[Pair[Image, Answer]]:
        """Yield the images whose answers are complete, or that wait too long."""
        known = [
            stamp
            for stamp, answers in self._answers.items()
            if stamp in self._images and len(answers) == len(self._topics)
        ]
        until = max(known, default=-1)
        while self._images:
            stamp = next(iter(self._images))
            if stamp > until and len(self._images) <= self._max_waiting:
                break
            yield self._take(stamp)

    def rest(self) -> Iterator[Pair[Image, Answer]]:
        """Yield all images that still wait: nothing more will come."""
        while self._images:
            yield self._take(next(iter(self._images)))

    def _take(self, stamp: int) -> Pair[Image, Answer]:
        image = self._images.pop(stamp)
        answers = self._answers.pop(stamp, {})
        # An answer without an image is to one that never came; it must not pile up.
        for old in [other for other in self._answers if other < stamp]:
            del self._answers[old]
        return Pair(stamp, image, answers if len(answers) == len(self._topics) else {})
