# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Scenes: what is drawn is where it is said to be, and nothing jumps."""

from pathlib import Path

from aiatrack_ros.benchmark.scenes import draw_scene
from aiatrack_ros.benchmark.scenes import Scene
from aiatrack_ros.benchmark.scenes import video_scene
from aiatrack_ros.errors import InputError
import benchmark_trees as trees
import numpy as np
import pytest


@pytest.mark.parametrize(
    ('size', 'target', 'height'),
    [((640, 480), 'small', 36), ((640, 480), 'large', 240), ((1920, 1080), 'large', 540)],
)
def test_targets(size: tuple[int, int], target: str, height: int):
    scene = draw_scene(size, target, frames=5)
    assert scene.frame == f'{size[0]}x{size[1]}' and scene.has_truth
    for index, (x, y, w, h) in enumerate(scene.boxes):
        image = scene.image(index)
        assert image.shape == (size[1], size[0], 3) and h == height
        assert 0 <= x <= size[0] - w and 0 <= y <= size[1] - h
        rows = slice(round(y + h / 4), round(y + 3 * h / 4))
        inside = image[rows, round(x + w / 3) : round(x + w / 2)]
        outside = image[: round(y), :]
        # RGB: the target is red.
        assert inside[..., 0].mean() > 150 > 120 > outside[..., 0].mean()
    steps = np.abs(np.diff(np.array(scene.boxes)[:, :2], axis=0))
    assert 0 < steps.max() < 0.2 * height


def test_drawing_is_the_same_each_time():
    assert draw_scene((128, 96), 'small', 3) == draw_scene((128, 96), 'small', 3)


def test_frames_go_to_and_fro():
    scene = Scene((8, 8), 'x', (b'a', b'b', b'c'), ((0, 0, 4, 4),))
    assert [scene.place(k) for k in range(9)] == [0, 1, 2, 1, 0, 1, 2, 1, 0]
    assert not scene.has_truth
    still = Scene((8, 8), 'x', (b'a',), ((0, 0, 4, 4),))
    assert [still.place(k) for k in range(3)] == [0, 0, 0]


def test_too_small():
    with pytest.raises(InputError, match='size 10x480 is too small'):
        draw_scene((10, 480), 'small')


def test_videos(tmp_path: Path):
    trees.write_images(tmp_path / 'v', trees.boxes_moving_right(4))
    scene = video_scene(tmp_path / 'v', (10, 24, 20, 16))
    assert (scene.frame, scene.target, len(scene.jpegs)) == ('96x72', '20x16', 4)
    assert np.abs(scene.image(3).astype(int)[28:36, 16:30] - [220, 20, 20]).mean() < 10
    with pytest.raises(InputError, match='outside'):
        video_scene(tmp_path / 'v', (200, 24, 20, 16))
