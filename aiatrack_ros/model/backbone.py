# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Backbones: an image in, features at stride 16 and stride 8 out.

ResNet-50 (He et al., 2016) up to its third stage, and EfficientNet-Lite0 (the EfficientNet of Tan
and Le, 2019, without squeeze-and-excitation and with ReLU6) up to its fifth.
"""

from collections.abc import Sequence
import itertools
from typing import Any

from aiatrack_ros.model.norm import FrozenBatchNorm2d
import torch
from torch import nn
from torch import Tensor
from torch.nn import functional


class StagedBackbone(nn.Module):
    """A stem and a row of stages, the last of which ends at stride 16.

    It can be cut between two stages: what comes before may be frozen, and its output cached.
    """

    # Index of the stage whose output, at stride 8, is the lateral.
    LATERAL_STAGE: int

    def stem(self, images: Tensor) -> Tensor:
        """Map normalised images (N, 3, S, S) to what the first stage takes."""
        raise NotImplementedError

    def stages(self) -> list[nn.Sequential]:
        """Return the stages in their order."""
        raise NotImplementedError

    def forward(self, images: Tensor, without: int = 0) -> tuple[Tensor, Tensor | None]:
        """Map normalised images (N, 3, S, S) to features at stride 16 and stride 8.

        The last `without` stages are left to ``finish``; without its stage, the lateral is None.
        """
        stages = self.stages()
        return self._run(self.stem(images), None, range(len(stages) - without))

    def finish(
        self, features: Tensor, lateral: Tensor | None, without: int
    ) -> tuple[Tensor, Tensor | None]:
        """Run the last `without` stages on what ``forward`` without them returned."""
        count = len(self.stages())
        return self._run(features, lateral, range(count - without, count))

    def _run(
        self, x: Tensor, lateral: Tensor | None, indices: range
    ) -> tuple[Tensor, Tensor | None]:
        stages = self.stages()
        for index in indices:
            x = stages[index](x)
            if index == self.LATERAL_STAGE:
                lateral = x
        return x, lateral


class Bottleneck(nn.Module):
    """1x1, 3x3 (which carries the stride), 1x1 and a shortcut."""

    EXPANSION = 4

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        channels_out = channels * self.EXPANSION
        self.conv1 = nn.Conv2d(channels_in, channels, 1, bias=False)
        self.bn1 = FrozenBatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, 1, bias=False)
        self.bn2 = FrozenBatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, channels_out, 1, bias=False)
        self.bn3 = FrozenBatchNorm2d(channels_out)
        self.downsample = None
        if stride != 1 or channels_in != channels_out:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels_in, channels_out, 1, stride, bias=False),
                FrozenBatchNorm2d(channels_out),
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C_in, H, W) to (N, 4 C, H / stride, W / stride)."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = functional.relu(self.bn1(self.conv1(x)))
        x = functional.relu(self.bn2(self.conv2(x)))
        return functional.relu(self.bn3(self.conv3(x)) + shortcut)


class ResNet50(StagedBackbone):
    """ResNet-50 without its last stage and classifier."""

    MEAN = (0.485 * 255, 0.456 * 255, 0.406 * 255)
    STD = (0.229 * 255, 0.224 * 255, 0.225 * 255)
    CHANNELS = 1024
    LATERAL_CHANNELS = 512
    LATERAL_STAGE = 1

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = FrozenBatchNorm2d(64)
        self.layer1 = self._stage(64, 64, 3, 1)
        self.layer2 = self._stage(256, 128, 4, 2)
        self.layer3 = self._stage(512, 256, 6, 2)

    @staticmethod
    def _stage(channels_in: int, channels: int, blocks: int, stride: int) -> nn.Sequential:
        first = Bottleneck(channels_in, channels, stride)
        wide = channels * Bottleneck.EXPANSION
        return nn.Sequential(first, *(Bottleneck(wide, channels, 1) for _ in range(blocks - 1)))

    def stem(self, images: Tensor) -> Tensor:
        """Map (N, 3, S, S) to (N, 64, S/4, S/4)."""
        x = functional.relu(self.bn1(self.conv1(images)))
        return functional.max_pool2d(x, 3, 2, 1)

    def stages(self) -> list[nn.Sequential]:
        """Return the three stages, of 256, 512 and 1024 channels at strides 4, 8 and 16."""
        return [self.layer1, self.layer2, self.layer3]


class SameConv2d(nn.Conv2d):
    """A convolution with TensorFlow's SAME padding: of an odd total, the larger part comes last.

    Lite0's weights were trained with it; symmetric padding shifts every feature of a strided
    layer.
    """

    def forward(self, x: Tensor, norm: FrozenBatchNorm2d | None = None) -> Tensor:
        """Map (N, C, H, W) to (N, C', ceil(H / stride), ceil(W / stride)).

        A frozen `norm` that follows is multiplied into the kernel, which is little beside the map.
        """
        pads: list[int] = []
        for axis in (1, 0):  # functional.pad wants the last axis first
            size, kernel, stride = x.shape[2 + axis], self.kernel_size[axis], self.stride[axis]
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            pads += [total // 2, total - total // 2]
        if pads[0] == pads[1] and pads[2] == pads[3]:
            padding = (pads[2], pads[0])
        else:
            x = functional.pad(x, pads)
            padding = (0, 0)
        weight, bias = self.weight, self.bias
        if norm is not None:
            scale, bias = norm.map()
            weight = weight * scale[:, None, None, None]
        return functional.conv2d(x, weight, bias, self.stride, padding, self.dilation, self.groups)


def _normed(convolution: nn.Conv2d, norm: nn.Module, x: Tensor) -> Tensor:
    """Return norm(convolution(x)); a frozen norm takes no pass over the map of its own."""
    if isinstance(norm, FrozenBatchNorm2d) and isinstance(convolution, SameConv2d):
        return convolution(x, norm)
    return norm(convolution(x))


def symmetric_padding(convolution: SameConv2d) -> nn.Conv2d:
    """Return the same function on maps of even size, with the same padding on every side.

    Stride 2 on an even size pads one more at the end. A kernel that is one larger, with zeros in
    its first row and column, needs no such thing, and no copy of the map: twice as fast on a CPU.
    """
    size = convolution.kernel_size[0]
    symmetric = nn.Conv2d(
        convolution.in_channels,
        convolution.out_channels,
        size + 1,
        (convolution.stride[0], convolution.stride[1]),
        size // 2,
        groups=convolution.groups,
        bias=convolution.bias is not None,
    )
    symmetric.weight = nn.Parameter(functional.pad(convolution.weight.detach(), (1, 0, 1, 0)))
    symmetric.bias = convolution.bias
    return symmetric


class InvertedResidual(nn.Module):
    """EfficientNet's block: 1x1 expansion, depthwise convolution, linear 1x1 projection."""

    EPS = 1e-3

    def __init__(
        self, channels_in: int, channels_out: int, expansion: int, kernel: int, stride: int
    ) -> None:
        super().__init__()
        wide = channels_in * expansion
        self.expand_conv = None
        if expansion != 1:
            self.expand_conv = SameConv2d(channels_in, wide, 1, bias=False)
            self.bn0 = FrozenBatchNorm2d(wide, self.EPS)
        self.depthwise_conv = SameConv2d(wide, wide, kernel, stride, groups=wide, bias=False)
        self.bn1 = FrozenBatchNorm2d(wide, self.EPS)
        self.project_conv = SameConv2d(wide, channels_out, 1, bias=False)
        self.bn2 = FrozenBatchNorm2d(channels_out, self.EPS)
        self.has_shortcut = stride == 1 and channels_in == channels_out

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C_in, H, W) to (N, C_out, ceil(H / stride), ceil(W / stride))."""
        shortcut = x
        if self.expand_conv is not None:
            x = functional.relu6(_normed(self.expand_conv, self.bn0, x), inplace=True)
        x = functional.relu6(_normed(self.depthwise_conv, self.bn1, x), inplace=True)
        x = _normed(self.project_conv, self.bn2, x)
        return x + shortcut if self.has_shortcut else x


class EfficientNetLite0(StagedBackbone):
    """EfficientNet-Lite0 up to its last block at stride 16."""

    MEAN = (127.0, 127.0, 127.0)
    STD = (128.0, 128.0, 128.0)
    CHANNELS = 112
    LATERAL_CHANNELS = 40
    # output channels, expansion, kernel, stride of the first block, blocks
    STAGES: Sequence[tuple[int, int, int, int, int]] = (
        (16, 1, 3, 1, 1),
        (24, 6, 3, 2, 2),
        (40, 6, 5, 2, 2),
        (80, 6, 3, 2, 3),
        (112, 6, 5, 1, 3),
    )
    LATERAL_STAGE = 2

    def __init__(self) -> None:
        super().__init__()
        self.conv_stem = SameConv2d(3, 32, 3, 2, bias=False)
        self.bn0 = FrozenBatchNorm2d(32, InvertedResidual.EPS)
        blocks: list[nn.Module] = []
        channels = 32
        for channels_out, expansion, kernel, stride, count in self.STAGES:
            for index in range(count):
                blocks.append(
                    InvertedResidual(
                        channels, channels_out, expansion, kernel, stride if index == 0 else 1
                    )
                )
                channels = channels_out
        # One list without stages, because the ImageNet weights are named so.
        self.blocks = nn.ModuleList(blocks)

    def stem(self, images: Tensor) -> Tensor:
        """Map (N, 3, S, S) to (N, 32, S/2, S/2)."""
        return functional.relu6(self.bn0(self.conv_stem(images)), inplace=True)

    def stages(self) -> list[nn.Sequential]:
        """Return the five stages, at strides 2, 4, 8, 16 and 16."""
        ends = list(itertools.accumulate(count for *_, count in self.STAGES))
        return [nn.Sequential(*self.blocks[start:end]) for start, end in zip([0, *ends], ends)]


BACKBONES: dict[str, type[ResNet50 | EfficientNetLite0]] = {
    'resnet50': ResNet50,
    'efficientnet_lite0': EfficientNetLite0,
}


class Backbone(nn.Module):
    """A backbone with its own normalisation of pixel values."""

    mean: Tensor
    std: Tensor

    def __init__(self, name: str) -> None:
        super().__init__()
        self.body: Any = BACKBONES[name]()
        self.channels: int = BACKBONES[name].CHANNELS
        self.lateral_channels: int = BACKBONES[name].LATERAL_CHANNELS
        self.register_buffer('mean', torch.tensor(self.body.MEAN), persistent=False)
        self.register_buffer('std', torch.tensor(self.body.STD), persistent=False)

    def preprocess(self, crops: Tensor) -> Tensor:
        """Map RGB crops (N, S, S, 3), uint8 or float in [0, 255], to normalised (N, 3, S, S)."""
        normalised = (crops.to(self.mean.dtype) - self.mean) / self.std
        return normalised.permute(0, 3, 1, 2)

    def forward(self, images: Tensor, without: int = 0) -> tuple[Tensor, Tensor | None]:
        """Map normalised images (N, 3, S, S) to stride-16 and stride-8 features.

        The last `without` stages are left to ``finish``.
        """
        return self.body(images, without)

    def finish(
        self, features: Tensor, lateral: Tensor | None, without: int
    ) -> tuple[Tensor, Tensor]:
        """Run the last `without` stages on what ``forward`` without them returned."""
        return self.body.finish(features, lateral, without)

    def last_stages(self, count: int) -> list[nn.Sequential]:
        """Return the last `count` stages."""
        stages = self.body.stages()
        return stages[len(stages) - count :]

    @property
    def stages_after_lateral(self) -> int:
        """Return how many stages come after the one at stride 8 that gives the lateral."""
        return len(self.body.stages()) - 1 - self.body.LATERAL_STAGE
