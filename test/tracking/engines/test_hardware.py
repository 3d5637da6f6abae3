# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What names of precisions and threads stand for on this machine."""

import os
from pathlib import Path

from aiatrack_ros.errors import DeviceError
from aiatrack_ros.tracking.engines.hardware import choose_precision
from aiatrack_ros.tracking.engines.hardware import choose_threads
from aiatrack_ros.tracking.engines.hardware import cpu_text
from aiatrack_ros.tracking.engines.hardware import give_memory_back
import pytest


def test_precision_names() -> None:
    assert choose_precision('auto') == 'fp32'
    assert choose_precision('bf16') == 'bf16'
    with pytest.raises(DeviceError, match="'fp8' is unknown; use auto, fp32"):
        choose_precision('fp8')


def test_threads_leave_room_for_the_robot() -> None:
    assert choose_threads(3) == choose_threads(3, give_way=True) == 3
    cores = len(os.sched_getaffinity(0))
    assert choose_threads(0) == max(1, min(4, cores // 2))
    assert choose_threads(0, give_way=True) == min(4, cores)
    assert cpu_text(1).endswith('), 1 thread')
    assert cpu_text(2).endswith('), 2 threads')


def test_gives_memory_back() -> None:
    def resident() -> int:
        return int(Path('/proc/self/statm').read_text().split()[1]) * os.sysconf('SC_PAGE_SIZE')

    pieces = [bytes(60_000) for _ in range(2_000)]
    blocker = bytes(60_000)  # it lies above the pieces, so free() can't give them back itself
    full = resident()
    pieces.clear()
    give_memory_back()
    assert resident() < full - 90_000_000
    assert len(blocker) == 60_000
