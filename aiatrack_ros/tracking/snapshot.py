# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What a tracker knows of its target, without the network's numbers: to go on from there later."""

from dataclasses import asdict
from dataclasses import dataclass
from typing import Any

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.target_state import State
import numpy as np


@dataclass(frozen=True)
class Origin:
    """What a reference in the memory was made of.

    Attributes:
        number: The image, counted from the one in which the target was given, 0.
        around: The box around which its search region was cut, x, y, w, h in pixels.
        box: The target in it, x, y, w, h in pixels.
    """

    number: int
    around: Box
    box: Box


@dataclass(frozen=True)
class Snapshot:
    """What a tracker knows of its target after an image.

    The network's numbers are left out: with the images of the origins a tracker makes them again.

    Attributes:
        number: The image, counted from the one in which the target was given, 0.
        memory: Of each entry of the short-term memory, the initial one first.
        belief: All else, in types that JSON has.
    """

    number: int
    memory: tuple[Origin, ...]
    belief: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Return it in types that JSON has."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> 'Snapshot':
        """Return what ``as_dict`` was made of; raise InputError for anything else."""
        try:
            memory = tuple(
                Origin(int(each['number']), _box(each['around']), _box(each['box']))
                for each in content['memory']
            )
            return cls(int(content['number']), memory, dict(content['belief']))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f'a snapshot of a tracker is damaged: {error!r}') from error


def _box(values: Any) -> Box:
    x, y, w, h = (float(value) for value in values)
    return x, y, w, h


def to_plain(value: Any) -> Any:
    """Return a value in types that JSON has; arrays, tuples and states are told by a name."""
    if isinstance(value, np.ndarray):
        return {'array': value.tolist(), 'type': value.dtype.name}
    if isinstance(value, State):
        return {'state': value.value}
    if isinstance(value, tuple):
        return {'tuple': [to_plain(each) for each in value]}
    if isinstance(value, list):
        return [to_plain(each) for each in value]
    if isinstance(value, np.generic):
        return value.item()
    return value


def from_plain(value: Any) -> Any:
    """Return what ``to_plain`` was given."""
    if isinstance(value, dict) and 'array' in value:
        return np.array(value['array'], value['type'])
    if isinstance(value, dict) and 'state' in value:
        return State(value['state'])
    if isinstance(value, dict) and 'tuple' in value:
        return tuple(from_plain(each) for each in value['tuple'])
    if isinstance(value, list):
        return [from_plain(each) for each in value]
    return value


def attributes_of(thing: object, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the attributes of an object, of those types, in types that JSON has."""
    return {name: to_plain(value) for name, value in vars(thing).items() if name not in without}


def take_attributes(thing: object, plain: dict[str, Any]) -> None:
    """Give an object the attributes of another of its kind.

    Raises:
        InputError: They are of another kind, or of another version of it.
    """
    for name, value in plain.items():
        if name not in vars(thing):
            raise InputError(
                f'a snapshot of a tracker knows of {type(thing).__name__}.{name}, and this '
                'version does not; replay it with the version that recorded it'
            )
        setattr(thing, name, from_plain(value))
