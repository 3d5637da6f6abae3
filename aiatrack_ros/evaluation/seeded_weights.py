# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Weights from nothing but their names, so that two implementations can meet without a checkpoint.

Each tensor comes from numpy's default generator, seeded with the CRC-32 of the tensor's name, and
is scaled by what the tensor is for. Parity files are made with the same weights.
"""

import math
import zlib

from aiatrack_ros.model import AiATrack
import numpy as np
import torch
from torch import Tensor

_CORNER_SALT = 's45:'  # goes before the names of the corner head's convolutions
_CORNER_GAIN = 8.0  # of the last convolutions of the corner head, so that their maps have peaks


def seeded_tensor(name: str, shape: tuple[int, ...]) -> Tensor:
    """Return the tensor that belongs to a published tensor name."""
    if name.endswith('num_batches_tracked'):
        return torch.zeros(shape, dtype=torch.int64)
    convolution = len(shape) == 4
    salted = _CORNER_SALT + name if convolution and name.startswith('box_head') else name
    generator = np.random.default_rng(zlib.crc32(salted.encode()))
    noise = generator.standard_normal(shape).astype(np.float32)
    if convolution:
        scale = np.float32(math.sqrt(2 / np.prod(shape[1:])))
        noise = noise * scale * np.float32(_CORNER_GAIN if 'conv5' in name else 1)
    elif name.endswith('running_var'):
        noise = 1 + np.float32(0.1) * np.abs(noise)
    elif name.endswith('running_mean'):
        noise = np.float32(0.1) * noise
    elif name.endswith('bias'):
        noise = np.float32(0.05) * noise
    elif len(shape) <= 1:
        noise = 1 + np.float32(0.1) * noise
    else:
        noise = noise * np.float32(math.sqrt(1 / shape[1]))
    return torch.from_numpy(noise)


def load_seeded_weights(network: AiATrack) -> AiATrack:
    """Give a network its seeded weights and return it, in evaluation mode."""
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    network.load_state_dict({name: seeded_tensor(name, shape) for name, shape in shapes.items()})
    return network.eval()
