# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The end of a thread is waited for, again if a signal has cut that short."""

import signal
import threading

from aiatrack_ros.daemon_thread import DaemonThread
import pytest


def test_a_signal_while_it_is_waited_for_leaves_it_to_be_waited_for_again():
    gate, done = threading.Event(), []

    def work():
        gate.wait(10)
        done.append(True)

    def interrupt(*_):
        raise KeyboardInterrupt

    thread = DaemonThread(work, 'worker')
    thread.start()
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(KeyboardInterrupt):
            thread.join()
    finally:
        signal.signal(signal.SIGALRM, before)
    assert thread.is_alive()
    thread.join(0.05)
    assert thread.is_alive() and not done
    gate.set()
    thread.join()
    assert done and not thread.is_alive()


def test_it_ends_with_work_that_raises(monkeypatch):
    told = []
    monkeypatch.setattr(threading, 'excepthook', told.append)
    thread = DaemonThread(lambda: 1 / 0, 'worker')
    assert not thread.is_alive()
    thread.start()
    thread.join(10)
    assert not thread.is_alive() and told[0].exc_type is ZeroDivisionError
