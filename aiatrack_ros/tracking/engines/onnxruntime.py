# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The frame function in ONNX Runtime: on CPUs, and, experimental, with CUDA on GPUs."""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from aiatrack_ros.errors import DeviceError
from aiatrack_ros.model.network import AiATrack
from aiatrack_ros.tracking.engines.graph import GraphEngine
from aiatrack_ros.tracking.engines.graph import Runner
from aiatrack_ros.tracking.engines.hardware import cpu_text
import numpy as np
import onnxruntime
import torch

Provider = tuple[str, dict[str, Any]]  # what ONNX Runtime calls a backend, and its options


class OnnxRuntimeEngine(GraphEngine):
    """ONNX Runtime in fp32, on CPUs or with its CUDA kernels, which have never been run so far.

    Raises:
        DeviceError: The precision is another, or ONNX Runtime can't compute on the device.
    """

    def __init__(
        self, network: AiATrack, device: torch.device, precision: str, threads: int
    ) -> None:
        if precision != 'fp32':
            raise DeviceError(f"engine 'onnxruntime' computes in fp32, not in {precision}")
        self._provider = _provider(device)
        if self._provider[0] not in onnxruntime.get_available_providers():
            raise self._missing()
        self._sessions: dict[tuple[str, ...], onnxruntime.InferenceSession] = {}  # by outputs
        self._threads = threads
        super().__init__(network, threads)
        place = cpu_text(threads) if device.type == 'cpu' else str(device)
        version = onnxruntime.__version__
        self.description = f'{self.config.name} on {place}, {precision}, ONNX Runtime {version}'

    def _missing(self) -> DeviceError:
        return DeviceError(
            f'ONNX Runtime has no {self._provider[0]} here: pip install onnxruntime-gpu and '
            'the CUDA libraries that it was built for, or use engine: auto'
        )

    def _session(self, onnx: bytes) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(onnx, options, [self._provider])
        # A provider whose libraries do not load is passed over with no more than a warning.
        if self._provider[0] not in session.get_providers():
            raise self._missing()
        return session

    def _compile(self, onnx: bytes, outputs: tuple[str, ...], count: int) -> Runner:
        del count  # one session takes any number
        if outputs not in self._sessions:
            self._sessions[outputs] = self._session(onnx)
        return _runner(self._sessions[outputs], outputs)


def _provider(device: torch.device) -> Provider:
    if device.type == 'cpu':
        return 'CPUExecutionProvider', {}
    # TensorFloat-32 would not be exact.
    return 'CUDAExecutionProvider', {'device_id': device.index, 'use_tf32': 0}


def _runner(session: onnxruntime.InferenceSession, outputs: tuple[str, ...]) -> Runner:
    names = [node.name for node in session.get_inputs()]

    def run(inputs: Mapping[str, np.ndarray]) -> Sequence[np.ndarray]:
        return session.run(list(outputs), {name: inputs[name] for name in names})

    return run
