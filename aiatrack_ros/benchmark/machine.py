# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What a measurement ran on: names and versions, and how fast it multiplies large matrices."""

from importlib import metadata
import os
from pathlib import Path
import platform
import re
import statistics
from typing import Any

from aiatrack_ros.timing import Stopwatch
import cv2

# Libraries by their names on PyPI; one that is not installed is left out.
_LIBRARIES = ('torch', 'numpy', 'openvino', 'onnxruntime', 'onnxruntime-gpu')
# The words in /proc/cpuinfo that tell, on x86 and on ARM, that a CPU multiplies in a type.
_CPU_WORDS = {
    'bf16': {'avx512_bf16', 'amx_bf16', 'bf16'},
    'fp16': {'avx512_fp16', 'amx_fp16', 'asimdhp'},
}
# The side of the square matrices for each kind of device. They have to be large enough for its
# full rate, and small enough to take little time.
_MATRIX_SIDE = {'cpu': 1536, 'cuda': 8192}
_PRODUCT_SECONDS = 0.2  # products are timed for so long in all, at least
_PRODUCTS = 3  # the fewest products that are timed


def _cpuinfo() -> str:
    try:
        return Path('/proc/cpuinfo').read_text()
    except OSError:
        return ''


def cpu_name() -> str:
    """Return what the processor calls itself."""
    found = re.search(r'^model name\s*:\s*(.+)$', _cpuinfo(), re.MULTILINE)
    return found.group(1).strip() if found else platform.processor() or platform.machine()


def native_on_cpu() -> set[str]:
    """Return the precisions for which this processor has instructions."""
    words = set(_cpuinfo().split())
    return {'fp32'} | {name for name, marks in _CPU_WORDS.items() if words & marks}


def describe_machine() -> dict[str, Any]:
    """Return names, versions and how busy the machine is, for people and JSON."""
    versions = {'python': platform.python_version(), 'opencv': cv2.__version__}
    for name in _LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        'cpu': cpu_name(),
        'cores': len(os.sched_getaffinity(0)),
        'native': sorted(native_on_cpu()),
        'gpu': None,
        'system': platform.platform(),
        'libraries': versions,
        'load_average': os.getloadavg()[0],
    }


def matmul_rate(device: Any, precision: str) -> float:
    """Return the GFLOP/s of large matrix products in torch, with the threads that are set.

    Args:
        device: A torch.device of kind 'cpu' or 'cuda'.
        precision: 'fp32' (without TensorFloat-32), 'fp16' or 'bf16'.
    """
    # Imported here, so that a command which only asks for names need not wait for it.
    from aiatrack_ros.tracking.engines.hardware import DTYPES
    from aiatrack_ros.tracking.engines.hardware import wait_for
    import torch

    side = _MATRIX_SIDE[device.type]
    with torch.inference_mode():
        generator = torch.Generator(device).manual_seed(0)
        left, right = (
            torch.rand(side, side, device=device, generator=generator).to(DTYPES[precision])
            for _ in range(2)
        )
        out = torch.empty_like(left)
        times: list[float] = []
        torch.mm(left, right, out=out)
        while len(times) < _PRODUCTS or sum(times) < _PRODUCT_SECONDS:
            watch = Stopwatch(lambda: wait_for(device))
            torch.mm(left, right, out=out)
            times.append(watch.lap())
    if device.type == 'cuda':  # torch would keep the memory of the matrices
        del left, right, out
        torch.cuda.empty_cache()
    return 2 * side**3 / statistics.median(times) / 1e9
