# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Sine position embeddings over the part of a crop that lies in the image (DETR's, normalised)."""

import math

import torch
from torch import Tensor

TEMPERATURE = 10000.0
EPS = 1e-6


def sine_position(padded_rows: Tensor, padded_columns: Tensor, channels: int) -> Tensor:
    """Return the position embedding of a feature map.

    A cell is padded where its row or its column is; the mask of a crop is always such a product.

    Args:
        padded_rows: (N, h) bool, True where a row of cells lies outside the image.
        padded_columns: (N, w) bool.
        channels: Width of the embedding; the first half tells y, the second x.

    Returns:
        (N, h * w, channels) float32, tokens in row-major order.
    """
    inside = ~(padded_rows[:, :, None] | padded_columns[:, None, :])  # (N, h, w)
    inside = inside.float()
    y = inside.cumsum(1)
    x = inside.cumsum(2)
    y = y / (y[:, -1:, :] + EPS) * (2 * math.pi)
    x = x / (x[:, :, -1:] + EPS) * (2 * math.pi)
    half = channels // 2
    index = torch.arange(half, dtype=torch.float32, device=inside.device)
    period = TEMPERATURE ** (2 * torch.div(index, 2, rounding_mode='floor') / half)

    def waves(angle: Tensor) -> Tensor:
        angle = angle[..., None] / period  # (N, h, w, half)
        pair = torch.stack((angle[..., 0::2].sin(), angle[..., 1::2].cos()), dim=-1)
        return pair.flatten(3)

    return torch.cat((waves(y), waves(x)), dim=3).flatten(1, 2)
