# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""From samples to figures and tables."""

from aiatrack_ros.benchmark import report
from benchmark_rows import row
from benchmark_rows import TIMES
import pytest


def test_percentiles():
    figures = report.summarise([k / 1000 for k in range(101)])
    expected = {'mean_ms': 50, 'p50_ms': 50, 'p95_ms': 95, 'p99_ms': 99}
    assert figures == pytest.approx(expected)
    assert report.summarise([0.004]) == pytest.approx(dict.fromkeys(expected, 4))


def test_figures():
    figures = report.row_figures(TIMES, {'heads': [0.003]}, [100.0, 300.0], 2.0)
    assert figures['init_ms'] == pytest.approx(200) and figures['frames'] == 101
    assert figures['p50_ms'] == pytest.approx(51) and figures['fps'] == pytest.approx(1000 / 51)
    # 4 GFLOP in 20 ms, beside 200 GFLOP/s.
    assert figures['gflops'] == pytest.approx(200) and figures['fraction'] == pytest.approx(1)
    assert list(figures['stages']) == ['decode', 'crop', 'network', 'heads', 'memory']
    assert figures['stages']['network'] == pytest.approx(20)


def test_figures_of_a_peer():
    times = {name: TIMES[name] for name in ('init', 'total', 'decode')}
    figures = report.row_figures(times, {}, [], None)
    assert figures['gflops'] is figures['fraction'] is figures['matmul_gflops'] is None
    assert list(figures['stages']) == ['decode']


def test_tables():
    rows = [row(), row(load=2, threads=2, engine='openvino')]
    text = report.times_table(rows)
    assert 'eager aiatrack_lite fp32, 1 thread ' in text and '640x480 small, load 2' in text
    assert 'GPU MiB' not in text
    assert 'GPU MiB' in report.times_table([row(device='cuda:0', gpu_mib=120.0)])
    stages = report.stages_table(rows).splitlines()
    assert stages[0].split()[-6:] == 'decode crop network backbone heads memory'.split()
    rows[1]['stages']['identity'] = 3.0  # which is apart, for not every frame has it
    stages = report.stages_table(rows).splitlines()
    assert stages[0].split()[-2:] == ['memory', 'identity']
    assert 'identity' not in report.inner_stages(rows[1])
    crops = report.crop_figures((16, 32), [[0.001], [0.002, 0.004]], 4.0)
    assert [c['side_px'] for c in crops] == [64, 128] and crops[1]['p50_ms'] == pytest.approx(3)
    assert '128' in report.crops_table(crops)


def test_ratio_of_load():
    rows = [row(p50_ms=10.0), row(p50_ms=15.0, load=1), row(p50_ms=1.0, load=1, target='large')]
    (ratio,) = report.loaded_ratios(rows)
    assert ratio['ratio'] == pytest.approx(1.5) and ratio['load'] == 1
    assert '1.50' in report.loads_table([ratio])


def test_ratio_to_peers():
    peers = [
        row(engine='opencv', model='nanotrack_v2', p50_ms=5.0),
        row(engine='opencv', model='nanotrack_v2', p50_ms=1.0, threads=2),
    ]
    (ratio,) = report.peer_ratios([row(p50_ms=10.0), row(p50_ms=1.0, load=1)], peers)
    assert ratio['ratio'] == pytest.approx(2) and ratio['peer'] == 'nanotrack_v2'
    assert 'nanotrack_v2' in report.peers_table([ratio])
    assert report.is_peer(peers[0]) and not report.is_peer(row())


def test_a_busy_machine_is_said():
    machine = {
        'cpu': 'X',
        'cores': 4,
        'gpu': None,
        'native': ['fp32'],
        'libraries': {'torch': '2'},
        'load_average': 0.2,
    }
    assert report.machine_text(machine) == 'X, 4 cores; native: fp32\ntorch 2'
    assert 'load average' in report.machine_text({**machine, 'load_average': 2.0})
