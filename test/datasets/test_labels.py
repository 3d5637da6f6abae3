# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""One rule for boxes, absent targets and damaged lines."""

from pathlib import Path

from aiatrack_ros.datasets.labels import parse_box
from aiatrack_ros.datasets.labels import read_labels
import numpy as np
import pytest


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.mark.parametrize('separator', [',', '\t', ' ', ', '])
def test_separators(tmp_path: Path, separator: str) -> None:
    text = ''.join(separator.join(row) + '\n' for row in (['1', '2', '3.5', '4'], ['5'] * 4))
    labels = read_labels(write(tmp_path / 'groundtruth.txt', text))
    assert labels.boxes.tolist() == [[1, 2, 3.5, 4], [5, 5, 5, 5]]
    assert labels.visible.tolist() == [True, True] and labels.problems == ()


@pytest.mark.parametrize(
    'line', ['nan,nan,nan,nan', '0,0,0,0', '1,2,0,4', '1,2,3,-4', '1,2,inf,4']
)
def test_absent(tmp_path: Path, line: str) -> None:
    labels = read_labels(write(tmp_path / 'a.txt', f'1,2,3,4\n{line}\n'))
    assert labels.visible.tolist() == [True, False] and not labels.problems


@pytest.mark.parametrize('line', ['', '1,2,3', '1,2,3,4,5', 'a,b,c,d'])
def test_damaged(tmp_path: Path, line: str) -> None:
    path = write(tmp_path / 'a.txt', f'1,2,3,4\n{line}\n5,6,7,8\n')
    labels = read_labels(path)
    assert labels.visible.tolist() == [True, False, True] and np.isnan(labels.boxes[1]).all()
    (problem,) = labels.problems
    assert problem.startswith(f'{path}:2: expected four numbers')
    assert parse_box(line.split(',')) is None


@pytest.mark.parametrize(
    ('name', 'marks', 'visible'),
    [
        ('full_occlusion.txt', '0,1,0', [True, False, True]),
        ('out_of_view.txt', '1,0,0', [False, True, True]),
        ('absence.label', '0\n0\n1\n', [True, True, False]),
        ('cover.label', '8\n0\n1\n', [True, False, True]),
    ],
)
def test_marks(tmp_path: Path, name: str, marks: str, visible: list[bool]) -> None:
    write(tmp_path / name, marks)
    labels = read_labels(write(tmp_path / 'groundtruth.txt', '1,2,3,4\n' * 3))
    assert labels.visible.tolist() == visible and not labels.problems


@pytest.mark.parametrize(
    ('marks', 'reason'), [('0,1', '2 marks of absence for 3 boxes'), ('0,x,1', 'one number')]
)
def test_marks_that_do_not_fit(tmp_path: Path, marks: str, reason: str) -> None:
    file = write(tmp_path / 'out_of_view.txt', marks)
    labels = read_labels(write(tmp_path / 'groundtruth.txt', '1,2,3,4\n' * 3))
    assert not labels.visible.any()
    (problem,) = labels.problems
    assert str(file) in problem and reason in problem


def test_withheld_truth_is_not_held_to_its_marks(tmp_path: Path) -> None:
    write(tmp_path / 'cover.label', '8\n8\n')
    labels = read_labels(write(tmp_path / 'groundtruth.txt', '1,2,3,4\n'))
    assert labels.visible.tolist() == [True] and not labels.problems


def test_a_file_that_is_no_text_or_not_there(tmp_path: Path) -> None:
    (tmp_path / 'a.txt').write_bytes(b'\xff\xfe\x00\x81')
    for name in ('a.txt', 'gone.txt'):
        labels = read_labels(tmp_path / name)
        assert labels.boxes.shape == (0, 4) and name in labels.problems[0]
