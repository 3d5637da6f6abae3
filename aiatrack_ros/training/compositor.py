# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Draws planned scenes, all crops of a batch at once, on the device of the bank."""

from typing import NamedTuple

from aiatrack_ros.training.augment import augment
from aiatrack_ros.training.augment import AugmentConfig
from aiatrack_ros.training.augment import draw_looks
from aiatrack_ros.training.picture_bank import Bank
from aiatrack_ros.training.picture_bank import LEVELS
from aiatrack_ros.training.sampling import draw_plan
from aiatrack_ros.training.sampling import Floats
from aiatrack_ros.training.sampling import Plan
from aiatrack_ros.training.sampling import plan_views
from aiatrack_ros.training.sampling import SamplingConfig
import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor
from torch.nn import functional


class Scenes(NamedTuple):
    """B scenes of F crops each; crop 0 is the initial reference."""

    crops: Tensor  # (B, F, S, S, 3) uint8 RGB
    boxes: Tensor  # (B, F, 4) as x1, y1, x2, y2 in [0, 1] of the crop
    # (B, F) bool, the target is in the crop; if not, its box is that of who is in its place
    present: Tensor
    rows: Tensor  # (B, F, S) bool, the row lies outside the picture
    columns: Tensor  # (B, F, S) bool
    others: Tensor  # (B, F, K, 4), boxes of others as those of targets; NaN where there is none
    trust: Tensor  # (B,), the weight of the losses on where the box is


