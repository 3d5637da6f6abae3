# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The frame function of a network as an ONNX file for other programs, checked and described."""

import dataclasses
import json
from pathlib import Path

from aiatrack_ros.errors import InputError
from aiatrack_ros.model.network import AiATrack
from aiatrack_ros.tracking.engines.frame_function import blank_inputs
from aiatrack_ros.tracking.engines.frame_function import FOUND
from aiatrack_ros.tracking.engines.frame_function import FrameFunction
from aiatrack_ros.tracking.engines.frame_function import FrameInputs
from aiatrack_ros.tracking.engines.frame_function import MEMORY
import numpy as np
import torch

# The largest error that a graph may have, relative to the largest value of an output. Rounding in
# float32 makes about 1e-5.
LIMIT = 1e-3


def write(path: Path, graph: bytes, network: AiATrack) -> None:
    """Write a graph, with the network's name and configuration in its metadata.

    The keys are 'model' and 'network', which is JSON, as in our checkpoints.

    Raises:
        InputError: The file cannot be written.
    """
    import onnx

    model = onnx.load_model_from_string(graph)
    onnx.checker.check_model(model, full_check=True)
    config = network.config
    metadata = {'model': config.name, 'network': json.dumps(dataclasses.asdict(config))}
    onnx.helper.set_model_props(model, metadata)
    try:
        onnx.save_model(model, path)
    except OSError as error:
        raise InputError(f"output '{path}' can't be written: {error.strerror}") from error


def shapes(graph: bytes) -> list[tuple[str, str]]:
    """Return name and shape, as text such as '1 x n x 196 x 32', of each input and output."""
    import onnx

    model = onnx.load_model_from_string(graph).graph
    return [
        (
            value.name,
            ' x '.join(d.dim_param or str(d.dim_value) for d in value.type.tensor_type.shape.dim),
        )
        for value in (*model.input, *model.output)
    ]


def graph_error(network: AiATrack, graph: bytes) -> float:
    """Return how far a graph in ONNX Runtime is from a network in torch.

    It is the largest difference of any number, relative to the largest number of its output, for
    random inputs with one and with three short-term references.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(graph, providers=['CPUExecutionProvider'])
    function = FrameFunction(network)
    generator = torch.Generator().manual_seed(0)
    largest = 0.0
    for count in (1, 3):
        blank = blank_inputs(network, count)
        inputs = FrameInputs(
            torch.randint(0, 256, blank.pixels.shape, dtype=torch.uint8, generator=generator),
            *blank[1:3],
            *(torch.randn(tensor.shape, generator=generator) for tensor in blank[3:]),
        )
        names = [node.name for node in session.get_inputs()]
        arrays = {name: getattr(inputs, name).numpy() for name in names}
        with torch.inference_mode():
            expected = function(*inputs)
        for ours, truth in zip(session.run([FOUND, MEMORY], arrays), expected, strict=True):
            error = np.abs(ours - truth.numpy()).max() / truth.abs().max().item()
            largest = max(largest, float(error))
    return largest
