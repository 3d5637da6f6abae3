# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A thread that works on the newest item only, so that tracking need not wait for the overlay."""

from collections.abc import Callable
import contextlib
import threading
from typing import Generic
from typing import TypeVar

from aiatrack_ros.daemon_thread import DaemonThread

Item = TypeVar('Item')


class LatestOnly(Generic[Item]):
    """
    A thread that works on the newest item that it was given; older ones that wait are dropped.

    `work` runs on the thread, and `fail` gets what it raises.
    """

    def __init__(self, work: Callable[[Item], None], fail: Callable[[Exception], None]) -> None:
        self._work = work
        self._fail = fail
        self._condition = threading.Condition()
        self._item: Item | None = None
        self._stopped = False
        self._thread = DaemonThread(self._run, 'overlay')
        self._thread.start()

    def put(self, item: Item) -> None:
        """Hand over an item, in place of one that still waits."""
        with self._condition:
            self._item = item
            self._condition.notify()

    def stop(self) -> None:
        """End the thread after the item that it works on, and wait for that."""
        with self._condition:
            self._stopped = True
            self._condition.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._stopped or self._item is not None)
                if self._stopped or self._item is None:
                    return
                item, self._item = self._item, None
            try:
                self._work(item)
            except Exception as error:
                with contextlib.suppress(Exception):  # a complaint that fails is no end either
                    self._fail(error)
