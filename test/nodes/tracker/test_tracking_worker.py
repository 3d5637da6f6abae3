# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The tracking thread by itself; test_tracker_node.py tests it behind the node."""

from aiatrack_ros.nodes.common.frame_buffer import FrameBuffer
from aiatrack_ros.nodes.common.images import ImageDecoder
from aiatrack_ros.nodes.tracker import tracking_worker
from aiatrack_ros.nodes.tracker.tracking_worker import Target
from aiatrack_ros.nodes.tracker.tracking_worker import TrackingWorker
from aiatrack_ros.nodes.tracker.tracking_worker import warm_up
from aiatrack_ros.tracking import TrackerSettings
import pytest
from ros_harness import image_message
from ros_harness import ScriptedTracker
from ros_harness import wait_for

MS = 10**6
BOX = (1.0, 2.0, 10.0, 12.0)


class Bench:
    """A worker with its surroundings."""

    def __init__(self):
        self.tracker = ScriptedTracker()
        self.buffer = FrameBuffer(1.0)
        self.outcomes = []
        self.complaints = []
        self.replies = []
        self.time = 50.0  # the clock that tells how old an image is
        self.worker = TrackingWorker(
            self.tracker,
            self.buffer,
            ImageDecoder(),
            self.outcomes.append,
            lambda kind, text: self.complaints.append((kind, text)),
            lambda: self.time,
        )

    def show(self, number, **size):
        self.buffer.add(number, image_message(number, number * 33 * MS, **size))
        self.worker.wake()

    def point_at(self, stamp=0, box=BOX):
        self.worker.set_target(
            Target(box, stamp, 'id', 'target'), lambda *reply: self.replies.append(reply)
        )

    def answered(self, number):
        wait_for(
            lambda: self.outcomes and self.outcomes[-1].frame.sequence == number,
            f'the outcome of frame {number}',
        )
        return self.outcomes[-1]

    def replied(self, count=1):
        return wait_for(lambda: len(self.replies) == count and self.replies[-1], 'a reply')


@pytest.fixture
def bench():
    bench = Bench()
    yield bench
    bench.tracker.gate.set()
    bench.worker.stop()


def test_warming_up_uses_everything_and_leaves_no_target():
    tracker = ScriptedTracker()
    warm_up(tracker)
    assert [call[0] for call in tracker.seen] == ['initialize', 'track', 'reset']
    assert not tracker.initialized


def test_without_a_target_pictures_are_not_even_decoded(bench):
    bench.show(1)
    outcome = bench.answered(1)
    assert (outcome.target, outcome.result, outcome.picture) == (None, None, None)


def test_with_a_target_the_outcome_has_everything(bench):
    bench.show(1)
    bench.point_at()
    assert bench.replied() == (True, 'id')
    bench.show(2)
    outcome = bench.answered(2)
    assert outcome.target.track_id == 'id'
    assert outcome.result.box == bench.tracker.box
    assert outcome.picture.shape == (48, 64, 3)
    assert outcome.memory_fill == 7


def test_a_newer_box_takes_the_place_of_one_that_waits(bench):
    bench.show(1)
    bench.point_at(stamp=66 * MS)
    bench.point_at(stamp=66 * MS)
    assert bench.replied(1) == (False, 'a newer box came before its image')
    bench.show(2)
    assert bench.replied(2) == (True, 'id')
    assert bench.tracker.seen == [('initialize', 2, BOX)]


def test_a_reset_refuses_the_box_that_waits(bench):
    bench.show(1)
    bench.point_at(stamp=66 * MS)
    bench.worker.reset(lambda *reply: bench.replies.append(reply))
    assert bench.replied(2) == (True, 'there was no target')
    assert not bench.replies[0][0]


@pytest.mark.parametrize('stamp', [0, 33 * MS])
def test_a_box_is_refused_where_the_newest_image_is_old(bench, stamp):
    bench.show(1)
    bench.answered(1)
    bench.time += 6.2
    bench.point_at(stamp)
    success, text = bench.replied()
    assert not success
    assert 'is 6.2 s old' in text
    assert not bench.tracker.seen


@pytest.mark.parametrize('stamp', [0, 33 * MS])
def test_a_box_begins_where_a_live_image_comes_meanwhile(bench, stamp):
    bench.show(1)
    bench.answered(1)
    bench.time += 6.2
    bench.point_at(stamp)
    bench.show(2)
    assert bench.replied() == (True, 'id')
    assert bench.tracker.seen[0] == ('initialize', 1 if stamp else 2, BOX)


