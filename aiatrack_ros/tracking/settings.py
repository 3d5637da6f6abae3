# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What a tracker is made with, and what may change between two frames."""

from dataclasses import dataclass

from aiatrack_ros.model.config import VARIANTS
from aiatrack_ros.settings import CheckedSettings
from aiatrack_ros.settings import setting
from aiatrack_ros.settings import text_setting

# The types of numbers that the network can multiply in.
PRECISIONS = ('fp32', 'fp16', 'bf16')
# Names of what can run the network; 'auto' is the fastest that is installed.
ENGINES = ('auto', 'cuda_graph', 'openvino', 'onnxruntime', 'eager')


@dataclass(frozen=True)
class NetworkSettings(CheckedSettings):
    """Which network runs, with which weights, and on what; the arguments of ``create_tracker``.

    The command line and the node make their options and parameters from the fields, as of
    TrackerSettings.

    Raises:
        ValueError: A value is not allowed; the text names the setting.
    """

    model: str = text_setting('aiatrack_lite', 'variant of the network', VARIANTS)
    checkpoint: str = text_setting(
        '', 'weights file, .safetensors or .pth; empty for the weights that come with the model'
    )
    device: str = text_setting(
        'auto',
        'auto, cpu, cuda or cuda:N, where the network runs',
        pattern=r'auto|cpu|cuda(:\d+)?',
    )
    precision: str = text_setting('auto', 'arithmetic of the network', ('auto', *PRECISIONS))
    threads: int = setting(0, 0, 256, 'CPU threads of the network; 0 chooses')
    engine: str = text_setting(
        'auto', 'what runs the network; auto is the fastest that is installed', ENGINES
    )


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
    size_noise: float = setting(
        0.15,
        0.0,
        1.0,
        "changes of a box's sides by a smaller share count for noise, and are taken over in part; "
        '0 takes boxes as they are found, as published',
    )
    lost_threshold: float = setting(
        0.3, 0.0, 1.0, 'a predicted IoU below this speaks for a lost target; 0 never loses it'
    )
    lost_after: int = setting(2, 1, 1000, 'frames in a row below lost_threshold until lost')
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
