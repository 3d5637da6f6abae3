# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Engines tell of their stages, or of none."""

from aiatrack_ros.benchmark.stages import stage_times
from aiatrack_ros.tracking.crop import crop_region
from aiatrack_ros.tracking.engines.engine import create_engine
from engine_cases import frames
from engine_cases import seeded_lite
import pytest

BOX = (140.0, 100.0, 30.0, 30.0)


@pytest.mark.parametrize(
    ('name', 'stages'),
    [
        ('eager', ['upload', 'backbone', 'encoder', 'decoder', 'heads', 'readback', 'identity']),
        ('openvino', ['backbone', 'encoder', 'decoder', 'heads', 'identity']),
        ('onnxruntime', []),  # its graph runs as a whole
    ],
)
def test_stages(name: str, stages: list[str]) -> None:
    if name != 'eager':
        pytest.importorskip(name)
    engine = create_engine(seeded_lite(), name, 'cpu', 'fp32', 1)
    crop = crop_region(frames(1)[0], BOX, 4.0, 224)
    reference = engine.refer(engine.encode(crop), crop, crop.to_crop(BOX), initial=True)
    times = stage_times(engine, crop, reference.long, reference.short)
    assert list(times) == stages
    assert all(0 < seconds < 10 for seconds in times.values())
