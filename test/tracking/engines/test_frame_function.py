# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The function of a whole frame gives what the network gives."""

from aiatrack_ros.model.attention import References
from aiatrack_ros.model.checkpoint import load_network
from aiatrack_ros.tracking.engines.frame_function import blank_inputs
from aiatrack_ros.tracking.engines.frame_function import FrameFunction
from aiatrack_ros.tracking.engines.frame_function import IdentityFunction
from aiatrack_ros.tracking.engines.frame_function import to_onnx
from engine_cases import seeded_lite
import pytest
import torch


def test_found_is_the_box_and_its_iou() -> None:
    network = seeded_lite()
    inputs = blank_inputs(network, 2)
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, inputs.pixels.shape, dtype=torch.uint8, generator=generator)
    inputs = inputs._replace(pixels=pixels, short_keys=torch.randn(inputs.short_keys.shape))
    with torch.inference_mode():
        found, memory = FrameFunction(network)(*inputs)
        expected = network(
            network.preprocess(pixels),
            network.position(None),
            References(*inputs[3:6]),
            References(*inputs[6:9]),
        )
    assert torch.equal(found, torch.cat((expected.boxes[0], expected.iou)))
    assert torch.equal(memory, expected.memory)


def test_a_description_is_of_the_box_of_the_crop() -> None:
    network = load_network('aiatrack_lite')
    size = network.config.crop_size
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (1, size, size, 3), dtype=torch.uint8, generator=generator)
    with torch.inference_mode():
        (found,) = IdentityFunction(network)(pixels, torch.tensor([[0.2, 0.3, 0.25, 0.5]]))
        corners = torch.tensor([[[0.2, 0.3, 0.45, 0.8]]])
        expected = network.identify(network.preprocess(pixels), corners)
    torch.testing.assert_close(found, expected[0, 0])
    assert found.shape == (network.config.identity_channels,)
    assert found.norm().item() == pytest.approx(1, abs=1e-5)


def test_blank_inputs_have_the_shapes_of_references() -> None:
    network = seeded_lite()
    inputs = blank_inputs(network, 3)
    memory = torch.zeros(1, network.config.tokens, network.config.channels)
    boxes = torch.tensor([[0.2, 0.2, 0.5, 0.5]])
    reference = network.refer(memory, boxes, network.position(None).inner)
    assert [t.shape for t in inputs[3:6]] == [t.shape for t in reference.long]
    assert inputs.short_keys.shape[2] == 3 * reference.short.keys.shape[2]
    assert inputs.short_inner_position.shape[1] == 3


def test_graph_is_small_and_made_twice_the_same() -> None:
    network = seeded_lite()
    assert to_onnx(network) == to_onnx(network)
