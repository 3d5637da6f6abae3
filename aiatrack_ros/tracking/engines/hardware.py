# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What names of precisions and numbers of threads mean on this machine, and how to compute so."""

from collections.abc import Iterator
import contextlib
import ctypes
import os
import platform

from aiatrack_ros.errors import DeviceError
from aiatrack_ros.tracking.settings import PRECISIONS
import torch

DTYPES = dict(zip(PRECISIONS, (torch.float32, torch.float16, torch.bfloat16), strict=True))


def choose_precision(precision: str) -> str:
    """Return the type in which the network multiplies; for ``auto`` fp32, exact on all machines.

    Raises:
        DeviceError: The name is unknown.
    """
    name = 'fp32' if precision == 'auto' else precision
    if name not in PRECISIONS:
        raise DeviceError(f"precision '{precision}' is unknown; use auto, {', '.join(PRECISIONS)}")
    return name


def choose_threads(threads: int, give_way: bool = False) -> int:
    """Return how many CPU threads to compute with; 0 chooses, four at most.

    A tracker shares its computer with the rest of the robot. Where threads spin while they wait
    for one of them whose core is taken by another process, more of them cost more time than they
    save: such an engine gets half of the cores. An engine whose threads give way to others
    (`give_way`) is never slower with more of them, and gets all.
    """
    if threads > 0:
        return threads
    cores = len(os.sched_getaffinity(0))
    return max(1, min(4, cores if give_way else cores // 2))


@contextlib.contextmanager
def computing(device: torch.device, dtype: torch.dtype) -> Iterator[None]:
    """Compute without gradients, and products in `dtype` where it is not fp32.

    On a GPU also with `device` as the current one, which each thread has for itself.
    """
    reduced = dtype != torch.float32
    place = torch.cuda.device(device) if device.type == 'cuda' else contextlib.nullcontext()
    # Without autocast's cache of narrowed weights: it is emptied at the end, and a CUDA graph
    # would go on reading where they lay.
    narrowing = torch.autocast(device.type, dtype, reduced, cache_enabled=False)
    with place, torch.inference_mode(), narrowing:
        yield


def compute_exactly() -> None:
    """Have torch compute fp32 in fp32, and sum half-precision products in fp32.

    On GPUs it may take TensorFloat-32 for the one, and half precision for the other, by default.
    """
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    products = torch.backends.cuda.matmul
    products.allow_fp16_reduced_precision_reduction = False
    products.allow_bf16_reduced_precision_reduction = False


def wait_for(device: torch.device) -> None:
    """Wait until a GPU has done all that it was given; a CPU has done it already."""
    if device.type == 'cuda':
        torch.cuda.synchronize(device)


def give_memory_back() -> None:
    """Give what was freed back to the system, where the C library can be told to (glibc)."""
    if platform.libc_ver()[0] == 'glibc':
        ctypes.CDLL(None).malloc_trim(0)


def cpu_text(threads: int) -> str:
    """Return a CPU and its threads as they are shown to people."""
    return f'cpu ({platform.machine()}), {threads} thread{"s" if threads > 1 else ""}'
