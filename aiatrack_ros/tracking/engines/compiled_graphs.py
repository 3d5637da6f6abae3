# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What an engine makes anew for each number of short-term references, such as a compiled graph."""

from collections.abc import Callable
from typing import Generic
from typing import TypeVar

T = TypeVar('T')

# Beside that for one reference: the one in use, and the one before. Who tries another memory size
# and goes back does not wait twice, and a process that is told to and fro does not grow.
_KEPT = 2


class PerCount(Generic[T]):
    """Holds one for each number of references: that for one, and the last two others.

    `make` makes one for a number. It is not kept: it is mostly a method of who holds this, and the
    two would keep each other, and what they hold, alive.
    """

    def __init__(self) -> None:
        self._made: dict[int, T] = {}  # the latest last

    def get(self, count: int, make: Callable[[int], T]) -> T:
        """Return the one for `count` references, made now if there is none."""
        if count not in self._made:
            self._made[count] = make(count)
        return self._made[count]

    def prepare(self, count: int, make: Callable[[int], T]) -> bool:
        """Have those for one reference and for `count`; return whether one had to be made.

        The oldest of the others is dropped where they are too many.
        """
        known = set(self._made)
        for each in (1, count):
            made = self.get(each, make)
            del self._made[each]  # and to the end
            self._made[each] = made
        others = [each for each in self._made if each != 1]
        for each in others[:-_KEPT]:
            del self._made[each]
        return not self._made.keys() <= known
