# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Light, blur and noise."""

import dataclasses

from aiatrack_ros.training.augment import augment
from aiatrack_ros.training.augment import AugmentConfig
from aiatrack_ros.training.augment import blur
from aiatrack_ros.training.augment import BLUR_SIZE
from aiatrack_ros.training.augment import draw_looks
from aiatrack_ros.training.augment import motion_kernels
import cv2
import numpy as np
import pytest
import torch

NOTHING = AugmentConfig(
    grey=0, scene_light=0, crop_light=0, tint=0, coarse=0, blur=0, noise=0, noise_sigma=0
)


def crops(count: int = 6) -> torch.Tensor:
    return torch.rand(count, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 255


def looked(config: AugmentConfig, shape: tuple[int, int] = (2, 3)) -> torch.Tensor:
    looks = draw_looks(np.random.default_rng(1), config, shape, 64)
    return augment(crops(shape[0] * shape[1]), looks, torch.Generator().manual_seed(1))


def test_nothing_asked_for_changes_nothing() -> None:
    assert torch.allclose(looked(NOTHING), crops(), atol=1e-3)


def test_kernels_sum_to_one_and_lie_along_their_angle() -> None:
    kernels = motion_kernels(np.array([9.0, 9.0, 2.0]), np.array([0, np.pi / 2, 1.0]))
    assert kernels.sum((1, 2)) == pytest.approx(1)
    middle = BLUR_SIZE // 2
    assert kernels[0, middle].sum() == pytest.approx(1)  # angle 0: along the row
    assert kernels[1, :, middle].sum() == pytest.approx(1)


def test_blur_agrees_with_opencv() -> None:
    images = crops(2)
    kernels = torch.from_numpy(motion_kernels(np.array([7.0, 5.0]), np.array([0.4, 2.0]))).float()
    found = blur(images.clone(), kernels)
    for image, kernel, mine in zip(images, kernels, found):
        theirs = cv2.filter2D(
            image.permute(1, 2, 0).numpy(), -1, kernel.numpy(), borderType=cv2.BORDER_REPLICATE
        )
        assert np.abs(mine.permute(1, 2, 0).numpy() - theirs).max() < 1e-2


def test_grey_scenes_have_equal_channels() -> None:
    found = looked(dataclasses.replace(NOTHING, grey=1))
    assert torch.allclose(found[:, 0], found[:, 2], atol=1e-3)


def test_coarse_crops_lose_detail() -> None:
    found = looked(dataclasses.replace(NOTHING, coarse=1), (8, 3))
    detail = (found[..., 1:] - found[..., :-1]).abs().mean((1, 2, 3))
    whole = (crops()[..., 1:] - crops()[..., :-1]).abs().mean()
    assert (detail < 0.7 * whole).sum() >= 8


def test_range_is_kept() -> None:
    found = looked(AugmentConfig(scene_light=1, crop_light=1, noise=1, noise_sigma=50))
    assert found.min() >= 0 and found.max() <= 255
    assert (found - crops()).abs().mean() > 5
