# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Engines: functions of tensors that find the target in a crop, given its references.

Eager torch defines what is right; every faster engine is compared with it by the same tests.
"""

from collections.abc import Callable
import importlib
import importlib.util
from typing import NamedTuple
from typing import Protocol

from aiatrack_ros.errors import DeviceError
from aiatrack_ros.model.attention import References
from aiatrack_ros.model.config import ModelConfig
from aiatrack_ros.model.device import choose_device
from aiatrack_ros.model.network import AiATrack
from aiatrack_ros.model.network import Reference
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.crop import Crop
from aiatrack_ros.tracking.engines.checked_gpus import CHECKED
from aiatrack_ros.tracking.engines.hardware import choose_precision
from aiatrack_ros.tracking.engines.hardware import choose_threads
from aiatrack_ros.tracking.settings import ENGINES
import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor


class Found(NamedTuple):
    """What an engine returns for a search crop."""

    box: Box  # x, y, w, h in [0, 1] of the crop
    raw_iou: float  # 2 * IoU - 1
    memory: Tensor  # (1, L, d), the tokens of the crop, of which ``refer`` makes a reference


class Engine(Protocol):
    """What runs the network. It keeps no state of a target, so several trackers may share one.

    L is the number of tokens of a crop, d their width, E the length of a description.

    Attributes:
        config: The network.
        description: Network, device, precision and library, for people.
        threads: How many threads of the CPU compute.
    """

    config: ModelConfig
    description: str
    threads: int

    def prepare(self, count: int) -> None:
        """Get ready for ensembles of `count` short-term references.

        Whatever has to be compiled is compiled now, and not when a frame needs it.
        """

    def encode(self, crop: Crop) -> Tensor:
        """Return the memory tokens of a crop, (1, L, d)."""

    def refer(self, memory: Tensor, crop: Crop, box: Box, initial: bool) -> Reference:
        """Make a reference.

        Args:
            memory: The tokens of the crop, (1, L, d), by ``encode`` or ``find``.
            crop: The crop that they are of.
            box: The target, x, y, w, h in [0, 1] of the crop.
            initial: Whether it is the initial frame. Only that is projected for the long-term
                branch as well.
        """

    def find(self, crop: Crop, long: References, short: References) -> Found:
        """Find the target in a search crop.

        Args:
            crop: The search crop.
            long: The long-term references.
            short: The short-term references, the ensemble.
        """

    def identify(self, crop: Crop, box: Box) -> NDArray[np.float32]:
        """Return a description (E,) of what is in a box, a unit vector.

        It is asked for in doubt, and now and then. The box is x, y, w, h in [0, 1] of the crop.
        E is 0 if the network has no identity head.
        """


Maker = Callable[[AiATrack, torch.device, str, int], Engine]


class _Home(NamedTuple):
    module: str
    maker: str
    libraries: tuple[str, ...]
    devices: tuple[str, ...]
    threads_give_way: bool = False


# For each engine its module and class, imported when it is chosen; the optional libraries that it
# needs; the kinds of device that it runs on; and whether its threads give way to other programs.
_HOMES = {
    'cuda_graph': _Home('cuda_graph', 'CudaGraphEngine', (), ('cuda',)),
    'openvino': _Home('openvino', 'OpenVINOEngine', ('onnx', 'openvino'), ('cpu',), True),
    'onnxruntime': _Home(
        'onnxruntime', 'OnnxRuntimeEngine', ('onnx', 'onnxruntime'), ('cpu', 'cuda')
    ),
    'eager': _Home('eager', 'EagerEngine', (), ('cpu', 'cuda')),
}
# What 'auto' tries, the fastest first (docs/performance.md). Those in _CAUTIOUS are taken only on
# GPUs in CHECKED.
_AUTO = {'cpu': ('openvino', 'onnxruntime', 'eager'), 'cuda': ('cuda_graph', 'eager')}
_CAUTIOUS = ('cuda_graph',)


def create_engine(
    network: AiATrack,
    engine: str = 'auto',
    device: str = 'auto',
    precision: str = 'auto',
    threads: int = 0,
) -> Engine:
    """Make an engine from names.

    Args:
        network: With its weights; it is copied.
        engine: One of ENGINES; 'auto' is the fastest that is installed, and on a GPU has passed
            its checks there. Its description says what was missing.
        device: 'auto', 'cpu', or 'cuda:N'.
        precision: 'auto', 'fp32', 'fp16' or 'bf16'.
        threads: CPU threads; 0 chooses.

    Raises:
        DeviceError: A name is unknown, or this machine can't do what it asks for.
    """
    if engine not in ENGINES:
        raise DeviceError(f"engine '{engine}' is unknown; use {', '.join(ENGINES)}")
    chosen = choose_device(device)
    settings = (network, chosen, choose_precision(precision), threads)
    if engine != 'auto':
        return _make(engine, *settings)
    missing: list[str] = []
    for name in _AUTO[chosen.type]:
        try:
            if name in _CAUTIOUS:
                _require_checked(name, chosen)
            made = _make(name, *settings)
        except DeviceError as error:
            missing.append(str(error))
            continue
        if missing:
            made.description += f' ({missing[0]})'
        return made
    raise DeviceError(missing[-1])


def _require_checked(name: str, device: torch.device) -> None:
    card = torch.cuda.get_device_name(device)
    if card not in CHECKED:
        raise DeviceError(
            f"engine '{name}' has not been checked on {card}: tools/gpu_check.py does that; "
            f"engine '{name}' by name uses it all the same"
        )


def _make(
    name: str, network: AiATrack, device: torch.device, precision: str, threads: int
) -> Engine:
    home = _HOMES[name]
    if device.type not in home.devices:
        raise DeviceError(
            f"engine '{name}' runs on {' or '.join(home.devices)}, not on {device.type}; use auto"
        )
    missing = [library for library in home.libraries if not importlib.util.find_spec(library)]
    if missing:
        raise DeviceError(f"engine '{name}' is not installed: pip install {' '.join(missing)}")
    module = importlib.import_module(f'aiatrack_ros.tracking.engines.{home.module}')
    make: Maker = getattr(module, home.maker)
    return make(network, device, precision, choose_threads(threads, home.threads_give_way))
