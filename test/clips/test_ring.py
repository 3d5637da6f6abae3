# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""How far back the ring reaches, and what it takes."""

from types import SimpleNamespace

from aiatrack_ros.clips.picture import Picture
from aiatrack_ros.clips.ring import Ring
from aiatrack_ros.clips.ring import Step
from aiatrack_ros.tracking.snapshot import Origin
from aiatrack_ros.tracking.snapshot import Snapshot
import numpy as np

SIZE = 1000


def picture() -> Picture:
    return Picture(0, 'camera', data=np.zeros(SIZE, np.uint8), form='jpeg')


def began(time: float = 0.0) -> Step:
    return Step(time, {'kind': 'began'}, picture())


def image(number: int, remembered: bool = False) -> Step:
    result = SimpleNamespace(number=number, memory_updated=remembered)
    return Step(number * 0.1, {'kind': 'image'}, picture(), result)


def snapshot(number: int, memory: tuple[int, ...] = (0,)) -> Snapshot:
    box = (0.0, 0.0, 1.0, 1.0)
    return Snapshot(number, tuple(Origin(each, box, box) for each in memory), {})


def times(ring: Ring) -> list[float]:
    return [round(step.time, 1) for segment in ring.segments for step in segment.steps]


def test_it_reaches_back_for_its_seconds_and_at_most_a_piece_more():
    ring = Ring(2.0, 10**9)
    ring.add(began())
    for number in range(1, 101):
        ring.add(image(number), snapshot(number) if number % 5 == 0 else None)
    assert times(ring)[0] <= 8.0 < times(ring)[0] + 0.6
    assert times(ring)[-1] == 10.0
    assert ring.segments[0].snapshot.number == round(10 * times(ring)[0]) - 1


def test_pictures_of_the_memory_are_kept_however_old():
    ring = Ring(0.5, 10**9)
    ring.add(began())
    first = ring.segments[0].steps[0].picture
    for number in range(1, 60):
        memory = (0, *(each for each in (3, 30) if each <= number))
        noted = snapshot(number, memory) if number % 5 == 0 else None
        ring.add(image(number, remembered=number in (3, 30)), noted)
    references = ring.segments[0].references
    assert set(references) == {0, 3, 30}
    assert references[0] is first


def test_it_takes_no_more_memory_than_it_may():
    ring = Ring(100.0, 20 * SIZE)
    ring.add(began())
    for number in range(1, 100):
        ring.add(image(number), snapshot(number) if number % 5 == 0 else None)
        assert ring.bytes <= 25 * SIZE
    assert times(ring)[-1] == 9.9


def test_where_the_memory_alone_takes_too_much_the_clip_begins_without_it():
    ring = Ring(100.0, 5 * SIZE)
    ring.add(began())
    for number in range(1, 30):
        memory = tuple(range(number + 1))
        ring.add(
            image(number, remembered=True), snapshot(number, memory) if number % 5 == 0 else None
        )
        assert ring.bytes <= 11 * SIZE
    assert not ring.segments[-1].references


def test_after_steps_were_left_out_it_begins_again_with_a_snapshot():
    ring = Ring(100.0, 10**9)
    ring.add(began())
    ring.clear()
    ring.add(image(5))
    assert times(ring) == []
    ring.add(image(6), snapshot(6))
    ring.add(image(7))
    assert times(ring) == [0.7]
    assert not ring.segments[0].references  # their pictures are gone


def test_other_settings_cut_it():
    ring = Ring(100.0, 10**9)
    ring.add(began())
    ring.add(image(1))
    ring.cut(snapshot(1))
    ring.add(image(2))
    assert times(ring) == [0.2]
    assert set(ring.segments[0].references) == {0}


def test_each_picture_is_counted_once():
    ring = Ring(100.0, 10**9)
    ring.add(began())
    ring.add(image(1, remembered=True), snapshot(1, (0, 1)))
    assert ring.bytes == 2 * SIZE
