# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The count of multiply-adds, against counts by hand and those of AIATRACK.md."""

from aiatrack_ros.benchmark.flops import frame_gmac
from aiatrack_ros.benchmark.flops import MacCounter
from aiatrack_ros.model import VARIANTS
import pytest
import torch
from torch import nn


def test_products_by_hand():
    with torch.no_grad(), MacCounter() as counter:
        nn.Linear(5, 7)(torch.zeros(2, 3, 5))
        assert counter.macs == 2 * 3 * 5 * 7
        counter.macs = 0
        nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2)(torch.zeros(1, 4, 8, 10))
        assert counter.macs == 4 * 5 * 6 * (2 * 3 * 3)
        counter.macs = 0
        torch.zeros(2, 3, 4) @ torch.zeros(4, 5)
        torch.zeros(2, 3, 4).matmul(torch.zeros(2, 4, 5))
        assert counter.macs == 2 * (2 * 3 * 4 * 5)
        counter.macs = 0
        parts = (torch.zeros(2, 3, width) for width in (4, 4, 5))
        nn.functional.scaled_dot_product_attention(*parts)
        assert counter.macs == 2 * (3 * 3 * 4 + 3 * 3 * 5)
    torch.zeros(2, 2) @ torch.zeros(2, 2)
    assert counter.macs == 2 * (3 * 3 * 4 + 3 * 3 * 5)


@pytest.mark.parametrize(('model', 'gmac'), [('aiatrack_r50', 14.58), ('aiatrack_lite', 0.66)])
def test_networks_have_their_known_cost(model: str, gmac: float):
    assert frame_gmac(VARIANTS[model]) == pytest.approx(gmac, rel=0.02)


@pytest.mark.parametrize(('model', 'layers'), [('aiatrack_r50', 3), ('aiatrack_lite', 1)])
def test_factored_attention_costs_less(model: str, layers: int):
    config = VARIANTS[model]
    t, c, w, h = (
        config.tokens,
        config.inner_channels,
        config.channels // config.heads,
        config.heads,
    )
    maps = layers + 1 + 3  # one for each encoder layer and each reference
    products = layers + 2  # with what stands for the projection, one for each attention
    left_out = 2 * t**3 + t * t * c
    instead = (
        2 * t * t * w + t * c * w + t * w * w
    )  # A D K and its part of the map, tokens, variance
    each = t * w * (t + c) + t * w * w  # R and the queries' part of the tokens, their covariance
    saved = h * (maps * (left_out - instead) - products * each) / 1e9
    plain, factored = (frame_gmac(config, 3, form) for form in (False, True))
    assert plain - factored == pytest.approx(saved, rel=1e-6)
    assert factored < 0.9 * plain


def test_references_cost():
    config = VARIANTS['aiatrack_lite']
    costs = [frame_gmac(config, count) for count in (1, 2, 3)]
    assert 0 < costs[1] - costs[0] == pytest.approx(costs[2] - costs[1])
