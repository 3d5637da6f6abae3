# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The thread that works on the newest item."""

import threading

from aiatrack_ros.nodes.tracker.latest_only import LatestOnly
from ros_harness import wait_for


def test_works_on_the_newest_and_drops_the_rest():
    gate = threading.Event()
    began = threading.Event()
    done = []

    def work(item):
        began.set()
        gate.wait(10)
        done.append(item)

    thread = LatestOnly(work, fail=done.append)
    thread.put(1)
    assert began.wait(10)
    for item in (2, 3, 4):
        thread.put(item)
    gate.set()
    wait_for(lambda: len(done) == 2, 'both items')
    thread.stop()
    assert done == [1, 4]


def test_a_failure_is_told_and_survived():
    failures, done = [], []

    def work(item):
        if item == 'bad':
            raise ValueError(item)
        done.append(item)

    thread = LatestOnly(work, failures.append)
    thread.put('bad')
    wait_for(lambda: failures, 'the failure')
    thread.put('good')
    wait_for(lambda: done == ['good'], 'the next item')
    thread.stop()
    assert str(failures[0]) == 'bad'
    assert not thread._thread.is_alive()


def test_a_complaint_that_fails_is_survived():
    done = []

    def work(item):
        if item == 1:
            raise ValueError('bad')
        done.append(item)

    def fail(error):
        done.append(error)
        raise RuntimeError('no logger')

    thread = LatestOnly(work, fail)
    thread.put(1)
    wait_for(lambda: done, 'the failure')
    thread.put(2)
    wait_for(lambda: done[-1] == 2, 'the next item')
    thread.stop()
