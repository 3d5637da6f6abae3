# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""One row: what is sampled, what the tracker looks at, and what can't be run."""

from pathlib import Path
from types import SimpleNamespace

from aiatrack_ros.benchmark import rows
from aiatrack_ros.benchmark.rows import Configuration
from aiatrack_ros.benchmark.rows import LedEngine
from aiatrack_ros.benchmark.rows import Samples
from aiatrack_ros.benchmark.rows import SceneBench
from aiatrack_ros.benchmark.rows import TrackerBench
from aiatrack_ros.benchmark.scenes import draw_scene
from aiatrack_ros.errors import CheckpointError
from aiatrack_ros.errors import DeviceError
from aiatrack_ros.tracking.crop import crop_region
from aiatrack_ros.tracking.engines.engine import Found
import numpy as np
import pytest
import torch

SCENES = (draw_scene((128, 96), 'small', 4), draw_scene((160, 120), 'large', 4))
LITE = Configuration('eager', 'aiatrack_lite', 'fp32', 1)


def test_pooling():
    pooled = Samples(times={'total': [1.0]}, matmul=[5.0], peak_rss_mib=10.0)
    pooled.merge(Samples({'total': [2.0], 'init': [3.0]}, {'heads': [4.0]}, [6.0], 9.0, None))
    assert pooled.times == {'total': [1.0, 2.0], 'init': [3.0]}
    assert pooled.stages == {'heads': [4.0]} and pooled.matmul == [5.0, 6.0]
    assert pooled.peak_rss_mib == 10.0 and pooled.gpu_mib is None


def test_a_led_engine_tells_the_truth():
    found = Found((0.0, 0.0, 1.0, 1.0), 0.3, torch.zeros(1))
    engine = LedEngine(SimpleNamespace(find=lambda *_: found, description='e'))
    image = np.zeros((96, 128, 3), np.uint8)
    crop = crop_region(image, (20, 30, 25, 16), 4.0, 64)
    assert engine.find(crop, 1, 2) == found and engine.description == 'e'
    engine.truth = (50.0, 40.0, 20.0, 10.0)
    told = engine.find(crop, 1, 2)
    assert crop.to_image(told.box) == pytest.approx(engine.truth) and told.raw_iou == 0.3
    assert engine.last == (crop, 1, 2)


class Told(SceneBench):
    """Shows scenes to a tracker that writes down what it sees."""

    def __init__(self) -> None:
        super().__init__(SCENES)
        self.calls: list[str] = []

    def _fresh(self) -> SimpleNamespace:
        assert self._tracker is None  # two memories at a time would count as one tracker's
        return SimpleNamespace(
            initialize=lambda image, box: self.calls.append(f'init {image.shape[1]}'),
            track=lambda image: self.calls.append(f'track {image.shape[1]}'),
        )


def test_rounds_are_warmed_up():
    bench, warm = Told(), rows.WARM_UPS
    samples = bench._show(0, 5, 60.0)
    assert {name: len(values) for name, values in samples.times.items()} == {
        'init': 1,
        'total': 5,
        'decode': 5,
    }
    assert bench.calls == ['init 128'] + ['track 128'] * (warm + 5)
    bench._show(0, 2, 60.0)
    assert bench.calls[warm + 6 :] == ['init 128'] + ['track 128'] * (warm + 2)
    bench.calls.clear()
    bench._show(1, 2, 60.0)
    assert bench.calls == ['init 160'] + ['track 160'] * (warm + 2)


def test_a_limit_of_time_leaves_some_frames():
    assert len(Told()._show(0, 100, 0.0).times['total']) == 3


def test_our_tracker():
    bench = TrackerBench(LITE, 'cpu', '', SCENES)
    facts = bench.facts()
    assert facts['threads'] == 1 and facts['weights'] == 'shipped' and facts['device'] == 'cpu'
    samples = bench.measure(1, 2, 60.0, True)
    assert {len(samples.times[name]) for name in ('total', 'crop', 'network', 'memory')} == {2}
    assert {'backbone', 'encoder', 'decoder', 'heads'} <= set(samples.stages)
    assert len(samples.matmul) == 1 and samples.matmul[0] > 0
    assert 50 < samples.peak_rss_mib < 100_000 and samples.gpu_mib is None
    # It looks where the target is, and its ensemble is full of distinct frames.
    box = bench._tracker._target.box
    assert box == pytest.approx(SCENES[1].boxes[SCENES[1].place(bench._at)], abs=1e-3)
    assert bench._led.last[2].number == rows.SETTINGS.short_term_memory_size
    assert bench.gmac() == pytest.approx(0.66, rel=0.02)
    assert [len(times) for times in bench.crops()] == [12] * len(rows.CROP_TARGETS)


def test_what_can_not_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(rows, 'native_on_cpu', lambda: {'fp32'})
    with pytest.raises(DeviceError, match="'bf16' is not native"):
        TrackerBench(Configuration('eager', 'aiatrack_lite', 'bf16', 1), 'cpu', '', SCENES)
    with pytest.raises(DeviceError, match='runs on cuda'):
        TrackerBench(Configuration('cuda_graph', 'aiatrack_lite', 'fp32', 1), 'cpu', '', SCENES)
    with pytest.raises(CheckpointError, match='does not exist'):
        TrackerBench(LITE, 'cpu', str(tmp_path / 'no.pth'), SCENES)
