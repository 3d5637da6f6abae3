# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Losses.

Boxes are (..., 4) as x1, y1, x2, y2 in [0, 1] of the crop unless a name says otherwise.
"""

import torch
from torch import Tensor
from torch.nn import functional

EPS = 1e-7


def overlap(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Return IoU and generalised IoU (Rezatofighi et al., 2019) of boxes (..., 4), pair by pair.

    A box whose corners changed places counts as empty.
    """
    size_first = (first[..., 2:] - first[..., :2]).clamp(min=0).prod(-1)
    size_second = (second[..., 2:] - second[..., :2]).clamp(min=0).prod(-1)
    low = torch.maximum(first[..., :2], second[..., :2])
    high = torch.minimum(first[..., 2:], second[..., 2:])
    common = (high - low).clamp(min=0).prod(-1)
    union = size_first + size_second - common
    iou = common / (union + EPS)
    hull_low = torch.minimum(first[..., :2], second[..., :2])
    hull_high = torch.maximum(first[..., 2:], second[..., 2:])
    hull = (hull_high - hull_low).clamp(min=0).prod(-1)
    return iou, iou - (hull - union) / (hull + EPS)


def corner_target(points: Tensor, side: int, stride: float, crop_size: int) -> Tensor:
    """Return the map whose expectation is a point.

    Args:
        points: (N, 2), x and y in [0, 1] of the crop.
        side: Cells per side of the map; cell i stands for i * stride pixels.
        stride: Pixels from cell to cell.
        crop_size: Pixels of the crop's side.

    Returns:
        (N, side * side), each of sum 1: the bilinear weights of the four cells around the point.
    """
    place = (points * crop_size / stride).clamp(0, side - 1)
    cells = torch.arange(side, dtype=points.dtype, device=points.device)
    hats = (1 - (place[..., None] - cells).abs()).clamp(min=0)  # (N, 2, side)
    return (hats[:, 1, :, None] * hats[:, 0, None, :]).flatten(1)


def corner_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Return the cross-entropy (N,) of maps (N, 1, m, m) with distributions (N, m * m)."""
    return -(target * logits.flatten(1).log_softmax(1)).sum(1)


def region_target(boxes: Tensor, grid: int) -> Tensor:
    """Return which share of each cell a box covers, (N, grid, grid)."""
    edges = torch.arange(grid + 1, dtype=boxes.dtype, device=boxes.device) / grid
    low = torch.maximum(boxes[:, :2, None], edges[:-1])
    high = torch.minimum(boxes[:, 2:, None], edges[1:])
    share = (high - low).clamp(min=0) * grid  # (N, 2, grid)
    return share[:, 1, :, None] * share[:, 0, None, :]


def jitter_proposals(boxes: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Return proposals (N, count, 4) around boxes (N, 4), each with an IoU of at least 0.1.

    Their distance grows from the first to the last, so that all overlaps are learned.
    """
    size = (boxes[:, 2:] - boxes[:, :2])[:, None]  # (N, 1, 2)
    centre = (boxes[:, 2:] + boxes[:, :2])[:, None] / 2
    sigma = torch.linspace(0.02, 0.5, count, device=boxes.device)[:, None]
    noise = torch.randn(2, boxes.shape[0], count, 2, generator=generator).to(boxes.device)
    proposals = torch.empty(boxes.shape[0], count, 4, device=boxes.device)
    found = torch.zeros(boxes.shape[0], count, dtype=torch.bool, device=boxes.device)
    # What lies too far away is drawn nearer instead of again: the same work on every device.
    for shorter in (1.0, 0.5, 0.25, 0.05):
        moved = centre + noise[0] * sigma * shorter * size
        scaled = size * (noise[1] * sigma * shorter * 0.8).exp()
        drawn = torch.cat((moved - scaled / 2, moved + scaled / 2), -1)
        good = overlap(drawn, boxes[:, None].expand_as(drawn))[0] >= 0.1
        proposals = torch.where((good & ~found)[..., None], drawn, proposals)
        found |= good
    return torch.where(found[..., None], proposals, boxes[:, None].expand_as(proposals))


def mean_where(values: Tensor, chosen: Tensor) -> Tensor:
    """Return the mean of values (N,) where chosen (N,), or 0 where none is."""
    return torch.where(chosen, values, values.new_zeros(())).sum() / chosen.sum().clamp(min=1)


def region_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Return the cross-entropy (N,) of a region map; target and ground weigh alike."""
    loss = functional.binary_cross_entropy_with_logits(logits, target, reduction='none')
    ground = (loss * (1 - target)).sum((1, 2)) / (1 - target).sum((1, 2)).clamp(min=1)
    inside = (loss * target).sum((1, 2)) / target.sum((1, 2)).clamp(min=1)
    return (ground + inside) / 2
