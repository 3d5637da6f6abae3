# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Precise RoI pooling against numerical integration of the interpolated map."""

from aiatrack_ros.model.pooling import precise_roi_pool
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
