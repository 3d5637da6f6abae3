# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""`aiatrack eval` from the command line to its files, and mistakes on the way."""

from collections.abc import Callable
import json
from pathlib import Path

from aiatrack_ros import cli
from aiatrack_ros.commands import evaluate
from aiatrack_ros.evaluation.peers import Peer
from aiatrack_ros.model import AiATrack
from aiatrack_ros.model import VARIANTS
import benchmark_trees as trees
import numpy as np
import pytest
import safetensors.torch
import torch

TRUTH = trees.boxes_moving_right(50, 0.5)


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> trees.Scripted:
    """Put a tracker in place of ours whose boxes have .8 of the true width."""
    tracker = trees.Scripted(TRUTH * [1, 1, 0.8, 1], np.full(50, 0.9))
    monkeypatch.setattr(evaluate, 'tracker_from_arguments', lambda args: tracker)
    return tracker


@pytest.fixture
def call(capsys: pytest.CaptureFixture) -> Callable[..., tuple[int, str, str]]:
    """Return a function that runs the command: exit code, output, errors (less the bar)."""

    def run(*args: object) -> tuple[int, str, str]:
        code = cli.main(['eval', *map(str, args)])
        out, err = capsys.readouterr()
        errors = [line for line in err.splitlines() if 'frame/s' not in line and line]
        return code, out, '\n'.join(errors)

    return run


def test_figures_files_and_plots(tmp_path: Path, ours: trees.Scripted, call):
    for name in ('a', 'b'):
        trees.write_otb(tmp_path / 'otb', name, TRUTH)
    out = tmp_path / 'out'
    code, text, errors = call(
        tmp_path / 'otb', '--json', out / 'x.json', '--raw', out / 'raw', '--plots', out / 'plots'
    )
    assert (code, errors) == (0, '')
    figures, robust = (
        {line.split()[0]: line.split() for line in part.splitlines() if line}
        for part in text.split('\n\n')[:2]
    )
    assert figures['a'][1] == figures['b'][1] == figures['mean'][1] == '0.800'
    content = json.loads((out / 'x.json').read_text())
    assert content['mean']['ao'] == pytest.approx(0.8, abs=1e-3)
    assert set(content['sequences']) == {'a', 'b'}
    assert content['sequences']['a']['ao'] == pytest.approx(0.8, abs=1e-3)
    assert content['sequences']['a']['missed'] == 0
    assert content['peers'] == {} and content['tracker'] == 'aiatrack_lite'
    boxes = np.loadtxt(out / 'raw' / 'aiatrack_lite' / 'a.txt', delimiter=',')
    assert boxes[1:] == pytest.approx(ours.boxes[1:])
    assert robust['a'][1:4] == robust['b'][1:4] == ['1', 'of', '1']
    assert robust['all'][1:5] == ['2', 'of', '2', '0.0%']
    assert content['robustness']['kept'] == 1
    assert content['robustness']['counts']['frames'] == 98
    assert content['sequences']['b']['robustness']['silent'] == 0
    plots = {str(path.relative_to(out / 'plots')) for path in (out / 'plots').rglob('*.png')}
    assert plots == {'success.png', 'precision.png', 'timelines/a.png', 'timelines/b.png'}


def test_several_folders_have_tables_and_plots_of_their_own(
    tmp_path: Path, ours: trees.Scripted, call
):
    for folder, name in (('first', 'a'), ('second', 'a')):
        trees.write_otb(tmp_path / folder, name, TRUTH)
    out = tmp_path / 'out'
    code, text, _ = call(
        tmp_path / 'first', tmp_path / 'second', '--json', out / 'x.json', '--plots', out
    )
    assert code == 0
    assert text.count('sequence     AO') == 2
    sets = json.loads((out / 'x.json').read_text())['sets']
    assert list(sets) == [str(tmp_path / 'first'), str(tmp_path / 'second')]
    assert all(content['robustness']['kept'] == 1 for content in sets.values())
    assert (out / 'second' / 'timelines' / 'a.png').is_file()


def test_peers_stand_beside_ours(
    tmp_path: Path, ours: trees.Scripted, call, monkeypatch: pytest.MonkeyPatch
):
    class Still:
        """A tracker of OpenCV's making that never moves."""

        def init(self, image: np.ndarray, box: tuple[int, ...]) -> None:
            self.box = box

        def update(self, image: np.ndarray) -> tuple[bool, tuple[int, ...]]:
            return True, self.box

    monkeypatch.setattr(evaluate, 'find_peers', lambda folder: {'still': Peer(Still)})
    trees.write_otb(tmp_path, 'a', TRUTH)
    out = tmp_path / 'x.json'
    code, text, _ = call(tmp_path, '--peers', 'models', '--json', out)
    assert code == 0
    assert 'AO    aiatrack_lite  still' in text
    peer = json.loads(out.read_text())['peers']['still']
    # Shifted by .5 px a frame, a box of width 20 overlaps (20 - d) / (20 + d).
    shifts = 0.5 * np.arange(1, 50)
    expected = np.mean(np.clip(20 - shifts, 0, None) / (20 + shifts))
    assert peer['sequences']['a']['ao'] == pytest.approx(expected, abs=1e-6)
    assert peer['mean']['ao'] == pytest.approx(expected, abs=1e-6)


