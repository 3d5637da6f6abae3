# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Gathers what a clip shows of a loss: images around it, curves, memory and cause."""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from typing import Any

from aiatrack_ros.clips import events
from aiatrack_ros.clips.causes import Cause
from aiatrack_ros.clips.causes import fall_to
from aiatrack_ros.clips.causes import find_loss
from aiatrack_ros.clips.causes import Seen
from aiatrack_ros.clips.causes import why
from aiatrack_ros.clips.clip import Clip
from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.memory import ensemble_indices
from aiatrack_ros.tracking.snapshot import Origin
import cv2
import numpy as np

# So many pictures are looked at before the loss and after it.
BEFORE, AFTER = 60, 15
# The map shows where the tracker looked until so many images after the loss.
LOOKED = 5


@dataclass(frozen=True)
class Reference:
    """An entry of the tracker's memory.

    Attributes:
        number: The number of its image, 0 for the one in which the target was given.
        picture: The part of the image around the target, (h, w, 3) uint8, RGB.
        in_use: Whether the network was comparing with it.
    """

    number: int
    picture: np.ndarray
    in_use: bool


@dataclass
class Explanation:
    """All that the page shows.

    Attributes:
        clip: The clip.
        seen: What is known of each image that was tracked in.
        moment: The index in `seen` of the loss, or else of what the clip was made for.
        cause: Why the target was lost.
        events: The events of the images in `seen`.
        strip: The pictures of the film strip, (H, W, 3) uint8, RGB, with their indices in `seen`.
        memory: The references in the memory at that moment, the initial one first.
        looks: Where the tracker looked from the last sure image on: the box around which, the side
            of the search region in pixels, and the score.
        scene: The picture of the moment, (H, W, 3) uint8, RGB.
    """

    clip: Clip
    seen: list[Seen]
    moment: int
    cause: Cause
    events: list[dict[str, Any]]
    strip: list[tuple[int, np.ndarray]] = field(default_factory=list)
    memory: list[Reference] = field(default_factory=list)
    looks: list[dict[str, Any]] = field(default_factory=list)
    scene: np.ndarray | None = None


def explain(clip: Clip) -> Explanation:
    """Return what a clip shows of its first loss, or else of what it was made for.

    Raises:
        InputError: It has no image that was tracked in, or is torn before the moment.
    """
    images = [event for event in clip.events if event['kind'] == 'image']
    if not images:
        raise InputError(f"clip '{clip.path}' has no image that was tracked in")
    start = images[0]['stamp']
    seen = [_seen(event, start) for event in images]
    sure = clip.header.get('settings', {}).get('regain_threshold', 0.6)
    loss = find_loss(seen)
    moment = _moment(clip, len(images) - 1) if loss is None else loss
    pictures = _pictures(clip, moment, _strip_of(moment, len(images)))
    scene = pictures.get(moment)
    if scene is None:
        raise InputError(f"clip '{clip.path}' is torn before the image of the loss")
    for index, picture in pictures.items():
        seen[index] = _measured(seen[index], picture)
    height, width = scene.shape[:2]
    if loss is None:
        reason = events.REASONS.get(clip.header.get('reason', ''), 'a clip was asked for')
        cause = Cause('not lost', f'It was not lost in this clip: {reason}.')
        first = max(0, moment - BEFORE // 2)
    else:
        fall = fall_to(seen, loss, width, height, sure, _given(clip, images[loss]))
        cause = why(fall)
        first = loss - len(fall.falling)
    return Explanation(
        clip,
        seen,
        moment,
        cause,
        images,
        strip=[(k, pictures[k]) for k in _strip_of(moment, len(images)) if k in pictures],
        memory=_memory(clip, moment),
        looks=[look for event in images[first : moment + LOOKED] for look in event['looks']],
        scene=scene,
    )


def _seen(event: dict[str, Any], start: int) -> Seen:
    x, y, w, h = map(float, event['box'])
    return Seen(
        time=(event['stamp'] - start) / 1e9,
        box=(x, y, w, h),
        score=event['score'],
        fit=min(max((event['raw_iou'] + 1) / 2, 0.0), 1.0),
        identity=event['identity'],
        lost=event['state'] == 'lost',
        number=event['number'],
    )


def _given(clip: Clip, image: dict[str, Any]) -> Box | None:
    """Return the box that the target of an image was given with, as far as the clip tells it."""
    given: Box | None = None
    for event in clip.events:
        if event is image:
            break
        if event['kind'] == 'began':
            x, y, w, h = map(float, event['box'])
            given = (x, y, w, h)
    return given


def _moment(clip: Clip, last: int) -> int:
    """Return the index of the image after which the clip tells its reason; `last` at the most."""
    index = -1
    for event in clip.events:
        index += event['kind'] == 'image'
        if event['kind'] == 'reason':
            break
    return min(max(index, 0), last)


def _strip_of(moment: int, count: int) -> list[int]:
    """Return the indices of the film strip, which lie closer together near the moment."""
    offsets = (-45, -30, -20, -14, -9, -5, -2, 0, 3, 8, 15, 30)
    return sorted({min(max(moment + offset, 0), count - 1) for offset in offsets})


def _pictures(clip: Clip, moment: int, others: Sequence[int]) -> dict[int, np.ndarray]:
    """Return the pictures around a moment, by the indices of tracked images."""
    wanted = set(range(moment - BEFORE, moment + AFTER + 1)) | set(others)
    found: dict[int, np.ndarray] = {}
    index = -1
    for shot in clip.shots():
        if shot.event['kind'] != 'image':
            continue
        index += 1
        if index in wanted:
            found[index] = shot.picture
        if index > max(wanted):
            break
    return found


def _measured(seen: Seen, picture: np.ndarray) -> Seen:
    """Return what is known of an image, with brightness and sharpness from its pixels."""
    patch = _patch(picture, seen.box)
    if patch is None:
        return seen
    grey = cv2.resize(cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY), (48, 48))
    spread = float(grey.astype(np.float32).var())
    edges = float(cv2.Laplacian(grey, cv2.CV_32F).var())
    return replace(
        seen, brightness=float(grey.mean()), sharpness=edges / spread if spread > 1 else None
    )


