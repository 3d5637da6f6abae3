# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What is in a box of a map: its means over bins, or samples of it.

Precise RoI pooling (Jiang et al., ECCV 2018) is in plain torch, differentiable in map and boxes.
The bilinear interpolation of a map is a sum of products of hat functions, so its integral over a
bin is a product of two one-dimensional integrals: pooling is ``Wy F Wx^T``, with no custom kernel.
"""

import torch
from torch import Tensor
from torch.nn import functional


def _hat_integral(x: Tensor) -> Tensor:
    """Return the integral of ``max(0, 1 - |t|)`` for t from minus infinity to x."""
    x = x.clamp(-1, 1)
    return torch.where(x < 0, (x + 1) ** 2 / 2, 1 - (1 - x) ** 2 / 2)


def _bin_weights(start: Tensor, end: Tensor, bins: int, cells: int) -> Tensor:
    """Return (N, K, bins, cells): the share of each cell in the mean over each bin."""
    steps = torch.arange(bins + 1, dtype=start.dtype, device=start.device) / bins
    size = (end - start).clamp(min=0)
    edges = start[..., None] + size[..., None] * steps  # (N, K, bins + 1)
    grid = torch.arange(cells, dtype=start.dtype, device=start.device)
    below = _hat_integral(edges[..., None] - grid)  # (N, K, bins + 1, cells)
    integral = below[..., 1:, :] - below[..., :-1, :]
    width = (size / bins)[..., None, None]
    # A bin without extent has no mean; it pools to zero and passes no gradient.
    safe = torch.where(width > 0, width, torch.ones_like(width))
    return torch.where(width > 0, integral / safe, torch.zeros_like(integral))


def precise_roi_pool(features: Tensor, boxes: Tensor, rows: int, columns: int) -> Tensor:
    """Pool each box to its exact means over rows x columns bins.

    Args:
        features: (N, C, h, w); the value of cell (i, j) belongs to the point y = i, x = j, and
            the map is zero outside.
        boxes: (N, K, 4) as x1, y1, x2, y2 in cells.
        rows: Bins from top to bottom, p.
        columns: Bins from left to right, q.

    Returns:
        (N, K, C, p, q). A box whose width or height is not positive pools to zero.
    """
    x1, y1, x2, y2 = boxes.unbind(-1)
    down = _bin_weights(y1, y2, rows, features.shape[2])  # (N, K, p, h)
    across = _bin_weights(x1, x2, columns, features.shape[3])  # (N, K, q, w)
    valid = ((x2 > x1) & (y2 > y1))[..., None, None]
    pooled = down[:, :, None] @ features[:, None]  # (N, K, C, p, w)
    pooled = pooled @ across[:, :, None].transpose(-1, -2)  # (N, K, C, p, q)
    return torch.where(valid[..., None], pooled, torch.zeros_like(pooled))


def sample_boxes(images: Tensor, boxes: Tensor, rows: int, columns: int) -> Tensor:
    """Cut boxes out of images, each resized to rows x columns pixels, whatever its shape.

    Args:
        images: (N, C, h, w).
        boxes: (N, K, 4) as x1, y1, x2, y2 in [0, 1] of the image.
        rows: Pixels from top to bottom, p.
        columns: Pixels from left to right, q.

    Returns:
        (N, K, C, p, q), the bilinear interpolation at the middle of each pixel, in single
        precision. What lies outside of the image is like its border.
    """
    x1, y1, x2, y2 = (side[..., None] for side in boxes.float().unbind(-1))
    across = (torch.arange(columns, device=boxes.device) + 0.5) / columns
    down = (torch.arange(rows, device=boxes.device) + 0.5) / rows
    x = (x1 + (x2 - x1) * across)[:, :, None, :].expand(-1, -1, rows, -1)  # (N, K, p, q)
    y = (y1 + (y2 - y1) * down)[:, :, :, None].expand(-1, -1, -1, columns)
    places = torch.stack((x, y), -1).flatten(1, 2) * 2 - 1  # (N, K * p, q, 2)
    cut = functional.grid_sample(
        images.float(), places, 'bilinear', 'border', align_corners=False
    )  # (N, C, K * p, q)
    return cut.unflatten(2, (boxes.shape[1], rows)).transpose(1, 2)
