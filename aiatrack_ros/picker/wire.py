# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
What goes over the wire between server and page.

To the page: a picture is binary, the length of a header (4 bytes, big endian), the header in JSON,
a JPEG. All else is JSON with a `type`. Stamps are strings of nanoseconds, which JavaScript's
numbers do not hold. What comes from outside is taken only if it is exactly what the page sends.
"""

from dataclasses import dataclass
import json
import math
import struct
from typing import Any

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.boxes import Box

# The longest message of the page is about 200 bytes.
LARGEST_MESSAGE = 1024
_LARGEST_NUMBER = 1e6  # of a pixel coordinate
_LARGEST_STAMP = 2**63


@dataclass(frozen=True)
class Follow:
    """Follow what is in a box (x, y, w, h), in pixels of the image with this stamp."""

    request: int
    stamp: int  # nanoseconds
    box: Box


@dataclass(frozen=True)
class Forget:
    """Forget the target."""

    request: int


@dataclass(frozen=True)
class Hold:
    """The page's picture stands still (or goes on): send no others meanwhile."""

    on: bool


@dataclass(frozen=True)
class Shown:
    """The picture of this number has been drawn."""

    number: int


Request = Follow | Forget | Hold | Shown


@dataclass(frozen=True)
class TargetState:
    """
    What the tracker believes.

    Attributes:
        stamp: Of the image, in nanoseconds.
        state: idle, tracking, lost, or '' where no tracker has said anything.
        track_id: Names the target.
        box: x, y, w, h in pixels; None unless it is tracked.
        score: Predicted IoU in [0, 1].
        rate: Images answered per second.
        latency: From the stamp of the image to its track, in seconds.
        problem: What went wrong last, '' if nothing did.
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
    """Return what the page asks for; raise InputError for anything else."""
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
        and all(abs(number) < _LARGEST_NUMBER for number in value)  # and so not NaN
    )
    if not (good and value[2] > 0 and value[3] > 0):
        raise InputError('a box that is none')
    x, y, w, h = map(float, value)
    return x, y, w, h


def picture_bytes(number: int, stamp: int, columns: int, rows: int, jpeg: bytes) -> bytes:
    """
    Return the message of a picture.

    `columns` and `rows` are the size of the image, in whose pixels boxes count; the JPEG may be
    smaller.
    """
    header = json.dumps(
        {'number': number, 'stamp': str(stamp), 'columns': columns, 'rows': rows}
    ).encode()
    return struct.pack('>I', len(header)) + header + jpeg


def state_text(state: TargetState) -> str:
    """Return the message of a state."""
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


def hello_text(smallest_box: float, keep_seconds: float) -> str:
    """Return the first message: a box's least side in pixels, and how long images are kept."""
    return json.dumps(
        {'type': 'hello', 'smallest_box': smallest_box, 'keep_seconds': keep_seconds}
    )


def reply_text(request: int, good: bool, text: str) -> str:
    """Return the answer to a request."""
    return json.dumps({'type': 'reply', 'request': request, 'good': good, 'text': text})


def notice_text(text: str) -> str:
    """Return a line for all to read."""
    return json.dumps({'type': 'notice', 'text': text})


def _drawable(box: Box | None) -> list[float] | None:
    if box is None or not all(map(math.isfinite, box)):
        return None
    return [round(float(value), 2) for value in box]


def _rounded(value: float | None, digits: int) -> float | None:
    # JSON has no NaN, and the page no use for it.
    return round(float(value), digits) if value is not None and math.isfinite(value) else None
