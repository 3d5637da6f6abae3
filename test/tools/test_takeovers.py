# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The sequences in which another stands in the target's place, and what is told of them."""

from pathlib import Path

from aiatrack_ros.tracking import identity
from aiatrack_ros.training.run import configured
from aiatrack_ros.training.videos import read_videos
import cv2
import numpy as np
import pytest
import takeovers
from training_trees import write_run
from training_trees import write_stills
from training_trees import write_video


@pytest.fixture
def config(tmp_path: Path) -> Path:
    for name in ('street-00', 'street-01', 'street-02', 'yard-00'):
        write_video(tmp_path / 'video', name, 6)
    write_stills(tmp_path / 'stills')
    return write_run(tmp_path, holdout=['street-01', 'yard-00'])


def test_another_stands_where_the_target_stood(config: Path) -> None:
    made = list(takeovers.takeovers(configured(str(config))))
    # In the yard there is nobody else; in the street two take the place of the one held out.
    assert len(made) == 2 and all(m.name.startswith('street-01 street-0') for m in made)
    assert len(takeovers.TAKEN) == 2 and len({m.name for m in made}) == 2
    for sequence, taken in zip(made, takeovers.TAKEN, strict=True):
        head, gap = takeovers.HEAD, takeovers.GAP
        away = gap + taken + takeovers.REST
        assert len(sequence) == head + away + takeovers.BACK
        absent = np.flatnonzero(~sequence.visible)
        assert absent.tolist() == list(range(head, head + away))
        assert np.isnan(sequence.truth[absent]).all()
        # Head and end show the target where it was filmed, each its own half of the film.
        x = sequence.truth[:, 0]
        assert set(x[:head]) == {20, 25, 30} and set(x[head + away :]) == {35, 40, 45}
        before, during = sequence.image(head), sequence.image(head + gap + taken // 2)
        last = sequence.truth[head - 1]
        changed = np.flatnonzero(np.abs(before.astype(int) - during).max((0, 2)) > 8)
        assert abs(changed.mean() - (last[0] + last[2] / 2)) < 2 * last[2]
        assert 0.5 * last[2] < np.ptp(changed) < 3 * last[2]


def test_boxes_are_where_targets_are_if_pictures_differ_in_size(tmp_path: Path) -> None:
    # As they are cut around their target, one each.
    for name in ('street-00', 'street-01', 'yard-00'):
        write_video(tmp_path / 'video', name, 6)
    for index in range(6):
        picture = tmp_path / 'video' / 'street-01' / f'{index:04d}.png'
        image = cv2.imread(str(picture))
        cv2.imwrite(str(picture), image[: len(image) - 3 * index, : image.shape[1] - 4 * index])
    write_stills(tmp_path / 'stills')
    config = configured(str(write_run(tmp_path, holdout=['street-01'])))
    clip = next(clip for clip in read_videos(tmp_path / 'video', 1280) if clip.name == 'street-01')
    truth = {frame.box: frame.image for frame in takeovers.frames_of(clip)}
    assert len({image.shape for image in truth.values()}) == 6
    made = list(takeovers.takeovers(config))
    assert len(made) == 1
    for sequence in made:
        assert len({sequence.image(index).shape for index in range(len(sequence))}) == 1
        for index in np.flatnonzero(sequence.visible):
            x, y, w, h = (round(number) for number in sequence.truth[index])
            image = truth[tuple(sequence.truth[index])]
            part = np.s_[y : y + h, x : x + w]
            assert np.array_equal(sequence.image(index)[part], image[part])


def test_they_are_the_same_each_time(config: Path) -> None:
    first, second = (list(takeovers.takeovers(configured(str(config)))) for _ in range(2))
    assert [m.name for m in first] == [m.name for m in second]
    assert all(
        np.array_equal(a.image(k), b.image(k))
        for a, b in zip(first, second, strict=True)
        for k in (0, 45, 90)
    )


def test_what_the_tracker_makes_of_them_is_told(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr('sys.argv', ['takeovers.py', str(config), '--threads', '1'])
    assert takeovers.main() == 0
    said = capsys.readouterr().out
    assert 'silent' in said and f'of 2 at a margin of {identity.MARGIN}' in said


def test_a_run_that_holds_nobody_out_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_video(tmp_path / 'video', 'yard-00', 6)
    write_stills(tmp_path / 'stills')
    config = write_run(tmp_path, holdout=['yard-00'])
    monkeypatch.setattr('sys.argv', ['takeovers.py', str(config)])
    assert takeovers.main() == 2
    assert 'holds no target out' in capsys.readouterr().err