class Compositor:
    """Makes scenes from a bank of pictures; the same seed and number give the same scenes."""

    def __init__(
        self,
        bank: Bank,
        sampling: SamplingConfig,
        looks: AugmentConfig,
        crop_size: int,
        search_factor: float,
        seed: int,
    ) -> None:
        self.bank = bank
        self.sampling = sampling
        self.looks = looks
        self.crop_size = crop_size
        self.search_factor = search_factor
        self.seed = seed
        self._middles: Tensor | None = None

    def scenes(self, number: int, count: int) -> Scenes:
        """Return batch `number` of `count` scenes."""
        rng = np.random.default_rng((self.seed, number))
        plan = draw_plan(rng, self.bank, self.sampling, count, self.crop_size, self.search_factor)
        return self._finished(rng, plan)

    def _finished(self, rng: np.random.Generator, plan: Plan) -> Scenes:
        count, frames = plan.picture.shape
        looks = draw_looks(rng, self.looks, (count, frames), self.crop_size)
        device = self.bank.device
        rows, columns = (
            torch.from_numpy(side) for side in plan.padding(self.crop_size, self.bank.picture_size)
        )
        crops = self.draw(plan)  # (B * F, 3, S, S)
        noise = torch.Generator(device).manual_seed(int(rng.integers(2**62)))
        crops = augment(crops, looks, noise)
        inside = ~(rows[..., :, None] | columns[..., None, :]).to(device)
        crops = crops * inside.flatten(0, 1)[:, None]
        boxes = torch.from_numpy(plan.boxes / self.crop_size).float()
        flip = torch.from_numpy(plan.flip)
        crops = crops.unflatten(0, plan.picture.shape).permute(0, 1, 3, 4, 2)
        crops = torch.where(flip.to(device)[:, None, None, None, None], crops.flip(3), crops)
        boxes = torch.where(flip[:, None, None], mirrored(boxes), boxes)
        others = torch.from_numpy(plan.others / self.crop_size).float()
        others = torch.where(flip[:, None, None, None], mirrored(others), others)
        columns = torch.where(flip[:, None, None], columns.flip(2), columns)
        return Scenes(
            crops.round().clamp(0, 255).byte(),
            boxes.to(device),
            torch.from_numpy(plan.present).to(device),
            rows.to(device),
            columns.to(device),
            others.to(device),
            torch.from_numpy(plan.trust).float().to(device),
        )

    def views(self, rng: np.random.Generator, pictures: NDArray[np.int64]) -> Scenes:
        """Return scenes of given pictures (B, F) in place, moved and lit, and nothing else."""
        plan = plan_views(
            rng, self.bank, self.sampling, pictures, self.crop_size, self.search_factor
        )
        return self._finished(rng, plan)

    def draw(self, plan: Plan) -> Tensor:
        """Return the planned crops, (B * F, 3, S, S) in [0, 255], before any change of light."""
        picture = plan.picture.ravel()
        matrix = plan.matrix.reshape(-1, 3, 3)
        mirror = np.repeat(plan.mirrored, plan.picture.shape[1])
        crops = torch.zeros(
            len(picture), 3, self.crop_size, self.crop_size, device=self.bank.device
        )
        for level, chosen in _by_level(matrix, np.arange(len(picture))):
            crops[torch.from_numpy(chosen).to(crops.device)] = self._pictures(
                level, picture[chosen], matrix[chosen], mirror[chosen]
            )
        for layer in plan.layers:
            cutout, matrix = layer.cutout.ravel(), layer.matrix.reshape(-1, 3, 3)
            gain = layer.gain.ravel()
            for level, chosen in _by_level(matrix, np.flatnonzero(cutout >= 0)):
                where = torch.from_numpy(chosen).to(crops.device)
                patch = self._cutouts(level, cutout[chosen], matrix[chosen])
                lit = patch[:, :3] * self._tensor(gain[chosen])[:, None, None, None]
                # The patch is multiplied by its coverage already.
                crops[where] = crops[where] * (1 - patch[:, 3:] / 255) + lit
        return crops

    def _tensor(self, values: Floats) -> Tensor:
        return torch.from_numpy(np.asarray(values, np.float32)).to(self.bank.device)

    def _grid(self, matrix: Floats, scale: float = 1.0, shift: float = 0.0) -> Tensor:
        """Return where each crop pixel's middle lies in the source, times scale plus shift.

        (N, S, S, 2), x and y in pixels of the source where scale and shift are left out.
        """
        if self._middles is None:
            middle = torch.arange(self.crop_size, device=self.bank.device) + 0.5
            y, x = torch.meshgrid(middle, middle, indexing='ij')
            self._middles = torch.stack((x, y, torch.ones_like(x)), -1).view(-1, 3)
        rows = matrix[:, :2] * scale
        rows[..., 2] += shift
        place = self._middles @ self._tensor(rows).mT  # (N, S * S, 2)
        return place.unflatten(1, (self.crop_size, self.crop_size))

    def _pictures(
        self, level: int, index: NDArray[np.int64], matrix: Floats, mirror: NDArray[np.bool_]
    ) -> Tensor:
        atlas = self.bank.pictures[level]
        source = atlas[torch.from_numpy(index).to(atlas.device)].float()
        size = self._tensor(self.bank.picture_size[index])[:, None, None]
        place = self._grid(matrix)
        folded = torch.from_numpy(np.flatnonzero(mirror)).to(place.device)
        if len(folded):
            double = 2 * size[folded]
            place[folded] = size[folded] - (place[folded].remainder(double) - size[folded]).abs()
        place = place.clamp_(min=0.5).minimum(size - 0.5).div_(2**level)
        place = place.mul_(2 / atlas.shape[-1]).sub_(1)
        return functional.grid_sample(source, place, 'bilinear', 'border', align_corners=False)

    def _cutouts(self, level: int, index: NDArray[np.int64], matrix: Floats) -> Tensor:
        atlas = self.bank.cutouts[level]
        source = atlas[torch.from_numpy(index).to(atlas.device)].float()
        place = self._grid(matrix, 2 / (atlas.shape[-1] * 2**level), -1)
        return functional.grid_sample(source, place, 'bilinear', 'zeros', align_corners=False)


def mirrored(boxes: Tensor) -> Tensor:
    """Mirror boxes (..., 4), x1, y1, x2, y2 in [0, 1], left to right."""
    x1, y1, x2, y2 = boxes.unbind(-1)
    return torch.stack((1 - x2, y1, 1 - x1, y2), -1)


def _by_level(matrix: Floats, indices: NDArray[np.int64]) -> list[tuple[int, NDArray[np.int64]]]:
    """Group crops by the level of the pyramid that fits how much they shrink their source."""
    shrink = np.sqrt(np.abs(np.linalg.det(matrix[indices, :2, :2])))
    level = np.floor(np.log2(np.maximum(shrink, 1e-6)) + 0.4).clip(0, LEVELS - 1).astype(int)
    return [(k, indices[level == k]) for k in range(LEVELS) if (level == k).any()]
