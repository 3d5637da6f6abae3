# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The heads: where the target is, how well it fits, and who it is.

STARK's corner head, ATOM's IoU head, and one of ours.
"""

from typing import NamedTuple

from aiatrack_ros.model.config import ModelConfig
from aiatrack_ros.model.config import STRIDE
from aiatrack_ros.model.osnet import OSNet
from aiatrack_ros.model.pooling import precise_roi_pool
from aiatrack_ros.model.pooling import sample_boxes
import torch
from torch import nn
from torch import Tensor
from torch.nn import functional

POOL_BINS = 4
# Height and width at which it is looked at who is in a box: the shape of a person.
IDENTITY_SIZE = (256, 128)
# Of the network that looks, over its published width.
IDENTITY_WIDTH = 1.0


def _conv_block(channels_in: int, channels_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, padding=1),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(inplace=True),
    )


class Corners(NamedTuple):
    """Two corners of a box and the maps they come from."""

    boxes: Tensor  # (N, 4) as x1, y1, x2, y2 in [0, 1) of the crop
    top_left: Tensor  # (N, 1, m, m) logits
    bottom_right: Tensor  # (N, 1, m, m) logits


def soft_argmax(logits: Tensor, stride: float, crop_size: float, window: int = 0) -> Tensor:
    """Return the expected x, y of maps (N, 1, m, m) as (N, 2) in [0, 1) of the crop.

    With a `window` of so many cells a side, what lies outside of it, round the maximum, does not
    count.
    """
    side = logits.shape[-1]
    logits = logits.float().flatten(1)
    if window:
        peak = logits.argmax(dim=1, keepdim=True)  # (N, 1)
        cells = torch.arange(side, device=logits.device)
        rows = (cells - peak // side).abs() <= window // 2  # (N, m)
        columns = (cells - peak % side).abs() <= window // 2
        inside = rows[:, :, None] & columns[:, None, :]
        logits = logits.masked_fill(~inside.flatten(1), float('-inf'))
    probability = logits.softmax(dim=1).view(-1, side, side)
    place = torch.arange(side, dtype=torch.float32, device=logits.device) * stride
    # Sums and not matrix products: autocast would round the latter to a few bits of a pixel.
    x = (probability.sum(1) * place).sum(1)
    y = (probability.sum(2) * place).sum(1)
    return torch.stack((x, y), dim=1) / crop_size


class CornerHead(nn.Module):
    """Two towers, a soft-argmax each.

    With a lateral, the features at stride 8 join after the first convolution, and the rest of the
    tower works at that stride: twice the places for the same crop.
    """

    def __init__(self, config: ModelConfig, lateral_channels: int) -> None:
        super().__init__()
        self.crop_size = config.crop_size
        self.stride = STRIDE
        if config.corner_lateral:
            self.stride //= 2
        for corner in ('tl', 'br'):
            widths = (config.channels, *config.corner_channels)
            for index in range(4):
                block = _conv_block(widths[index], widths[index + 1])
                self.add_module(f'conv{index + 1}_{corner}', block)
            self.add_module(f'conv5_{corner}', nn.Conv2d(widths[4], 1, 1))
            if config.corner_lateral:
                self.add_module(f'lateral_{corner}', nn.Conv2d(lateral_channels, widths[1], 1))
        self.has_lateral = config.corner_lateral
        self.window = config.corner_window

    def _tower(self, x: Tensor, lateral: Tensor | None, corner: str) -> Tensor:
        x = self.get_submodule(f'conv1_{corner}')(x)
        if self.has_lateral:
            x = functional.interpolate(x, scale_factor=2, mode='bilinear', align_corners=False)
            x = x + self.get_submodule(f'lateral_{corner}')(lateral)
        for index in (2, 3, 4, 5):
            x = self.get_submodule(f'conv{index}_{corner}')(x)
        return x

    def forward(self, features: Tensor, lateral: Tensor | None = None) -> Corners:
        """Map decoded features (N, d, h, w), and stride-8 features, to corners."""
        top_left = self._tower(features, lateral, 'tl')
        bottom_right = self._tower(features, lateral, 'br')
        corners = [
            soft_argmax(logits, self.stride, self.crop_size, self.window)
            for logits in (top_left, bottom_right)
        ]
        return Corners(torch.cat(corners, dim=1), top_left, bottom_right)


class LinearBlock(nn.Module):
    """Linear, batch norm, ReLU."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.linear = nn.Linear(channels_in, channels_out)
        self.bn = nn.BatchNorm1d(channels_out)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C_in) to (N, C_out)."""
        return functional.relu(self.bn(self.linear(x)))


class IoUHead(nn.Module):
    """Predicts the overlap of a box with the target; 2 * IoU - 1, so about [-1, 1]."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.iou_channels
        self.conv1 = _conv_block(config.channels, width)
        self.conv2 = _conv_block(width, width)
        self.conv3 = _conv_block(width, width)
        self.fc = LinearBlock(width * POOL_BINS**2, config.iou_hidden)
        self.iou_predictor = nn.Linear(config.iou_hidden, 1)

    def forward(self, features: Tensor, boxes: Tensor) -> Tensor:
        """Map features (N, d, h, w) and boxes (N, K, 4) to (N, K).

        Boxes are x1, y1, x2, y2 in [0, 1] of the crop.
        """
        features = self.conv3(self.conv2(self.conv1(features)))
        pooled = precise_roi_pool(features, boxes * features.shape[-1], POOL_BINS, POOL_BINS)
        hidden = self.fc(pooled.flatten(2).flatten(0, 1))  # (N * K, hidden)
        return self.iou_predictor(hidden).view(boxes.shape[:2])


class IdentityHead(nn.Module):
    """Describes what is inside a box, so that the same target has nearly the same description.

    The decoder is asked where something like the references is, and one of the same kind is like
    them; the backbone's features are for that question. Who it is, the pixels tell. So the box is
    cut out, whatever its shape, at the size at which people are told from each other, and a
    network that is made for that looks at it. Descriptions are compared by their cosine.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.osnet = OSNet(IDENTITY_WIDTH, IDENTITY_SIZE, config.identity_channels)

    def describe(self, pictures: Tensor) -> Tensor:
        """Map normalised pictures of boxes (N, 3, 256, 128) to unit vectors (N, E)."""
        # In single precision: squares of half-precision numbers overflow, and the least length
        # that is divided by would be 0.
        return functional.normalize(self.osnet(pictures).float(), dim=-1)

    def forward(self, images: Tensor, boxes: Tensor) -> Tensor:
        """Map normalised images (N, 3, S, S) and boxes (N, K, 4) to unit vectors (N, K, E).

        Boxes are x1, y1, x2, y2 in [0, 1] of the image.
        """
        pictures = sample_boxes(images, boxes, *IDENTITY_SIZE).flatten(0, 1)
        return self.describe(pictures).unflatten(0, boxes.shape[:2])
