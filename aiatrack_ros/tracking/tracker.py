# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The tracker: a plain object that is shown one image after the other.

AiATrack (ECCV 2022), section 3.2 and the released online loop. The node, the command line, the
evaluation and the benchmark all use this one, unchanged.
"""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
import math
import time

from aiatrack_ros.model.checkpoint import load_network
from aiatrack_ros.model.network import Reference
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.boxes import check_box
from aiatrack_ros.tracking.boxes import clip_box
from aiatrack_ros.tracking.boxes import steady_box
from aiatrack_ros.tracking.bystanders import Bystanders
from aiatrack_ros.tracking.colours import with_colours
from aiatrack_ros.tracking.crop import check_image
from aiatrack_ros.tracking.crop import Crop
from aiatrack_ros.tracking.crop import crop_region
from aiatrack_ros.tracking.engines.engine import create_engine
from aiatrack_ros.tracking.engines.engine import Engine
from aiatrack_ros.tracking.engines.engine import Found
from aiatrack_ros.tracking.identity import Identity
from aiatrack_ros.tracking.image_search import search_windows
from aiatrack_ros.tracking.memory import ReferenceMemory
from aiatrack_ros.tracking.settings import TrackerSettings
from aiatrack_ros.tracking.snapshot import attributes_of
from aiatrack_ros.tracking.snapshot import Origin
from aiatrack_ros.tracking.snapshot import Snapshot
from aiatrack_ros.tracking.snapshot import take_attributes
from aiatrack_ros.tracking.target_state import State
from aiatrack_ros.tracking.target_state import TargetState
import numpy as np
from numpy.typing import NDArray

# Of a target's size: who is farther away than that from where it was may be somebody else.
JUMP = 0.8
# Who is less likely than that to be the target is somebody else for sure: where he was seen, the
# next look is at what else is there.
STRANGER = 0.1


@dataclass(frozen=True)
class Look:
    """One place where the tracker looked for its target in an image.

    Attributes:
        around: The box around whose centre the square search region was cut, in pixels.
        side: The side of that region in pixels.
        box: What was found there, x, y, w, h in pixels of the image.
        score: How well it fits, in [0, 1], as in the result.
    """

    around: Box
    side: int
    box: Box
    score: float


@dataclass(frozen=True)
class TrackResult:
    """What the tracker says of one image.

    Attributes:
        box: x, y, w, h in pixels of the image. While lost it is the best guess, not a track.
        score: The predicted IoU of the box with the target, in [0, 1]: how well the network says
            that it fits, times how likely it is that this is the target and not another like it.
        raw_iou: The network's own output, 2 * IoU - 1, unclamped; -1, and the box before, where
            its numbers are not finite.
        memory_updated: Whether the short-term memory took this frame in.
        state: Tracking or lost, after this frame.
        times: Seconds spent on 'crop', 'network', 'memory', and in 'total'.
        identity: How likely it is, in [0, 1], that what is in the box is the target; 1 where
            that was not asked, or the network does not tell.
        number: The image, counted from the one in which the target was given, 0.
        looks: Where it was looked for in this image.
    """

    box: Box
    score: float
    raw_iou: float
    memory_updated: bool
    state: State
    times: dict[str, float]
    identity: float = 1.0
    number: int = 0
    looks: tuple[Look, ...] = ()


@dataclass
class _Target:
    """All that is known of the target that is being followed."""

    initial: Reference
    box: Box  # where to look next; while lost, the candidate, or else the trusted box
    trusted_box: Box  # where it was before its scores fell
    state: TargetState
    image_size: tuple[int, int]  # width, height
    identity: Identity
    bystanders: Bystanders
    windows: Iterator[Box] | None = None  # where to look next besides, while lost
    windows_seen: int = 0  # of those
    number: int = 0  # of the image, counted from the one in which the target was given
    promising: bool = False  # while lost: what was found last may be the target
    sure: bool = True  # the frame before showed the target for sure
    # While lost: who was found last where the target was, and elsewhere (in which window), and is
    # somebody else.
    refused: Box | None = None
    refused_elsewhere: tuple[Box, Box] | None = None

    def begin_search(self) -> None:
        """Look anew for where it may be."""
        self.windows = self.refused = self.refused_elsewhere = None


# Of a target, what is made again of images, or put together of its own attributes.
_NOT_PLAIN = ('initial', 'state', 'identity', 'bystanders', 'windows')


@dataclass(frozen=True)
class _Candidate:
    """What was found in one crop."""

    crop: Crop
    around: Box  # what the crop was cut around, in pixels of the image
    found: Found
    box: Box  # x, y, w, h in pixels of the image
    raw_iou: float
    identity: float
    usable: bool
    # (E,), what is in the box looks like, if that was asked.
    description: NDArray[np.float32] | None = None

    @property
    def score(self) -> float:
        return _predicted_iou(self.raw_iou) * self.identity

    @property
    def refused(self) -> bool:
        """Whether it is somebody, and surely somebody else."""
        return self.usable and self.description is not None and self.identity < STRANGER

    @property
    def look(self) -> Look:
        return Look(self.around, self.crop.side, self.box, self.score)


class Tracker:
    """Follows one target through a sequence of images. Not safe for use from several threads."""

    def __init__(self, engine: Engine, settings: TrackerSettings | None = None) -> None:
        self._engine = engine
        self._settings = settings or TrackerSettings()
        self._target: _Target | None = None
        self._memory = ReferenceMemory(
            self._settings.memory_capacity, self._settings.short_term_memory_size
        )
        engine.prepare(self._settings.short_term_memory_size)

    @property
    def settings(self) -> TrackerSettings:
        """The settings of the online loop; assign others between two frames."""
        return self._settings

    @settings.setter
    def settings(self, settings: TrackerSettings) -> None:
        self._engine.prepare(settings.short_term_memory_size)  # may fail; then nothing changes
        self._settings = settings
        self._memory.resize(settings.memory_capacity, settings.short_term_memory_size)

    @property
    def initialized(self) -> bool:
        """Whether there is a target to follow."""
        return self._target is not None

    @property
    def memory_fill(self) -> int:
        """How many frames the short-term memory holds; 0 without a target."""
        return len(self._memory) if self._target else 0

    @property
    def description(self) -> str:
        """Model, device, precision and engine: what was chosen."""
        return self._engine.description

    @property
    def _factor(self) -> float:
        return self._settings.search_factor or self._engine.config.search_factor

    def initialize(self, image: np.ndarray, box: Sequence[float]) -> None:
        """Take a new target; the one before is forgotten only if this one can be used.

        Args:
            image: (H, W, 3) uint8, RGB; a reversed view of a BGR image is as good.
            box: The target as x, y, w, h in pixels.

        Raises:
            InputError: The image or the box cannot be used.
        """
        check_image(image)
        height, width = image.shape[:2]
        box = check_box(box, width, height)
        crop = crop_region(image, box, self._factor, self._engine.config.crop_size)
        encoded = self._engine.encode(crop)
        reference = self._engine.refer(encoded, crop, crop.to_crop(box), initial=True)
        self._memory.restart(reference.short, Origin(0, box, box))
        description = self._appearance(crop, crop.to_crop(box))
        if not np.isfinite(description).all():  # fp16 may overflow; nobody is like that
            description = description[:0]
        self._target = _Target(
            reference,
            box,
            box,
            TargetState(),
            (width, height),
            Identity(description),
            Bystanders(),
        )

    def track(self, image: np.ndarray) -> TrackResult:
        """Find the target in the next image.

        Args:
            image: (H, W, 3) uint8, RGB; its size may differ from that of the image before.

        Raises:
            InputError: The image cannot be used; the target is kept.
            RuntimeError: There is no target.
        """
        target = self._target
        if target is None:
            raise RuntimeError('there is no target; call initialize(image, box) first')
        check_image(image)
        target.number += 1
        start = time.perf_counter()
        height, width = image.shape[:2]
        if target.image_size != (width, height):
            target.image_size = (width, height)
            target.box = clip_box(target.box, width, height)
            target.trusted_box = clip_box(target.trusted_box, width, height)
            target.begin_search()
        lost = target.state.state is State.LOST
        times = dict.fromkeys(('crop', 'network'), 0.0)
        factor = self._factor
        if lost and not target.promising:
            factor *= target.state.growth
        best = self._look(target, image, target.box, factor, times, target.refused)
        target.refused = best.box if lost and best.refused else None
        looks = [best.look]
        if lost and not target.state.has_candidate:
            elsewhere = self._look_elsewhere(target, image, times)
            looks.append(elsewhere.look)
            best = max(best, elsewhere, key=lambda candidate: candidate.score)
        sure = not lost and best.usable and best.score >= self._settings.regain_threshold
        if sure and target.identity.wanted():
            description = best.description
            if description is None:
                description = self._describe(best.crop, best.found, times)
            target.identity.learn(description)
        searched = time.perf_counter()

        box = best.box
        if not lost and best.usable:
            box = steady_box(target.box, best.box, self._settings.size_noise)
            box = clip_box(box, width, height)
        state = self._update_state(target, box, best.score)
        updated = not lost and best.usable and self._is_confident(best)
        if updated:
            reference = self._engine.refer(best.found.memory, best.crop, best.found.box, False)
            place = best.crop.to_image(best.found.box)
            self._memory.append(reference.short, Origin(target.number, best.around, place))
        end = time.perf_counter()
        times |= {'memory': end - searched, 'total': end - start}
        return TrackResult(
            box,
            best.score,
            best.raw_iou,
            updated,
            state,
            times,
            best.identity,
            target.number,
            tuple(looks),
        )

    def _look_elsewhere(
        self, target: _Target, image: np.ndarray, times: dict[str, float]
    ) -> _Candidate:
        """Look in the next window; or in the last again, without somebody else who was in it."""
        other = None
        if target.refused_elsewhere is not None:
            window, other = target.refused_elsewhere
        else:
            if target.windows is None:
                height, width = image.shape[:2]
                target.windows = search_windows(target.trusted_box, width, height, self._factor)
                target.windows_seen = 0
            target.windows_seen += 1
            window = next(target.windows)
        found = self._look(target, image, window, self._factor, times, other)
        again = other is None and found.refused
        target.refused_elsewhere = (window, found.box) if again else None
        return found

    def _look(
        self,
        target: _Target,
        image: np.ndarray,
        box: Box,
        factor: float,
        times: dict[str, float],
        other: Box | None = None,
    ) -> _Candidate:
        """Look for the target around a box; adds the seconds that it took to `times`.

        The network finds one in a crop. Where that was somebody else, in the box `other`, he is
        painted out, or the target beside him would never be found.
        """
        start = time.perf_counter()
        crop = crop_region(image, box, factor, self._engine.config.crop_size)
        if other is not None:
            crop = crop.without(other)
        cropped = time.perf_counter()
        found = self._engine.find(crop, target.initial.long, self._memory.ensemble)
        times['crop'] += cropped - start
        times['network'] += time.perf_counter() - cropped
        unusable = _Candidate(crop, box, found, target.box, -1.0, 0.0, False)
        if not all(map(math.isfinite, (*found.box, found.raw_iou))):
            return unusable  # fp16 may overflow; nothing is known of such a frame
        height, width = image.shape[:2]
        place = clip_box(crop.to_image(found.box), width, height)
        # Who is where the target was a moment ago is the target, whatever it looks like now. That
        # is asked of what turns up elsewhere, after a doubtful frame, or while it is lost; but not
        # of what fits so badly that nothing is there.
        identity, description = 1.0, None
        fit = _predicted_iou(found.raw_iou)
        doubtful = not target.sure or _jumped(target.box, place)
        if target.identity.known and doubtful and fit >= self._settings.lost_threshold:
            description = self._describe(crop, found, times)
            if not np.isfinite(description).all():
                return unusable
            identity = target.identity.probability(description)
            if target.state.state is State.LOST:
                identity = target.bystanders.probability(
                    target.number, place, fit, description, identity
                )
        return _Candidate(crop, box, found, place, found.raw_iou, identity, True, description)

    def _describe(self, crop: Crop, found: Found, times: dict[str, float]) -> NDArray[np.float32]:
        """Return what was found looks like, (E,); adds the seconds that it took to `times`."""
        start = time.perf_counter()
        description = self._appearance(crop, found.box)
        times['network'] += time.perf_counter() - start
        return description

    def _appearance(self, crop: Crop, box: Box) -> NDArray[np.float32]:
        """Return what is in a box of a crop looks like, (E,); see `Identity`."""
        return with_colours(self._engine.identify(crop, box), crop, box)

    def _is_confident(self, candidate: _Candidate) -> bool:
        """Tell whether the memory may take in what was found."""
        threshold = self._settings.update_threshold
        if threshold == 0:
            return True
        # On the network's own scale, on which the published threshold is exact.
        return candidate.raw_iou > 2 * threshold - 1 and candidate.identity > 0.5

    def _update_state(self, target: _Target, box: Box, score: float) -> State:
        """Take in a frame's score, and decide where to look next."""
        settings = self._settings
        before = target.state.state
        state = target.state.update(
            score,
            settings.lost_threshold,
            settings.lost_after,
            settings.regain_threshold,
            settings.regain_after,
        )
        if state is not before:
            target.begin_search()
            target.bystanders.clear()
        target.sure = state is State.TRACKING and score >= settings.regain_threshold
        if state is State.LOST:
            # What may be the target is looked at again where it was seen, at the usual size: only
            # what stands up to that is the target. Else the region rests where the target was.
            target.promising = score >= settings.lost_threshold
            target.box = box if target.promising else target.trusted_box
            return state
        target.box = box
        # As sure as it takes to find it again: what goes behind something leaves ever smaller
        # boxes with middling scores, and a search region of their size would be too small.
        if score >= settings.regain_threshold:
            target.trusted_box = box
        return state

    def snapshot(self) -> Snapshot | None:
        """Return what is known of the target, to go on from there later; None without one."""
        target = self._target
        if target is None:
            return None
        belief = attributes_of(target, _NOT_PLAIN)
        if target.windows is None:  # they would begin again
            belief['windows_seen'] = 0
        belief['state'] = attributes_of(target.state)
        belief['identity'] = attributes_of(target.identity)
        belief['bystanders'] = attributes_of(target.bystanders)
        return Snapshot(target.number, self._memory.origins, belief)

    def restore(
        self, snapshot: Snapshot, image: Callable[[int], np.ndarray], same_network: bool = True
    ) -> None:
        """Go on from a snapshot; the target before is forgotten only if that can be done.

        Args:
            snapshot: Of this tracker or of another with the same settings.
            image: Returns the image of a number, (H, W, 3) uint8, RGB; it is asked for those of
                the memory.
            same_network: Whether the snapshot is of a tracker with this network. Else what the
                target looks like, for this one, is learned of the initial image alone.

        Raises:
            InputError: The snapshot is of another version, or an image cannot be used.
        """
        belief = dict(snapshot.belief)
        first = snapshot.memory[0]
        self.initialize(image(first.number), first.box)
        for origin in snapshot.memory[1:]:
            size = self._engine.config.crop_size
            crop = crop_region(image(origin.number), origin.around, self._factor, size)
            box = crop.to_crop(origin.box)
            reference = self._engine.refer(self._engine.encode(crop), crop, box, False)
            self._memory.append(reference.short, origin)
        target = self._target
        if target is None:
            raise RuntimeError('initialize leaves a target')
        take_attributes(target.state, belief.pop('state', {}))
        identity, bystanders = belief.pop('identity', {}), belief.pop('bystanders', {})
        if same_network:
            take_attributes(target.identity, identity)
            take_attributes(target.bystanders, bystanders)
        take_attributes(target, belief)
        if target.windows_seen:
            windows = search_windows(target.trusted_box, *target.image_size, self._factor)
            target.windows = islice(windows, target.windows_seen, None)

    def reset(self) -> None:
        """Forget the target and all that was learned of it."""
        self._target = None


