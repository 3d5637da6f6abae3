# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The online loop, with an engine that says what the test wants, and with a real network."""

import dataclasses
import math

from aiatrack_ros.errors import InputError
from aiatrack_ros.evaluation.seeded_weights import load_seeded_weights
from aiatrack_ros.model import AiATrack
from aiatrack_ros.model import VARIANTS
from aiatrack_ros.model.attention import References
from aiatrack_ros.model.network import Reference
from aiatrack_ros.tracking import State
from aiatrack_ros.tracking import Tracker
from aiatrack_ros.tracking import TrackerSettings
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.crop import Crop
from aiatrack_ros.tracking.engines.engine import create_engine
from aiatrack_ros.tracking.engines.engine import Found
from aiatrack_ros.tracking.identity import EVERY
from aiatrack_ros.tracking.identity import KEPT
from aiatrack_ros.tracking.tracker import STRANGER
import numpy as np
import pytest
import torch

IMAGE = np.random.default_rng(0).integers(0, 256, (240, 320, 3)).astype(np.uint8)
BOX = (100.0, 90.0, 40.0, 30.0)
CENTERED = (0.4, 0.4, 0.2, 0.2)
TARGET, OTHER = np.eye(2, dtype=np.float32)


class ScriptedEngine:
    """An engine that finds what a script says, and notes what it was asked."""

    config = VARIANTS['aiatrack_lite']
    description = 'scripted'

    def __init__(self) -> None:
        # What is found: a box, the IoU output, and, where it is somebody else, the word OTHER.
        self.script: list[tuple] = []
        self.crops: list[Crop] = []
        self.regions: list[Box] = []
        self.prepared: list[int] = []
        self.who = TARGET  # in the box that was found last
        self.asked = 0  # times, who that is

    def prepare(self, count: int) -> None:
        self.prepared.append(count)

    def encode(self, crop: Crop) -> torch.Tensor:
        self.crops.append(crop)
        return torch.zeros(1)

    def refer(self, memory: torch.Tensor, crop: Crop, box: Box, initial: bool) -> Reference:
        self.regions.append(box)
        number = torch.full((1, 1, 1, 1), float(len(self.regions) - 1))
        references = References(number, number, number)
        return Reference(references if initial else None, references)

    def find(self, crop: Crop, long: References, short: References) -> Found:
        self.crops.append(crop)
        self.short = short.keys.flatten().tolist()
        box, raw_iou, *who = self.script.pop(0) if self.script else (CENTERED, 0.9)
        self.who = who[0] if who else TARGET
        return Found(box, raw_iou, torch.zeros(1))

    def identify(self, crop: Crop, box: Box) -> np.ndarray:
        self.asked += 1
        return self.who


def start(script: list[tuple], **settings: float) -> tuple[Tracker, ScriptedEngine]:
    engine = ScriptedEngine()
    # Boxes are as they are found, so that a test can say where they are.
    tracker = Tracker(engine, TrackerSettings(**{'size_noise': 0.0} | settings))
    tracker.initialize(IMAGE, BOX)
    engine.script = script
    return tracker, engine


def test_the_engine_is_prepared_for_the_ensemble() -> None:
    tracker, engine = start([], short_term_memory_size=2)
    tracker.settings = TrackerSettings(short_term_memory_size=5)
    assert engine.prepared == [2, 5]


def test_initial_region_is_the_box_in_its_crop() -> None:
    _, engine = start([])
    side = math.ceil(math.sqrt(40 * 30) * 4)
    assert engine.crops[0].side == side
    w, h = 40 / side, 30 / side
    assert engine.regions[0] == pytest.approx((0.5 - w / 2, 0.5 - h / 2, w, h))


def test_box_is_mapped_back_around_the_last_box() -> None:
    tracker, engine = start([((0.5, 0.4, 0.25, 0.2), 0.9)])
    result = tracker.track(IMAGE)
    side = engine.crops[0].side
    expected = (120 + 0 * side, 105 - 0.1 * side, 0.25 * side, 0.2 * side)
    assert result.box == pytest.approx(expected)
    tracker.track(IMAGE)
    x, y, w, h = expected
    assert engine.crops[2].center == pytest.approx((x + w / 2, y + h / 2))


