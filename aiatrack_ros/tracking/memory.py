# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The short-term memory: which frames are kept, and which of them the network looks at."""

from aiatrack_ros.model.attention import join
from aiatrack_ros.model.attention import References
from aiatrack_ros.tracking.snapshot import Origin
from torch import Tensor


def ensemble_indices(last: int, count: int) -> list[int]:
    """Return which of the entries 0..last make an ensemble of ``count``, evenly spread."""
    return [last * (k + 1) // count for k in range(count)]


class ReferenceMemory:
    """A bounded list of references, of which an evenly spread ensemble is in use.

    Entry 0 is the initial frame and never leaves; when the memory is full, the oldest other entry
    does. The ensemble changes only when the memory does, so what is joined for it is kept.

    Entries lie in blocks that are made once and serve one target after the other: a process that
    tracks for days neither grows nor breaks its heap into pieces.
    """

    def __init__(self, capacity: int, ensemble_size: int) -> None:
        self._capacity = capacity
        self._ensemble_size = ensemble_size
        self._blocks: tuple[Tensor, ...] = ()  # (capacity, ...) of keys, values, inner positions
        self._slots: list[int] = []  # where the entries lie, the initial one first
        self._origins: list[Origin] = []  # what they were made of, in the same order
        self._ensemble: References | None = None

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def origins(self) -> tuple[Origin, ...]:
        """What each entry was made of, the initial one first."""
        return tuple(self._origins)

    @property
    def ensemble(self) -> References:
        """Return the short-term references in use, joined."""
        if self._ensemble is None:
            raise RuntimeError('the memory is empty; call restart(initial) first')
        return self._ensemble

    def restart(self, initial: References, origin: Origin) -> None:
        """Forget everything and begin with the initial frame, one reference."""
        if not self._blocks:
            self._blocks = tuple(_block(tensor, self._capacity) for tensor in initial)
        self._slots, self._origins = [], []
        self.append(initial, origin)

    def append(self, references: References, origin: Origin) -> None:
        """Take one frame in, one reference."""
        full = len(self._slots) == self._capacity
        if full:
            del self._origins[1]
        self._origins.append(origin)
        slot = self._slots.pop(1) if full else len(self._slots)
        self._put(slot, references)
        self._slots.append(slot)
        self._rebuild()

    def resize(self, capacity: int, ensemble_size: int) -> None:
        """Change both sizes; does nothing where they are the same."""
        if (capacity, ensemble_size) == (self._capacity, self._ensemble_size):
            return
        self._ensemble_size = ensemble_size
        if capacity != self._capacity:
            self._capacity = capacity
            entries = [self._entry(slot) for slot in self._slots]
            surplus = max(0, len(entries) - capacity)
            del entries[1 : 1 + surplus]
            del self._origins[1 : 1 + surplus]
            self._blocks = tuple(_block(block, capacity) for block in self._blocks)
            self._slots = list(range(len(entries)))
            for slot, entry in enumerate(entries):
                self._put(slot, entry)
        if self._slots:
            self._rebuild()

    def _put(self, slot: int, references: References) -> None:
        for block, tensor in zip(self._blocks, references, strict=True):
            block[slot].copy_(tensor[0])

    def _entry(self, slot: int) -> References:
        return References(*(block[slot : slot + 1] for block in self._blocks))

    def _rebuild(self) -> None:
        indices = ensemble_indices(len(self._slots) - 1, self._ensemble_size)
        # References to one and the same frame, however many, weigh as one in the softmax.
        if len(set(indices)) == 1:
            indices = indices[:1]
        self._ensemble = join([self._entry(self._slots[index]) for index in indices])


def _block(tensor: Tensor, capacity: int) -> Tensor:
    # Written to, so that the process has all of it from the beginning, not as the memory fills.
    return tensor.new_empty((capacity, *tensor.shape[1:])).fill_(0)
