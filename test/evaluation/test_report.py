# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Tables and JSON."""

import json
from pathlib import Path

from aiatrack_ros.errors import InputError
from aiatrack_ros.evaluation import report
from aiatrack_ros.evaluation.metrics import score_sequence
import numpy as np
import pytest

TRUTH = np.tile([0.0, 0, 10, 10], (5, 1))


def score(width: float, fps: float = float('nan')):
    """Return the figures of boxes of too small a width: AO is width / 10."""
    return score_sequence(TRUTH * [1, 1, width / 10, 1], TRUTH, np.ones(5, bool), fps=fps)


OURS = {'a': score(8, 40.0), 'b': score(6, 20.0)}
PEER = {'a': score(5), 'b': score(4)}


def test_table_aligns_columns():
    text = report.table(['name', 'x'], [['a', '10'], ['long name', '3']])
    expected = ['name        x', '-------------', 'a          10', 'long name   3']
    assert text.splitlines() == expected


def test_sequences_table():
    lines = report.sequences_table(OURS).splitlines()
    assert lines[0].split() == [
        'sequence',
        'AO',
        'SR50',
        'SR75',
        'AUC',
        'P20',
        'NP.2',
        'frames',
        'fps',
    ]
    cells = [line.split() for line in lines[2:]]
    assert [row[0] for row in cells] == ['a', 'b', 'mean']
    assert [row[1] for row in cells] == ['0.800', '0.600', '0.700']
    assert cells[2][3] == '0.500'  # SR75: a above, b below
    assert [row[-2:] for row in cells] == [['4', '40.0'], ['4', '20.0'], ['8', '30.0']]


def test_comparison_table():
    first, second = report.comparison_table({'ours': OURS, 'peer': PEER}).split('\n\n')
    rows = [line.split() for line in first.splitlines()]
    assert rows[0] == ['AO', 'ours', 'peer']
    assert rows[2:] == [
        ['a', '0.800', '0.500'],
        ['b', '0.600', '0.400'],
        ['mean', '0.700', '0.450'],
    ]
    assert [line.split()[0] for line in second.splitlines()[2:]] == ['ours', 'peer']
    assert second.splitlines()[-1].split()[-1] == '-'  # the peer's rate was not measured


def test_dictionary():
    content = report.as_dict(OURS)
    assert set(content) == {'mean', 'pooled', 'sequences'}
    assert content['mean']['ao'] == pytest.approx(0.7)
    assert content['pooled']['ao'] == pytest.approx(0.7)
    assert content['sequences']['b']['ao'] == pytest.approx(0.6)
    assert report.as_dict({}) == {'mean': {}, 'pooled': {}, 'sequences': {}}


def test_json_is_strict(tmp_path: Path):
    path = tmp_path / 'new' / 'out.json'
    report.write_json(path, {'a': [float('nan'), 1.5, (2,)], 'b': {'c': float('inf')}, 'd': 'x'})

    def refuse(name: str) -> None:
        raise AssertionError(f'{name} is not JSON')

    content = json.loads(path.read_text(), parse_constant=refuse)
    assert content == {'a': [None, 1.5, [2]], 'b': {'c': None}, 'd': 'x'}


def test_a_place_that_can_not_be(tmp_path: Path):
    with pytest.raises(InputError, match='can not be written'):
        report.write_json(tmp_path, {})
