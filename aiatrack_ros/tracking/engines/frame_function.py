# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Functions of tensors for a whole frame, a reference and an identity, and each as ONNX."""

import io
import logging
from typing import Any
from typing import cast
from typing import NamedTuple
import warnings

from aiatrack_ros.model.attention import References
from aiatrack_ros.model.network import AiATrack
from aiatrack_ros.model.transformer import Position
import torch
from torch import nn
from torch import Tensor

OPSET = 18


class FrameInputs(NamedTuple):
    """What a frame is computed from: a search crop, its position, and references.

    S is the side of the crop in pixels, L the number of its tokens, d their width, c the width of
    the inner attention, H the number of heads, and n the number of short-term references.
    """

    pixels: Tensor  # (1, S, S, 3) uint8, RGB
    position: Tensor  # (1, L, d)
    inner_position: Tensor  # (1, L, c)
    long_keys: Tensor  # (1, H, L, d / H)
    long_values: Tensor  # (1, H, L, d / H)
    long_inner_position: Tensor  # (1, 1, L, c)
    short_keys: Tensor  # (1, H, n * L, d / H)
    short_values: Tensor  # (1, H, n * L, d / H)
    short_inner_position: Tensor  # (1, n, L, c)


# Names of the graph's outputs. FOUND holds x1, y1, x2, y2 in [0, 1] of the crop, then the IoU
# output, which is 2 * IoU - 1. MEMORY holds the tokens of the crop, of which a reference can be
# made.
FRAME_OUTPUTS = FOUND, MEMORY = 'found', 'memory'  # (5,), (1, L, d)
# A reference is made of MEMORY and BOX, which is x, y, w, h in [0, 1] of the crop; KEYS and VALUES
# are what the attention asks of it.
BOX = 'box'  # (1, 4)
REFERENCE_OUTPUTS = KEYS, VALUES = 'keys', 'values'  # (1, H, L, d / H)
# An identity is made of PIXELS, as of a frame, and BOX.
PIXELS = 'pixels'
IDENTITY_OUTPUTS = (DESCRIPTION,) = ('description',)  # (E,)
# Names of the sizes that the graph of a frame leaves open.
REFERENCE_COUNT, REFERENCE_LENGTH = 'n', 'n*L'


class FrameFunction(nn.Module):
    """Maps a crop and references to a box, its IoU and memory tokens, as every engine does."""

    def __init__(self, network: AiATrack) -> None:
        super().__init__()
        self.network = network

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Map the fields of FrameInputs to found (5,) and memory (1, L, d)."""
        frame = FrameInputs(*inputs)
        prediction = self.network(
            self.network.preprocess(frame.pixels),
            Position(frame.position, frame.inner_position),
            References(*frame[3:6]),
            References(*frame[6:9]),
        )
        return torch.cat((prediction.boxes[0], prediction.iou)), prediction.memory


def blank_inputs(network: AiATrack, count: int, dtype: torch.dtype = torch.float32) -> FrameInputs:
    """Return inputs with `count` short-term references; all but the position is zero.

    `dtype` is the type of keys and values. They come out of matrix products, and may so be of half
    precision where the rest is not.
    """
    config = network.config
    device = network.bottleneck.weight.device
    size, length = config.crop_size, config.tokens
    width = config.channels // config.heads

    def references(number: int) -> tuple[Tensor, Tensor, Tensor]:
        keys = torch.zeros(1, config.heads, number * length, width, device=device, dtype=dtype)
        inner = torch.zeros(1, number, length, config.inner_channels, device=device)
        return keys, keys.clone(), inner

    pixels = torch.zeros(1, size, size, 3, dtype=torch.uint8, device=device)
    outer, inner = (part.clone() for part in network.position(None))
    return FrameInputs(pixels, outer, inner, *references(1), *references(count))


class ReferenceFunction(nn.Module):
    """Maps memory tokens and a box to the keys and values of a short-term reference."""

    def __init__(self, network: AiATrack) -> None:
        super().__init__()
        self.network = network

    def forward(self, memory: Tensor, box: Tensor) -> tuple[Tensor, Tensor]:
        """Map memory (1, L, d) and a box to keys and values (1, H, L, d / H).

        The box (1, 4) is x, y, w, h in [0, 1] of the crop.
        """
        inner = self.network.position(None).inner
        short = self.network.refer(memory, box, inner, long=False).short
        return short.keys, short.values


class IdentityFunction(nn.Module):
    """Maps a crop and a box to a description of what is in the box."""

    def __init__(self, network: AiATrack) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor, box: Tensor) -> tuple[Tensor]:
        """Map pixels (1, S, S, 3) uint8 and a box to a unit vector (E,).

        The box (1, 4) is x, y, w, h in [0, 1] of the crop.
        """
        corners = torch.cat((box[:, :2], box[:, :2] + box[:, 2:]), 1)
        images = self.network.preprocess(pixels)
        return (self.network.identify(images, corners[:, None])[0, 0],)


def to_onnx(network: AiATrack) -> bytes:
    """Return the frame function of a network for inference as an ONNX model, opset 18.

    Inputs are named as the fields of FrameInputs, outputs FOUND and MEMORY. The number of
    short-term references, n, is left open.
    """
    return _export(
        FrameFunction(network),
        tuple(blank_inputs(network, 2)),
        input_names=list(FrameInputs._fields),
        output_names=list(FRAME_OUTPUTS),
        dynamic_axes={
            'short_keys': {2: REFERENCE_LENGTH},
            'short_values': {2: REFERENCE_LENGTH},
            'short_inner_position': {1: REFERENCE_COUNT},
        },
    )


def reference_to_onnx(network: AiATrack) -> bytes:
    """Return the reference function of a network for inference as an ONNX model, opset 18.

    Inputs are MEMORY and BOX, outputs KEYS and VALUES.
    """
    device = network.bottleneck.weight.device
    memory = torch.zeros(1, network.config.tokens, network.config.channels, device=device)
    return _export(
        ReferenceFunction(network),
        (memory, torch.full((1, 4), 0.25, device=device)),
        input_names=[MEMORY, BOX],
        output_names=list(REFERENCE_OUTPUTS),
    )


def identity_to_onnx(network: AiATrack) -> bytes:
    """Return the identity function of a network for inference as an ONNX model, opset 18.

    Inputs are PIXELS and BOX, the output is DESCRIPTION.
    """
    pixels = blank_inputs(network, 1).pixels
    return _export(
        IdentityFunction(network),
        (pixels, torch.full((1, 4), 0.25, device=pixels.device)),
        input_names=[PIXELS, BOX],
        output_names=list(IDENTITY_OUTPUTS),
    )


@torch.inference_mode()
def _export(function: nn.Module, inputs: tuple[Tensor, ...], **names: Any) -> bytes:
    graph = io.BytesIO()
    # This is the exporter that traces. The newer one takes ten times as long, and needs two more
    # libraries. What it warns of (that it is the older one) is no news to users.
    logger = logging.getLogger('torch.onnx')
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            torch.onnx.export(
                function.eval(),
                inputs,
                cast(Any, graph),
                dynamo=False,
                opset_version=OPSET,
                **names,
            )
    finally:
        logger.setLevel(level)
    return graph.getvalue()
