# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Precise RoI pooling against numerical integration of the interpolated map."""

from aiatrack_ros.model.pooling import precise_roi_pool
from aiatrack_ros.model.pooling import sample_boxes
import numpy as np
import pytest
import torch

BINS = 4
ROWS, COLUMNS = 3, 2


def interpolate(features: np.ndarray, y: float, x: float) -> np.ndarray:
    """Return the bilinear value at (y, x) of a map (C, h, w) that is zero outside."""
    total = np.zeros(features.shape[0])
    for i in range(features.shape[1]):
        for j in range(features.shape[2]):
            weight = max(0.0, 1 - abs(y - i)) * max(0.0, 1 - abs(x - j))
            total += weight * features[:, i, j]
    return total


def by_integration(features: np.ndarray, box: tuple, steps: int = 24) -> np.ndarray:
    x1, y1, x2, y2 = box
    pooled = np.zeros((features.shape[0], ROWS, COLUMNS))
    for p in range(ROWS):
        for q in range(COLUMNS):
            for i in range(steps):
                for j in range(steps):
                    y = y1 + (y2 - y1) * (p + (i + 0.5) / steps) / ROWS
                    x = x1 + (x2 - x1) * (q + (j + 0.5) / steps) / COLUMNS
                    pooled[:, p, q] += interpolate(features, y, x)
    return pooled / steps**2


@pytest.mark.parametrize(
    'box', [(0.3, 1.1, 3.9, 4.2), (-2.0, 2.0, 2.0, 7.5), (1.0, 1.0, 1.5, 1.2)]
)
def test_equals_numerical_integration(box: tuple) -> None:
    features = np.random.default_rng(0).standard_normal((2, 5, 6))
    boxes = torch.tensor([[box]], dtype=torch.float64)
    pooled = precise_roi_pool(torch.from_numpy(features)[None], boxes, ROWS, COLUMNS)[0, 0]
    np.testing.assert_allclose(pooled, by_integration(features, box), atol=4e-3)


@pytest.mark.parametrize('box', [(2.0, 2.0, 2.0, 4.0), (3.0, 1.0, 1.0, 4.0), (1.0, 3.0, 4.0, 3.0)])
def test_degenerate_box_pools_to_zero(box: tuple) -> None:
    pooled = precise_roi_pool(torch.ones(1, 3, 6, 6), torch.tensor([[box]]), BINS, BINS)
    assert pooled.shape == (1, 1, 3, BINS, BINS)
    assert not pooled.any()


def test_constant_map_pools_to_the_constant() -> None:
    pooled = precise_roi_pool(
        torch.full((1, 1, 9, 9), 2.5), torch.tensor([[[1.2, 2, 6, 7.7]]]), BINS, BINS
    )
    torch.testing.assert_close(pooled, torch.full_like(pooled, 2.5))


def test_differentiable_in_map_and_boxes() -> None:
    generator = torch.Generator().manual_seed(1)
    features = torch.randn(
        1, 2, 5, 5, dtype=torch.float64, generator=generator, requires_grad=True
    )
    boxes = torch.tensor([[[0.3, 0.6, 3.1, 3.7]]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda f, b: precise_roi_pool(f, b, 2, 2), (features, boxes))
    flat = torch.tensor([[[2.0, 2, 2, 2]]], dtype=torch.float64, requires_grad=True)
    precise_roi_pool(features, flat, BINS, BINS).sum().backward()
    assert flat.grad.isfinite().all()


def test_samples_lie_at_the_middles_of_a_box_cut_into_pixels() -> None:
    """A map that rises by 1 from cell to cell says where it was sampled."""
    across = torch.arange(20.0).expand(10, 20)
    down = torch.arange(10.0)[:, None].expand(10, 20)
    images = torch.stack((across, down))[None].expand(2, -1, -1, -1)
    boxes = torch.tensor([[0.25, 0.2, 0.5, 0.6], [0.1, 0.1, 0.9, 0.9]]).expand(2, 2, 4)
    cut = sample_boxes(images, boxes, 4, 5)
    assert cut.shape == (2, 2, 2, 4, 5)
    # Box 0 is 5 cells from x = 5 on and 4 cells from y = 2 on: a pixel for each cell.
    torch.testing.assert_close(cut[0, 0, 0], torch.arange(5.0, 10.0).expand(4, 5))
    torch.testing.assert_close(cut[0, 0, 1], torch.arange(2.0, 6.0)[:, None].expand(4, 5))
    torch.testing.assert_close(cut[1], cut[0])
    torch.testing.assert_close(sample_boxes(images, boxes[:, 1:], 4, 5), cut[:, 1:])


def test_outside_of_an_image_samples_are_as_at_its_border() -> None:
    images = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]).half()
    cut = sample_boxes(images, torch.tensor([[[-2.0, -2.0, -1.0, -1.0]]]), 3, 2)
    assert cut.dtype == torch.float32 and (cut == 1).all()
