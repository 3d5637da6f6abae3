# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The frame function in ONNX Runtime: on CPUs, and, experimental, with TensorRT on GPUs."""

from collections.abc import Mapping
from collections.abc import Sequence
import os
from pathlib import Path
from typing import Any

from aiatrack_ros.errors import DeviceError
from aiatrack_ros.model.network import AiATrack
from aiatrack_ros.tracking.engines.frame_function import REFERENCE_COUNT
from aiatrack_ros.tracking.engines.frame_function import REFERENCE_LENGTH
from aiatrack_ros.tracking.engines.graph import GraphEngine
from aiatrack_ros.tracking.engines.graph import Runner
from aiatrack_ros.tracking.engines.hardware import cpu_text
import numpy as np
import onnxruntime
import torch

Provider = tuple[str, dict[str, Any]]

_TYPES = {'tensor(float)': np.float32, 'tensor(uint8)': np.uint8}


class OnnxRuntimeEngine(GraphEngine):
    """ONNX Runtime in fp32: on CPUs, or with its CUDA kernels (experimental, never run so far)."""

    name = 'ONNX Runtime'

    def __init__(
        self, network: AiATrack, device: torch.device, precision: str, threads: int
    ) -> None:
        self._providers = self._choose_providers(device, precision)
        if self._providers[0][0] not in onnxruntime.get_available_providers():
            raise self._missing()
        self._sessions: dict[tuple[str, ...], onnxruntime.InferenceSession] = {}  # by outputs
        self._threads = threads
        super().__init__(network, threads)
        place = cpu_text(threads) if device.type == 'cpu' else str(device)
        version = onnxruntime.__version__
        self.description = f'{self.config.name} on {place}, {precision}, {self.name} {version}'

    def _missing(self) -> DeviceError:
        return DeviceError(
            f'ONNX Runtime has no {self._providers[0][0]} here: pip install onnxruntime-gpu and '
            'the CUDA libraries that it was built for, or use engine: auto'
        )

    def _choose_providers(self, device: torch.device, precision: str) -> list[Provider]:
        if precision != 'fp32':
            raise DeviceError(f"engine 'onnxruntime' computes in fp32, not in {precision}")
        if device.type == 'cpu':
            return [('CPUExecutionProvider', {})]
        return [_cuda(device)]

    def _session(
        self, onnx: bytes, sizes: Mapping[str, int] | None = None
    ) -> onnxruntime.InferenceSession:
        """Return a session; `sizes` fixes dimensions that the graph leaves open, by their names.

        Raises:
            DeviceError: ONNX Runtime would do without the provider that was chosen.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.log_severity_level = 3
        for name, size in (sizes or {}).items():
            options.add_free_dimension_override_by_name(name, size)
        session = onnxruntime.InferenceSession(onnx, options, self._providers)
        # A provider whose libraries do not load is passed over with no more than a warning.
        if self._providers[0][0] not in session.get_providers():
            raise self._missing()
        return session

    def _compile(self, onnx: bytes, outputs: tuple[str, ...], count: int) -> Runner:
        del count  # one session takes any number
        if outputs not in self._sessions:
            self._sessions[outputs] = self._session(onnx)
        return _runner(self._sessions[outputs], outputs)


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
        }
        if precision == 'fp32':
            # TensorRT has no option of its own that keeps it from TensorFloat-32.
            os.environ['NVIDIA_TF32_OVERRIDE'] = '0'
        else:  # an older provider refuses what it does not know
            options[f'trt_{precision}_enable'] = True
        # CUDA for what TensorRT has no layer for.
        return [('TensorrtExecutionProvider', options), _cuda(device)]

    def _compile(self, onnx: bytes, outputs: tuple[str, ...], count: int) -> Runner:
        # With open sizes, an engine would be built at the first frame, and again for each count.
        sizes = {REFERENCE_COUNT: count, REFERENCE_LENGTH: count * self.config.tokens}
        session = self._session(onnx, sizes)
        runner = _runner(session, outputs)
        inputs = session.get_inputs()
        # An engine is built by its first run.
        runner({node.name: np.zeros(node.shape, _TYPES[node.type]) for node in inputs})
        return runner


def _cuda(device: torch.device) -> Provider:
    # TensorFloat-32 would not be exact.
    return 'CUDAExecutionProvider', {'device_id': device.index, 'use_tf32': 0}


def _runner(session: onnxruntime.InferenceSession, outputs: tuple[str, ...]) -> Runner:
    names = [node.name for node in session.get_inputs()]

    def run(inputs: Mapping[str, np.ndarray]) -> Sequence[np.ndarray]:
        return session.run(list(outputs), {name: inputs[name] for name in names})

    return run
