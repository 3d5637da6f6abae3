# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""OSNet, which tells people from each other: who is in a picture, as a vector.

Omni-scale network (Zhou et al., "Omni-Scale Feature Learning for Person Re-Identification", ICCV
2019) as the Open Model Zoo's person-reidentification-retail-0277, 0286, 0287 and 0288 have it: at
a width of 1, 3/4, 1/2 and 1/4, with instance norms of image and stem, linear context transforms
(Ruan et al., AAAI 2020) for the gates of every second block, and a depthwise convolution of the
size of the last map in place of its mean. Batch norms are folded into what is before them.
"""

import math

import torch
from torch import nn
from torch import Tensor
from torch.nn import functional

STEM = 64
# Channels inside and out of the two blocks of each stage, at width 1.
STAGES = ((64, 256), (96, 384), (128, 512))
BRANCHES = 4  # of a block; they see 3, 5, 7 and 9 pixels
REDUCTION = 16  # of a gate's inner layer
STRIDE = 16  # of the last map


class LightConv(nn.Sequential):
    """A pointwise and a depthwise convolution, and ReLU."""

    def __init__(self, channels: int) -> None:
        super().__init__(
            nn.Conv2d(channels, channels, 1, bias=False),
            nn.Conv2d(channels, channels, 3, padding=1, groups=channels),
            nn.ReLU(inplace=True),
        )


class ChannelGate(nn.Module):
    """What of each channel passes, by two layers on all channels' means."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = channels // REDUCTION
        self.fc1 = nn.Conv2d(channels, inner, 1)
        self.fc2 = nn.Conv2d(inner, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, h, w) to the same shape."""
        means = x.mean((2, 3), keepdim=True)
        return x * torch.sigmoid(self.fc2(functional.relu(self.fc1(means))))


class ContextGate(nn.Module):
    """What of each channel passes, by its mean among those of its group; no layers."""

    EPS = 1e-5

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.groups = math.gcd(channels, 16)
        self.weight = nn.Parameter(torch.zeros(channels))
        self.bias = nn.Parameter(torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, h, w) to the same shape."""
        means = x.mean((2, 3)).unflatten(1, (self.groups, -1))  # (N, G, C / G)
        normed = functional.layer_norm(means, means.shape[2:], eps=self.EPS).flatten(1)
        passed = torch.sigmoid(normed * self.weight + self.bias)
        return x * passed[:, :, None, None].to(x.dtype)


class OmniScaleBlock(nn.Module):
    """Branches of one to four light convolutions, each gated, summed, and a shortcut."""

    def __init__(self, channels_in: int, inner: int, channels_out: int, context: bool) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(channels_in, inner, 1)
        self.branches = nn.ModuleList(
            nn.Sequential(*(LightConv(inner) for _ in range(depth + 1)))
            for depth in range(BRANCHES)
        )
        # Contexts are learned for each branch, the layers of the other gate for all.
        gates = BRANCHES if context else 1
        self.gates = nn.ModuleList(
            (ContextGate if context else ChannelGate)(inner) for _ in range(gates)
        )
        self.expand = nn.Conv2d(inner, channels_out, 1)
        self.shortcut: nn.Module = nn.Identity()
        if channels_in != channels_out:
            self.shortcut = nn.Conv2d(channels_in, channels_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C_in, h, w) to (N, C_out, h, w)."""
        reduced = functional.relu(self.reduce(x))
        total = None
        for index, branch in enumerate(self.branches):
            part = self.gates[index % len(self.gates)](branch(reduced))
            total = part if total is None else total + part
        return functional.relu(self.expand(total) + self.shortcut(x))


class OSNet(nn.Module):
    """Describes who is in a picture of a given size."""

    def __init__(self, width: float, size: tuple[int, int], outputs: int) -> None:
        """Make one of a share of the channels, for pictures of `size`, height and width."""
        super().__init__()
        channels = round(STEM * width)
        self.image_norm = nn.InstanceNorm2d(3, affine=True)
        self.stem = nn.Conv2d(3, channels, 7, 2, 3, bias=False)
        self.stem_norm = nn.InstanceNorm2d(channels, affine=True)
        stages = []
        for index, (inner, outer) in enumerate(STAGES):
            inner, outer = round(inner * width), round(outer * width)
            last = index == len(STAGES) - 1
            stages.append(
                nn.Sequential(
                    OmniScaleBlock(channels, inner, outer, context=False),
                    OmniScaleBlock(outer, inner, outer, context=True),
                    nn.Conv2d(outer, outer, 1),
                    nn.ReLU(inplace=True),
                    nn.Identity() if last else nn.AvgPool2d(2),
                )
            )
            channels = outer
        self.stages = nn.Sequential(*stages)
        cells = size[0] // STRIDE, size[1] // STRIDE
        self.pool = nn.Conv2d(channels, channels, cells, groups=channels)
        self.fc = nn.Linear(channels, outputs)
        self.activation = nn.PReLU()

    def forward(self, images: Tensor) -> Tensor:
        """Map images (N, 3, h, w) to (N, outputs).

        They may be normalised in any way that is the same for all pixels of a channel: the first
        thing that is done is to give each channel of each image mean 0 and deviation 1.
        """
        x = functional.relu(self.stem_norm(self.stem(self.image_norm(images))))
        x = self.stages(functional.max_pool2d(x, 3, 2, 1))
        return self.activation(self.fc(self.pool(x).flatten(1)))
