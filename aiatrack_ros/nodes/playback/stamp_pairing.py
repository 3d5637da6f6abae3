# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Images, and the answers to them on other topics, put together by their stamps."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic
from typing import TypeVar

Image = TypeVar('Image')
Answer = TypeVar('Answer')

MAX_WAITING = 300  # images, and answers


@dataclass(frozen=True)
class Pair(Generic[Image, Answer]):
    """An image and all the answers to it, by topic; without answers, it was passed over."""

    stamp: int  # nanoseconds
    image: Image
    answers: dict[str, Answer]


class StampPairing(Generic[Image, Answer]):
    """
    Returns images in the order of their arrival, once it is known what was said of them.

    An image is known to be passed over when a later one has been answered on all topics.

    Args:
        topics: Each image that is answered is answered on all of them, in the order of the images.
        max_waiting: The most images that wait for answers, and the most answers that wait for
            their images; the oldest go first.
    """

    def __init__(self, topics: tuple[str, ...], max_waiting: int = MAX_WAITING) -> None:
        self._topics = topics
        self._max_waiting = max_waiting
        self._images: dict[int, Image] = {}
        self._answers: dict[int, dict[str, Answer]] = {}

    def add_image(self, stamp: int, image: Image) -> None:
        """Take an image; its stamp is in nanoseconds."""
        self._images[stamp] = image

    def add_answer(self, topic: str, stamp: int, answer: Answer) -> None:
        """Take what was said of the image with this stamp, which may come later than its answer.

        A second answer on a topic is ignored. Since topics overtake each other, it may come before
        the first one on another topic.
        """
        self._answers.setdefault(stamp, {}).setdefault(topic, answer)
        if len(self._answers) > self._max_waiting:  # their images do not arrive
            del self._answers[min(self._answers)]

    def ready(self) -> Iterator[Pair[Image, Answer]]:
        """Yield the images of which all is known, and those that have waited too long."""
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
        """Yield all images that still wait; to be called when nothing more will come."""
        while self._images:
            yield self._take(next(iter(self._images)))

    def _take(self, stamp: int) -> Pair[Image, Answer]:
        image = self._images.pop(stamp)
        answers = self._answers.pop(stamp, {})
        # The images of older answers never came, and such answers must not pile up.
        for old in [other for other in self._answers if other < stamp]:
            del self._answers[old]
        return Pair(stamp, image, answers if len(answers) == len(self._topics) else {})
