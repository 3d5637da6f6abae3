# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A thread whose end can be waited for, whatever signals come."""

from collections.abc import Callable
import threading


class DaemonThread(threading.Thread):
    """A daemon thread that can be joined again where a signal has cut that short.

    Where a signal raises in `join()`, Python up to 3.12 takes the thread for ended from then on.
    It would go on while the process ends, and what it uses is torn down under it, which aborts.
    """

    def __init__(self, work: Callable[[], object], name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._work = work
        self._done = threading.Event()

    def run(self) -> None:
        """Do the work."""
        try:
            self._work()
        finally:
            self._done.set()

    def is_alive(self) -> bool:
        """Return whether the work goes on."""
        return self.ident is not None and not self._done.is_set()

    def join(self, timeout: float | None = None) -> None:
        """Wait until the work is done, or for so many seconds; see `is_alive`."""
        if self._done.wait(timeout):
            super().join()
