# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The engine of static buffers is tested on a CPU but for the capture, and on a GPU with it."""

from aiatrack_ros.model.attention import References
from aiatrack_ros.model.checkpoint import load_network
from aiatrack_ros.tracking.crop import crop_region
from aiatrack_ros.tracking.engines import cuda_graph
from aiatrack_ros.tracking.engines.cuda_graph import CudaGraphEngine
from engine_cases import assert_like_eager
from engine_cases import assert_near
from engine_cases import CPU
from engine_cases import frames
from engine_cases import seeded_lite
import pytest
import torch

BOX = (230.0, 100.0, 40.0, 40.0)


def test_same_trajectory_as_eager_torch() -> None:
    assert_like_eager(CudaGraphEngine)


def test_references_are_copied_only_when_they_change() -> None:
    engine = CudaGraphEngine(seeded_lite(), CPU, 'fp32', 1)
    crop = crop_region(frames(1)[0], BOX, 4.0, 224)
    memory = engine.encode(crop).clone()
    first, second = (
        engine.refer(memory, crop, crop.to_crop(box), initial=True)
        for box in (BOX, (200.0, 90.0, 20.0, 60.0))
    )
    found = engine.find(crop, first.long, first.short)
    place = engine._frames.get(1, engine._capture).inputs.short_values
    with torch.inference_mode():
        place.zero_()
    engine.find(crop, first.long, first.short)
    assert not place.any()
    assert engine.find(crop, first.long, second.short).box != found.box
    assert torch.equal(place, second.short.values)


def test_a_copy_that_fails_is_made_again() -> None:
    engine = CudaGraphEngine(seeded_lite(), CPU, 'fp32', 1)
    crop = crop_region(frames(1)[0], BOX, 4.0, 224)
    reference = engine.refer(engine.encode(crop).clone(), crop, crop.to_crop(BOX), initial=True)
    found = engine.find(crop, reference.long, reference.short)
    keys, values, position = reference.short
    with pytest.raises(RuntimeError):  # the first copy is made, the second is not
        engine.find(crop, reference.long, References(keys * 2, values[:, :, :3], position))
    again = engine.find(crop, reference.long, reference.short)
    assert (again.box, again.raw_iou) == (found.box, found.raw_iou)


def test_it_is_made_with_a_picture_that_has_one_largest_corner() -> None:
    engine = CudaGraphEngine(load_network('aiatrack_lite'), CPU, 'fp32', 1)
    inputs = engine._frames.get(1, engine._capture).inputs
    assert inputs.pixels.float().std() > 50 and inputs.long_keys.std() > 0.5
    other = engine._capture(1).inputs
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(inputs, other, strict=True))


def test_settings_of_cudnn_are_given_back() -> None:
    for before in (False, True):
        torch.backends.cudnn.benchmark = before
        with pytest.raises(ZeroDivisionError), cuda_graph._fastest_convolutions():
            assert torch.backends.cudnn.benchmark
            raise ZeroDivisionError
        assert torch.backends.cudnn.benchmark == before
    torch.backends.cudnn.benchmark = False


def test_products_in_half_precision_norms_in_full() -> None:
    network = load_network('aiatrack_lite', '')
    engine = CudaGraphEngine(network, CPU, 'bf16', 1)
    dtypes = {name: p.dtype for name, p in engine._network.named_parameters()}
    assert dtypes['bottleneck.weight'] == torch.bfloat16
    assert dtypes['transformer.encoder.layers.0.norm1.weight'] == torch.float32
    assert_near(engine, network, 2, 0.05)
    times = engine.stage_times(crop_region(frames(1)[0], BOX, 4.0, 224), *engine._blank)
    assert list(times) == ['upload', 'graph', 'readback', 'identity']


@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')
@pytest.mark.parametrize('precision', ['fp32', 'bf16', 'fp16'])
def test_captured(precision: str) -> None:
    network = load_network('aiatrack_lite')
    engine = CudaGraphEngine(network, torch.device('cuda', 0), precision, 1)
    assert_near(engine, network, *((0.05, 1e-3) if precision == 'fp32' else (2, 0.05)))