def _predicted_iou(raw_iou: float) -> float:
    """Map the network's own output to [0, 1]."""
    return min(max((raw_iou + 1) / 2, 0.0), 1.0)


def _jumped(before: Box, after: Box) -> bool:
    """Tell whether a box is farther from the one before than a target goes in a frame."""
    (x, y, w, h), (u, v, s, t) = before, after
    return math.hypot(u + s / 2 - x - w / 2, v + t / 2 - y - h / 2) > JUMP * math.sqrt(w * h)


def create_tracker(
    model: str = 'aiatrack_lite',
    checkpoint: str = '',
    device: str = 'auto',
    precision: str = 'auto',
    threads: int = 0,
    settings: TrackerSettings | None = None,
    engine: str = 'auto',
) -> Tracker:
    """Make a tracker from names.

    Args:
        model: The variant, 'aiatrack_lite' or 'aiatrack_r50'.
        checkpoint: A weights file; empty for the weights that come with the package.
        device: 'auto', 'cpu', or 'cuda:N'.
        precision: 'auto', 'fp32', 'fp16' or 'bf16'.
        threads: CPU threads; 0 chooses.
        settings: Settings of the online loop; None for the defaults.
        engine: 'auto', or one of ENGINES that is to run the network.

    Raises:
        CheckpointError: No such model, or its weights are missing, torn or do not fit.
        DeviceError: This machine has no such device, precision or engine.
    """
    network = load_network(model, checkpoint)
    return Tracker(create_engine(network, engine, device, precision, threads), settings)
