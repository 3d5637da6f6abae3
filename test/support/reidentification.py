# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A network in place of those for re-identification: small enough to be written by a test."""

import io
from pathlib import Path
import warnings

from aiatrack_ros.model.osnet import OSNet
from aiatrack_ros.model.quiet_openvino import openvino
from openvino.passes import ConstantFolding
from openvino.passes import Manager
import torch
from torch import nn
from torch import Tensor


class Zoo(nn.Module):
    """An OSNet with what those of the Open Model Zoo have before and after it."""

    def __init__(self, network: OSNet) -> None:
        super().__init__()
        self.network = network
        self.register_buffer('mean', torch.tensor([123.7, 116.3, 103.5]).view(3, 1, 1))
        self.register_buffer('share', torch.tensor([0.0171, 0.0175, 0.0174]).view(3, 1, 1))
        self.register_buffer('scale', 0.5 + torch.rand(256))
        self.register_buffer('shift', torch.randn(256))

    def forward(self, images: Tensor) -> Tensor:
        """Map BGR images in [0, 255]."""
        x = (images[:, [2, 1, 0]] - self.mean) * self.share
        activation, self.network.activation = self.network.activation, nn.Identity()
        x = self.network(x) * self.scale + self.shift
        self.network.activation = activation
        return activation(x)


def write_osnet(folder: Path, width: float, size: tuple[int, int]) -> tuple[Zoo, str]:
    """Return a network with weights that all matter, and its file."""
    torch.manual_seed(0)
    network = Zoo(OSNet(width, size, 256)).eval().requires_grad_(False)
    for parameter in network.parameters():
        parameter += 0.1 * torch.randn_like(parameter)
    graph = io.BytesIO()
    image = torch.zeros(1, 3, *size)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # this is the older exporter
        torch.onnx.export(network, (image,), graph, dynamo=False, opset_version=18)
    model = openvino.Core().read_model(io.BytesIO(graph.getvalue()))
    folding = Manager()
    folding.register_pass(ConstantFolding())
    folding.run_passes(model)
    path = folder / 'person-reidentification.xml'
    openvino.save_model(model, path, False)
    return network, str(path)
