# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Tells by rules why a target was lost, from what is known of the images around that moment.

The rules are asked in the order of RULES, and the first that holds is the answer: what is outside
of the tracker's power (no images, out of the picture) before what may be a weakness of its own.
They say what is likely, not what is certain, and give the numbers that speak for it.
"""

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
import math
import statistics

from aiatrack_ros.tracking.boxes import Box

# Images were missing if an interval is at least so many times the usual one, and so many seconds.
_GAP, _GAP_SECONDS = 3.0, 0.25
# A box began wrongly if the median score of so many first images is below this.
_FIRST, _POOR = 10, 0.6
# A target is at the border if its box is as near to it as this part of its size, or these pixels.
_BORDER, _BORDER_PIXELS = 0.1, 3.0
# A box with a lower score is a guess.
_TRACE = 0.3
# A target with a smaller size, the square root of its area in pixels, shows too little of itself.
_SMALL = 12.0
# A target that moves by more of its size from image to image soon leaves the search region.
_FAST = 0.7
# It is dark below this grey level, of 255, or below this share of the level before.
_DARK, _DARKER = 30.0, 0.4
# It is blurred if its sharpness is below this share of what it was before.
_BLURRED = 0.35
# A score that falls within so many images falls at once, so something came in between.
_AT_ONCE = 6
# With a lower identity, somebody else is more likely than the target.
_EVEN_ODDS = 0.5


@dataclass(frozen=True)
class Seen:
    """What is known of one image.

    Attributes:
        time: The time of the image, in seconds after the first one.
        box: Where the target was found, x, y, w, h in pixels.
        score: The score that was published, in [0, 1].
        fit: How well the box fits something, in [0, 1]; it is the score without the identity.
        identity: How likely it is the target that the box holds, in [0, 1].
        lost: Whether the target counts as lost after this image.
        number: The number of the image, counted from 0, which is the one with the box given.
        brightness: The mean grey level in the box, 0 to 255; None if it is not known.
        sharpness: The variance of the Laplacian in the box over that of the grey levels; None if
            it is not known.
    """

    time: float
    box: Box
    score: float
    fit: float = 1.0
    identity: float = 1.0
    lost: bool = False
    number: int = 100
    brightness: float | None = None
    sharpness: float | None = None

    @property
    def size(self) -> float:
        """The square root of the box's area, in pixels."""
        return math.sqrt(max(self.box[2] * self.box[3], 0.0))

    @property
    def center(self) -> tuple[float, float]:
        """The centre of the box, column and row in pixels."""
        x, y, w, h = self.box
        return x + w / 2, y + h / 2


@dataclass(frozen=True)
class Fall:
    """The images around a loss.

    Attributes:
        before: The images up to the last one in which the target was surely found, the oldest
            first; there is at least one.
        falling: The images after that, up to the one after which the target counts as lost.
        width: The width of the images in pixels.
        height: The height of the images in pixels.
    """

    before: Sequence[Seen]
    falling: Sequence[Seen]
    width: int
    height: int

    @property
    def last(self) -> Seen:
        """The last image in which the target was surely found."""
        return self.before[-1]


@dataclass(frozen=True)
class Cause:
    """Why a target was lost: a name, and a sentence for people."""

    name: str
    sentence: str


def find_loss(seen: Sequence[Seen]) -> int | None:
    """Return the index of the first image after which the target counts as lost, or None."""
    for index, each in enumerate(seen):
        if each.lost and (index == 0 or not seen[index - 1].lost):
            return index
    return None


def fall_to(seen: Sequence[Seen], index: int, width: int, height: int, sure: float = 0.6) -> Fall:
    """Return the images around a loss.

    Args:
        seen: The images, in their order.
        index: The index of the image after which the target counts as lost.
        width: The width of the images in pixels.
        height: The height of the images in pixels.
        sure: With this score or a higher one, the target is surely found.
    """
    begin = index
    while begin > 0 and not seen[begin - 1].lost and seen[begin - 1].number > 0:
        begin -= 1
    begin = max(0, begin - (begin > 0 and seen[begin - 1].number == 0))
    last = max((k for k in range(begin, index) if seen[k].score >= sure), default=begin)
    return Fall(seen[begin : last + 1], seen[last + 1 : index + 1], width, height)


def why(fall: Fall) -> Cause:
    """Return why the target was lost, by the first of RULES that holds, or else 'unknown'."""
    for name, rule in RULES.items():
        sentence = rule(fall)
        if sentence:
            return Cause(name, sentence)
    return Cause(
        'unknown',
        f'The score fell from {fall.last.score:.2f} to {_lowest(fall):.2f} in '
        f'{len(fall.falling)} images, and no rule tells why.',
    )


def _images_missing(fall: Fall) -> str:
    times = [each.time for each in (*fall.before[-30:], *fall.falling)]
    steps = [after - before for before, after in zip(times, times[1:])]
    if len(steps) < 2:
        return ''
    usual = statistics.median(steps)
    gap = max(steps[-len(fall.falling) - 1 :])
    if gap < max(_GAP * usual, _GAP_SECONDS):
        return ''
    return (
        f'Images were missing: for {gap:.2f} s none was worked on, where {usual:.3f} s are usual; '
        'the target had moved on by then.'
    )


