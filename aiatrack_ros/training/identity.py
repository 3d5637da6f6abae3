# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Trains the identity head alone: which of many targets of one kind is it.

What a target looks like from frame to frame only films can teach, and who is like it only many
targets at once. Of films there are few, and in each the background is the same: a head that sees
nothing else learns them by heart.

So the head had better begin with what a network for re-identification has learned of many
thousands of people (`initial`, open_model_zoo.py).
"""

from collections import Counter
import csv
from dataclasses import dataclass
import json
import logging
from pathlib import Path
from typing import Any
from typing import cast

from aiatrack_ros.errors import InputError
from aiatrack_ros.model import AiATrack
from aiatrack_ros.model.heads import IDENTITY_SIZE
from aiatrack_ros.model.heads import IdentityHead
from aiatrack_ros.model.pooling import sample_boxes
from aiatrack_ros.training.run_config import IdentityConfig
from aiatrack_ros.training.scene_source import SceneSource
import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors import SafetensorError
from safetensors.torch import save_file
import torch
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

logger = logging.getLogger(__name__)

SCENES = 8  # drawn and looked at in one pass
BOX_ERROR = 0.06  # sigma of the error of a view's box, relative to its size, as of a tracker's
FEWEST_VIEWS = 4  # of a target that is judged
# Deviations of what is changed in a picture each time it is shown: the logarithms of its light and
# of that of each colour, its place and the logarithm of its size over its own, its pixels.
LIGHT, TINT, MOVED, NOISE = 0.08, 0.04, 0.06, 4.0
WARMUP = 0.1  # the share of steps in which the rate rises
BATCH = 64  # pictures that are described at once


@dataclass
class Views:
    """Targets, several views of each, as the identity head is asked for them."""

    pictures: Tensor  # (N, 3, 256, 128) uint8 RGB
    target: NDArray[np.int64]  # (N,)
    kind: list[str]  # of each target
    film: list[str]  # of each target


def collect(source: SceneSource, config: IdentityConfig) -> Views:
    """Cut out views of all targets of films that were seen in two frames or more.

    Of each about `config.collected`, every one a frame of its own, moved and lit like the crops of
    a scene.

    Raises:
        InputError: There are less than two targets.
    """
    rng = np.random.default_rng(source.compositor.seed)
    kind: list[str] = []
    film: list[str] = []
    jobs: list[tuple[int, NDArray[np.int64]]] = []
    frames = source.compositor.sampling.frames
    for group in source.compositor.bank.groups:
        for clip, its_kind, its_film in zip(
            group.placed, group.placed_kind, group.placed_film, strict=True
        ):
            if len(clip) < 2:
                continue
            count = -(-min(config.collected, 2 * len(clip)) // frames) * frames
            shown = np.resize(rng.permutation(clip), count)
            jobs += [(len(kind), row) for row in shown.reshape(-1, frames)]
            kind.append(its_kind)
            film.append(its_film)
    if len(kind) < 2:
        raise InputError('identity: no two targets of films (place above 0, two frames or more)')
    pictures = []
    progress = tqdm(total=len(jobs), desc='views', unit='scene', mininterval=2)
    for first in range(0, len(jobs), SCENES):
        batch = np.array([row for _, row in jobs[first : first + SCENES]])
        scenes = source.compositor.views(rng, batch)
        pictures.append(_cut_out(scenes.crops.flatten(0, 1), scenes.boxes.flatten(0, 1), rng))
        progress.update(len(batch))
    progress.close()
    target = np.repeat([target for target, _ in jobs], frames)
    return Views(torch.cat(pictures), target, kind, film)


def _cut_out(crops: Tensor, boxes: Tensor, rng: np.random.Generator) -> Tensor:
    """Cut out of crops (N, S, S, 3) what boxes (N, 4) show, as a tracker's boxes would."""
    error = torch.from_numpy(rng.normal(0, BOX_ERROR, tuple(boxes.shape))).to(boxes)
    boxes = boxes + error * (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)
    cut = sample_boxes(crops.permute(0, 3, 1, 2), boxes[:, None], *IDENTITY_SIZE)[:, 0]
    return cut.round().byte().cpu()


def write_views(path: Path, views: Views, recipe: str) -> None:
    """Keep views in a safetensors file, which appears at once when it is complete.

    `recipe` is all that they depend on.
    """
    tensors = {'pictures': views.pictures, 'target': torch.from_numpy(views.target)}
    known = {'kind': json.dumps(views.kind), 'film': json.dumps(views.film), 'recipe': recipe}
    working = path.with_suffix('.part')
    save_file(tensors, working, known)
    working.replace(path)


def read_views(path: Path, recipe: str) -> Views | None:
    """Return the views that were kept, or None if there are none, or others."""
    if not path.exists():
        return None
    try:
        with safe_open(path, 'pt') as file:
            known = file.metadata() or {}
            if known.get('recipe') != recipe:
                return None
            pictures, target = (file.get_tensor(name) for name in ('pictures', 'target'))
            kind, film = (json.loads(known[name]) for name in ('kind', 'film'))
        return Views(pictures, target.numpy(), kind, film)
    except (SafetensorError, KeyError, ValueError):
        return None


