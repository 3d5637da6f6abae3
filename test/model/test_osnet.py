# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""OSNet: what its parts do, and what it does not look at."""

from aiatrack_ros.model.osnet import BRANCHES
from aiatrack_ros.model.osnet import ChannelGate
from aiatrack_ros.model.osnet import ContextGate
from aiatrack_ros.model.osnet import OmniScaleBlock
from aiatrack_ros.model.osnet import OSNet
import pytest
import torch


@pytest.mark.parametrize(('width', 'parameters'), [(0.25, 181_891), (0.5, 590_848)])
def test_the_published_widths(width: float, parameters: int) -> None:
    network = OSNet(width, (256, 128), 256)
    assert sum(p.numel() for p in network.parameters()) == parameters
    with torch.inference_mode():
        assert network(torch.randn(2, 3, 256, 128)).shape == (2, 256)


def test_light_and_contrast_of_a_channel_say_nothing() -> None:
    torch.manual_seed(0)
    network = OSNet(0.25, (128, 64), 16).eval()
    images = torch.rand(2, 3, 128, 64)
    lit = images * torch.tensor([0.5, 2.0, 1.3])[:, None, None] + 0.2
    with torch.inference_mode():
        torch.testing.assert_close(network(lit), network(images), rtol=1e-3, atol=1e-3)


def test_branches_see_three_to_nine_pixels() -> None:
    block = OmniScaleBlock(16, 16, 16, context=False)
    for depth, branch in enumerate(block.branches):
        with torch.inference_mode():
            for layer in branch.modules():
                if isinstance(layer, torch.nn.Conv2d):
                    layer.weight.fill_(1.0)
                    if layer.bias is not None:
                        layer.bias.zero_()
            x = torch.zeros(1, 16, 15, 15)
            x[:, :, 7, 7] = 1
            rows = branch(x)[0, 0].sum(1).nonzero().flatten()
        assert len(rows) == 3 + 2 * depth
    assert len(block.branches) == BRANCHES


def test_a_context_gate_compares_a_channel_with_its_group() -> None:
    gate = ContextGate(32)  # 16 groups of two
    with torch.inference_mode():
        gate.weight.fill_(1.0)
        gate.bias.zero_()
        x = torch.ones(1, 32, 4, 4)
        torch.testing.assert_close(gate(x), x / 2)  # sigmoid of 0, none is above its group
        x[:, 0] = 3.0
        passed = gate(x) / x
    assert passed[0, 0].min() > 0.7 > 0.3 > passed[0, 1].max()
    torch.testing.assert_close(passed[0, 2:], torch.full((30, 4, 4), 0.5))


def test_a_channel_gate_lets_pass_between_none_and_all() -> None:
    torch.manual_seed(0)
    x = torch.rand(2, 32, 4, 4)
    with torch.inference_mode():
        share = ChannelGate(32)(x) / x
    assert ((share > 0) & (share < 1)).all()
    torch.testing.assert_close(share, share[:, :, :1, :1].expand_as(share))