def test_sizes_are_steadied_but_not_those_that_the_memory_takes() -> None:
    tracker, engine = start(
        [((0.35, 0.4, 0.28, 0.21), 0.9)] * 2, update_threshold=0.5, size_noise=0.15
    )
    result = tracker.track(IMAGE)
    side = engine.crops[1].side
    assert BOX[2] > result.box[2] > 0.28 * side
    assert engine.regions[-1] == (0.35, 0.4, 0.28, 0.21)
    # So are not those of what may be the target while it is lost.
    tracker, engine = start(
        [(CENTERED, -1.0), ((0.35, 0.4, 0.28, 0.21), 0.9)], lost_after=1, size_noise=0.15
    )
    tracker.track(IMAGE)
    assert tracker.track(IMAGE).box[2] == pytest.approx(0.28 * engine.crops[2].side)


def test_memory_takes_strictly_better_frames_with_the_networks_own_box() -> None:
    box = (-0.2, 0.4, 0.3, 0.2)  # reaches out of the crop; the region is taken before clipping
    tracker, engine = start(
        [(CENTERED, 0.7), (box, 0.7001), (CENTERED, 0.2)], update_threshold=0.85
    )
    assert [tracker.track(IMAGE).memory_updated for _ in range(3)] == [False, True, False]
    assert engine.regions[1] == box
    assert tracker.memory_fill == 2
    assert engine.short == [0, 0, 1]


def test_update_threshold_zero_takes_every_frame() -> None:
    tracker, _ = start([(CENTERED, -1.5)], update_threshold=0.0, lost_threshold=0.0)
    assert tracker.track(IMAGE).memory_updated


@pytest.mark.parametrize(('raw', 'score'), [(0.5, 0.75), (1.3, 1.0), (-1.2, 0.0)])
def test_score_is_the_iou_in_zero_to_one(raw: float, score: float) -> None:
    tracker, _ = start([(CENTERED, raw)])
    result = tracker.track(IMAGE)
    assert (result.raw_iou, result.score) == (raw, pytest.approx(score))


def test_settings_may_change_between_frames() -> None:
    tracker, engine = start([(CENTERED, 0.9)] * 10, memory_capacity=100)
    for _ in range(9):
        tracker.track(IMAGE)
    assert engine.short == [2, 5, 8]
    tracker.settings = dataclasses.replace(
        tracker.settings, memory_capacity=4, short_term_memory_size=2, search_factor=2.0
    )
    assert tracker.memory_fill == 4
    tracker.track(IMAGE)
    assert engine.short == [7, 9]
    w, h = 40, 30
    assert engine.crops[-1].side < 3 * math.sqrt(w * h)


def test_settings_that_the_engine_can_not_have_change_nothing() -> None:
    tracker, engine = start([], short_term_memory_size=2)

    def fail(count: int) -> None:
        raise MemoryError(count)

    engine.prepare = fail
    with pytest.raises(MemoryError):
        tracker.settings = TrackerSettings(short_term_memory_size=9)
    assert tracker.settings.short_term_memory_size == 2
    assert tracker.track(IMAGE).score == pytest.approx(0.95)


AWAY = ((0.7, 0.7, 0.2, 0.2), -0.9)
GOOD = (CENTERED, 0.9)


def test_lost_window_rests_grows_and_keeps_the_memory() -> None:
    # While lost a frame has two looks: where the target was, and somewhere in the image.
    tracker, engine = start(
        [GOOD] * 3 + [AWAY] * (5 + 2 * 25) + [GOOD, AWAY, GOOD],
        lost_after=5,
        regain_after=2,
        lost_threshold=0.3,
    )
    trusted = [tracker.track(IMAGE) for _ in range(3)][-1].box
    fill = tracker.memory_fill
    states = [tracker.track(IMAGE).state for _ in range(5)]
    assert states == [State.TRACKING] * 4 + [State.LOST]
    results = [tracker.track(IMAGE) for _ in range(25)]
    assert {result.state for result in results} == {State.LOST}
    x, y, w, h = trusted
    lost_crops = engine.crops[-50::2]
    for crop in lost_crops:
        assert crop.center == pytest.approx((x + w / 2, y + h / 2))
    usual = math.sqrt(w * h) * 4
    assert [crop.side for crop in lost_crops[:4]] == [
        math.ceil(usual * size) for size in (1, math.sqrt(2), 2, 1)
    ]
    assert tracker.memory_fill == fill
    back = [tracker.track(IMAGE) for _ in range(2)]
    assert [result.state for result in back] == [State.LOST, State.TRACKING]
    assert not any(result.memory_updated for result in back)
    assert tracker.track(IMAGE).memory_updated


