# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What may change between two frames: the settings of the online loop."""

import dataclasses
from dataclasses import dataclass
from dataclasses import field
import math
from typing import Any

# Types of the network's products.
PRECISIONS = ('fp32', 'fp16', 'bf16')
# What can run the network; 'auto' is the fastest that is installed.
ENGINES = ('auto', 'cuda_graph', 'openvino', 'onnxruntime', 'tensorrt', 'eager')


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


@dataclass(frozen=True)
class TrackerSettings(CheckedSettings):
    """Settings of the online loop; scores and thresholds are IoUs in [0, 1].

    Each field's ``metadata`` holds its ``range`` (low, high, both included) and a line of
    ``help``, from which the command line and the node make their options and parameters.

    Raises:
        ValueError: A value is outside its range; the text names the setting.
    """

    short_term_memory_size: int = setting(
        3, 1, 16, 'short-term references that each frame is matched to (the ensemble)'
    )
    memory_capacity: int = setting(
        100, 2, 1000, 'frames that the short-term memory holds; the first one never leaves'
    )
    update_threshold: float = setting(
        0.85,
        0.0,
        1.0,
        'a frame enters the memory if its predicted IoU is above this; 0 takes every frame',
    )
    search_factor: float = setting(
        0.0,
        0.0,
        10.0,
        "side of the search region over the square root of the target area; 0 is the model's own",
    )
    lost_threshold: float = setting(
        0.6, 0.0, 1.0, 'a predicted IoU below this speaks for a lost target; 0 never loses it'
    )
    lost_after: int = setting(5, 1, 1000, 'frames in a row below lost_threshold until lost')
    regain_threshold: float = setting(
        0.7, 0.0, 1.0, 'a predicted IoU from here on speaks for a target found again'
    )
    regain_after: int = setting(
        3, 1, 1000, 'frames in a row at or above regain_threshold until tracked again'
    )

    def __post_init__(self) -> None:
        """Check every field against its range."""
        super().__post_init__()
        if 0 < self.search_factor < 1:
            raise ValueError(
                f'search_factor is {self.search_factor:g}; it must be 0 or at least 1'
            )