class IdentityTrainer:
    """Trains a network's identity head on views of one set of targets, judged on another's."""

    def __init__(self, network: AiATrack, views: Views, config: IdentityConfig, seed: int) -> None:
        self.network = network
        self.head: IdentityHead = cast(Any, head_of(network)).to(memory_format=torch.channels_last)
        self.views = views
        self.config = config
        self._rng = np.random.default_rng(seed)
        self._noise = torch.Generator().manual_seed(seed)
        self._of = [np.flatnonzero(views.target == t) for t in range(len(views.kind))]
        # Of large films each target is drawn less: a street's passers-by are not all the world.
        sizes = Counter(views.film)
        weights = np.array([sizes[film] ** -0.5 for film in views.film])
        self._weights = weights / weights.sum()
        (kind, number), *_ = Counter(views.kind).most_common(1)
        self._alike = kind if number >= 2 else ''

    def run(self) -> None:
        """Train to the last step."""
        config = self.config
        optimizer = torch.optim.AdamW(
            self.head.parameters(), config.rate, weight_decay=config.weight_decay
        )
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, config.rate, max(config.steps, 2), pct_start=WARMUP
        )
        self.head.requires_grad_(True)
        self.head.train()
        steps = tqdm(range(config.steps), 'identity', unit='step', mininterval=2)
        for _ in steps:
            loss = self.loss()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            steps.set_postfix(loss=f'{loss.item():.3f}', refresh=False)
        self.head.eval()

    def loss(self) -> Tensor:
        """Return InfoNCE: how hard it is to find a target's other views among all of a batch."""
        targets = self._draw_targets()
        index = np.concatenate([self._rng.choice(self._of[t], self.config.views) for t in targets])
        pictures = self._varied(self.views.pictures[torch.from_numpy(index)])
        vectors = self.head.describe(_normalised(self.network, pictures))
        target, view = (
            torch.from_numpy(numbers).to(vectors.device)
            for numbers in (self.views.target[index], index)
        )
        logits = vectors @ vectors.T / self.config.temperature
        # A view beside itself, drawn twice, teaches nothing.
        logits = logits.masked_fill(view[:, None] == view, -1e4)
        right = (target[:, None] == target) & (view[:, None] != view)
        loss = -(logits.log_softmax(1) * right).sum(1) / right.sum(1).clamp(min=1)
        return loss[right.any(1)].mean()

    def _varied(self, pictures: Tensor) -> Tensor:
        """Mirror pictures (N, 3, h, w), or not, and change light, place and pixels a little."""
        pictures = pictures.float()
        if self._rng.random() < 0.5:
            pictures = pictures.flip(3)

        def drawn(*shape: int) -> Tensor:
            return torch.randn(len(pictures), *shape, generator=self._noise)

        moved = torch.eye(2, 3).repeat(len(pictures), 1, 1)
        moved[:, :, 2] = MOVED * drawn(2)
        moved[:, 0, 0] = torch.exp(MOVED * drawn())
        moved[:, 1, 1] = torch.exp(MOVED * drawn())
        places = functional.affine_grid(moved, list(pictures.shape), align_corners=False)
        pictures = functional.grid_sample(
            pictures, places, 'bilinear', 'border', align_corners=False
        )
        light = torch.exp(LIGHT * drawn(1, 1, 1) + TINT * drawn(3, 1, 1))
        return (pictures * light + NOISE * drawn(*pictures.shape[1:])).clamp(0, 255)

    def _draw_targets(self) -> NDArray[np.int64]:
        """Draw different targets: mostly of one kind, for only those are hard to tell apart."""
        weights = self._weights
        if self._rng.random() < self.config.alike and self._alike:
            weights = weights * [kind == self._alike for kind in self.views.kind]
        count = min(self.config.targets, np.count_nonzero(weights))
        return self._rng.choice(len(weights), count, False, weights / weights.sum())


def head_of(network: AiATrack) -> IdentityHead:
    """Return the identity head of a network; InputError if it has none."""
    if network.identity_head is None:
        raise InputError(f"model '{network.config.name}' has no identity head to train")
    return network.identity_head


def _normalised(network: AiATrack, pictures: Tensor) -> Tensor:
    """Map pictures (N, 3, h, w) in [0, 255] to what the head looks at."""
    device = network.bottleneck.weight.device
    images = network.preprocess(pictures.to(device).permute(0, 2, 3, 1))
    return images.contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def telling_apart(network: AiATrack, views: Views) -> float:
    """Return how often a view is more like the target's first one than others of its kind are.

    The others are those of its film, where it has some: who is told from them is not told by the
    place. The mean, over targets with FEWEST_VIEWS views or more that have others of their kind,
    of the area under the ROC curve; 0.5 is chance, NaN where there is no such target.
    """
    head = head_of(network)
    parts = [head.describe(_normalised(network, part)) for part in views.pictures.split(BATCH)]
    vectors = torch.cat(parts).cpu().numpy()
    kinds, films = (np.array(names)[views.target] for names in (views.kind, views.film))
    areas = []
    for target in range(len(views.kind)):
        own = np.flatnonzero(views.target == target)
        alike = (views.target != target) & (kinds == views.kind[target])
        near = alike & (films == views.film[target])
        others = np.flatnonzero(near if near.any() else alike)
        if len(own) >= FEWEST_VIEWS and len(others):
            right = vectors[own[1:]] @ vectors[own[0]]
            wrong = vectors[others] @ vectors[own[0]]
            above = (right[:, None] > wrong).mean() + (right[:, None] == wrong).mean() / 2
            areas.append(above)
    return float(np.mean(areas)) if areas else float('nan')


def write_figures(path: Path, before: float, after: float, samples: int) -> None:
    """Write what the held-out targets say of the head before and after, as CSV."""
    with path.open('w', newline='') as file:
        writer = csv.writer(file)
        writer.writerow(['samples', 'held_out_area_before', 'held_out_area_after'])
        writer.writerow([samples, f'{before:.4f}', f'{after:.4f}'])
