# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What the network is made of: one dataclass, and the variants that have a name."""

from dataclasses import dataclass
from dataclasses import field
from typing import Literal

from aiatrack_ros.settings import CheckedSettings
from aiatrack_ros.settings import setting
from aiatrack_ros.settings import within

STRIDE = 16


@dataclass(frozen=True)
class ModelConfig(CheckedSettings):
    """Sizes and choices of one AiATrack network.

    The last group are the paper's ablations (section 4.3), which exist to be trained and compared,
    and 'extent', a region cue of ours that tells more than the published one, 'embedding'.

    Raises:
        ValueError: A value is not allowed; the text names the field.
    """

    name: str
    backbone: Literal['resnet50', 'efficientnet_lite0']
    # Side of the square search and reference crops, in pixels; a multiple of the stride, 16.
    crop_size: int = field(metadata=within(2 * STRIDE, 1024))
    # Side of the crop over the square root of the target's area.
    search_factor: float = field(metadata=within(1, 10))
    # Width of the tokens, number of attention heads, width of the feed-forward layers.
    channels: int = field(metadata=within(1))
    heads: int = field(metadata=within(1))
    feedforward: int = field(metadata=within(1))
    encoder_layers: int = field(metadata=within(1))
    # Width in which the inner attention compares correlation vectors.
    inner_channels: int = field(metadata=within(1))
    # Output channels of the four 3x3 convolutions of a corner tower.
    corner_channels: tuple[int, int, int, int] = field(metadata=within(1))
    # The corner towers see the backbone's stride-8 features and work at that stride.
    corner_lateral: bool
    # Output channels of the three 3x3 convolutions of the IoU head, and of its linear layer.
    iou_channels: int = field(metadata=within(1))
    iou_hidden: int = field(metadata=within(1))
    # Side, in cells, of the window round a corner map's maximum over which the corner is the
    # expectation; 0 is the whole map, as published. Over the whole map two likely places, of the
    # target and of one that looks like it, have their mean for an answer, which is neither.
    corner_window: int = setting(0, 0)
    # Length of the vector that tells one target from others of its kind; 0 does without.
    identity_channels: int = setting(0, 0)

    inner_self: Literal['attention', 'convolution', 'cascade', 'none'] = 'attention'
    inner_cross: Literal['attention', 'convolution', 'cascade', 'none'] = 'attention'
    region_cue: Literal['embedding', 'extent', 'mask', 'none'] = 'embedding'
    separate_branches: bool = True

    def __post_init__(self) -> None:
        """Check every field, and that sizes which divide each other do."""
        super().__post_init__()
        if self.crop_size % STRIDE:
            raise ValueError(
                f'crop_size is {self.crop_size}; it must be a multiple of the stride, {STRIDE}'
            )
        if self.channels % self.heads:
            raise ValueError(
                f'channels is {self.channels}; it must be a multiple of heads, {self.heads}'
            )

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
    identity_channels=256,
)

VARIANTS = {config.name: config for config in (AIATRACK_LITE, AIATRACK_R50)}
