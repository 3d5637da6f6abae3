# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What the network is made of: one dataclass, and the variants that have a name."""

from dataclasses import dataclass
from typing import get_args
from typing import get_origin
from typing import get_type_hints
from typing import Literal

STRIDE = 16


@dataclass(frozen=True)
class ModelConfig:
    """Sizes and choices of one AiATrack network.

    The last group are the paper's ablations (section 4.3), which exist to be trained and compared,
    and 'extent', a region cue of ours that tells more than the published one, 'embedding'.
    """

    name: str
    backbone: Literal['resnet50', 'efficientnet_lite0']
    # Side of the square search and reference crops, in pixels; a multiple of the stride, 16.
    crop_size: int
    # Side of the crop over the square root of the target's area.
    search_factor: float
    # Width of the tokens, number of attention heads, width of the feed-forward layers.
    channels: int
    heads: int
    feedforward: int
    encoder_layers: int
    # Width in which the inner attention compares correlation vectors.
    inner_channels: int
    # Output channels of the four 3x3 convolutions of a corner tower.
    corner_channels: tuple[int, int, int, int]
    # The corner towers see the backbone's stride-8 features and work at that stride.
    corner_lateral: bool
    # Output channels of the three 3x3 convolutions of the IoU head, and of its linear layer.
    iou_channels: int
    iou_hidden: int
    # Side, in cells, of the window round a corner map's maximum over which the corner is the
    # expectation; 0 is the whole map, as published. Over the whole map two likely places, of the
    # target and of one that looks like it, have their mean for an answer, which is neither.
    corner_window: int = 0
    # Length of the vector that tells one target from others of its kind; 0 does without.
    identity_channels: int = 0

    inner_self: Literal['attention', 'convolution', 'cascade', 'none'] = 'attention'
    inner_cross: Literal['attention', 'convolution', 'cascade', 'none'] = 'attention'
    region_cue: Literal['embedding', 'extent', 'mask', 'none'] = 'embedding'
    separate_branches: bool = True

    def __post_init__(self) -> None:
        """Raise ValueError for a choice that does not exist."""
        for name, kind in get_type_hints(type(self)).items():
            if get_origin(kind) is Literal and getattr(self, name) not in get_args(kind):
                choices = ', '.join(get_args(kind))
                raise ValueError(f'{name}: {getattr(self, name)!r} is not one of {choices}')

    @property
    def grid(self) -> int:
        """Return the side of the feature map, in cells."""
        return self.crop_size // STRIDE

    @property
    def tokens(self) -> int:
        """Return the number of tokens of one crop."""
        return self.grid**2


AIATRACK_R50 = ModelConfig(
    name='aiatrack_r50',
    backbone='resnet50',
    crop_size=320,
    search_factor=5.0,
    channels=256,
    heads=4,
    feedforward=1024,
    encoder_layers=3,
    inner_channels=64,
    corner_channels=(256, 128, 64, 32),
    corner_lateral=False,
    iou_channels=256,
    iou_hidden=256,
)

AIATRACK_LITE = ModelConfig(
    name='aiatrack_lite',
    backbone='efficientnet_lite0',
    crop_size=224,
    search_factor=4.0,
    channels=128,
    heads=2,
    feedforward=512,
    encoder_layers=1,
    inner_channels=32,
    corner_channels=(64, 32, 32, 16),
    corner_lateral=True,
    iou_channels=64,
    iou_hidden=128,
    region_cue='extent',
    corner_window=15,
    identity_channels=128,
)

VARIANTS = {config.name: config for config in (AIATRACK_LITE, AIATRACK_R50)}
