# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Frames as one CUDA graph over static buffers, references as another, identities as a third.

Launching a frame's hundreds of kernels one by one takes a CPU longer than the GPU needs for their
work; a graph is one launch. Whatever it reads stays at its address: each frame copies its crop
there from pinned memory, references only when they change, and reads a few numbers back, which is
the only time that the CPU waits.

All work goes to the stream that is current in the calling thread, as that of the tracker's memory
does, so the two need not wait for each other. It is the same one, the default stream, in every
thread that has chosen no other.

All but the capture runs on a CPU too, and is tested there; tools/gpu_check.py tests the rest on a
GPU. On which kinds it has passed stands in checked_gpus.py.
"""

from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import threading
from typing import Any

from aiatrack_ros.errors import DeviceError
from aiatrack_ros.model.attention import References
from aiatrack_ros.model.inference import for_inference
from aiatrack_ros.model.network import AiATrack
from aiatrack_ros.model.network import Reference
from aiatrack_ros.timing import Stopwatch
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.crop import Crop
from aiatrack_ros.tracking.engines.compiled_graphs import PerCount
from aiatrack_ros.tracking.engines.eager import found_from
from aiatrack_ros.tracking.engines.eager import refer
from aiatrack_ros.tracking.engines.engine import Found
from aiatrack_ros.tracking.engines.frame_function import blank_inputs
from aiatrack_ros.tracking.engines.frame_function import FrameFunction
from aiatrack_ros.tracking.engines.frame_function import FrameInputs
from aiatrack_ros.tracking.engines.frame_function import IdentityFunction
from aiatrack_ros.tracking.engines.frame_function import ReferenceFunction
from aiatrack_ros.tracking.engines.hardware import compute_exactly
from aiatrack_ros.tracking.engines.hardware import computing
from aiatrack_ros.tracking.engines.hardware import DTYPES
from aiatrack_ros.tracking.engines.hardware import wait_for
from aiatrack_ros.tracking.engines.position_cache import Positions
import numpy as np
from numpy.typing import NDArray
import torch
from torch import nn
from torch import Tensor

WARM_UPS = 3  # runs before a capture, in which cuDNN chooses its algorithms

# How far a graph may be from the run before its capture, relative to the largest number.
_SAME = 1e-2

# CUDA captures one graph at a time in a process, whichever engine and thread it is for.
_capturing = threading.Lock()


@contextlib.contextmanager
def _fastest_convolutions() -> Iterator[None]:
    """Have cuDNN try its algorithms out within this block, and as before after it.

    It is a setting of the whole process, and the user's own networks may want it otherwise.
    """
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = True
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before


class _Static:
    """A function of tensors with fixed addresses, captured as a graph.

    `stream` is the one that captures it on a GPU; with None, as on a CPU, it is called each time.
    """

    def __init__(
        self, function: nn.Module, inputs: Sequence[Tensor], stream: torch.cuda.Stream | None
    ) -> None:
        self._function = function
        self._inputs = inputs
        self._graph: torch.cuda.CUDAGraph | None = None
        if stream is None:
            self.outputs = function(*inputs)
        else:
            self._capture(stream)

    def _capture(self, stream: torch.cuda.Stream) -> None:
        stream.wait_stream(torch.cuda.current_stream())
        try:
            with _capturing, _fastest_convolutions(), torch.cuda.stream(stream):
                for _ in range(WARM_UPS):
                    before = self._function(*self._inputs)
                self._graph = torch.cuda.CUDAGraph()
                # Another thread may be tracking meanwhile, so that only what this one does may
                # spoil the capture.
                with torch.cuda.graph(
                    self._graph, stream=stream, capture_error_mode='thread_local'
                ):
                    self.outputs = self._function(*self._inputs)
                self._graph.replay()
        except RuntimeError as error:  # 'auto' then goes on to the next engine, and says why
            raise DeviceError(f'this GPU captured no graph: {error}') from error
        torch.cuda.current_stream().wait_stream(stream)
        for ours, theirs in zip(self.outputs, before, strict=True):
            # The comparison is negated, for NaN has to count as a difference too.
            if not (ours - theirs).abs().max() <= _SAME * theirs.abs().max():
                raise DeviceError('this GPU captured a graph that computes something else')

    def run(self) -> None:
        """Compute ``outputs`` anew."""
        if self._graph is None:
            self.outputs = self._function(*self._inputs)
        else:
            self._graph.replay()


class _Upload:
    """A way for arrays to a tensor with a fixed address, through pinned memory on a GPU."""

    def __init__(self, place: Tensor, on_gpu: bool) -> None:
        self._place = place
        self._staged = torch.empty(place.shape, dtype=place.dtype, pin_memory=on_gpu)
        self._done = torch.cuda.Event() if on_gpu else None

    def send(self, values: Any) -> None:
        """Copy an array of the tensor's shape, without waiting until it is there."""
        if self._done is not None:
            self._done.synchronize()  # until then, the copy before may still be reading
        self._staged.numpy()[...] = values
        self._place.copy_(self._staged, non_blocking=True)
        if self._done is not None:
            self._done.record()


