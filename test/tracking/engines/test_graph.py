# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What graph engines share: inputs by name, one runner for each number of references."""

from aiatrack_ros.model.attention import join
from aiatrack_ros.tracking.crop import crop_region
from aiatrack_ros.tracking.engines.frame_function import REFERENCE_OUTPUTS
from aiatrack_ros.tracking.engines.graph import GraphEngine
from engine_cases import frames
from engine_cases import seeded_lite
import numpy as np
import pytest

BOX = (230.0, 100.0, 40.0, 40.0)


class Recorder(GraphEngine):
    """Always gives the same answer, and keeps what it was asked."""

    def _compile(self, onnx, outputs, count):
        assert onnx[:1] == b'\x08'  # a protobuf that begins with the version

        def run(inputs):
            self.asked = (count, inputs)
            if outputs == REFERENCE_OUTPUTS:
                return [np.ones((1, 2, 196, 64), np.float32)] * 2
            return np.float32([0.1, 0.2, 0.5, 0.4, 0.9]), np.zeros((1, 196, 128), np.float32)

        return run


def test_inputs_are_crop_position_and_references() -> None:
    engine = Recorder(seeded_lite(), 1)
    crop = crop_region(frames(1)[0], BOX, 4.0, 224)
    memory = engine.encode(crop)
    reference = engine.refer(memory, crop, crop.to_crop(BOX), initial=True)
    found = engine.find(crop, reference.long, join([reference.short] * 2))
    count, inputs = engine.asked
    assert count == 2
    assert np.shares_memory(inputs['pixels'], crop.pixels)
    assert np.shares_memory(inputs['long_keys'], reference.long.keys.numpy())
    assert inputs['short_values'].shape == (1, 2, 2 * 196, 64)
    np.testing.assert_allclose(found.box, (0.1, 0.2, 0.4, 0.2), atol=1e-6)
    assert found.memory.shape == (1, 196, 128)


def test_position_tells_of_padding() -> None:
    engine = Recorder(seeded_lite(), 1)
    inside = crop_region(frames(1)[0], (140.0, 100.0, 30.0, 30.0), 4.0, 224)
    outside = crop_region(frames(1)[0], (290.0, 100.0, 30.0, 30.0), 4.0, 224)
    positions = []
    for crop in (inside, outside):
        engine.encode(crop)
        positions.append(engine.asked[1]['position'])
    assert not np.allclose(*positions)


def test_later_references_come_from_a_graph() -> None:
    engine = Recorder(seeded_lite(), 1)
    crop = crop_region(frames(1)[0], BOX, 4.0, 224)
    memory = engine.encode(crop)
    reference = engine.refer(memory, crop, (0.1, 0.2, 0.4, 0.2), initial=False)
    _, inputs = engine.asked
    assert np.shares_memory(inputs['memory'], memory.numpy())
    np.testing.assert_array_equal(inputs['box'], np.float32([[0.1, 0.2, 0.4, 0.2]]))
    assert reference.for_long is None
    with pytest.raises(RuntimeError, match='not projected'):
        _ = reference.long
    assert reference.short.values.shape == (1, 2, 196, 64) and reference.short.values.min() == 1
    assert reference.short.inner_position.shape == (1, 1, 196, 32)
