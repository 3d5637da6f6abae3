# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Eager torch is the network, in every precision."""

from aiatrack_ros.tracking.crop import crop_region
from aiatrack_ros.tracking.engines.eager import EagerEngine
from engine_cases import CPU
from engine_cases import seeded_lite
import numpy as np
import pytest
import torch


@pytest.mark.parametrize('precision', ['fp32', 'bf16'])
def test_eager_engine_is_the_network(precision: str) -> None:
    network = seeded_lite()
    engine = EagerEngine(network, CPU, precision, 1)
    assert engine.description.endswith(f'1 thread, {precision}, eager')
    image = np.random.default_rng(0).integers(0, 256, (200, 200, 3)).astype(np.uint8)
    box = (80.0, 90.0, 30.0, 40.0)
    crop = crop_region(image, box, 4.0, 224)
    reference = engine.refer(engine.encode(crop), crop, crop.to_crop(box), initial=True)
    found = engine.find(crop, reference.long, reference.short)

    with torch.inference_mode():
        images = network.preprocess(torch.from_numpy(crop.pixels)[None])
        position = network.position(None)
        memory = network.encode(network.extract(images)[0], position)
        boxes = torch.tensor([crop.to_crop(box)])
        plain = network.refer(memory, boxes, position.inner)
        expected = network(images, position, plain.long, plain.short)
    x1, y1, x2, y2 = expected.boxes[0].tolist()
    tolerance = {'fp32': 1e-4, 'bf16': 6e-2}[precision]  # bf16 units differ between CPUs
    assert found.box == pytest.approx((x1, y1, x2 - x1, y2 - y1), abs=tolerance)
    assert found.raw_iou == pytest.approx(expected.iou.item(), abs=20 * tolerance)
    later = engine.refer(found.memory, crop, found.box, initial=False)
    assert later.for_long is None
    assert later.short.number == 1

    times = engine.stage_times(crop, reference.long, reference.short)
    stages = ['upload', 'backbone', 'encoder', 'decoder', 'heads', 'readback', 'identity']
    assert list(times) == stages
    assert all(seconds > 0 for seconds in times.values())