def _patch(picture: np.ndarray, box: Box, room: float = 0.0) -> np.ndarray | None:
    """Return what is in a box with room, in parts of its sides, around it; None if outside."""
    x, y, w, h = box
    height, width = picture.shape[:2]
    left, top = max(0, int(x - room * w)), max(0, int(y - room * h))
    right, bottom = (
        min(width, int(x + w * (1 + room)) + 1),
        min(height, int(y + h * (1 + room)) + 1),
    )
    if right - left < 2 or bottom - top < 2:
        return None
    return np.ascontiguousarray(picture[top:bottom, left:right])


def _memory(clip: Clip, moment: int) -> list[Reference]:
    """Return the references in the memory at a moment, as far as the clip has their pictures."""
    capacity = clip.header.get('settings', {}).get('memory_capacity', 100)
    count = clip.header.get('settings', {}).get('short_term_memory_size', 3)
    origins: list[Origin] = list(clip.snapshot.memory) if clip.snapshot else []
    index = -1
    for event in clip.events:
        if event['kind'] == 'began':
            origins = [_origin(event, 0)]
        if event['kind'] != 'image':
            continue
        index += 1
        if index > moment:
            break
        if event['memory_updated']:
            if len(origins) >= capacity:
                del origins[1]
            origins.append(_origin(event, event['number']))
    used = {*ensemble_indices(len(origins) - 1, count)} if origins else set()
    shown = sorted({0, *used, *range(0, len(origins), max(1, len(origins) // 8))})
    return _with_pictures(clip, [(origins[k], k in used) for k in shown if k < len(origins)])


def _origin(event: dict[str, Any], number: int) -> Origin:
    x, y, w, h = map(float, event['box'])
    return Origin(number, (x, y, w, h), (x, y, w, h))


def _with_pictures(clip: Clip, entries: list[tuple[Origin, bool]]) -> list[Reference]:
    wanted = {origin.number for origin, _ in entries}
    pictures = {n: each for n, each in clip.references().items() if n in wanted}
    for shot in clip.shots():
        kind = shot.event['kind']
        number = 0 if kind == 'began' else shot.event.get('number')
        if kind in ('began', 'image') and number in wanted and number not in pictures:
            pictures[number] = shot.picture
        if len(pictures) == len(wanted):
            break
    references = []
    for origin, in_use in entries:
        picture = pictures.get(origin.number)
        patch = None if picture is None else _patch(picture, origin.box, room=0.5)
        if patch is not None:
            references.append(Reference(origin.number, patch, in_use))
    return references
