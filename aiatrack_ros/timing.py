# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""How long things take: one stopwatch, and one way to sum up what it told."""

from collections.abc import Callable
from collections.abc import Sequence
import time

import numpy as np


class Stopwatch:
    """Tells seconds from lap to lap, beginning when it is made.

    Attributes:
        laps: The seconds of the laps that have a name; laps of one name add up.
    """

    def __init__(
        self,
        wait: Callable[[], object] = lambda: None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Begin the first lap.

        Args:
            wait: Returns when all is done that was begun, and is called before the clock is read.
                A GPU computes on while its program goes on.
            clock: Returns the seconds since any moment.
        """
        self._wait = wait
        self._clock = clock
        self.laps: dict[str, float] = {}
        self.restart()

    def restart(self) -> None:
        """Begin a lap, and count no time since the end of the last one."""
        self._begin = self._read()

    def lap(self, name: str = '') -> float:
        """End a lap and begin the next; return the seconds of the one that ended."""
        now = self._read()
        seconds, self._begin = now - self._begin, now
        if name:
            self.laps[name] = self.laps.get(name, 0.0) + seconds
        return seconds

    def _read(self) -> float:
        self._wait()
        return self._clock()


def milliseconds(seconds: Sequence[float], percent: float = 50.0) -> float:
    """Return a percentile of some times in seconds, the median if not told otherwise, in ms.

    Raises:
        IndexError: There are no times.
    """
    return 1000 * float(np.percentile(seconds, percent))
