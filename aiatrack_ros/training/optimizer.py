# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""AdamW's groups and rate, and the moving average of weights."""

import copy
import math

from aiatrack_ros.training.run_config import OptimizerConfig
import torch
from torch import nn


def make_optimizer(model: nn.Module, config: OptimizerConfig) -> torch.optim.AdamW:
    """Return AdamW over what is trained; norms, biases and embeddings are not decayed.

    Parameters without gradients are left alone; the backbone's lose theirs where its rate is 0.
    """
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        share = config.backbone if '.backbone.' in f'.{name}' else 1.0
        tuned = share > 0 and (config.depthwise or 'depthwise' not in name)
        parameter.requires_grad_(parameter.requires_grad and tuned)
        if parameter.requires_grad:
            decay = config.weight_decay if parameter.ndim > 1 and 'embed' not in name else 0.0
            groups.setdefault((share, decay), []).append(parameter)
    return torch.optim.AdamW(
        [
            {
                'params': parameters,
                'weight_decay': decay,
                'share': share,
                'lr': config.rate * share,
            }
            for (share, decay), parameters in groups.items()
        ]
    )


def rate_at(step: int, steps: int, config: OptimizerConfig) -> float:
    """Return the learning rate of a step: a linear warm-up, then a cosine or one step down."""
    if step < config.warmup:
        return config.rate * (step + 1) / config.warmup
    done = (step - config.warmup) / max(1, steps - config.warmup)
    if config.schedule == 'step':
        return config.rate * (0.1 if done >= config.milestone else 1.0)
    return config.rate * (config.floor + (1 - config.floor) * (1 + math.cos(math.pi * done)) / 2)


class MovingAverage:
    """An exponential moving average of a model's parameters and running statistics."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.steps = 0
        self.model = copy.deepcopy(model).eval().requires_grad_(False)

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Take in the model after a step; the first steps count more, so that the start fades."""
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        pairs = zip(self.model.state_dict().values(), model.state_dict().values(), strict=True)
        averaged: tuple[list[torch.Tensor], list[torch.Tensor]] = ([], [])
        for mine, theirs in pairs:
            if mine.is_floating_point():
                averaged[0].append(mine)
                averaged[1].append(theirs)
            else:
                mine.copy_(theirs)
        # A GPU would wait for some five hundred launches if they were averaged one by one.
        torch._foreach_lerp_(*averaged, 1 - decay)
