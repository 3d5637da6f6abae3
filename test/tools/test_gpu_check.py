# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The checks for the day when there is a GPU: they run from end to end on a CPU, and can fail."""

import argparse
import json
import os
from pathlib import Path
import subprocess
import sys
from types import SimpleNamespace

from aiatrack_ros.model.checkpoint import read_state_dict
import gpu_check
from gpu_engines import Checks
from gpu_job import Job
from gpu_job import LeftOutError
from gpu_speed import _gaps
import gpu_training
import numpy as np
import pytest
import torch

ROOT = Path(__file__).resolve().parents[2]

# A machine that is lent with its GPU lacks these packages, so the checks must not need them.
ABSENT = ('aiohttp', 'rclpy', 'tensorboard', 'yaml')
WITHOUT = f"""
import sys
for name in {ABSENT}:
    sys.modules[name] = None
"""


def job_in(folder: Path, seconds: float = 100.0, **options: object) -> Job:
    made = gpu_check.parser().parse_args(['--device', 'cpu', '--out', str(folder)])
    for name, value in options.items():
        setattr(made, name, value)
    return Job(torch.device('cpu'), seconds, folder / 'part.json', made)


def results(job: Job) -> dict:
    return json.loads((job.folder / 'part.json').read_text())


@pytest.mark.timeout(400)
def test_from_end_to_end_on_a_cpu(tmp_path: Path) -> None:
    # Python runs sitecustomize first: in each part, and in each process that a part starts.
    (tmp_path / 'sitecustomize.py').write_text(WITHOUT)
    out = tmp_path / 'out'
    run = subprocess.run(
        [sys.executable, ROOT / 'tools' / 'gpu_check.py', '--device', 'cpu']
        + ['--minutes', '1', '--out', str(out), '--parity', ''],
        env={**os.environ, 'PYTHONPATH': f'{tmp_path}{os.pathsep}{ROOT}'},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    found = json.loads((out / 'gpu_check.json').read_text())
    for part in gpu_check.PARTS:
        rows = found[part]['checks']
        assert rows[0]['status'] == 'passed', rows[0]
        assert found[part]['exit'] == 0
    assert 'line_for_checked_gpus' not in found['engines']  # a CPU is not a checked GPU
    assert found['bench']['benches'][0]['rows'][0]['p50_ms'] > 0
    profile = found['profile']['profiles']['aiatrack_lite, cuda_graph']
    assert len(profile['largest_ms']) == 15
    assert found['training']['batches']['2']['samples_per_second'] > 0
    assert 'PyYAML is not here' in found['training']['recipe']
    for name in ('bench.png', 'profile.png', 'training.png'):
        assert (out / name).stat().st_size > 5000
    _, metadata = read_state_dict(out / 'run' / 'snapshot.safetensors')
    assert int(metadata['samples']) > 0


def test_whatever_a_check_does_the_next_one_is_made(tmp_path: Path) -> None:
    job = job_in(tmp_path)

    def fail() -> str:
        raise AssertionError('3 px')

    def leave_out() -> str:
        raise LeftOutError('needs a GPU')

    assert job.attempt('good', lambda: 'fine')
    assert not job.attempt('bad', fail)
    assert not job.attempt('none', leave_out)
    rows = results(job)['checks']
    assert [(row['status'], row['detail']) for row in rows] == [
        ('passed', 'fine'),
        ('failed', 'AssertionError: 3 px'),
        ('left out', 'needs a GPU'),
    ]


def test_after_its_time_only_what_is_always_made_is_made(tmp_path: Path) -> None:
    job = job_in(tmp_path, -1.0)
    assert job.attempt('first', lambda: 'fine', always=True)
    assert not job.attempt('second', lambda: 'fine')
    assert [row['status'] for row in results(job)['checks']] == ['passed', 'left out']


def test_a_trajectory_that_differs_fails(tmp_path: Path) -> None:
    checks = Checks(job_in(tmp_path))
    truth = np.tile([10.0, 10.0, 20.0, 20.0, 0.5, 1.0], (3, 1))
    assert checks.compare(truth + 1e-4, truth).startswith('0.0001 px')
    for column, error in ((0, 0.06), (4, 2e-3), (5, 0.02), (2, np.nan)):
        ours = truth.copy()
        ours[1, column] += error
        with pytest.raises(AssertionError, match='were allowed'):
            checks.compare(ours, truth)
    ours = truth.copy()
    ours[:, 0] += 1.5
    checks.compare(ours, truth, half=True)
    with pytest.raises(AssertionError, match=r'at most 1\.600 px'):
        checks.compare(ours + 0.2, truth, half=True)


def test_a_part_that_dies_is_told_and_leaves_its_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / 'gpu_dies.py').write_text(
        'import os\ndef run(job):\n    job.attempt("before", lambda: "fine")\n    os.abort()\n'
    )
    script = tmp_path / 'gpu_check.py'
    tool = (ROOT / 'tools' / 'gpu_check.py').read_text()
    script.write_text(tool.replace("('gpu_engines', 'run', 2)", "('gpu_dies', 'run', 2)"))
    monkeypatch.setenv('PYTHONPATH', os.pathsep.join((str(ROOT), str(ROOT / 'tools'))))
    run = subprocess.run(
        [sys.executable, script, '--device', 'cpu', '--minutes', '1']
        + ['--parts', 'engines', '--out', str(tmp_path / 'out')],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert 'engines: 1 passed, 0 failed, 0 left out; ended by -6' in run.stdout
    found = json.loads((tmp_path / 'out' / 'gpu_check.json').read_text())
    assert found['engines']['checks'][0]['name'] == 'before'


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--device', 'cuda:99'], "device 'cuda:99' is not there"),
        (['--device', 'cpu', '--parts', 'magic'], 'parts are engines, bench, profile, training'),
        (['--device', 'cpu', '--minutes', '0'], 'minutes are above 0'),
        (['--device', 'cpu', '--video', 'street.mp4'], '--video and --box go together'),
    ],
)
def test_what_can_not_be_is_refused(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gpu_check.main([*arguments, '--out', str(tmp_path)]) == 2
    assert message in capsys.readouterr().err


def test_gaps_are_between_kernels_that_do_not_overlap() -> None:
    kinds = torch.autograd.DeviceType

    def event(start: float, end: float, kind: object = kinds.CUDA) -> object:
        return SimpleNamespace(
            device_type=kind, time_range=argparse.Namespace(start=start, end=end)
        )

    events = [event(10, 14), event(1, 4), event(3, 5), event(0, 90, kinds.CPU), event(2, 3)]
    assert _gaps(events) == [0, 0, 5]
    assert _gaps([]) == []


def test_a_recipe_does_without_sources_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / 'video.tar').touch()
    recipe = tmp_path / 'recipe.yaml'
    recipe.write_text(
        'sources:\n'
        '  - {path: video.tar, format: video, place: 1}\n'
        '  - {path: street.tar, format: stills, masks: street_masks.tar, place: 1}\n'
        'output: elsewhere\n'
        'initial: runs/other.safetensors\n'
    )
    job = job_in(tmp_path, recipe=str(recipe), data=str(tmp_path))
    config, note = gpu_training._recipe(job, tmp_path / 'clips')
    assert [source.path for source in config.sources] == [str(tmp_path / 'video.tar')]
    assert note == 'recipe.yaml; without street.tar'
    assert (config.initial, config.output) == ('default', str(tmp_path / 'run'))
    job.options.data = ''
    config, note = gpu_training._recipe(job, tmp_path / 'clips')
    assert config.sources[0].path == str(tmp_path / 'clips')
    assert 'on drawn clips' in note
