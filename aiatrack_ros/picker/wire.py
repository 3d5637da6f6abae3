# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
The messages that go over the wire between server and page.

A picture goes to the page as a binary message, which consists of the length of a header (4 bytes,
big endian), the header in JSON, and a JPEG. All other messages are JSON objects with a `type`.
Stamps are strings of nanoseconds, because JavaScript's numbers do not hold so many digits. What
comes from outside is taken only if it is exactly what the page sends.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
import json
import math
import struct
from typing import Any

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.boxes import Box

# The longest message of the page is about 200 bytes.
LARGEST_MESSAGE = 1024
_LARGEST_NUMBER = 1e6  # Coordinates of pixels are smaller than this.
_LARGEST_STAMP = 2**63  # nanoseconds; stamps are smaller, so that they fit 64 bits with a sign


@dataclass(frozen=True)
class Follow:
    """
    The wish that what is in a box be followed.

    Attributes:
        request: The number by which the page knows the reply.
        stamp: The stamp of the image in which the box was drawn, in nanoseconds.
        box: x, y, w, h in pixels of that image.
    """

    request: int
    stamp: int
    box: Box


@dataclass(frozen=True)
class Forget:
    """The wish that the target be forgotten; the page knows the reply by `request`."""

    request: int


@dataclass(frozen=True)
class Hold:
    """The news that the picture on the page stands still, or goes on; none is sent meanwhile."""

    on: bool


@dataclass(frozen=True)
class Shown:
    """The news that the page has drawn the picture with this number."""

    number: int


@dataclass(frozen=True)
class Look:
    """The wish to see the image of a film that has this index."""

    index: int


@dataclass(frozen=True)
class Correct:
    """
    The box that a person gives for an image of a film.

    Attributes:
        request: The number by which the page knows the reply.
        index: The index of the image.
        box: x, y, w, h in pixels of that image; None if the target can't be seen in it.
    """

    request: int
    index: int
    box: Box | None


@dataclass(frozen=True)
class TakeBack:
    """The wish that what was given for an image be forgotten; fields as those of Correct."""

    request: int
    index: int


FILL, STOP, SAVE, DONE = 'fill', 'stop', 'save', 'done'
ORDERS = (FILL, STOP, SAVE, DONE)


@dataclass(frozen=True)
class Order:
    """The wish that one of ORDERS be done; the page knows the reply by `request`."""

    request: int
    what: str


Request = Follow | Forget | Hold | Shown | Look | Correct | TakeBack | Order


@dataclass(frozen=True)
class Film:
    """
    What a page is told once of the film that is labelled.

    Attributes:
        name: The name of the clip.
        times: The time of each image, in seconds from the first.
        boxes: What the tracker took for the target, x, y, w, h in pixels; None where it was lost.
        scores: The predicted IoU, in [0, 1]; None where it is not known.
        proposed: The indices of images that are good to begin with.
    """

    name: str
    times: Sequence[float]
    boxes: Sequence[Box | None]
    scores: Sequence[float | None]
    proposed: Sequence[int]


@dataclass(frozen=True)
class Labels:
    """
    What is known of the images of a film by now, by their indices.

    Attributes:
        given: What a person gave: boxes x, y, w, h in pixels, or None for an absent target.
        filled: What was filled in, in the same form.
        blank: The first and the last index of what nothing is known of yet.
        saved: Whether all of this is saved.
        problem: What went wrong in keeping it; '' if nothing did.
    """

    given: Mapping[int, Box | None]
    filled: Mapping[int, Box | None]
    blank: Sequence[tuple[int, int]]
    saved: bool
    problem: str = ''


@dataclass(frozen=True)
class Progress:
    """How far the work is: so many of all steps are done; no step at all means that none goes on.

    Attributes:
        doing: What is done, as the page shows it.
        done: How many steps are done.
        total: How many there are.
    """

    doing: str = ''
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class TargetState:
    """
    What the tracker believes; None stands for what is not known.

    Attributes:
        stamp: The stamp of the image, in nanoseconds.
        state: idle, tracking or lost; '' if no tracker has said anything.
        track_id: The id of the target.
        box: x, y, w, h in pixels of the image; None unless the target is tracked.
        score: The predicted IoU, in [0, 1].
        rate: How many images the tracker answers per second.
        latency: The time from the stamp of the image to its track, in seconds.
        problem: What went wrong last; '' if nothing did.
    """

    stamp: int = 0
    state: str = ''
    track_id: str = ''
    box: Box | None = None
    score: float | None = None
    rate: float | None = None
    latency: float | None = None
    problem: str = ''


