# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Weights of the Open Model Zoo's person-reidentification-retail networks for an OSNet."""

from collections.abc import Iterator
import importlib.util
from pathlib import Path
from typing import Any

from aiatrack_ros.errors import InputError
from aiatrack_ros.model.osnet import OmniScaleBlock
from aiatrack_ros.model.osnet import OSNet
import numpy as np
import torch
from torch import nn
from torch import Tensor

# Operations of such a network that weights belong to.
_NEUTRAL = {'Multiply': 1.0, 'Add': 0.0}
_WEIGHED = ('Convolution', 'GroupConvolution', 'MatMul', 'Multiply', 'Add', 'PRelu')


@torch.no_grad()
def load_osnet(network: OSNet, path: str, option: str) -> None:
    """Put the weights of a network of the Open Model Zoo into an OSNet of the same size.

    Theirs reverses the channels before its first layer, so ours takes red, green and blue.

    Args:
        network: Is changed in place.
        path: In OpenVINO's format, or ONNX.
        option: What asks for the file, for errors.

    Raises:
        InputError: OpenVINO or the file is missing, or it is another network.
    """
    theirs = iter(_weights(_read_network(path, option)))
    next(theirs, None)  # the deviation of pixels, which the image's norm undoes
    try:
        for ours in _tensors(network):
            ours.copy_(next(theirs).view(ours.shape))
        # A batch norm comes after the last layer.
        scale, shift = next(theirs).flatten(), next(theirs).flatten()
        network.fc.weight *= scale[:, None]
        network.fc.bias.copy_(network.fc.bias * scale + shift)
        network.activation.weight.copy_(next(theirs).flatten())
    except (StopIteration, RuntimeError):
        raise InputError(
            f"{option}: '{path}' is no person-reidentification-retail network of this size"
        ) from None


def _read_network(path: str, option: str) -> Any:
    """Return a network in OpenVINO's format or ONNX."""
    if importlib.util.find_spec('openvino') is None:
        raise InputError(f'{option} needs OpenVINO: pip install openvino')
    if not Path(path).exists():
        raise InputError(f"{option}: '{path}' does not exist")
    from aiatrack_ros.model.quiet_openvino import openvino

    try:
        return openvino.Core().read_model(path)
    except (RuntimeError, ValueError) as error:
        reason = str(error).strip().splitlines()[-1]
        raise InputError(f"{option}: '{path}' is no network ({reason})") from None


def _weights(network: Any) -> list[Tensor]:
    """Return the constants of a network that are weights, in the order of their use."""
    found = []
    for operation in network.get_ordered_ops():
        if operation.get_type_name() in _WEIGHED:
            for given in operation.inputs():
                node = given.get_source_output().get_node()
                while node.get_type_name() == 'Convert':
                    node = node.input(0).get_source_output().get_node()
                if node.get_type_name() == 'Constant':
                    value = torch.from_numpy(np.array(node.get_data(), np.float32))
                    neutral = _NEUTRAL.get(operation.get_type_name())
                    # Converters leave products with 1 and sums with 0.
                    if neutral is None or (value != neutral).any():
                        found.append(value)
    return found


def _tensors(network: OSNet) -> Iterator[Tensor]:
    """Yield the tensors of an OSNet in the order of their use, up to its last layer's."""
    for norm, layer in (
        (network.image_norm, network.stem),
        (network.stem_norm, nn.Identity()),
    ):
        yield from (norm.weight, norm.bias)
        yield from layer.parameters()
    for stage in network.stages:
        for module in stage.children():
            if isinstance(module, OmniScaleBlock):
                yield from _tensors_of_block(module)
            else:
                yield from module.parameters()
    yield from network.pool.parameters()
    yield from network.fc.parameters()


def _tensors_of_block(block: OmniScaleBlock) -> Iterator[Tensor]:
    yield from block.reduce.parameters()
    for index, branch in enumerate(block.branches):
        yield from branch.parameters()
        yield from block.gates[index % len(block.gates)].parameters()
    yield from block.expand.parameters()
    yield from block.shortcut.parameters()
