# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The base of engines that run the exported frame function with another library."""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence

from aiatrack_ros.model.attention import References
from aiatrack_ros.model.inference import for_inference
from aiatrack_ros.model.network import AiATrack
from aiatrack_ros.model.network import Reference
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.crop import Crop
from aiatrack_ros.tracking.engines.compiled_graphs import PerCount
from aiatrack_ros.tracking.engines.eager import found_from
from aiatrack_ros.tracking.engines.eager import refer
from aiatrack_ros.tracking.engines.engine import Found
from aiatrack_ros.tracking.engines.frame_function import blank_inputs
from aiatrack_ros.tracking.engines.frame_function import BOX
from aiatrack_ros.tracking.engines.frame_function import FRAME_OUTPUTS
from aiatrack_ros.tracking.engines.frame_function import FrameInputs
from aiatrack_ros.tracking.engines.frame_function import IDENTITY_OUTPUTS
from aiatrack_ros.tracking.engines.frame_function import identity_to_onnx
from aiatrack_ros.tracking.engines.frame_function import MEMORY
from aiatrack_ros.tracking.engines.frame_function import PIXELS
from aiatrack_ros.tracking.engines.frame_function import REFERENCE_OUTPUTS
from aiatrack_ros.tracking.engines.frame_function import reference_to_onnx
from aiatrack_ros.tracking.engines.frame_function import to_onnx
from aiatrack_ros.tracking.engines.hardware import give_memory_back
from aiatrack_ros.tracking.engines.position_cache import Positions
import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor

# A graph that is ready to run. It takes arrays by the names of its inputs, and returns arrays in
# the order in which its outputs were asked for.
Runner = Callable[[Mapping[str, np.ndarray]], Sequence[np.ndarray]]


class GraphEngine:
    """Base of engines that compile an ONNX graph for each number of short-term references.

    Short-term references have a graph of their own: in torch they would be little work in many
    small steps. So have identities, of which not every frame needs one.
    """

    def __init__(self, network: AiATrack, threads: int) -> None:
        self.config = network.config
        self.threads = threads
        self.description = ''
        # Torch has little left to do, and its threads would take cores from the engine's.
        torch.set_num_threads(1)
        self._network = for_inference(network, factored=True)
        self._positions = Positions(self._network)
        self._onnx = to_onnx(self._network)
        blank = blank_inputs(self._network, 1)
        self._blank = (References(*blank[3:6]), References(*blank[6:9]))
        self._runners: PerCount[Runner] = PerCount()
        graph = reference_to_onnx(self._network)
        self._reference = self._compile(graph, REFERENCE_OUTPUTS, 1)
        self._identity: Runner | None = None
        if self._network.identity_head is not None:
            self._identity = self._compile(identity_to_onnx(self._network), IDENTITY_OUTPUTS, 1)
        self.prepare(1)

    def _compile(self, onnx: bytes, outputs: tuple[str, ...], count: int) -> Runner:
        """Return a graph that is ready to run with `count` short-term references.

        Args:
            onnx: The graph as an ONNX model.
            outputs: The names of what it is to return, in this order.
            count: The number of short-term references; the graph leaves it open.

        Raises:
            DeviceError: The library can't run it on this machine.
        """
        raise NotImplementedError

    def _make(self, count: int) -> Runner:
        return self._compile(self._onnx, FRAME_OUTPUTS, count)

    def prepare(self, count: int) -> None:
        """Compile for ensembles of one reference, as at first, and of `count`."""
        if self._runners.prepare(count, self._make):
            # Compiling takes much memory for a moment, and the C library would keep it.
            give_memory_back()

    def _inputs(self, crop: Crop, long: References, short: References) -> dict[str, np.ndarray]:
        tensors = (*self._positions.of(crop), *long, *short)
        arrays = (crop.pixels[None], *(tensor.numpy() for tensor in tensors))
        return dict(zip(FrameInputs._fields, arrays, strict=True))

    def encode(self, crop: Crop) -> Tensor:
        """Return the memory tokens of a crop, (1, L, d), from a frame without real references."""
        return self.find(crop, *self._blank).memory

    def refer(self, memory: Tensor, crop: Crop, box: Box, initial: bool) -> Reference:
        """Make a reference of an encoded crop and its target."""
        position = self._positions.of(crop)
        if initial:  # it needs the long-term reference as well, once for each target
            with torch.inference_mode():
                return refer(self._network, memory, position, box, initial)
        inputs = {MEMORY: memory.numpy(), BOX: np.array([box], np.float32)}
        keys, values = map(torch.from_numpy, self._reference(inputs))
        return Reference(None, References(keys, values, position.inner[:, None]))

    def find(self, crop: Crop, long: References, short: References) -> Found:
        """Find the target in a search crop."""
        runner = self._runners.get(short.number, self._make)
        found, memory = runner(self._inputs(crop, long, short))
        return found_from(found, torch.from_numpy(memory))

    def identify(self, crop: Crop, box: Box) -> NDArray[np.float32]:
        """Describe what is in a box, in [0, 1] of the crop."""
        if self._identity is None:
            return np.zeros(0, np.float32)
        inputs = {PIXELS: crop.pixels[None], BOX: np.array([box], np.float32)}
        # It is copied, for the library may write its next numbers to the same memory.
        return np.array(self._identity(inputs)[0], np.float32)