def test_the_whole_image_is_searched_while_lost() -> None:
    tracker, engine = start([GOOD] + [AWAY] * 400, lost_after=1, lost_threshold=0.3)
    for _ in range(60):
        tracker.track(IMAGE)
    windows = engine.crops[-2 * 58 + 1 :: 2]
    for corner in ((5, 5), (315, 5), (5, 235), (315, 235), (160, 120)):
        assert any(
            abs(corner[axis] - window.center[axis]) < window.side / 2
            for window in windows
            for axis in (0, 1)
        )
        assert any(
            all(abs(corner[axis] - w.center[axis]) < w.side / 2 for axis in (0, 1))
            for w in windows
        )


def test_a_target_is_found_again_in_another_corner() -> None:
    there = ((0.45, 0.45, 0.2, 0.2), 0.8)
    # The target is lost; a look at its old place finds nothing, and one elsewhere finds it; after
    # that one look is enough.
    tracker, engine = start(
        [GOOD, AWAY, AWAY, AWAY] + [AWAY, there] + [there, there, GOOD],
        lost_after=3,
        regain_after=3,
    )
    for _ in range(4):
        tracker.track(IMAGE)
    results = [tracker.track(IMAGE) for _ in range(3)]
    assert [result.state for result in results] == [State.LOST, State.LOST, State.TRACKING]
    assert engine.crops[-2].center == pytest.approx(_middle(results[0].box))
    assert len(engine.script) == 1  # no second look while there is a candidate


def _middle(box: Box) -> tuple[float, float]:
    return box[0] + box[2] / 2, box[1] + box[3] / 2


def test_somebody_else_is_not_taken_for_a_lost_target() -> None:
    other = (CENTERED, 0.9, OTHER)
    tracker, _ = start([GOOD] + [AWAY] * 3 + [other] * 40, lost_after=3, regain_after=2)
    results = [tracker.track(IMAGE) for _ in range(20)]
    assert results[-1].state is State.LOST
    assert results[-1].raw_iou == 0.9 and results[-1].score < 0.1
    assert results[-1].identity < 0.1