def test_withheld_truth_gives_raw_results_only(tmp_path: Path, ours: trees.Scripted, call):
    folder = trees.write_got10k(tmp_path / 'test', 'GOT-10k_Test_000001', TRUTH, [8] * 50)
    trees.write_boxes(folder / 'groundtruth.txt', TRUTH[:1])
    out = tmp_path / 'x.json'
    code, text, _ = call(tmp_path / 'test', '--raw', tmp_path / 'raw', '--json', out)
    assert code == 0 and 'no figures' in text
    results = tmp_path / 'raw' / 'aiatrack_lite' / 'GOT-10k_Test_000001'
    assert len(np.loadtxt(results / 'GOT-10k_Test_000001_001.txt', delimiter=',')) == 50
    assert len(np.loadtxt(results / 'GOT-10k_Test_000001_time.txt')) == 50
    assert json.loads(out.read_text())['sequences'] == {}


def test_another_format_can_be_asked_for(tmp_path: Path, ours: trees.Scripted, call):
    trees.write_otb(tmp_path / 'otb', 'a', TRUTH)
    code, *_ = call(tmp_path / 'otb', '--raw', tmp_path / 'raw', '--raw-format', 'got10k')
    assert code == 0
    assert (tmp_path / 'raw' / 'aiatrack_lite' / 'a' / 'a_001.txt').is_file()


def test_real_time_tells_what_was_missed(tmp_path: Path, ours: trees.Scripted, call):
    trees.write_otb(tmp_path / 'otb', 'a', TRUTH)
    out = tmp_path / 'x.json'
    # No tracker is fast enough for a thousand million frames a second.
    code, text, _ = call(tmp_path / 'otb', '--realtime', 1e9, '--json', out)
    assert code == 0
    missed = json.loads(out.read_text())['sequences']['a']['missed']
    assert missed > 40
    assert f'missed {missed} of 50 frames' in text


def test_reliability_is_reported(tmp_path: Path, ours: trees.Scripted, call):
    trees.write_otb(tmp_path / 'otb', 'a', TRUTH)
    out = tmp_path / 'x.json'
    code, text, _ = call(
        tmp_path / 'otb', '--reliability', '--json', out, '--plots', tmp_path / 'plots'
    )
    assert code == 0
    content = json.loads(out.read_text())['reliability']
    assert content['bias'] == pytest.approx(0.1, abs=1e-3)
    assert 'bias +0.100' in text and 'suggested: update_threshold' in text
    assert (tmp_path / 'plots' / 'reliability.png').is_file()
    assert (tmp_path / 'plots' / 'absence.png').is_file()


def test_figures_survive_an_impossible_examination(tmp_path: Path, ours: trees.Scripted, call):
    ours.scores[:] = np.nan
    trees.write_otb(tmp_path / 'otb', 'a', TRUTH)
    out = tmp_path / 'x.json'
    code, _, errors = call(tmp_path / 'otb', '--reliability', '--json', out)
    assert code == 2 and 'no score' in errors
    assert json.loads(out.read_text())['mean']['ao'] == pytest.approx(0.8, abs=1e-3)


class TestMistakes:
    """A mistake is told in one line, with exit code 2."""

    def expect(self, result: tuple[int, str, str], *parts: str) -> None:
        code, _, errors = result
        assert code == 2
        assert len(errors.splitlines()) == 1
        for part in parts:
            assert part in errors

    def test_no_folder(self, ours: trees.Scripted, call):
        self.expect(call('nowhere'), 'nowhere', 'no such folder')

    def test_no_peers(self, tmp_path: Path, ours: trees.Scripted, call):
        trees.write_otb(tmp_path, 'a', TRUTH)
        self.expect(call(tmp_path, '--peers', tmp_path), 'no models of peers')

    def test_no_place_for_the_outcome_is_known_before_tracking(
        self, tmp_path: Path, ours: trees.Scripted, call
    ):
        trees.write_otb(tmp_path / 'otb', 'a', TRUTH)
        (tmp_path / 'file').write_text('')
        self.expect(call(tmp_path / 'otb', '--json', tmp_path / 'file' / 'x.json'), 'file')
        self.expect(call(tmp_path / 'otb', '--raw', tmp_path / 'file'), 'file')
        assert not ours.images

    def test_an_image_that_can_not_be_read(self, tmp_path: Path, ours: trees.Scripted, call):
        folder = trees.write_otb(tmp_path, 'a', TRUTH)
        (folder / 'img' / '0007.jpg').write_bytes(b'no picture')
        self.expect(call(tmp_path), '0007.jpg', 'is not an image')

    def test_two_sequences_of_one_name(self, tmp_path: Path, ours: trees.Scripted, call):
        trees.write_otb(tmp_path / 'x', 'a', TRUTH)
        trees.write_otb(tmp_path / 'y', 'a', TRUTH)
        self.expect(call(tmp_path), "two sequences are called 'a'")

    @pytest.mark.parametrize('rate', ['0', '-5', 'nan', 'fast'])
    def test_rates_that_are_none(self, tmp_path: Path, call, rate: str):
        with pytest.raises(SystemExit) as caught:
            call(tmp_path, '--realtime', rate)
        assert caught.value.code == 2


def test_our_own_tracker_runs(tmp_path: Path, call):
    """The real tracker, with weights from a seed, through the whole command."""
    torch.manual_seed(0)
    weights = tmp_path / 'random.safetensors'
    safetensors.torch.save_file(AiATrack(VARIANTS['aiatrack_lite']).state_dict(), str(weights))
    trees.write_otb(tmp_path / 'otb', 'a', TRUTH[:4])
    out = tmp_path / 'x.json'
    code, text, errors = call(
        tmp_path / 'otb', '--checkpoint', weights, '--device', 'cpu', '--threads', 1, '--json', out
    )
    assert (code, errors) == (0, '')
    assert 'aiatrack_lite' in text and 'cpu' in text
    assert 0 <= json.loads(out.read_text())['sequences']['a']['ao'] <= 1
