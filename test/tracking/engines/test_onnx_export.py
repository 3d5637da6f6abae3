# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The exported graph is the network, and the command says what is wrong."""

import importlib.util
from pathlib import Path

from aiatrack_ros.cli import main
from aiatrack_ros.model.inference import for_inference
from aiatrack_ros.tracking.engines import onnx_export
from aiatrack_ros.tracking.engines.frame_function import to_onnx
from engine_cases import seeded_lite
import onnx
import pytest
import torch


def test_export(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / 'lite.onnx'
    assert main(['export', '--output', str(path)]) == 0
    printed = capsys.readouterr().out
    assert 'pixels                 1 x 224 x 224 x 3' in printed
    assert 'short_keys             1 x 2 x n*L x 64' in printed
    assert 'largest error against eager torch' in printed
    model = onnx.load(path)
    assert model.opset_import[0].version == 18
    assert {prop.key: prop.value for prop in model.metadata_props}['model'] == 'aiatrack_lite'


def test_a_graph_of_another_network_is_noticed() -> None:
    network = for_inference(seeded_lite())
    graph = to_onnx(network)
    assert onnx_export.graph_error(network, graph) < onnx_export.LIMIT
    with torch.no_grad():
        network.bottleneck.weight *= 1.05
    assert onnx_export.graph_error(network, graph) > onnx_export.LIMIT


@pytest.mark.parametrize(
    ('output', 'reason'),
    [('lite.pb', 'must end in .onnx'), ('nowhere/lite.onnx', 'its folder does not exist')],
)
def test_bad_output(
    tmp_path: Path, output: str, reason: str, capsys: pytest.CaptureFixture
) -> None:
    assert main(['export', '--output', str(tmp_path / output)]) == 2
    error = capsys.readouterr().err
    assert reason in error
    assert error.count('\n') == 1


def test_missing_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
    assert main(['export', '--output', str(tmp_path / 'a.onnx')]) == 2
    assert 'pip install onnx onnxruntime' in capsys.readouterr().err
