# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Losses against independent computations."""

from aiatrack_ros.training.losses import corner_loss
from aiatrack_ros.training.losses import corner_target
from aiatrack_ros.training.losses import jitter_proposals
from aiatrack_ros.training.losses import mean_where
from aiatrack_ros.training.losses import overlap
from aiatrack_ros.training.losses import region_loss
from aiatrack_ros.training.losses import region_target
import numpy as np
import pytest
import torch


def boxes(count: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    first = torch.rand(count, 2, generator=generator) * 0.6
    return torch.cat((first, first + 0.05 + 0.35 * torch.rand(count, 2, generator=generator)), 1)


def painted_overlap(first: np.ndarray, second: np.ndarray, side: int = 1000) -> tuple:
    """Return IoU and GIoU by counting pixels."""

    def paint(box: np.ndarray) -> np.ndarray:
        x1, y1, x2, y2 = np.round(box * side).astype(int)
        canvas = np.zeros((side, side), bool)
        canvas[y1:y2, x1:x2] = True
        return canvas

    a, b = paint(first), paint(second)
    union = (a | b).sum()
    rows, columns = np.nonzero(a | b)
    hull = (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
    iou = (a & b).sum() / union
    return iou, iou - (hull - union) / hull


def test_overlap_agrees_with_painted_boxes() -> None:
    first, second = boxes(12, 1), boxes(12, 2)
    iou, giou = overlap(first, second)
    for index in range(12):
        expected = painted_overlap(first[index].numpy(), second[index].numpy())
        assert iou[index].item() == pytest.approx(expected[0], abs=0.02)
        assert giou[index].item() == pytest.approx(expected[1], abs=0.02)


def test_overlap_of_exact_cases() -> None:
    first = torch.tensor([[0, 0, 0.5, 0.5], [0, 0, 0.5, 0.5], [0.4, 0.4, 0.2, 0.2]])
    second = torch.tensor([[0, 0, 0.5, 0.5], [0.5, 0.5, 1, 1], [0.2, 0.2, 0.4, 0.4]])
    iou, giou = overlap(first, second)
    assert iou.tolist() == pytest.approx([1, 0, 0], abs=1e-5)  # the last one is inside out
    assert giou[1].item() == pytest.approx(-0.5, abs=1e-5)


def test_overlap_pulls_apart_boxes_together() -> None:
    box = torch.tensor([[0.1, 0.1, 0.2, 0.2]], requires_grad=True)
    (-overlap(box, torch.tensor([[0.6, 0.1, 0.7, 0.2]]))[1]).sum().backward()
    assert box.grad[0, 2] < 0  # a step against the gradient moves the right edge to the right


def test_corner_target_has_the_point_as_its_mean() -> None:
    points = torch.tensor([[0.3, 0.7], [0.0, 0.5], [0.113, 0.871]])
    target = corner_target(points, 28, 8, 224).view(-1, 28, 28)
    place = torch.arange(28) * 8 / 224
    assert target.sum((1, 2)).tolist() == pytest.approx([1, 1, 1])
    assert torch.allclose(target.sum(1) @ place, points[:, 0], atol=1e-6)
    assert torch.allclose(target.sum(2) @ place, points[:, 1], atol=1e-6)
    assert (target > 0).sum((1, 2)).max() <= 4


def test_corner_loss_agrees_with_torch() -> None:
    logits = torch.randn(3, 1, 7, 7)
    target = torch.zeros(3, 49)
    target[range(3), [5, 0, 48]] = 1
    expected = torch.nn.functional.cross_entropy(
        logits.flatten(1), torch.tensor([5, 0, 48]), reduction='none'
    )
    assert torch.allclose(corner_loss(logits, target), expected)


def test_region_target_is_the_covered_share() -> None:
    region = region_target(torch.tensor([[0.25, 0.0, 0.625, 0.25]]), 4)[0]
    expected = torch.zeros(4, 4)
    expected[0, 1], expected[0, 2] = 1, 0.5
    assert torch.allclose(region, expected)


def test_region_loss_weighs_target_and_ground_alike() -> None:
    target = torch.zeros(1, 10, 10)
    target[0, 0, 0] = 1
    logits = torch.full((1, 10, 10), -20.0)  # ground all right, target all wrong
    assert region_loss(logits, target).item() == pytest.approx(10, abs=1e-3)


def test_proposals_overlap_the_box_and_spread() -> None:
    truth = boxes(64, 3)
    proposals = jitter_proposals(truth, 8, torch.Generator().manual_seed(1))
    iou, _ = overlap(proposals, truth[:, None].expand_as(proposals))
    assert iou.min() >= 0.1 - 1e-6
    assert iou[:, 0].mean() > 0.9
    assert 0.15 < iou[:, -1].mean() < 0.6


def test_mean_where() -> None:
    values = torch.tensor([1.0, float('nan'), 3.0])
    assert mean_where(values, torch.tensor([True, False, True])).item() == 2
    assert mean_where(values, torch.zeros(3, dtype=torch.bool)).item() == 0
