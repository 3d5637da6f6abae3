# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Light, colour, low resolution, motion blur and noise, batched on the device."""

from dataclasses import dataclass

from aiatrack_ros.settings import CheckedSettings
from aiatrack_ros.settings import setting
import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor
from torch.nn import functional

BLUR_SIZE = 9  # pixels, the side of a motion blur's kernel
COARSE_SIDES = (48, 72, 104, 152)  # pixels on a side of a crop from a small target
GREY = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class AugmentConfig(CheckedSettings):
    """How the look of crops varies. Shares are probabilities, sigmas those of normal laws."""

    grey: float = setting(0.07, 0, 1)
    # Logarithms of brightness and contrast: what a scene has, and what each of its crops adds.
    scene_light: float = setting(0.18, 0)
    crop_light: float = setting(0.08, 0)
    tint: float = setting(0.06, 0)
    # Scenes drawn at a lower resolution, as of small targets.
    coarse: float = setting(0.5, 0, 1)
    blur: float = setting(0.2, 0, 1)
    noise: float = setting(0.3, 0, 1)
    noise_sigma: float = setting(8.0, 0)  # grey levels, the largest


@dataclass
class Looks:
    """The look of N = B * F crops."""

    light: NDArray[np.floating]  # (N, 3) gain of each channel
    contrast: NDArray[np.floating]  # (N,)
    grey: NDArray[np.bool_]  # (N,)
    side: NDArray[np.int64]  # (N,), 0 for full resolution
    blurred: NDArray[np.int64]  # indices
    kernels: NDArray[np.floating]  # (len(blurred), BLUR_SIZE, BLUR_SIZE)
    sigma: NDArray[np.floating]  # (N,)


def draw_looks(
    rng: np.random.Generator, config: AugmentConfig, shape: tuple[int, int], crop_size: int
) -> Looks:
    """Draw the look of `shape` = (B, F) crops; crops of a scene look alike."""
    count, frames = shape

    def both(scene: float, crop: float, *last: int) -> NDArray[np.floating]:
        lively = rng.choice([0.5, 1.0, 2.5], (count, 1, *(1 for _ in last)))
        total = rng.normal(0, scene, (count, 1, *last)) + lively * rng.normal(
            0, crop, (*shape, *last)
        )
        return np.exp(total).reshape(count * frames, *last)

    light = both(config.scene_light, config.crop_light)[:, None] * both(
        config.tint, config.tint / 3, 3
    )
    contrast = both(config.scene_light, config.crop_light)
    grey = np.repeat(rng.random(count) < config.grey, frames)
    level = rng.integers(0, len(COARSE_SIDES), (count, 1)) + rng.integers(-1, 2, shape)
    # Whoever is small stays rather small: neighbouring sides, and sometimes the full one.
    sides = np.array([*COARSE_SIDES, 0])[level.clip(0, len(COARSE_SIDES))]
    sides = np.where(sides < crop_size, sides, 0)
    side = np.where(rng.random((count, 1)) < config.coarse, sides, 0).ravel()
    moving = rng.random(shape) < config.blur
    moving[:, 0] &= rng.random(count) < 0.3
    blurred = np.flatnonzero(moving)
    noisy = np.repeat(rng.random(count) < config.noise, frames)
    sigma = np.where(noisy, rng.uniform(0, config.noise_sigma, count * frames), 0)
    kernels = motion_kernels(
        rng.uniform(2, BLUR_SIZE, len(blurred)), rng.uniform(0, np.pi, len(blurred))
    )
    return Looks(light, contrast, grey, side, blurred, kernels, sigma)


def motion_kernels(
    length: NDArray[np.floating], angle: NDArray[np.floating]
) -> NDArray[np.floating]:
    """Return kernels (N, BLUR_SIZE, BLUR_SIZE), a line of `length` pixels each, of sum 1."""
    place = np.arange(BLUR_SIZE) - BLUR_SIZE // 2
    y, x = place[None, :, None], place[None, None, :]
    cosine, sine = np.cos(angle)[:, None, None], np.sin(angle)[:, None, None]
    along, across = x * cosine + y * sine, -x * sine + y * cosine
    kernel = (1 - np.abs(across)).clip(0) * (length[:, None, None] / 2 + 0.5 - np.abs(along)).clip(
        0, 1
    )
    return kernel / kernel.sum((1, 2), keepdims=True)


def augment(crops: Tensor, looks: Looks, noise: torch.Generator) -> Tensor:
    """Give crops (N, 3, S, S), values 0 to 255, their looks; return the same shape and range."""

    def tensor(values: NDArray) -> Tensor:
        return torch.from_numpy(np.asarray(values, np.float32)).to(crops.device)

    weights = torch.tensor(GREY, device=crops.device)[:, None, None]
    grey = (crops * weights).sum(1, keepdim=True)
    crops = torch.where(tensor(looks.grey)[:, None, None, None] > 0, grey, crops)
    mean = grey.mean((2, 3), keepdim=True)
    contrast = tensor(looks.contrast)[:, None, None, None]
    crops = ((crops - mean) * contrast + mean) * tensor(looks.light)[:, :, None, None]
    if len(looks.blurred):
        index = torch.from_numpy(looks.blurred).to(crops.device)
        crops[index] = blur(crops[index], tensor(looks.kernels))
    for side in np.unique(looks.side[looks.side > 0]):
        index = torch.from_numpy(np.flatnonzero(looks.side == side)).to(crops.device)
        small = functional.interpolate(crops[index], size=(side, side), mode='area')
        crops[index] = functional.interpolate(
            small, size=crops.shape[2:], mode='bilinear', align_corners=False
        )
    noisy = np.flatnonzero(looks.sigma > 0)
    if len(noisy):
        index = torch.from_numpy(noisy).to(crops.device)
        shape = (len(noisy), *crops.shape[1:])
        grain = torch.randn(shape, device=crops.device, generator=noise)
        crops[index] += grain * tensor(looks.sigma[noisy])[:, None, None, None]
    return crops.clamp(0, 255)


def blur(crops: Tensor, kernels: Tensor) -> Tensor:
    """Convolve each crop (N, 3, S, S) with its own kernel (N, k, k), the edge repeated."""
    count, channels, height, width = crops.shape
    half = kernels.shape[-1] // 2
    padded = functional.pad(crops, (half,) * 4, mode='replicate')
    flat = padded.reshape(1, count * channels, *padded.shape[2:])
    weight = kernels[:, None].repeat_interleave(channels, 0)
    return functional.conv2d(flat, weight, groups=count * channels).view(crops.shape)
