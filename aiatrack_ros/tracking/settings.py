# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What may change between two frames: the settings of the online loop."""

from dataclasses import dataclass

from aiatrack_ros.settings import CheckedSettings
from aiatrack_ros.settings import setting

# The types of numbers that the network can multiply in.
PRECISIONS = ('fp32', 'fp16', 'bf16')
# Names of what can run the network; 'auto' is the fastest that is installed.
ENGINES = ('auto', 'cuda_graph', 'openvino', 'onnxruntime', 'eager')


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
        0.7,
        0.0,
        1.0,
        'a frame enters the memory if its predicted IoU is above this; 0 takes every frame; the '
        'published networks were measured with 0.85',
    )
    search_factor: float = setting(
        0.0,
        0.0,
        10.0,
        "side of the search region over the square root of the target area; 0 is the model's own",
    )
    lost_threshold: float = setting(
        0.4, 0.0, 1.0, 'a predicted IoU below this speaks for a lost target; 0 never loses it'
    )
    lost_after: int = setting(5, 1, 1000, 'frames in a row below lost_threshold until lost')
    regain_threshold: float = setting(
        0.6, 0.0, 1.0, 'a predicted IoU from here on speaks for a target found again'
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
