# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Rates, groups and averages."""

from aiatrack_ros.training.optimizer import make_optimizer
from aiatrack_ros.training.optimizer import MovingAverage
from aiatrack_ros.training.optimizer import rate_at
from aiatrack_ros.training.run_config import OptimizerConfig
import pytest
import torch
from torch import nn


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.ModuleDict(
        {
            'backbone': nn.Linear(3, 4),
            'head': nn.Linear(4, 2),
            'target_embed': nn.Embedding(1, 4),
            'norm': nn.BatchNorm1d(2),
        }
    )


def test_cosine_warms_up_and_ends_at_its_floor() -> None:
    config = OptimizerConfig(rate=1.0, warmup=10, floor=0.1)
    rates = [rate_at(step, 110, config) for step in range(111)]
    assert rates[:10] == pytest.approx([i / 10 for i in range(1, 11)])
    assert rates[60] == pytest.approx(0.55) and rates[110] == pytest.approx(0.1)
    assert all(later <= earlier for earlier, later in zip(rates[10:], rates[11:]))


def test_step_falls_once() -> None:
    config = OptimizerConfig(rate=1.0, warmup=0, schedule='step', milestone=0.8)
    rates = [rate_at(step, 100, config) for step in range(100)]
    assert rates[79] == 1 and rates[80] == pytest.approx(0.1)


def test_groups() -> None:
    model = network()
    optimizer = make_optimizer(model, OptimizerConfig(rate=1e-3, backbone=0.1, weight_decay=0.01))
    place = {id(p): g for g in optimizer.param_groups for p in g['params']}
    assert place[id(model['backbone'].weight)]['lr'] == pytest.approx(1e-4)
    assert place[id(model['head'].weight)]['weight_decay'] == 0.01
    for plain in (model['head'].bias, model['norm'].weight, model['target_embed'].weight):
        assert place[id(plain)]['weight_decay'] == 0 and place[id(plain)]['share'] == 1
    assert len(place) == len(list(model.parameters()))


def test_a_frozen_backbone_is_left_alone() -> None:
    model = network()
    optimizer = make_optimizer(model, OptimizerConfig(backbone=0))
    assert not model['backbone'].weight.requires_grad
    assert model['head'].weight.requires_grad
    held = {id(p) for group in optimizer.param_groups for p in group['params']}
    assert id(model['backbone'].weight) not in held


def test_depthwise_kernels_and_what_is_frozen_already_are_left_alone() -> None:
    model = nn.ModuleDict(
        {'backbone': nn.ModuleDict({'depthwise_conv': nn.Linear(2, 2), 'conv': nn.Linear(2, 2)})}
    )
    model['backbone']['conv'].bias.requires_grad_(False)
    make_optimizer(model, OptimizerConfig(backbone=0.1, depthwise=False))
    trained = [name for name, p in model.named_parameters() if p.requires_grad]
    assert trained == ['backbone.conv.weight']


def test_average_follows_and_settles() -> None:
    model = network()
    average = MovingAverage(model, 0.9)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(1.0)
    model['norm'].running_mean.fill_(5.0)
    model['norm'].num_batches_tracked.fill_(3)
    for _ in range(200):
        average.update(model)
    assert torch.allclose(average.model['head'].weight, torch.ones(2, 4), atol=1e-4)
    assert average.model['norm'].running_mean[0].item() == pytest.approx(5, abs=1e-3)
    assert average.model['norm'].num_batches_tracked.item() == 3
    assert not average.model['head'].weight.requires_grad
    with torch.no_grad():
        model['head'].weight.fill_(2.0)
    average.update(model)
    assert average.model['head'].weight[0, 0].item() == pytest.approx(1.1, abs=1e-3)
