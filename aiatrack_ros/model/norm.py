# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Batch normalisation that does not move, and how it folds into the layer before it."""

import copy
from typing import Any

import torch
from torch import nn
from torch import Tensor
from torch.nn.utils import fusion


class FrozenBatchNorm2d(nn.Module):
    """A batch norm with fixed statistics and a fixed affine map: ``y = x * scale + shift``."""

    weight: Tensor
    bias: Tensor
    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.register_buffer('weight', torch.ones(channels))
        self.register_buffer('bias', torch.zeros(channels))
        self.register_buffer('running_mean', torch.zeros(channels))
        self.register_buffer('running_var', torch.ones(channels))

    def map(self) -> tuple[Tensor, Tensor]:
        """Return scale and shift, (C,) each."""
        scale = self.weight * (self.running_var + self.eps).rsqrt()
        return scale, self.bias - self.running_mean * scale

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        scale, shift = self.map()
        return x * scale[:, None, None] + shift[:, None, None]


def _folded(layer: Any, norm: Any) -> nn.Module:
    if isinstance(layer, nn.Linear):
        return fusion.fuse_linear_bn_eval(layer, norm)
    folded = copy.deepcopy(layer)
    folded.weight, folded.bias = fusion.fuse_conv_bn_weights(
        layer.weight,
        layer.bias,
        norm.running_mean,
        norm.running_var,
        norm.eps,
        norm.weight,
        norm.bias,
    )
    return folded


def fold_batch_norms(network: nn.Module) -> nn.Module:
    """Return a copy of a network for inference, its batch norms folded into other layers.

    A norm belongs to the convolution or linear layer that is registered just before it in the same
    module; that holds for every block of this package. The copy computes the same function up to
    float rounding, is in evaluation mode, and has no gradients.
    """
    network = copy.deepcopy(network).eval().requires_grad_(False)
    for module in list(network.modules()):
        previous = ''
        for name, child in list(module.named_children()):
            if isinstance(child, (FrozenBatchNorm2d, nn.BatchNorm1d, nn.BatchNorm2d)):
                folded = _folded(getattr(module, previous), child).requires_grad_(False)
                setattr(module, previous, folded)
                setattr(module, name, nn.Identity())
            previous = name
    return network
