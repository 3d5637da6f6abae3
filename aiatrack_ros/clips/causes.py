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
# A target was hardly known from the start if the median score of so many first images is below
# this.
_FIRST, _POOR = 10, 0.6
# Such a score comes and goes if it rises by more than this. What is in a wrong box is known best
# in the next image and never again; a target in pictures of a strange kind is found now and then.
_RISE = 0.1
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
# A target is covered bit by bit if the area of its box shrinks to this share as its score falls.
_COVERED = 0.6
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
        return _side(self.box)

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
        given: The box that the target was given with, x, y, w, h in pixels; None if it is not
            known.
    """

    before: Sequence[Seen]
    falling: Sequence[Seen]
    width: int
    height: int
    given: Box | None = None

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


def fall_to(
    seen: Sequence[Seen],
    index: int,
    width: int,
    height: int,
    sure: float = 0.6,
    given: Box | None = None,
) -> Fall:
    """Return the images around a loss.

    Args:
        seen: The images, in their order.
        index: The index of the image after which the target counts as lost.
        width: The width of the images in pixels.
        height: The height of the images in pixels.
        sure: With this score or a higher one, the target is surely found.
        given: The box that the target was given with, x, y, w, h in pixels; None if it is not
            known.
    """
    begin = index
    while begin > 0 and not seen[begin - 1].lost and seen[begin - 1].number > 0:
        begin -= 1
    begin = max(0, begin - (begin > 0 and seen[begin - 1].number == 0))
    last = max((k for k in range(begin, index) if seen[k].score >= sure), default=begin)
    return Fall(seen[begin : last + 1], seen[last + 1 : index + 1], width, height, given)


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


def _hardly_known(fall: Fall) -> list[float]:
    """Return the first scores of a target that was hardly known from the start; else none."""
    first = [each for each in (*fall.before, *fall.falling) if 0 < each.number <= _FIRST]
    if not first or fall.last.number > _FIRST:
        return []
    scores = [each.score for each in first]
    return scores if statistics.median(scores) < _POOR else []


def _comes_and_goes(scores: Sequence[float]) -> bool:
    return any(
        later - score > _RISE for k, score in enumerate(scores) for later in scores[k + 1 :]
    )


def _began_wrongly(fall: Fall) -> str:
    scores = _hardly_known(fall)
    if not scores or max(scores) >= _POOR or _comes_and_goes(scores):
        return ''
    if _side(fall.given or fall.last.box) < _SMALL:
        return ''
    return (
        f'The box began wrongly: in the first {len(scores)} images after it was given the score '
        f'was {statistics.median(scores):.2f} already, so what it held was hardly a target.'
    )


def _hardly_found(fall: Fall) -> str:
    scores = _hardly_known(fall)
    if not scores or scores[0] >= _POOR or not _comes_and_goes(scores):
        return ''
    return (
        'It was hardly found from the start: the score came and went between '
        f'{min(scores):.2f} and {max(scores):.2f}, as in pictures of a kind that the weights '
        'hardly know. Look whether the box was right, too.'
    )


def _left(fall: Fall) -> str:
    x, y, w, h = fall.last.box
    velocity = _velocity(fall.before)
    upper_left, lower_right = _velocity(fall.before, 0.0), _velocity(fall.before, 1.0)
    near = max(_BORDER_PIXELS, _BORDER * fall.last.size)
    # Boxes with low scores are guesses and may be anywhere.
    places = [each.box for each in (fall.last, *fall.falling) if each.score >= _TRACE]
    sides = (
        ('left', velocity[0] < 0, lambda box: box[0] <= near),
        ('right', velocity[0] > 0, lambda box: box[0] + box[2] >= fall.width - near),
        ('upper', velocity[1] < 0, lambda box: box[1] <= near),
        ('lower', velocity[1] > 0, lambda box: box[1] + box[3] >= fall.height - near),
    )
    for side, goes_there, touches in sides:
        if goes_there and any(map(touches, places)):
            return f'It left the picture: its box reached the {side} border, on its way there.'
    # Where its edges would be if they had moved on as before. Those of a target that goes behind
    # something stand still, although the centre of its box moves.
    count = len(fall.falling)
    left, top = x + count * upper_left[0], y + count * upper_left[1]
    right, bottom = x + w + count * lower_right[0], y + h + count * lower_right[1]
    ahead = (left, top, right - left, bottom - top)
    for side, goes_there, touches in sides:
        if goes_there and touches(ahead):
            return (
                f'It left the picture: it was on its way to the {side} border, and would be there '
                'by now.'
            )
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
    box, when = fall.last.box, 'when it was surely found for the last time'
    if fall.last.number == 0:
        box, when = fall.given or box, 'in the box that was given'
    elif fall.last.score < _POOR:  # what was found is a guess
        known = fall.given if fall.last.number <= _FIRST else None
        box, when = (known, 'in the box that was given') if known else (box, 'at last')
    if _side(box) >= _SMALL:
        return ''
    return f'It was too small: {box[2]:.0f}x{box[3]:.0f} pixels {when}.'


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
    if fall.falling and _share_in_sight(fall) <= _COVERED:  # then something else is in the box
        return ''
    return (
        f'It was blurred: its edges had {after / before:.0%} of the strength that they had before.'
    )


def _hidden(fall: Fall) -> str:
    if not fall.falling or fall.last.score < _POOR:
        return ''
    count = len(fall.falling)
    scores = f'the score fell from {fall.last.score:.2f} to {_lowest(fall):.2f}'
    images = 'one image' if count == 1 else f'{count} images'
    if count <= _AT_ONCE + _to_be_lost(fall):
        return (
            f'It was hidden: within {images} {scores}, in mid-picture, as when something comes '
            'in between.'
        )
    share = _share_in_sight(fall)
    if share > _COVERED:
        return ''
    return (
        f'It was hidden bit by bit: within {images} {scores}, and what was found of it shrank to '
        f'{share:.0%}.'
    )


def _share_in_sight(fall: Fall) -> float:
    """Return the area of the last boxes as a share of what it had been, 0 to 1 or above."""
    areas = [each.size**2 for each in fall.before[-10:]]
    usual = max(statistics.median(areas), areas[-1], 1.0)
    return statistics.median(each.size**2 for each in fall.falling[-3:]) / usual


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
    'hardly found': _hardly_found,
    'hidden': _hidden,
    'changed its look': _changed,
}


def _velocity(before: Sequence[Seen], at: float = 0.5) -> tuple[float, float]:
    """Return the median motion over the last sure images, in pixels from one to the next.

    It is that of a point of the box: 0 is its left upper corner, 0.5 its centre, 1 its right lower
    corner.
    """
    points = [(e.box[0] + at * e.box[2], e.box[1] + at * e.box[3]) for e in before[-6:]]
    if len(points) < 2:
        return 0.0, 0.0
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in zip(points, points[1:])]
    return (
        statistics.median(step[0] for step in steps),
        statistics.median(step[1] for step in steps),
    )


def _side(box: Box) -> float:
    return math.sqrt(max(box[2] * box[3], 0.0))


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
