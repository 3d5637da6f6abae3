# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Each name makes the right engine, and every engine tracks as recorded truth says."""

import importlib.util
from pathlib import Path

from aiatrack_ros.errors import DeviceError
from aiatrack_ros.evaluation import parity
from aiatrack_ros.model import AiATrack
from aiatrack_ros.tracking import ENGINES
from aiatrack_ros.tracking.engines import engine as engine_module
from aiatrack_ros.tracking.engines.engine import create_engine
from engine_cases import seeded_lite
import pytest
import torch


@pytest.fixture(scope='module')
def network() -> AiATrack:
    return seeded_lite()


def test_every_name_has_a_home() -> None:
    assert ('auto', *engine_module._HOMES) == ENGINES
    for names in engine_module._AUTO.values():
        assert set(names) <= set(ENGINES)


def test_auto_takes_the_fastest_on_a_cpu(network: AiATrack) -> None:
    assert 'fp32, OpenVINO' in create_engine(network, device='cpu').description


def test_auto_does_without_and_says_so(network: AiATrack, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, 'find_spec', lambda name: None if name == 'openvino' else find(name)
    )
    engine = create_engine(network, device='cpu')
    assert 'ONNX Runtime' in engine.description
    assert engine.description.endswith(
        "(engine 'openvino' is not installed: pip install openvino)"
    )


@pytest.mark.parametrize('checked', [True, False])
def test_auto_takes_cuda_graph_only_on_a_gpu_that_passed(
    network: AiATrack, monkeypatch: pytest.MonkeyPatch, checked: bool
) -> None:
    # The card is made up; what would run on it runs on the CPU.
    monkeypatch.setattr(engine_module, 'choose_device', lambda name: torch.device('cuda', 0))
    monkeypatch.setattr(torch.cuda, 'get_device_name', lambda device: 'NVIDIA Example')
    monkeypatch.setattr(engine_module, 'CHECKED', {'NVIDIA Example': 'all'} if checked else {})
    make = engine_module._make
    monkeypatch.setattr(
        engine_module,
        '_make',
        lambda name, network, device, *rest: (
            make('eager', network, torch.device('cpu'), *rest)
            if name == 'eager'
            else StubEngine(name)
        ),
    )
    description = create_engine(network).description
    if checked:
        assert description == 'cuda_graph'
    else:
        assert 'eager (engine' in description
        assert 'has not been checked on NVIDIA Example: tools/gpu_check.py' in description
    assert create_engine(network, 'cuda_graph').description == 'cuda_graph'


class StubEngine:
    def __init__(self, name: str) -> None:
        self.description = name


def test_auto_in_half_precision_passes_over_what_can_not(network: AiATrack) -> None:
    engine = create_engine(network, device='cpu', precision='bf16')
    assert 'bf16' in engine.description
    assert 'ONNX Runtime' not in engine.description.partition('(engine')[0]


@pytest.mark.parametrize(
    ('engine', 'message'),
    [
        ('magic', "engine 'magic' is unknown; use auto, cuda_graph"),
        ('cuda_graph', "engine 'cuda_graph' runs on cuda, not on cpu; use auto"),
        ('tensorrt', "engine 'tensorrt' is unknown; use auto, cuda_graph"),
    ],
)
def test_what_can_not_be_is_refused(network: AiATrack, engine: str, message: str) -> None:
    with pytest.raises(DeviceError, match=message):
        create_engine(network, engine, 'cpu')


def test_a_missing_library_is_named(network: AiATrack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
    with pytest.raises(DeviceError, match='not installed: pip install onnx onnxruntime'):
        create_engine(network, 'onnxruntime', 'cpu')


@pytest.mark.timeout(300)
@pytest.mark.parametrize('engine', ['openvino', 'onnxruntime'])
def test_trajectories_of_recorded_truth(shared: Path, engine: str) -> None:
    # test_parity.py holds eager torch to the whole of every file.
    truth = parity.read_parity_file(shared / 'parity' / 'golden.npz')
    network = parity.load_seeded_weights(AiATrack(parity.VARIANTS[parity.MODEL]))
    made = create_engine(network, engine, 'cpu', threads=2)
    checks = list(parity.check_trajectories(made, truth))
    assert len(checks) >= 8
    assert all(check.passed for check in checks), [c for c in checks if not c.passed]
