# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Frozen batch norms, and folding on both variants."""

from aiatrack_ros.model import AiATrack
from aiatrack_ros.model import VARIANTS
from aiatrack_ros.model.norm import fold_batch_norms
from aiatrack_ros.model.norm import FrozenBatchNorm2d
import pytest
import torch
from torch import nn

NORMS = (FrozenBatchNorm2d, nn.BatchNorm1d, nn.BatchNorm2d)


def shake(module: nn.Module) -> None:
    """Give every norm statistics and an affine map that are not the identity."""
    generator = torch.Generator().manual_seed(2)
    for norm in module.modules():
        if isinstance(norm, NORMS):
            norm.running_mean.copy_(
                torch.randn(norm.running_mean.shape, generator=generator) * 0.1
            )
            norm.running_var.copy_(torch.rand(norm.running_var.shape, generator=generator) + 0.5)
            norm.weight.data.copy_(torch.rand(norm.weight.shape, generator=generator) + 0.5)
            norm.bias.data.copy_(torch.randn(norm.bias.shape, generator=generator) * 0.1)


def test_frozen_norm_is_torch_norm_in_evaluation() -> None:
    frozen, plain = FrozenBatchNorm2d(5, 1e-3), nn.BatchNorm2d(5, 1e-3).eval()
    shake(frozen)
    plain.load_state_dict(frozen.state_dict(), strict=False)
    x = torch.randn(2, 5, 3, 4)
    torch.testing.assert_close(frozen(x), plain(x))
    assert not list(frozen.parameters())


@pytest.mark.parametrize('name', sorted(VARIANTS))
def test_folding_keeps_the_function_and_leaves_no_norm(name: str) -> None:
    torch.manual_seed(0)
    config = VARIANTS[name]
    network = AiATrack(config).eval()
    shake(network)
    folded = fold_batch_norms(network)
    assert any(isinstance(module, NORMS) for module in network.modules())
    assert not any(isinstance(module, NORMS) for module in folded.modules())
    images = torch.randn(1, 3, config.crop_size, config.crop_size)
    decoded = torch.randn(1, config.channels, config.grid, config.grid)
    boxes = torch.tensor([[[0.2, 0.3, 0.6, 0.7]]])
    with torch.inference_mode():
        features, lateral = network.extract(images)
        for plain, quick in zip((features, lateral), folded.extract(images), strict=True):
            assert (plain - quick).abs().max() <= 1e-4 * plain.abs().max()
        corners = network.locate(decoded, lateral)
        for plain, quick in zip(corners, folded.locate(decoded, lateral), strict=True):
            torch.testing.assert_close(plain, quick, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(
            network.iou_head(decoded, boxes), folded.iou_head(decoded, boxes), atol=1e-4, rtol=1e-4
        )
