# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The short-term memory: which frames are kept, and which of them the network looks at."""

from aiatrack_ros.model.attention import join
from aiatrack_ros.model.attention import References


def ensemble_indices(last: int, count: int) -> list[int]:
    """Return which of the entries 0..last make an ensemble of ``count``, evenly spread."""
    return [last * (k + 1) // count for k in range(count)]


class ReferenceMemory:
    """A bounded list of references, of which an evenly spread ensemble is in use.

    Entry 0 is the initial frame and never leaves; when the memory is full, the oldest other entry
    does. The ensemble changes only when the memory does, so what is joined for it is kept.
    """

    def __init__(self, initial: References, capacity: int, ensemble_size: int) -> None:
        self._entries = [initial]
        self._capacity = capacity
        self._ensemble_size = ensemble_size
        self._rebuild()

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def ensemble(self) -> References:
        """Return the short-term references in use, joined."""
        return self._ensemble

    def append(self, references: References) -> None:
        """Take one frame in."""
        self._entries.append(references)
        self._rebuild()

    def resize(self, capacity: int, ensemble_size: int) -> None:
        """Change both sizes; does nothing where they are the same."""
        if (capacity, ensemble_size) != (self._capacity, self._ensemble_size):
            self._capacity, self._ensemble_size = capacity, ensemble_size
            self._rebuild()

    def _rebuild(self) -> None:
        surplus = len(self._entries) - self._capacity
        if surplus > 0:
            del self._entries[1 : 1 + surplus]
        indices = ensemble_indices(len(self._entries) - 1, self._ensemble_size)
        # References to one and the same frame, however many, weigh as one in the softmax.
        if len(set(indices)) == 1:
            indices = indices[:1]
        self._ensemble = join([self._entries[index] for index in indices])
