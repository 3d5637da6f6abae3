# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Backbones: shapes, and SAME padding as TensorFlow defines it."""

from aiatrack_ros.model.backbone import Backbone
from aiatrack_ros.model.backbone import SameConv2d
import pytest
import torch
from torch.nn import functional


@pytest.mark.parametrize(
    ('name', 'channels', 'lateral_channels'),
    [('resnet50', 1024, 512), ('efficientnet_lite0', 112, 40)],
)
def test_strides_and_channels(name: str, channels: int, lateral_channels: int) -> None:
    backbone = Backbone(name).eval()
    with torch.inference_mode():
        features, lateral = backbone(torch.randn(2, 3, 96, 96))
    assert features.shape == (2, channels, 6, 6)
    assert lateral.shape == (2, lateral_channels, 12, 12)
    assert (backbone.channels, backbone.lateral_channels) == (channels, lateral_channels)


@pytest.mark.parametrize(('name', 'after_lateral'), [('resnet50', 1), ('efficientnet_lite0', 2)])
def test_it_can_be_cut_between_any_stages(name: str, after_lateral: int) -> None:
    backbone = Backbone(name).eval()
    assert backbone.stages_after_lateral == after_lateral
    images = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        whole = backbone(images)
        for without in range(len(backbone.body.stages()) + 1):
            first, lateral = backbone(images, without)
            assert (lateral is None) == (without > after_lateral)
            for ours, expected in zip(backbone.finish(first, lateral, without), whole):
                torch.testing.assert_close(ours, expected)
    last = [p for stage in backbone.last_stages(1) for p in stage.parameters()]
    assert 0 < len(last) < len(list(backbone.parameters()))
    assert backbone.last_stages(0) == []


@pytest.mark.parametrize(
    ('size', 'kernel', 'stride', 'before', 'after'),
    [(8, 3, 2, 0, 1), (7, 3, 2, 1, 1), (8, 5, 2, 1, 2), (8, 3, 1, 1, 1), (7, 5, 1, 2, 2)],
)
def test_same_padding(size: int, kernel: int, stride: int, before: int, after: int) -> None:
    convolution = SameConv2d(1, 1, kernel, stride, bias=False)
    x = torch.randn(1, 1, size, size)
    padded = functional.pad(x, (before, after, before, after))
    expected = functional.conv2d(padded, convolution.weight, stride=stride)
    ours = convolution(x)
    assert ours.shape[-1] == -(-size // stride)
    torch.testing.assert_close(ours, expected)


def test_preprocess() -> None:
    crops = torch.tensor([0, 127, 255], dtype=torch.uint8).expand(1, 2, 2, 3)
    lite = Backbone('efficientnet_lite0').preprocess(crops)
    assert lite.shape == (1, 3, 2, 2)
    torch.testing.assert_close(lite[0, :, 0, 0], torch.tensor([-127 / 128, 0, 1.0]))
    resnet = Backbone('resnet50').preprocess(crops)
    expected = [(0 - 0.485) / 0.229, (127 / 255 - 0.456) / 0.224, (1 - 0.406) / 0.225]
    torch.testing.assert_close(resnet[0, :, 0, 0], torch.tensor(expected))
