# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Settings as dataclasses that hold each value to the range of its field."""

import dataclasses
from dataclasses import dataclass
from dataclasses import field
import math
from typing import Any


def setting(default: float, low: float, high: float, help_text: str) -> Any:
    """Return a dataclass field with a range, both ends included, and a line of help."""
    return field(default=default, metadata={'range': (low, high), 'help': help_text})


@dataclass(frozen=True)
class CheckedSettings:
    """Base of dataclasses whose fields are made by `setting`: each value is held to its range.

    Raises:
        ValueError: A value is outside its range; the text names the setting.
    """

    def __post_init__(self) -> None:
        """Check every field against its range."""
        for spec in dataclasses.fields(self):
            value = getattr(self, spec.name)
            low, high = spec.metadata['range']
            whole = spec.type in (int, 'int')
            if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
                kind = 'a whole number' if whole else 'a number'
                raise ValueError(f'{spec.name} is {value!r}; it must be {kind}')
            if not (math.isfinite(value) and low <= value <= high):
                raise ValueError(f'{spec.name} is {value:g}; it must be in [{low:g}, {high:g}]')
