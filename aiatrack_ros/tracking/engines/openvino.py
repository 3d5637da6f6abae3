# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The frame function in OpenVINO: the fastest engine on CPUs."""

from collections.abc import Mapping
from collections.abc import Sequence

from aiatrack_ros.errors import DeviceError
from aiatrack_ros.model.attention import References
from aiatrack_ros.model.network import AiATrack
from aiatrack_ros.model.quiet_openvino import openvino
from aiatrack_ros.timing import Stopwatch
from aiatrack_ros.tracking.crop import Crop
from aiatrack_ros.tracking.engines.graph import GraphEngine
from aiatrack_ros.tracking.engines.graph import Runner
from aiatrack_ros.tracking.engines.hardware import cpu_text
import numpy as np
import torch

# One for the whole process, which keeps the CPU plugin loaded. OpenVINO gives the thread that
# loads that plugin a stack for signal handlers, and frees the stack with the plugin. If the last
# engine went in another thread, the first one would keep a freed stack, and the next Ctrl-C would
# be a segmentation fault.
_CORE = openvino.Core()

# For each of our names of types, what OpenVINO calls it in a hint, and in its list of what a CPU
# computes natively.
_TYPES = {'fp32': ('f32', 'FP32'), 'fp16': ('f16', 'FP16'), 'bf16': ('bf16', 'BF16')}
# An operation belongs to the stage of which a part is in its name; names come from the modules of
# the network.
_STAGES = {
    'backbone': ('/backbone',),
    'encoder': ('/bottleneck', '/encoder'),
    'decoder': ('/decoder',),
    'heads': ('/box_head', '/iou_head'),
}


class OpenVINOEngine(GraphEngine):
    """OpenVINO on the CPU; in bf16 or fp16 only where the CPU has instructions for it."""

    def __init__(
        self, network: AiATrack, device: torch.device, precision: str, threads: int
    ) -> None:
        del device
        hint, capability = _TYPES[precision]
        if capability not in _CORE.get_property('CPU', 'OPTIMIZATION_CAPABILITIES'):
            raise DeviceError(f"precision '{precision}' is not native to this CPU; use fp32")
        self._options = {
            # Without a hint it would choose bf16 by itself.
            'INFERENCE_PRECISION_HINT': hint,
            'INFERENCE_NUM_THREADS': threads,
            'NUM_STREAMS': 1,
            # Threads that may move to another core give way to other programs of the robot.
            'ENABLE_CPU_PINNING': False,
        }
        self._timed: tuple[int, openvino.InferRequest] | None = None
        super().__init__(network, threads)
        version = openvino.__version__.split('-')[0]
        self.description = (
            f'{self.config.name} on {cpu_text(threads)}, {precision}, OpenVINO {version}'
        )

    def _compiled(self, onnx: bytes, count: int, **options: bool) -> openvino.CompiledModel:
        model = _CORE.read_model(onnx)
        length = self.config.tokens
        shapes = {}
        for port in model.inputs:
            shape = port.get_partial_shape()
            if shape.is_dynamic:
                size = count if port.any_name == 'short_inner_position' else count * length
                shapes[port] = [d.get_length() if d.is_static else size for d in shape]
        model.reshape(shapes)
        return _CORE.compile_model(model, 'CPU', self._options | options)

    def _compile(self, onnx: bytes, outputs: tuple[str, ...], count: int) -> Runner:
        compiled = self._compiled(onnx, count)
        request = compiled.create_infer_request()
        names = [port.any_name for port in compiled.inputs]

        def run(inputs: Mapping[str, np.ndarray]) -> Sequence[np.ndarray]:
            results = request.infer({name: inputs[name] for name in names}, share_inputs=True)
            return [results[name] for name in outputs]

        return run

    def stage_times(self, crop: Crop, long: References, short: References) -> dict[str, float]:
        """Return the seconds of each stage of one ``find``, by OpenVINO's own count.

        And, by the clock, those of an identity.
        """
        inputs = self._inputs(crop, long, short)
        if self._timed is None or self._timed[0] != short.number:
            # Counting takes time, so the graph that tracks does without.
            compiled = self._compiled(self._onnx, short.number, PERF_COUNT=True)
            self._timed = short.number, compiled.create_infer_request()
        request = self._timed[1]
        inputs = {port.any_name: inputs[port.any_name] for port in request.model_inputs}
        request.infer(inputs)  # the first time is slower
        request.infer(inputs)
        times = dict.fromkeys(_STAGES, 0.0)
        for node in request.get_profiling_info():
            for stage, marks in _STAGES.items():
                if any(mark in node.node_name for mark in marks):
                    times[stage] += node.real_time.total_seconds()
        if self._identity is not None:
            box = (0.4, 0.3, 0.2, 0.4)
            self.identify(crop, box)  # likewise
            watch = Stopwatch()
            self.identify(crop, box)
            times['identity'] = watch.lap()
        return times
