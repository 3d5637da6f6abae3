# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What a clip shows of a loss: the images around it, the curves, the memory, and the cause."""

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

# Images of which pictures are looked at, before the loss and after it.
BEFORE, AFTER = 60, 15
# Images after the loss of which the map shows where was looked.
LOOKED = 5


@dataclass(frozen=True)
class Reference:
    """An entry of the tracker's memory: its number, its picture, and whether it is in use."""

    number: int
    picture: np.ndarray  # (S, S, 3) uint8, RGB, around the target
    in_use: bool


@dataclass
class Explanation:
    """All that the page shows.

    Attributes:
        seen: What is known of each image that was tracked in.
        moment: Index in `seen` of the loss, or else of what the clip was made for.
        cause: Why it was lost.
        strip: Indices in `seen` and pictures (H, W, 3) uint8, RGB.
        memory: References at that moment, the initial one first.
        events: The events of these images.
        looks: Where was looked from the last sure image on: boxes around which, sides, scores.
        scene: The picture of the moment.
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
    """Look at a clip.

    Raises:
        InputError: It has no image that was tracked in.
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
        fall = fall_to(seen, loss, width, height, sure)
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


def _moment(clip: Clip, last: int) -> int:
    """Return the index of the image after which the reason of the clip is told."""
    index = -1
    for event in clip.events:
        index += event['kind'] == 'image'
        if event['kind'] == 'reason':
            break
    return min(max(index, 0), last)


def _strip_of(moment: int, count: int) -> list[int]:
    """Return the indices of the film strip: closer to each other near the moment."""
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
    """Return what is known of an image, with what its pixels tell."""
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
    """Return what is in a box, with some room around it; None where it is outside."""
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