def _began_wrongly(fall: Fall) -> str:
    first = [each for each in (*fall.before, *fall.falling) if 0 < each.number <= _FIRST]
    if not first or fall.last.number > _FIRST:
        return ''
    score = statistics.median(each.score for each in first)
    if score >= _POOR:
        return ''
    return (
        f'The box began wrongly: in the first {len(first)} images after it was given the score '
        f'was {score:.2f} already, so what it held was hardly a target.'
    )


def _left(fall: Fall) -> str:
    velocity = _velocity(fall.before)
    # Boxes with low scores are guesses and may be anywhere. One more place is where the target
    # would be if it had moved on as before.
    places = [each.box for each in (fall.last, *fall.falling) if each.score >= _TRACE]
    x, y, w, h = fall.last.box
    count = len(fall.falling)
    places.append((x + count * velocity[0], y + count * velocity[1], w, h))
    near = max(_BORDER_PIXELS, _BORDER * fall.last.size)
    for x, y, w, h in places:
        sides = (
            ('left', x <= near, velocity[0] < 0),
            ('right', x + w >= fall.width - near, velocity[0] > 0),
            ('upper', y <= near, velocity[1] < 0),
            ('lower', y + h >= fall.height - near, velocity[1] > 0),
        )
        for side, touches, goes_there in sides:
            if touches and goes_there:
                return f'It left the picture: its box reached the {side} border, on its way there.'
    return ''


def _another(fall: Fall) -> str:
    doubtful = [each for each in fall.falling if each.identity < _EVEN_ODDS <= each.fit]
    if not doubtful:
        return ''
    least = min(doubtful, key=lambda each: each.identity)
    return (
        f'Another one like it was there: the box fits something well ({least.fit:.2f}), which is '
        f'the target with a likelihood of {least.identity:.2f} only.'
    )


def _too_small(fall: Fall) -> str:
    if fall.last.size >= _SMALL:
        return ''
    return (
        f'It was too small: {fall.last.box[2]:.0f}x{fall.last.box[3]:.0f} pixels when it was '
        'surely found for the last time.'
    )


def _too_fast(fall: Fall) -> str:
    speed = math.hypot(*_velocity(fall.before)) / max(fall.last.size, 1.0)
    if speed < _FAST:
        return ''
    return (
        f'It was too fast: it moved by {speed:.1f} of its size from one image to the next, which '
        'is out of the search region soon.'
    )


def _dark(fall: Fall) -> str:
    before, after = _typical(fall, 'brightness')
    if before is None or after is None or not (after < _DARK or after < _DARKER * before):
        return ''
    return (
        f'It was dark: the grey level in its box was {after:.0f} of 255, and {before:.0f} before.'
    )


def _blurred(fall: Fall) -> str:
    before, after = _typical(fall, 'sharpness')
    if before is None or after is None or after >= _BLURRED * before:
        return ''
    return (
        f'It was blurred: its edges had {after / before:.0%} of the strength that they had before.'
    )


def _hidden(fall: Fall) -> str:
    if fall.last.score < _POOR or len(fall.falling) > _AT_ONCE + _to_be_lost(fall):
        return ''
    return (
        f'It was hidden: from one image to the next the score fell from {fall.last.score:.2f} to '
        f'{fall.falling[0].score:.2f}, in mid-picture, so something came between.'
        if fall.falling
        else ''
    )


def _changed(fall: Fall) -> str:
    if not fall.falling or fall.last.score < _POOR:
        return ''
    return (
        f'It changed its look: over {len(fall.falling)} images the score fell little by little '
        f'from {fall.last.score:.2f} to {_lowest(fall):.2f}.'
    )


# The rules, by the names of the causes. Each returns a sentence, or '' if it does not hold.
RULES: dict[str, Callable[[Fall], str]] = {
    'images missing': _images_missing,
    'began wrongly': _began_wrongly,
    'left the picture': _left,
    'another like it': _another,
    'too small': _too_small,
    'too fast': _too_fast,
    'dark': _dark,
    'blurred': _blurred,
    'hidden': _hidden,
    'changed its look': _changed,
}


def _velocity(before: Sequence[Seen]) -> tuple[float, float]:
    """Return the median motion over the last sure images, in pixels from one to the next."""
    last = before[-6:]
    if len(last) < 2:
        return 0.0, 0.0
    steps = [
        (b.center[0] - a.center[0], b.center[1] - a.center[1]) for a, b in zip(last, last[1:])
    ]
    return (
        statistics.median(step[0] for step in steps),
        statistics.median(step[1] for step in steps),
    )


def _typical(fall: Fall, name: str) -> tuple[float | None, float | None]:
    """Return the medians of a measure before and while the score fell; None if not known."""
    before = [value for each in fall.before[-30:-1] if (value := getattr(each, name)) is not None]
    after = [
        value
        for each in (fall.last, *fall.falling)[-5:]
        if (value := getattr(each, name)) is not None
    ]
    return (
        statistics.median(before) if before else None,
        statistics.median(after) if after else None,
    )


def _to_be_lost(fall: Fall) -> int:
    """Return how many images in a row, at the end, were as bad as the last."""
    lowest = _lowest(fall) + 0.15
    count = 0
    for each in reversed(fall.falling):
        if each.score > lowest:
            break
        count += 1
    return count


def _lowest(fall: Fall) -> float:
    return min((each.score for each in fall.falling), default=fall.last.score)
