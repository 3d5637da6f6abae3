# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime agrees with eager torch, and says what it can't do here."""

import os
from pathlib import Path

from aiatrack_ros.errors import DeviceError
from aiatrack_ros.tracking.engines.onnxruntime import OnnxRuntimeEngine
from aiatrack_ros.tracking.engines.onnxruntime import Provider
from aiatrack_ros.tracking.engines.onnxruntime import TensorRTEngine
from engine_cases import assert_like_eager
from engine_cases import CPU
from engine_cases import seeded_lite
import onnxruntime
import pytest
import torch


def test_same_trajectory_as_eager_torch() -> None:
    engine = assert_like_eager(OnnxRuntimeEngine)
    assert '1 thread, fp32, ONNX Runtime' in engine.description


def test_half_precision_is_refused() -> None:
    with pytest.raises(DeviceError, match='computes in fp32, not in bf16'):
        OnnxRuntimeEngine(seeded_lite(), CPU, 'bf16', 1)


def test_a_provider_that_does_not_load_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    # As with onnxruntime-gpu where CUDA's libraries are not.
    available = ['CUDAExecutionProvider', 'CPUExecutionProvider']
    monkeypatch.setattr(onnxruntime, 'get_available_providers', lambda: available)
    with pytest.raises(DeviceError, match='no CUDAExecutionProvider here'):
        OnnxRuntimeEngine(seeded_lite(), torch.device('cuda', 0), 'fp32', 1)


class FixedSizesOnCpu(TensorRTEngine):
    """What the TensorRT engine does but for TensorRT."""

    def _choose_providers(self, device: torch.device, precision: str) -> list[Provider]:
        super()._choose_providers(torch.device('cuda', 0), precision)
        return [('CPUExecutionProvider', {})]


def test_sessions_of_fixed_sizes_track_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    monkeypatch.setenv('NVIDIA_TF32_OVERRIDE', '1')
    assert_like_eager(FixedSizesOnCpu)
    assert os.environ['NVIDIA_TF32_OVERRIDE'] == '0'


def test_tensorrt_keeps_its_engines_and_is_missed_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    with pytest.raises(DeviceError, match='no TensorrtExecutionProvider here'):
        TensorRTEngine(seeded_lite(), torch.device('cuda', 0), 'fp16', 1)
    assert (tmp_path / 'aiatrack_ros' / 'tensorrt').is_dir()
