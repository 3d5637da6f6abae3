# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The count of multiply-adds, against counts by hand and those of AIATRACK.md."""

from aiatrack_ros.evaluation.flops import frame_gmac
from aiatrack_ros.evaluation.flops import MacCounter
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
    torch.zeros(2, 2) @ torch.zeros(2, 2)
    assert counter.macs == 2 * (2 * 3 * 4 * 5)


@pytest.mark.parametrize(('model', 'gmac'), [('aiatrack_r50', 14.58), ('aiatrack_lite', 0.66)])
def test_networks_have_their_known_cost(model: str, gmac: float):
    assert frame_gmac(VARIANTS[model]) == pytest.approx(gmac, rel=0.02)


def test_references_cost():
    config = VARIANTS['aiatrack_lite']
    costs = [frame_gmac(config, count) for count in (1, 2, 3)]
    assert 0 < costs[1] - costs[0] == pytest.approx(costs[2] - costs[1])