class _StaticFrame:
    """A frame function with fixed addresses, for one number of short-term references."""

    def __init__(
        self, function: FrameFunction, inputs: FrameInputs, stream: torch.cuda.Stream | None
    ) -> None:
        self.inputs = inputs
        self._frame = _Static(function, inputs, stream)
        self._stream = stream
        on_gpu = stream is not None
        self._pixels = _Upload(inputs.pixels, on_gpu)
        self._numbers = torch.empty(len(self._frame.outputs[0]), pin_memory=on_gpu)
        self._seen: dict[str, tuple[Tensor, ...]] = {}

    @property
    def memory(self) -> Tensor:
        """The memory tokens (1, L, d) of the crop shown last; the next one overwrites them."""
        return self._frame.outputs[1]

    def show(self, crop: Crop) -> None:
        """Upload a crop for the next run."""
        self._pixels.send(crop.pixels[None])

    def hold(self, name: str, tensors: tuple[Tensor, ...], places: tuple[Tensor, ...]) -> None:
        """Copy tensors to their places, unless that object is what lies there already."""
        if self._seen.get(name) is not tensors:
            self._seen.pop(name, None)  # after a copy that fails, nobody knows what lies there
            for place, tensor in zip(places, tensors, strict=True):
                place.copy_(tensor)
            self._seen[name] = tensors

    def run(self) -> None:
        """Compute the frame."""
        self._frame.run()

    def read(self) -> np.ndarray:
        """Wait for the numbers of the frame, (5,) float32, and return them."""
        self._numbers.copy_(self._frame.outputs[0], non_blocking=True)
        if self._stream is not None:
            torch.cuda.current_stream().synchronize()
        return self._numbers.numpy()


class _StaticReference:
    """A reference function with fixed addresses."""

    def __init__(
        self, function: ReferenceFunction, memory: Tensor, stream: torch.cuda.Stream | None
    ) -> None:
        self._memory = memory.clone()
        place = torch.full((1, 4), 0.25, device=memory.device)
        self._box = _Upload(place, stream is not None)
        self._reference = _Static(function, (self._memory, place), stream)

    def of(self, memory: Tensor, box: Box) -> tuple[Tensor, Tensor]:
        """Return the keys and values of a short-term reference; the next one overwrites them."""
        self._memory.copy_(memory)
        self._box.send([box])
        self._reference.run()
        return self._reference.outputs


class _StaticIdentity:
    """An identity function with fixed addresses."""

    def __init__(
        self, function: IdentityFunction, pixels: Tensor, stream: torch.cuda.Stream | None
    ) -> None:
        place = torch.full((1, 4), 0.25, device=pixels.device)
        self._stream = stream
        self._pixels = _Upload(pixels, stream is not None)
        self._box = _Upload(place, stream is not None)
        self._identity = _Static(function, (pixels, place), stream)
        self._numbers = torch.empty(len(self._identity.outputs[0]), pin_memory=stream is not None)

    def of(self, crop: Crop, box: Box) -> NDArray[np.float32]:
        """Return the description (E,) of what is in a box of a crop."""
        self._pixels.send(crop.pixels[None])
        self._box.send([box])
        self._identity.run()
        self._numbers.copy_(self._identity.outputs[0], non_blocking=True)
        if self._stream is not None:
            torch.cuda.current_stream().synchronize()
        return self._numbers.numpy().copy()


