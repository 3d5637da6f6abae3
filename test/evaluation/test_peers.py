# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""OpenCV's trackers behind our contract."""

from pathlib import Path
import shutil

from aiatrack_ros.datasets.sequences import find_sequences
from aiatrack_ros.errors import InputError
from aiatrack_ros.evaluation import peers
from aiatrack_ros.evaluation.metrics import score_sequence
from aiatrack_ros.evaluation.one_pass import track_sequence
import numpy as np
import pytest


class Recorder:
    """Stands for a tracker of OpenCV."""

    def __init__(self, found: bool = True) -> None:
        self.found = found
        self.calls: list[tuple] = []

    def init(self, image: np.ndarray, box: tuple[int, ...]) -> None:
        self.calls.append(('init', image, box))

    def update(self, image: np.ndarray) -> tuple[bool, tuple[int, ...]]:
        self.calls.append(('update', image))
        return self.found, (1, 2, 3, 4)


def picture() -> np.ndarray:
    """Return RGB noise."""
    return np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)


def test_peers_get_blue_first_and_whole_pixels():
    recorder = Recorder()
    peer = peers.Peer(lambda: recorder)
    peer.initialize(picture(), (1.6, 2.4, 10.5, 8.7))
    assert peer.track(picture()).box == (1, 2, 3, 4)
    (_, first, box), (_, second) = recorder.calls
    assert box == (2, 2, 10, 9) and all(isinstance(value, int) for value in box)
    for image in (first, second):
        assert image.flags.c_contiguous and np.array_equal(image, picture()[..., ::-1])


def test_a_failure_is_no_box():
    peer = peers.Peer(lambda: Recorder(found=False))
    peer.initialize(picture(), (1, 2, 10, 8))
    assert np.isnan(peer.track(picture()).box).all()


def test_each_target_gets_a_fresh_tracker():
    made = []
    peer = peers.Peer(lambda: made.append(Recorder()) or made[-1])
    for _ in range(2):
        peer.initialize(picture(), (1, 2, 10, 8))
    assert [len(recorder.calls) for recorder in made] == [1, 1]


def test_folders_without_models(tmp_path: Path):
    with pytest.raises(InputError, match='nowhere: no such folder'):
        peers.find_peers(tmp_path / 'nowhere')
    with pytest.raises(InputError, match=f'no models of peers.*{peers.NANO_FILES[0]}'):
        peers.find_peers(tmp_path)


def test_a_broken_model_is_named(tmp_path: Path):
    for name in peers.NANO_FILES:
        (tmp_path / name).write_bytes(b'no network')
    with pytest.raises(InputError, match='can not load nanotrack_v2') as caught:
        peers.find_peers(tmp_path)
    assert '\n' not in str(caught.value)


@pytest.mark.timeout(120)
def test_nanotrack_has_its_known_overlap(shared: Path, tmp_path: Path):
    """Reader, loop and metric together reproduce a figure measured elsewhere: .577 on Skiing."""
    for name in peers.NANO_FILES:
        shutil.copy(shared / 'peers' / name, tmp_path)
    (sequence,) = find_sequences(shared / 'eval' / 'Skiing')
    trajectory = track_sequence(peers.find_peers(tmp_path)['nanotrack_v2'], sequence)
    score = score_sequence(trajectory.boxes, sequence.truth, sequence.visible)
    assert score.ao == pytest.approx(0.577, abs=0.002)