def read_request(text: str) -> Request:
    """Return what a page asks for; raise InputError for text that no page of ours sends."""
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError('not JSON') from error
    if not isinstance(fields, dict):
        raise InputError('not a JSON object')
    kind = fields.pop('type', None)
    if kind == 'follow' and fields.keys() == {'request', 'stamp', 'box'}:
        return Follow(_whole(fields['request']), _stamp(fields['stamp']), _box(fields['box']))
    if kind == 'forget' and fields.keys() == {'request'}:
        return Forget(_whole(fields['request']))
    if kind == 'hold' and fields.keys() == {'on'} and isinstance(fields['on'], bool):
        return Hold(fields['on'])
    if kind == 'shown' and fields.keys() == {'number'}:
        return Shown(_whole(fields['number']))
    if kind == 'look' and fields.keys() == {'index'}:
        return Look(_whole(fields['index']))
    if kind == 'correct' and fields.keys() == {'request', 'index', 'box'}:
        box = None if fields['box'] is None else _box(fields['box'])
        return Correct(_whole(fields['request']), _whole(fields['index']), box)
    if kind == 'take_back' and fields.keys() == {'request', 'index'}:
        return TakeBack(_whole(fields['request']), _whole(fields['index']))
    if kind == 'order' and fields.keys() == {'request', 'what'} and fields['what'] in ORDERS:
        return Order(_whole(fields['request']), fields['what'])
    raise InputError('not a message of this page')


def _whole(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**53:
        raise InputError('a number that is not whole')
    return value


def _stamp(value: Any) -> int:
    if not (isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20):
        raise InputError('a stamp that is none')
    stamp = int(value)
    if stamp >= _LARGEST_STAMP:
        raise InputError('a stamp that is none')
    return stamp


def _box(value: Any) -> Box:
    good = (
        isinstance(value, list)
        and len(value) == 4
        and all(type(number) in (int, float) for number in value)
        and all(abs(number) < _LARGEST_NUMBER for number in value)  # this refuses NaN, too
    )
    if not (good and value[2] > 0 and value[3] > 0):
        raise InputError('a box that is none')
    x, y, w, h = map(float, value)
    return x, y, w, h


def picture_bytes(number: int, stamp: int, columns: int, rows: int, jpeg: bytes) -> bytes:
    """
    Return the message that takes a picture to a page.

    Args:
        number: The number of the picture.
        stamp: The stamp of the image, in nanoseconds.
        columns: The width of the image, in whose pixels boxes count.
        rows: The height of the image.
        jpeg: The picture, which may be smaller than the image.
    """
    header = json.dumps(
        {'number': number, 'stamp': str(stamp), 'columns': columns, 'rows': rows}
    ).encode()
    return struct.pack('>I', len(header)) + header + jpeg


def state_text(state: TargetState) -> str:
    """Return the message that tells a page what the tracker believes."""
    return json.dumps(
        {
            'type': 'state',
            'stamp': str(state.stamp),
            'state': state.state,
            'id': state.track_id,
            'box': _drawable(state.box),
            'score': _rounded(state.score, 4),
            'rate': _rounded(state.rate, 2),
            'latency': _rounded(state.latency, 4),
            'problem': state.problem,
        }
    )


def film_text(film: Film) -> str:
    """Return the message that tells a page of the film that is labelled."""
    return json.dumps(
        {
            'type': 'film',
            'name': film.name,
            'times': [_rounded(time, 3) for time in film.times],
            'boxes': [_drawable(box) for box in film.boxes],
            'scores': [_rounded(score, 3) for score in film.scores],
            'proposed': list(film.proposed),
        }
    )


def labels_text(labels: Labels) -> str:
    """Return the message that tells a page what is known of the images of a film."""
    return json.dumps(
        {
            'type': 'labels',
            'given': {index: _drawable(box) for index, box in labels.given.items()},
            'filled': {index: _drawable(box) for index, box in labels.filled.items()},
            'blank': [list(span) for span in labels.blank],
            'saved': labels.saved,
            'problem': labels.problem,
        }
    )


def progress_text(progress: Progress) -> str:
    """Return the message that tells a page how far the work is."""
    return json.dumps({'type': 'progress', **asdict(progress)})


def hello_text(smallest_box: float, keep_seconds: float) -> str:
    """
    Return the message that a page gets first.

    Args:
        smallest_box: The least side of a box, in pixels of the image.
        keep_seconds: How long the images are kept that boxes are drawn in, in seconds; 0 if the
            page need not warn of old ones.
    """
    return json.dumps(
        {'type': 'hello', 'smallest_box': smallest_box, 'keep_seconds': keep_seconds}
    )


def reply_text(request: int, good: bool, text: str) -> str:
    """Return the answer to a request, which tells whether it was carried out, or why not."""
    return json.dumps({'type': 'reply', 'request': request, 'good': good, 'text': text})


def notice_text(text: str) -> str:
    """Return a message with a line of news to show."""
    return json.dumps({'type': 'notice', 'text': text})


def _drawable(box: Box | None) -> list[float] | None:
    if box is None or not all(map(math.isfinite, box)):
        return None
    return [round(float(value), 2) for value in box]


def _rounded(value: float | None, digits: int) -> float | None:
    # JSON has no NaN, and the page has no use for it.
    return round(float(value), digits) if value is not None and math.isfinite(value) else None