class CudaGraphEngine:
    """The network with batch norms folded and channels last, as one launch for each frame.

    Where bf16 or fp16 is asked for, products are computed in it; softmaxes, norms and the
    soft-argmax stay in fp32. Products in fp32 do without TensorFloat-32.

    Raises:
        DeviceError: The GPU can't capture the network, for want of memory for one.
    """

    def __init__(
        self, network: AiATrack, device: torch.device, precision: str, threads: int
    ) -> None:
        del threads
        self.config = network.config
        self.threads = 1  # it only waits for the GPU
        self._device = device
        self._dtype = DTYPES[precision]
        # Everything is captured on one stream, so that all graphs share its workspace.
        self._stream: torch.cuda.Stream | None = None
        place = str(device)
        if device.type == 'cuda':
            compute_exactly()
            self._stream = torch.cuda.Stream(device)
            place = f'{device} ({torch.cuda.get_device_name(device)})'
        self.description = f'{self.config.name} on {place}, {precision}, CUDA graph'
        network = for_inference(network, factored=True).to(device)
        self._network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if self._dtype != torch.float32:
            _narrow(self._network, self._dtype)
        self._positions = Positions(self._network)
        self._function = FrameFunction(self._network).eval()
        self._frames: PerCount[_StaticFrame] = PerCount()
        with self._computing():
            blank = blank_inputs(self._network, 1, self._dtype)
            self._blank = (References(*blank[3:6]), References(*blank[6:9]))
        self.prepare(1)
        with self._computing():
            self._reference = _StaticReference(
                ReferenceFunction(self._network).eval(),
                self._frames.get(1, self._capture).memory,
                self._stream,
            )
            self._identity: _StaticIdentity | None = None
            if self._network.identity_head is not None:
                blank = blank_inputs(self._network, 1, self._dtype)
                _fill_with_noise(blank)
                function = IdentityFunction(self._network).eval()
                self._identity = _StaticIdentity(function, blank.pixels, self._stream)

    def _computing(self) -> contextlib.AbstractContextManager[None]:
        return computing(self._device, self._dtype)

    def _capture(self, count: int) -> _StaticFrame:
        with self._computing():
            inputs = blank_inputs(self._network, count, self._dtype)
            _fill_with_noise(inputs)
            return _StaticFrame(self._function, inputs, self._stream)

    def prepare(self, count: int) -> None:
        """Capture for ensembles of one reference, as at first, and of `count`."""
        self._frames.prepare(count, self._capture)

    def encode(self, crop: Crop) -> Tensor:
        """Return the memory tokens of a crop, (1, L, d), from a frame without real references."""
        return self.find(crop, *self._blank).memory

    def refer(self, memory: Tensor, crop: Crop, box: Box, initial: bool) -> Reference:
        """Make a reference of the crop that was encoded or searched last, and its target.

        A reference that is not the initial one holds until the next; there is a ``find`` between.
        """
        position = self._positions.of(crop)
        with self._computing():
            if initial:  # it needs the long-term reference as well, once for each target
                return refer(self._network, memory, position, box, initial)
            keys, values = self._reference.of(memory, box)
            return Reference(None, References(keys, values, position.inner[:, None]))

    def find(self, crop: Crop, long: References, short: References) -> Found:
        """Find the target in a search crop; the memory holds until the next frame."""
        frame = self._frames.get(short.number, self._capture)
        with self._computing():
            self._fill(frame, crop, long, short)
            frame.run()
            return found_from(frame.read(), frame.memory)

    def identify(self, crop: Crop, box: Box) -> NDArray[np.float32]:
        """Describe what is in a box, in [0, 1] of the crop."""
        if self._identity is None:
            return np.zeros(0, np.float32)
        with self._computing():
            return self._identity.of(crop, box)

    def _fill(self, frame: _StaticFrame, crop: Crop, long: References, short: References) -> None:
        position = self._positions.of(crop)
        frame.show(crop)
        frame.hold('position', position, frame.inputs[1:3])
        frame.hold('long', long, frame.inputs[3:6])
        frame.hold('short', short, frame.inputs[6:9])

    def stage_times(self, crop: Crop, long: References, short: References) -> dict[str, float]:
        """Return the seconds of upload, graph and readback of one ``find``, each waited for.

        And those of an identity.
        """
        frame = self._frames.get(short.number, self._capture)
        with self._computing():
            watch = Stopwatch(lambda: wait_for(self._device))
            self._fill(frame, crop, long, short)
            watch.lap('upload')
            frame.run()
            watch.lap('graph')
            frame.read()
            watch.lap('readback')
            if self._identity is not None:
                self._identity.of(crop, (0.4, 0.3, 0.2, 0.4))
                watch.lap('identity')
        return watch.laps


def _fill_with_noise(inputs: FrameInputs) -> None:
    """Fill a crop and references with noise, the same each time.

    With nothing but zeros all places of a corner map are alike, and rounding alone would decide
    which is the largest: two runs that should agree might not.
    """
    noise = torch.Generator(inputs.pixels.device).manual_seed(0)
    inputs.pixels.random_(0, 256, generator=noise)
    for tensor in (*inputs[3:5], *inputs[6:8]):
        tensor.normal_(generator=noise)


def _narrow(network: AiATrack, dtype: torch.dtype) -> None:
    """Store the weights of products in the type of the products, so that none is converted."""
    for module in network.modules():
        if not isinstance(module, (nn.LayerNorm, nn.InstanceNorm2d, nn.Embedding)):
            for parameter in module.parameters(recurse=False):
                parameter.data = parameter.data.to(dtype)
