# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Names of the machine, and its rate of matrix products."""

import functools

from aiatrack_ros.benchmark import machine
from aiatrack_ros.timing import Stopwatch
import pytest
import torch


def test_a_machine_is_described():
    described = machine.describe_machine()
    assert described['cpu'] and described['cores'] >= 1
    assert {'torch', 'numpy', 'opencv', 'python'} <= set(described['libraries'])
    assert 'fp32' in described['native']


@pytest.mark.parametrize(
    ('words', 'native'),
    [
        ('flags : fma avx512f avx512_bf16', {'fp32', 'bf16'}),
        ('Features : fp asimdhp bf16', {'fp32', 'fp16', 'bf16'}),
        ('flags : sse2 notbf16', {'fp32'}),
        ('', {'fp32'}),
    ],
)
def test_native_precisions(words: str, native: set[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(machine, '_cpuinfo', lambda: words)
    assert machine.native_on_cpu() == native
    assert machine.cpu_name()


def test_rate_of_products(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(machine, '_MATRIX_SIDE', {'cpu': 100})
    monkeypatch.setattr(machine, '_PRODUCT_SECONDS', 0.0)
    ticks = iter([0.0, 1.0, 5.0, 7.0, 10.0, 19.0])
    watch = functools.partial(Stopwatch, clock=lambda: next(ticks))
    monkeypatch.setattr(machine, 'Stopwatch', watch)
    # The median of 1, 2 and 9 seconds.
    assert machine.matmul_rate(torch.device('cpu'), 'fp32') == pytest.approx(2e6 / 2 / 1e9)
