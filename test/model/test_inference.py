# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The rewritten network is the network."""

from aiatrack_ros.evaluation.seeded_weights import load_seeded_weights
from aiatrack_ros.model import AiATrack
from aiatrack_ros.model import VARIANTS
from aiatrack_ros.model.backbone import SameConv2d
from aiatrack_ros.model.backbone import symmetric_padding
from aiatrack_ros.model.factored import FactoredAiAAttention
from aiatrack_ros.model.inference import for_inference
import pytest
import torch


@pytest.mark.parametrize(('kernel', 'bias'), [(3, False), (5, True)])
def test_symmetric_padding_is_same_padding(kernel: int, bias: bool) -> None:
    torch.manual_seed(0)
    convolution = SameConv2d(6, 6, kernel, 2, groups=6, bias=bias)
    x = torch.randn(2, 6, 14, 18)
    torch.testing.assert_close(symmetric_padding(convolution)(x), convolution(x))


@pytest.mark.parametrize('factored', [False, True])
@pytest.mark.parametrize('name', sorted(VARIANTS))
def test_same_function(name: str, factored: bool) -> None:
    config = VARIANTS[name]
    network = load_seeded_weights(AiATrack(config))
    fast = for_inference(network, factored)
    assert factored == any(isinstance(m, FactoredAiAAttention) for m in fast.modules())
    assert not any(p.requires_grad for p in fast.parameters())
    assert not any(isinstance(m, SameConv2d) and m.stride != (1, 1) for m in fast.modules())
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(1, 3, config.crop_size, config.crop_size, generator=generator)
    found = []
    with torch.inference_mode():
        for net in (network, fast):
            position = net.position(None)
            memory = net.encode(net.extract(images)[0], position)
            reference = net.refer(memory, torch.tensor([[0.3, 0.3, 0.4, 0.4]]), position.inner)
            found.append(net(images, position, reference.long, reference.short))
    for plain, quick in zip(*found, strict=True):
        assert plain.shape == quick.shape
        if plain.numel():  # no identity, in the published network
            assert (plain - quick).abs().max() <= 3e-3 * plain.abs().max()
