# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The plot of a benchmark: parts add up, and a picture comes out."""

from pathlib import Path

from aiatrack_ros.benchmark import plot
from benchmark_rows import row
import cv2
import pytest


@pytest.mark.parametrize(
    'stages',
    [
        {'decode': 9.0},
        {'crop': 1.0, 'network': 8.0, 'memory': 0.5},
        {'crop': 1.0, 'network': 8.0, 'memory': 0.5, 'backbone': 3.0, 'heads': 2.0},
        {'crop': 1.0, 'network': 8.0, 'memory': 0.5, 'backbone': 30.0, 'heads': 10.0},
        {'crop': 9.0, 'network': 8.0, 'memory': 0.5},
    ],
)
def test_parts_add_up(stages: dict[str, float]):
    parts = plot.parts_of(row(p50_ms=10.0, stages=stages))
    assert sum(parts.values()) == pytest.approx(10.0)
    assert 'decode' not in parts and min(parts.values()) >= 0
    if 'heads' in stages:
        assert parts['backbone'] > parts['heads'] and 'network' not in parts


def test_a_picture(tmp_path: Path):
    peer = row(engine='opencv', model='nanotrack_v2', stages={'decode': 1.0})
    rows = [row(), row(model='aiatrack_r50', p50_ms=200.0, p95_ms=300.0), peer]
    image = cv2.imread(str(plot.plot_rows(rows, tmp_path / 'x' / 'bench.png')))
    assert image.shape[1] == 1650 and image.std() > 5


def test_panels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    saved = []
    monkeypatch.setattr(plot, 'save', lambda drawing, path: saved.append(drawing))
    peer = row(engine='opencv', model='nanotrack_v2', stages={'decode': 1.0})
    plot.plot_rows([row(), row(model='aiatrack_r50', p50_ms=2000.0), peer], tmp_path)
    lite, r50 = saved[0].axes
    names = [text.get_text() for text in lite.get_yticklabels()]
    assert len(names) == 2 and 'nanotrack_v2' in names[1]
    assert r50.get_xlim()[1] > 10 * lite.get_xlim()[1]


def test_roofline():
    assert plot.roofline_ms(row(gmac=0.5, matmul_gflops=100.0)) == pytest.approx(10.0)
    assert plot.roofline_ms(row(gmac=None, matmul_gflops=None)) is None
