# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""How far apart two engines are, and that half precision is near enough on real video."""

from pathlib import Path

from aiatrack_ros.cli import main
from aiatrack_ros.errors import DeviceError
from aiatrack_ros.evaluation.agreement import agreement
from aiatrack_ros.evaluation.agreement import agreement_table
from aiatrack_ros.evaluation.one_pass import track_sequence
from aiatrack_ros.evaluation.one_pass import Trajectory
from aiatrack_ros.evaluation.sequences import find_sequences
from aiatrack_ros.tracking import create_tracker
import numpy as np
import pytest


def trajectory(*boxes: tuple[float, ...]) -> Trajectory:
    count = len(boxes)
    no = np.zeros(count, bool)
    return Trajectory(np.array(boxes, float), np.zeros(count), np.zeros(count), ~no, no)


def test_least_and_mean_without_the_first_frame() -> None:
    ours = trajectory((0, 0, 10, 10), (0, 0, 10, 10), (0, 0, 10, 10))
    theirs = trajectory((50, 0, 10, 10), (0, 0, 10, 10), (5, 0, 10, 10))
    figures = agreement({'a': ours}, {'a': theirs})
    assert figures['a']['least'] == pytest.approx(1 / 3)
    assert figures['a']['mean'] == pytest.approx(2 / 3)
    table = agreement_table({**figures, 'b': {'least': 0.5, 'mean': 1.0}})
    assert table.splitlines()[-1].split() == ['all', '0.3333', '0.8333']


@pytest.mark.timeout(300)
@pytest.mark.parametrize('name', ['davis-car-roundabout', 'Human7'])
def test_half_precision_goes_the_same_way(shared: Path, name: str) -> None:
    sequence = next(s for s in find_sequences(shared / 'eval') if s.name == name)
    try:
        half = create_tracker(device='cpu', engine='openvino', precision='bf16')
    except DeviceError as error:
        assert 'not native to this CPU' in str(error)
        return
    full = create_tracker(device='cpu', engine='openvino', precision='fp32')
    runs = [{name: track_sequence(tracker, sequence)} for tracker in (half, full)]
    assert agreement(*runs)[name]['mean'] > 0.98


def test_bad_name(shared: Path, capsys: pytest.CaptureFixture) -> None:
    folder = str(shared / 'eval' / 'Crossing')
    assert main(['eval', folder, '--against', 'eager']) == 2
    assert "'eager' is not ENGINE:PRECISION" in capsys.readouterr().err
