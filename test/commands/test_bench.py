# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""`aiatrack bench` from the command line to its files, and mistakes on the way."""

import json
from pathlib import Path

from aiatrack_ros import cli
import pytest


def run(capsys: pytest.CaptureFixture, *args: object) -> tuple[int, str, str]:
    """Return exit code, output and errors of the command."""
    code = cli.main(['bench', *map(str, args)])
    return code, *capsys.readouterr()


@pytest.mark.timeout(180)
def test_a_short_run(tmp_path: Path, capsys: pytest.CaptureFixture):
    code, text, errors = run(
        capsys,
        *('--models', 'aiatrack_lite', '--engines', 'openvino,cuda_graph,eager'),
        *('--precisions', 'fp32', '--device', 'cpu', '--sizes', '160x120', '--targets', 'large'),
        *('--frames', 3, '--rounds', 1, '--load', 0),
        *('--json', tmp_path / 'new' / 'b.json', '--plot', tmp_path / 'b.png'),
    )
    assert code == 0, errors
    content = json.loads((tmp_path / 'new' / 'b.json').read_text())
    rows = {row['engine']: row for row in content['rows']}
    assert set(rows) <= {'openvino', 'eager'} and 'eager' in rows
    for row in rows.values():
        assert row['frames'] == 3 and row['frame'] == '160x120' and row['load'] == 0
        assert 0 < row['p50_ms'] <= row['p95_ms'] <= row['p99_ms']
        gmac = {'eager': 0.66, 'openvino': 0.58}[row['engine']]
        assert row['gmac'] == pytest.approx(gmac, rel=0.02)
        assert row['fraction'] == pytest.approx(row['gflops'] / row['matmul_gflops'])
        assert {'decode', 'crop', 'network', 'backbone', 'memory'} <= set(row['stages'])
        assert row['peak_rss_mib'] > 50 and row['weights'] == 'shipped'
    assert "left out: engine 'cuda_graph' runs on cuda, not on cpu" in text
    assert 'crop alone' in text and 'eager aiatrack_lite fp32' in text
    assert (tmp_path / 'b.png').stat().st_size > 1000
    if 'openvino' not in rows:
        pytest.skip('needs openvino')


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--engines', 'warp'], "engine 'warp' is unknown; use cuda_graph, openvino"),
        (['--engines', 'eager,'], "engine '' is unknown"),
        (['--models', 'r50'], "model 'r50' is unknown; use aiatrack_lite"),
        (['--precisions', 'int8'], "precision 'int8' is unknown"),
        (['--threads', '1,x'], "threads 'x' is not a whole number"),
        (['--sizes', '640'], "size '640' is not WIDTHxHEIGHT"),
        (['--sizes', '64x10'], 'size 64x10 is too small'),
        (['--targets', 'huge'], "target 'huge' is unknown"),
        (['--frames', '0'], 'frames is 0; it must be at least 1'),
        (['--rounds', '0'], 'rounds is 0'),
        (['--load', '-1'], 'load is -1'),
        (['--seconds', 'nan'], 'seconds is nan; it must be above 0'),
        (['--checkpoint', 'x.pth'], 'a checkpoint belongs to one model'),
        (['--compare', 'nowhere'], 'nowhere: no such folder'),
        (['--box', '1,2,3,4'], '--video and --box go together'),
        (['--video', 'no.mp4', '--box', '1,2,3,4'], "video 'no.mp4' does not exist"),
        (['--video', 'no.mp4', '--box', '1,2,3,4', '--sizes', '64x64'], 'are for drawn frames'),
        (['--json', '/proc/x/y.json'], 'no folder can be made there'),
    ],
)
def test_mistakes(options: list[str], message: str, capsys: pytest.CaptureFixture):
    code, text, errors = run(capsys, *options)
    assert (code, text) == (2, '')
    assert errors.startswith('aiatrack bench: ') and message in errors
    assert errors.count('\n') == 1


@pytest.mark.timeout(120)
def test_an_engine_that_can_not_be(capsys: pytest.CaptureFixture):
    code, _, errors = run(
        capsys,
        *('--engines', 'cuda_graph', '--models', 'aiatrack_lite', '--precisions', 'fp32'),
        *('--device', 'cpu', '--sizes', '160x120', '--targets', 'large'),
    )
    assert code == 2
    assert 'nothing to measure' in errors and 'runs on cuda' in errors
    assert 'Traceback' not in errors
