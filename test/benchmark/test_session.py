# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Which rows a plan has, in which order they run, and what comes out."""

from pathlib import Path
from typing import Any

from aiatrack_ros.benchmark import session
from aiatrack_ros.benchmark.rows import Configuration
from aiatrack_ros.benchmark.rows import CROP_TARGETS
from aiatrack_ros.benchmark.rows import Samples
from aiatrack_ros.benchmark.scenes import Scene
from aiatrack_ros.benchmark.session import measure
from aiatrack_ros.benchmark.session import Plan
from aiatrack_ros.benchmark.session import steps
from aiatrack_ros.errors import DeviceError
import pytest

SCENES = tuple(Scene((64, h), 'small', (b'',), ((1, 2, 3, 4),)) for h in (48, 96))
FAST = Configuration('openvino', 'aiatrack_lite', 'fp32', 0)
SLOW = Configuration('eager', 'aiatrack_r50', 'fp32', 0)
ABSENT = Configuration('cuda_graph', 'aiatrack_lite', 'fp32', 0)
PEER = Configuration('opencv', 'vittrack', 'fp32', 0)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    """Put workers of this process in place of others; return the list of what they are told."""
    told: list[tuple] = []

    class Fake:
        def __init__(self, name: str, maker: object) -> None:
            self.engine = name.split()[0]

        def make(self, configuration: Configuration, *rest: Any) -> None:
            told.append((self.engine, 'make', *rest[:-1]))
            if configuration in (ABSENT,):
                raise DeviceError('no such engine here')

        def call(self, method: str, *arguments: Any) -> Any:
            told.append((self.engine, method, *arguments))
            if method == 'facts':
                facts = {'threads': 1, 'device': 'cpu', 'description': self.engine}
                return facts if self.engine == 'opencv' else {**facts, 'weights': 'seeded'}
            if method == 'measure':
                parts = ('crop', 'network', 'memory') * (self.engine != 'opencv')
                times = {name: [0.002] for name in ('init', 'total', 'decode', *parts)}
                return Samples(times, {}, [100.0], 300.0, None)
            return {'gmac': 2.0, 'crops': [[0.001]] * len(CROP_TARGETS)}[method]

        def close(self) -> None:
            told.append((self.engine, 'close'))

        def __enter__(self) -> 'Fake':
            return self

        def __exit__(self, *_: object) -> None:
            self.close()

    monkeypatch.setattr(session, 'Worker', Fake)
    return told


def test_the_shape_of_the_outcome(log: list[tuple]):
    done = []
    plan = Plan((ABSENT, FAST, SLOW), SCENES, False, peers=(PEER,), peer_folder=Path('p'))
    content = measure(plan, lambda _, n: done.append(n))
    assert sum(done) == steps(plan)
    assert set(content) == {'machine', 'rows', 'crop', 'loaded', 'peers', 'left_out'}
    wanted = 'engine model precision threads load frame p50_ms p95_ms p99_ms gmac gflops '
    wanted += 'matmul_gflops fraction init_ms mean_ms fps stages target peak_rss_mib gpu_mib'
    assert all(set(wanted.split()) <= set(row) for row in content['rows'])
    rows = [(r['engine'], r['frame'], r['load']) for r in content['rows']]
    assert rows == [
        ('openvino', '64x48', 0),
        ('openvino', '64x96', 0),
        ('openvino', '64x96', 1),
        ('eager', '64x96', 0),
        ('opencv', '64x48', 0),
        ('opencv', '64x96', 0),
        ('opencv', '64x96', 1),
    ]
    assert content['rows'][0]['gflops'] == pytest.approx(2000)
    assert content['rows'][0]['fraction'] == pytest.approx(20)
    assert content['rows'][-1]['gmac'] is None
    assert content['left_out'] == ['no such engine here']
    assert [r['ratio'] for r in content['loaded']] == [1.0, 1.0]
    assert {r['peer'] for r in content['peers']} == {'vittrack'} and len(content['peers']) == 4
    assert [c['target_px'] for c in content['crop']] == list(CROP_TARGETS)
    assert [c['side_px'] for c in content['crop']][0] == 64


def test_rounds_take_turns(log: list[tuple]):
    measure(Plan((FAST, SLOW), SCENES, False, frames=200, seconds=6.0, rounds=2, load=0))
    measured = [entry for entry in log if entry[1] == 'measure']
    once = [('openvino', 0), ('openvino', 1), ('eager', 1)]
    assert [(e[0], e[2]) for e in measured] == once * 2
    assert {e[3:5] for e in measured} == {(100, 3.0)}
    assert [e[5] for e in measured] == [False] * 3 + [True] * 3  # stages in the last round
    assert [e for e in log if e[1] == 'close'] == [('eager', 'close'), ('openvino', 'close')]


def test_load_for_all_and_every_scene(log: list[tuple]):
    content = measure(Plan((FAST, SLOW), SCENES, True, load=2, rounds=1))
    rows = [(r['engine'], r['frame'], r['load']) for r in content['rows']]
    scenes = [('64x48', 0), ('64x96', 0), ('64x96', 2)]
    assert rows == [(engine, *scene) for engine in ('openvino', 'eager') for scene in scenes]
    # Load is not switched on and off within a round.
    assert [e[2] for e in log if e[1] == 'measure'] == [0, 1, 0, 1, 1, 1]


def test_nothing_to_measure(log: list[tuple]):
    with pytest.raises(DeviceError, match='nothing to measure: no such engine here'):
        measure(Plan((ABSENT,), SCENES, False))