def test_nothing_that_a_reply_or_a_command_raises_ends_the_thread(bench):
    def refuse(*reply):
        raise RuntimeError('the caller has gone')

    def fail(settings):
        raise RuntimeError('no logger')

    good, bench.worker._complain = bench.worker._complain, fail
    bench.worker.reset(refuse)  # even the complaint fails
    bench.show(1)
    bench.answered(1)
    bench.worker._complain = good
    target = Target(BOX, 0, 'mine', 'target')
    bench.worker.set_target(target, refuse)
    wait_for(lambda: bench.complaints, 'a complaint')
    assert 'RuntimeError: the caller has gone' in bench.complaints[0][1]
    bench.show(2)
    assert bench.answered(2).target is target  # the box was good
    bench.worker.set_target(Target(BOX, 99 * MS, 'late', 'target'), refuse)
    bench.point_at(99 * MS)  # this refuses the box that waits
    bench.worker.reset(refuse)  # this refuses the second box
    assert not bench.replied()[0]
    bench.point_at()
    assert bench.replied(2) == (True, 'id')
    assert bench.worker.fault() == ''


def test_a_tracker_that_cannot_even_forget_does_not_end_the_thread(bench):
    def fail(*_):
        raise RuntimeError('out of memory')

    bench.show(1)
    bench.point_at()
    bench.replied()
    bench.tracker.track = bench.tracker.reset = fail
    bench.show(2)
    assert bench.answered(2).result is None
    assert {kind for kind, _ in bench.complaints} == {'tracker'}
    bench.point_at()
    assert bench.replied(2)[0]


@pytest.mark.filterwarnings('ignore::pytest.PytestUnhandledThreadExceptionWarning')
def test_a_thread_that_hangs_or_has_ended_is_told(bench, monkeypatch):
    def end(image):
        raise SystemExit

    monkeypatch.setattr(tracking_worker, 'HUNG_SECONDS', 0.3)
    bench.show(1)
    bench.point_at()
    bench.replied()
    assert bench.worker.fault() == ''
    bench.tracker.gate.clear()
    bench.show(2)
    wait_for(lambda: 'hangs' in bench.worker.fault(), 'the word')
    bench.tracker.gate.set()
    bench.answered(2)
    wait_for(lambda: bench.worker.fault() == '', 'all well')
    bench.tracker.track = end
    bench.show(3)
    wait_for(lambda: 'has ended' in bench.worker.fault(), 'the word')


def test_stopping_answers_whoever_waits(bench):
    bench.point_at()
    bench.worker.stop()
    assert bench.replied() == (False, 'the node was deactivated')


def test_stopping_in_mid_frame_waits_for_it(bench):
    bench.show(1)
    bench.point_at()
    bench.replied()
    bench.tracker.seconds = 0.3
    bench.show(2)
    wait_for(lambda: bench.worker._position == 2, 'the work')
    bench.worker.stop()
    assert bench.tracker.seen[-2:] == [('track', 2), ('reset',)]


def test_settings_apply_between_frames(bench):
    settings = TrackerSettings(memory_capacity=5)
    bench.worker.apply(settings)
    wait_for(lambda: bench.tracker.settings is settings, 'the settings')


def test_settings_that_fail_leave_everything_as_it_is(bench, monkeypatch):
    def fail(tracker, settings):
        raise MemoryError('no room')

    bench.show(1)
    bench.point_at()
    bench.replied()
    monkeypatch.setattr(ScriptedTracker, 'settings', property(None, fail), raising=False)
    bench.worker.apply(TrackerSettings(short_term_memory_size=16))
    wait_for(lambda: bench.complaints, 'a complaint')
    assert bench.complaints == [('tracker', 'parameters not applied: no room')]
    bench.show(2)
    assert bench.answered(2).target is not None


def test_an_answer_that_fails_is_not_the_last(bench):
    def fail(outcome):
        raise RuntimeError('no such publisher')

    publish, bench.worker._publish = bench.worker._publish, fail
    bench.show(1)
    wait_for(lambda: bench.complaints, 'a complaint')
    bench.worker._publish = publish
    bench.show(2)
    bench.answered(2)


def test_an_image_that_does_not_decode_is_passed_over(bench):
    bench.show(1)
    bench.point_at()
    bench.replied()
    bad = image_message(2, 66 * MS)
    bad.step = 1
    bench.buffer.add(2, bad)
    bench.worker.wake()
    wait_for(lambda: bench.complaints, 'a complaint')
    assert bench.complaints[0][0] == 'image'
    bench.show(3)
    assert bench.answered(3).result is not None


def test_a_failing_initialisation_is_answered(bench):
    def fail(image, box):
        raise RuntimeError('out of memory')

    bench.tracker.initialize = fail
    bench.show(1)
    bench.point_at()
    assert bench.replied() == (False, 'the tracker failed: out of memory')
    assert bench.complaints[0][0] == 'tracker'
    bench.show(2)
    assert bench.answered(2).result is None
