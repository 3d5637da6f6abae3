# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A tracker goes on from what another one knew, with the network that ships."""

import json

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking import create_tracker
from aiatrack_ros.tracking import State
from aiatrack_ros.tracking import Tracker
from aiatrack_ros.tracking import TrackerSettings
from aiatrack_ros.tracking.snapshot import from_plain
from aiatrack_ros.tracking.snapshot import Snapshot
from aiatrack_ros.tracking.snapshot import take_attributes
from aiatrack_ros.tracking.snapshot import to_plain
from moving_square import BOX
from moving_square import moving_square
import numpy as np
import pytest

pytestmark = pytest.mark.timeout(300)

# The memory is small, so that frames leave it.
SETTINGS = TrackerSettings(memory_capacity=4, lost_after=2, regain_after=2)


@pytest.fixture(scope='module')
def trackers() -> list[Tracker]:
    return [create_tracker(engine='eager', threads=1, settings=SETTINGS) for _ in range(2)]


@pytest.mark.parametrize('taken', [3, 9, 14])  # the memory fills, it is full, the target is lost
def test_another_tracker_goes_on_from_it_as_the_first_does(trackers, taken):
    first, second = trackers
    pictures = moving_square(22, hidden=range(10, 17))
    first.initialize(pictures[0], BOX)
    kept = None
    rest = []
    for number in range(1, len(pictures)):
        result = first.track(pictures[number])
        if number > taken:
            rest.append(result)
        if number == taken:
            kept = json.loads(json.dumps(first.snapshot().as_dict()))
            assert (result.state is State.LOST) == (taken == 14)
    snapshot = Snapshot.from_dict(kept)
    assert snapshot.number == taken
    assert snapshot.memory[0].number == 0
    second.restore(snapshot, pictures.__getitem__)
    for number, expected in enumerate(rest, taken + 1):
        result = second.track(pictures[number])
        assert result.box == pytest.approx(expected.box, abs=1e-3)
        assert result.score == pytest.approx(expected.score, abs=1e-4)
        assert (result.state, result.memory_updated) == (expected.state, expected.memory_updated)
        assert (result.number, len(result.looks)) == (number, len(expected.looks))
    assert any(len(result.looks) == 2 for result in rest)


def test_there_is_none_without_a_target(trackers):
    trackers[0].reset()
    assert trackers[0].snapshot() is None


def test_a_snapshot_of_another_version_is_refused(trackers):
    tracker = trackers[0]
    tracker.initialize(moving_square(1)[0], BOX)
    snapshot = tracker.snapshot()
    snapshot.belief['mood'] = 1
    with pytest.raises(InputError, match='knows of _Target.mood'):
        tracker.restore(snapshot, lambda number: moving_square(1)[0])
    with pytest.raises(InputError, match='damaged'):
        Snapshot.from_dict({'number': 1, 'memory': [{'number': 0}], 'belief': {}})


@pytest.mark.parametrize(
    'value', [(1.5, (2, 'a')), [State.LOST, None, True], np.array([0.1, 2], np.float32)]
)
def test_values_survive_json(value):
    back = from_plain(json.loads(json.dumps(to_plain(value))))
    assert type(back) is type(value)
    assert np.array_equal(back, value) if isinstance(value, np.ndarray) else back == value


def test_attributes_go_to_their_like_only():
    class Thing:
        def __init__(self) -> None:
            self.a = 1

    thing = Thing()
    take_attributes(thing, {'a': 5})
    assert thing.a == 5
    with pytest.raises(InputError, match='replay it with the version that recorded it'):
        take_attributes(thing, {'b': 5})