def painted(crop: Crop) -> bool:
    middle = crop.pixels[len(crop.pixels) // 2 - 5 :][:10, len(crop.pixels) // 2 - 5 :][:, :10]
    return bool((middle == middle[0, 0]).all())


def test_behind_somebody_else_is_looked_at_without_him() -> None:
    """The network finds one in a crop: he is painted out in the next look, and only in that."""
    other = (CENTERED, 0.9, OTHER)
    # Each lost frame looks at the old place, then elsewhere.
    script = [GOOD, AWAY, AWAY] + [other, AWAY] + [AWAY, other] + [AWAY, other] + [AWAY] * 4
    tracker, engine = start(script, lost_after=2)
    for _ in range(8):
        tracker.track(IMAGE)
    old, elsewhere = engine.crops[-10::2], engine.crops[-9::2]

    assert [painted(crop) for crop in old] == [False, True, False, False, False]
    assert [painted(crop) for crop in elsewhere] == [False, False, True, False, False]
    assert elsewhere[1].center == elsewhere[2].center != elsewhere[3].center


def test_who_may_be_the_target_is_not_painted_out() -> None:
    doubtful = (CENTERED, 0.9, np.float32([0.37, 0.93]))
    tracker, engine = start([GOOD, AWAY, AWAY] + [doubtful, AWAY] * 2, lost_after=2)
    for _ in range(3):
        tracker.track(IMAGE)
    for _ in range(2):
        assert STRANGER < tracker.track(IMAGE).identity < 0.5
    assert not any(painted(crop) for crop in engine.crops)


def test_who_is_asked_for_his_identity() -> None:
    near, far = (0.45, 0.4, 0.2, 0.2), (0.75, 0.4, 0.2, 0.2)
    # Nobody is asked where the target was a moment ago; whoever is farther away than the target
    # can go is asked.
    tracker, _ = start([GOOD, (near, 0.9, OTHER), (far, 0.9, OTHER)])
    assert [tracker.track(IMAGE).identity > 0.5 for _ in range(3)] == [True, True, False]
    # Nobody is trusted right after a frame that was not sure, either.
    tracker, _ = start([GOOD, (CENTERED, 0.0), (CENTERED, 0.9, OTHER)])
    assert [tracker.track(IMAGE).identity > 0.5 for _ in range(3)] == [True, True, False]


def test_nobody_is_asked_more_often_than_the_answer_is_used() -> None:
    tracker, engine = start([GOOD] * 100)
    at_first = engine.asked
    for _ in range(KEPT + 30):
        tracker.track(IMAGE)
    assert engine.asked - at_first == KEPT + 30 // EVERY
    # Of doubtful frames nothing is learned; of two looks in a lost frame each is asked.
    engine.script = [(CENTERED, -0.3, OTHER)] * 100
    states = [tracker.track(IMAGE).state for _ in range(4)]
    assert states == [State.TRACKING] * 2 + [State.LOST] * 2
    before = engine.asked
    tracker.track(IMAGE)
    assert engine.asked - before == 2
    # Of what fits so badly that it is nothing, none.
    engine.script = [AWAY] * 100
    tracker.track(IMAGE)
    assert engine.asked - before == 2


def test_somebody_else_does_not_enter_the_memory() -> None:
    far = (0.75, 0.4, 0.2, 0.2)
    tracker, _ = start([GOOD, (far, 0.9, OTHER), (far, 0.9)])
    assert [tracker.track(IMAGE).memory_updated for _ in range(2)] == [True, False]


def test_a_candidate_has_to_stand_up_to_a_second_look() -> None:
    seen = ((0.7, 0.3, 0.2, 0.2), 0.8)
    tracker, engine = start(
        # The target is lost after two frames; from then on a frame has two looks, but only one
        # where there is a candidate.
        [GOOD, AWAY, AWAY] + [AWAY, AWAY] + [seen, AWAY] + [AWAY] + [seen, AWAY] + [GOOD],
        lost_after=2,
        regain_after=2,
        lost_threshold=0.3,
    )
    rest = _middle(tracker.track(IMAGE).box)
    states, centers, guesses = [], [], []
    for _ in range(7):
        looks = len(engine.crops)
        result = tracker.track(IMAGE)
        states.append(result.state)
        centers.append(engine.crops[looks].center)
        guesses.append(_middle(result.box))
    assert states == [State.TRACKING] + [State.LOST] * 5 + [State.TRACKING]
    assert centers[3] == pytest.approx(rest)
    assert centers[4] == pytest.approx(guesses[3])  # the second look is at the first sighting
    assert centers[5] == pytest.approx(rest)  # the first sighting did not stand up to it
    assert centers[6] == pytest.approx(guesses[5])


def test_what_may_be_the_target_is_looked_at_again_beside_the_search() -> None:
    maybe = ((0.7, 0.3, 0.2, 0.2), 0.0)  # score 0.5: not lost, not found
    tracker, engine = start(
        [GOOD, AWAY, AWAY] + [maybe, AWAY] + [AWAY, AWAY], lost_after=2, regain_threshold=0.6
    )
    results = [tracker.track(IMAGE) for _ in range(5)]
    assert engine.crops[-2].center == pytest.approx(_middle(results[3].box))
    usual = math.sqrt(results[3].box[2] * results[3].box[3]) * 4
    assert engine.crops[-2].side == math.ceil(usual)


def test_lost_window_has_the_size_of_the_last_box_that_was_sure() -> None:
    sliver = ((0.6, 0.5, 0.02, 0.2), -0.2)  # score 0.4: neither lost nor sure
    away = ((0.6, 0.5, 0.02, 0.02), -0.9)
    tracker, engine = start(
        [(CENTERED, 0.9)] + [sliver] * 3 + [away] * 20,
        lost_after=3,
        lost_threshold=0.3,
        regain_threshold=0.5,
    )
    x, y, w, h = tracker.track(IMAGE).box
    results = [tracker.track(IMAGE) for _ in range(7)]
    assert results[-1].state is State.LOST
    assert engine.crops[-2].center == pytest.approx((x + w / 2, y + h / 2))
    assert engine.crops[-2].side == math.ceil(math.sqrt(w * h) * 4)


@pytest.mark.parametrize(
    'broken',
    [
        ((math.nan, 0.4, 0.2, 0.2), 0.9),
        (CENTERED, math.nan),
        ((0.75, 0.4, 0.2, 0.2), 0.9, np.float32([math.nan, 1])),  # so far off that it is asked
    ],
)
def test_numbers_that_are_none_are_a_frame_without_the_target(broken: tuple) -> None:
    good = (CENTERED, 0.9)
    tracker, _ = start([good, broken, good], update_threshold=0.0)
    before, bad, after = (tracker.track(IMAGE) for _ in range(3))
    assert (bad.box, bad.score, bad.raw_iou) == (before.box, 0.0, -1.0)
    assert before.memory_updated and not bad.memory_updated
    assert after.score == pytest.approx(0.95, rel=1e-3)


def test_a_target_without_a_description_is_followed_by_its_overlap_alone() -> None:
    engine = ScriptedEngine()
    engine.identify = lambda crop, box: np.float32([math.inf, math.nan])
    tracker = Tracker(engine, TrackerSettings())
    tracker.initialize(IMAGE, BOX)
    result = tracker.track(IMAGE)
    assert result.identity == 1.0 and result.score == pytest.approx(0.95)


def test_bad_input_leaves_the_target_alone() -> None:
    tracker, _ = start([((0.7, 0.6, 0.2, 0.2), 0.9), (CENTERED, 0.9)])
    x, y, w, h = tracker.track(IMAGE).box
    with pytest.raises(InputError, match='empty'):
        tracker.track(IMAGE[:0])
    with pytest.raises(InputError, match='outside'):
        tracker.initialize(IMAGE, (999, 0, 5, 5))
    u, v, side, _ = tracker.track(IMAGE).box
    assert (u + side / 2, v + side / 2) == pytest.approx((x + w / 2, y + h / 2))


def test_another_image_size_is_survived() -> None:
    tracker, _ = start([((0.7, 0.7, 0.2, 0.2), 0.9)] * 20)
    for _ in range(6):
        tracker.track(IMAGE)
    x, y, w, h = tracker.track(IMAGE[:60, :80]).box
    assert x >= 0
    assert y >= 0
    assert x + w <= 80
    assert y + h <= 60


def test_reset_and_track_without_a_target() -> None:
    tracker, _ = start([])
    assert tracker.initialized
    tracker.reset()
    assert not tracker.initialized
    assert tracker.memory_fill == 0
    with pytest.raises(RuntimeError, match='initialize'):
        tracker.track(IMAGE)


@pytest.mark.parametrize('engine_name', ['eager', 'openvino', 'onnxruntime'])
def test_a_real_network_runs_in_bounded_memory(engine_name: str) -> None:
    config = dataclasses.replace(VARIANTS['aiatrack_lite'], crop_size=64)
    engine = create_engine(load_seeded_weights(AiATrack(config)), engine_name, 'cpu')
    settings = TrackerSettings(memory_capacity=6, update_threshold=0.0, lost_threshold=0.0)
    tracker = Tracker(engine, settings)
    tracker.initialize(IMAGE, BOX)
    first = tracker.track(IMAGE)
    for _ in range(20):
        result = tracker.track(IMAGE)
    assert tracker.memory_fill == 6
    assert all(math.isfinite(value) for value in (*result.box, result.score))
    assert set(result.times) == {'crop', 'network', 'memory', 'total'}
    assert result.times['total'] >= result.times['network'] > 0
    # The same frames give the same boxes: initialising anew forgets everything.
    tracker.initialize(IMAGE, BOX)
    again = tracker.track(IMAGE)
    assert (again.box, again.raw_iou) == (first.box, first.raw_iou)
