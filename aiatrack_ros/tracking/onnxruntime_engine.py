# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The frame function in ONNX Runtime: on CPUs, and, experimental, with TensorRT on GPUs."""

from collections.abc import Mapping
from collections.abc import Sequence
import os
from pathlib import Path
from typing import Any

from aiatrack_ros.errors import DeviceError
from aiatrack_ros.model.network import AiATrack
from aiatrack_ros.tracking.graph_engine import GraphEngine
from aiatrack_ros.tracking.graph_engine import Runner
from aiatrack_ros.tracking.hardware import cpu_text
import numpy as np
import onnxruntime
import torch

Provider = tuple[str, dict[str, Any]]


class OnnxRuntimeEngine(GraphEngine):
    """ONNX Runtime in fp32: on CPUs, or with its CUDA kernels (experimental, never run so far)."""

    name = 'ONNX Runtime'

    def __init__(
        self, network: AiATrack, device: torch.device, precision: str, threads: int
    ) -> None:
        self._providers = self._choose_providers(device, precision)
        wanted = self._providers[0][0]
        if wanted not in onnxruntime.get_available_providers():
            raise DeviceError(
                f'ONNX Runtime has no {wanted} here: pip install onnxruntime-gpu, or use '
                'engine: auto'
            )
        self._sessions: dict[tuple[str, ...], onnxruntime.InferenceSession] = {}  # by outputs
        self._options = onnxruntime.SessionOptions()
        self._options.intra_op_num_threads = threads
        self._options.log_severity_level = 3
        super().__init__(network, threads)
        place = cpu_text(threads) if device.type == 'cpu' else str(device)
        version = onnxruntime.__version__
        self.description = f'{self.config.name} on {place}, {precision}, {self.name} {version}'

    def _choose_providers(self, device: torch.device, precision: str) -> list[Provider]:
        if precision != 'fp32':
            raise DeviceError(f"engine 'onnxruntime' computes in fp32, not in {precision}")
        if device.type == 'cpu':
            return [('CPUExecutionProvider', {})]
        # TensorFloat-32 would not be exact.
        return [('CUDAExecutionProvider', {'device_id': device.index, 'use_tf32': 0})]

    def _compile(self, onnx: bytes, outputs: tuple[str, ...], count: int) -> Runner:
        del count  # one session takes any number
        if outputs not in self._sessions:
            self._sessions[outputs] = onnxruntime.InferenceSession(
                onnx, self._options, self._providers
            )
        session = self._sessions[outputs]
        names = [node.name for node in session.get_inputs()]

        def run(inputs: Mapping[str, np.ndarray]) -> Sequence[np.ndarray]:
            return session.run(list(outputs), {name: inputs[name] for name in names})

        return run


class TensorRTEngine(OnnxRuntimeEngine):
    """ONNX Runtime with TensorRT. Experimental: written by the documentation, never run so far.

    Engines are built on the robot, which takes minutes once, and kept in
    ``$XDG_CACHE_HOME/aiatrack_ros/tensorrt``, named by graph, TensorRT version and GPU.
    """

    name = 'TensorRT in ONNX Runtime'

    def _choose_providers(self, device: torch.device, precision: str) -> list[Provider]:
        cache = Path(os.environ.get('XDG_CACHE_HOME') or '~/.cache').expanduser()
        folder = cache / 'aiatrack_ros' / 'tensorrt'
        folder.mkdir(parents=True, exist_ok=True)
        options = {
            'device_id': device.index,
            'trt_engine_cache_enable': True,
            'trt_engine_cache_path': str(folder),
            'trt_fp16_enable': precision == 'fp16',
            'trt_bf16_enable': precision == 'bf16',
        }
        return [('TensorrtExecutionProvider', options), ('CPUExecutionProvider', {})]
