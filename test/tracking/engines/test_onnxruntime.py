# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime agrees with eager torch, and says what it can't do here."""

from aiatrack_ros.errors import DeviceError
from aiatrack_ros.tracking.engines.onnxruntime import OnnxRuntimeEngine
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
    # onnxruntime-gpu lists this provider even where CUDA's libraries are missing.
    available = ['CUDAExecutionProvider', 'CPUExecutionProvider']
    monkeypatch.setattr(onnxruntime, 'get_available_providers', lambda: available)
    with pytest.raises(DeviceError, match='no CUDAExecutionProvider here'):
        OnnxRuntimeEngine(seeded_lite(), torch.device('cuda', 0), 'fp32', 1)
