# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What an engine makes anew for each number of short-term references, such as a compiled graph."""

from collections.abc import Callable
from typing import Generic
from typing import TypeVar

T = TypeVar('T')

# How many are kept beside the one for a single reference: the one in use, and the one before it.
# So whoever tries another memory size and goes back does not wait again, and a process whose
# parameters are changed to and fro does not grow.
_KEPT = 2


class PerCount(Generic[T]):
    """Holds one thing for each number of references: the one for 1, and two for other numbers.

    `make` makes the thing for a number. It is given with each call and not kept, because it is
    mostly a method of the object that holds this one: the two would keep each other alive, and
    with them the memory of their graphs.
    """

    def __init__(self) -> None:
        self._made: dict[int, T] = {}  # by the number of references, the latest last

    def get(self, count: int, make: Callable[[int], T]) -> T:
        """Return the thing for `count` references, made now if there is none yet."""
        if count not in self._made:
            self._made[count] = make(count)
        return self._made[count]

    def prepare(self, count: int, make: Callable[[int], T]) -> bool:
        """Make the things for one reference and for `count`; return whether one was missing.

        The oldest of the others is dropped where there are too many.
        """
        known = set(self._made)
        for each in (1, count):
            made = self.get(each, make)
            del self._made[each]  # so that it moves to the end
            self._made[each] = made
        others = [each for each in self._made if each != 1]
        for each in others[:-_KEPT]:
            del self._made[each]
        return not self._made.keys() <= known
