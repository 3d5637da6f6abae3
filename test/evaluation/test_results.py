# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Result files as the benchmarks' tools read them."""

from pathlib import Path

from aiatrack_ros.errors import InputError
from aiatrack_ros.evaluation.one_pass import Trajectory
from aiatrack_ros.evaluation.results import write_raw
import numpy as np
import pytest

BOXES = np.array([[1, 2, 3, 4], [np.nan] * 4, [1.23456789, -2, 30, 4.5]])
TRAJECTORY = Trajectory(
    BOXES,
    np.full(3, np.nan),
    np.array([0.5, 0.0125, 0]),
    np.array([True, True, False]),
    np.zeros(3, bool),
)
LINES = [
    '1.000000,2.000000,3.000000,4.000000',
    '0.000000,0.000000,0.000000,0.000000',
    '1.234568,-2.000000,30.000000,4.500000',
]


def test_got10k(tmp_path: Path):
    path = write_raw(tmp_path / 'ours', 'got10k', 'GOT-10k_Test_000001', TRAJECTORY)
    folder = tmp_path / 'ours' / 'GOT-10k_Test_000001'
    assert path == folder / 'GOT-10k_Test_000001_001.txt'
    assert path.read_text().splitlines() == LINES
    times = folder / 'GOT-10k_Test_000001_time.txt'
    assert times.read_text().splitlines() == ['0.50000000', '0.01250000', '0.00000000']
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize('layout', ['otb', 'lasot', 'trackingnet'])
def test_one_file_per_sequence(tmp_path: Path, layout: str):
    path = write_raw(tmp_path / 'ours', layout, 'cat-1', TRAJECTORY)
    assert path == tmp_path / 'ours' / 'cat-1.txt'
    assert path.read_text().splitlines() == LINES
    assert list((tmp_path / 'ours').iterdir()) == [path]


def test_a_folder_that_can_not_be(tmp_path: Path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(InputError, match='file.*can not be written'):
        write_raw(tmp_path / 'file' / 'ours', 'otb', 'a', TRAJECTORY)


def test_unknown_layout(tmp_path: Path):
    with pytest.raises(ValueError, match="not 'vot'"):
        write_raw(tmp_path, 'vot', 'a', TRAJECTORY)
