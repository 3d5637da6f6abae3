# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Trains the identity head alone: which of many targets of one kind is it.

What a target looks like from frame to frame only films can teach, and who is like it only many
targets at once. Of films there are few, and in each the background is the same: a head that sees
nothing else learns them by heart. So people of stills, pasted into ever other pictures, may come
on top (`pasted`); of films that were left out whole, a head without a teacher then tells more
people apart (docs/model_card.md).

A network that has learned it from many thousands of people may teach on top (`teacher`): two views
of people are to be as like each other for the head as they are for it.

What the head is asked for is pooled from the backbone's features, which stand still meanwhile, so
every view is pooled once and the head then sees thousands of them a second.
"""

from collections import Counter
import csv
from dataclasses import dataclass
import logging
from pathlib import Path
from typing import cast

from aiatrack_ros.errors import InputError
from aiatrack_ros.model import AiATrack
from aiatrack_ros.model.heads import IDENTITY_BINS
from aiatrack_ros.model.heads import IdentityHead
from aiatrack_ros.training.compositor import Scenes
from aiatrack_ros.training.features import Extractor
from aiatrack_ros.training.run_config import IdentityConfig
from aiatrack_ros.training.scene_source import SceneSource
from aiatrack_ros.training.teacher import Teacher
import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

logger = logging.getLogger(__name__)

SCENES = 8  # drawn and looked at in one pass
BOX_ERROR = 0.06  # sigma of the error of a view's box, relative to its size, as of a tracker's
SMALLEST = 0.02  # side of a box that is looked at, relative to the crop's
TAUGHT = 'person'  # the kind of targets that a teacher knows
FEWEST_VIEWS = 4  # of a target that is judged


@dataclass
class Views:
    """Targets, several views of each, as the identity head is asked for them."""

    pooled: Tensor  # (N, C, 8, 4)
    target: NDArray[np.int64]  # (N,)
    kind: list[str]  # of each target
    film: list[str]  # of each target; '' where it is pasted
    taught: Tensor | None = None  # (N, T), how a teacher describes each; None without one


def collect(source: SceneSource, network: AiATrack, config: IdentityConfig) -> Views:
    """Pool views of all targets of films that were seen in two frames or more, and of pasted ones.

    Of films about `config.collected` of each, every one a frame of its own, moved and lit like the
    crops of a scene; of pasted targets all crops of `config.pasted` scenes.

    Raises:
        InputError: The network has no identity head, there are less than two targets, or the
            teacher cannot be used.
    """
    if network.identity_head is None:
        raise InputError(f"model '{network.config.name}' has no identity head to train")
    look = _Look(network, config.teacher, np.random.default_rng(source.compositor.seed))
    parts = [_of_films(source, look, config.collected)]
    if config.pasted:
        parts.append(_of_pasted(source, look, config.pasted))
    views = _joined(parts)
    if len(views.kind) < 2:
        raise InputError('identity: no two targets of films (place above 0, two frames or more)')
    return views


def _joined(parts: list[Views]) -> Views:
    first = np.cumsum([0, *(len(part.kind) for part in parts)])
    taught = [part.taught for part in parts if part.taught is not None and len(part.taught)]
    return Views(
        torch.cat([part.pooled for part in parts]),
        np.concatenate([part.target + start for part, start in zip(parts, first)]),
        [kind for part in parts for kind in part.kind],
        [film for part in parts for film in part.film],
        torch.cat(taught) if taught else None,
    )


class _Look:
    """Looks at scenes as a tracker does that has found its target, and keeps what is pooled."""

    def __init__(self, network: AiATrack, teacher: str, rng: np.random.Generator) -> None:
        self.rng = rng
        self._extractor = Extractor(network)
        self._head = self._extractor.network.identity_head  # folded; pooling has no weights
        self._teacher = Teacher(teacher) if teacher else None
        self._pooled: list[Tensor] = []
        self._taught: list[Tensor] = []

    @torch.no_grad()
    def __call__(self, scenes: Scenes, chosen: NDArray[np.bool_]) -> None:
        """Look at the targets of those crops (B, F) that are chosen."""
        index = torch.from_numpy(np.flatnonzero(chosen)).to(scenes.boxes.device)
        deep, lateral = (
            maps.flatten(0, 1)[index].float() for maps in self._extractor(scenes.crops)
        )
        boxes = scenes.boxes.flatten(0, 1)[index]
        error = torch.from_numpy(self.rng.normal(0, BOX_ERROR, tuple(boxes.shape))).to(boxes)
        boxes = boxes + error * (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)
        pooled = self._head.pool(deep, lateral, boxes[:, None])[:, 0]
        self._pooled.append(pooled.half().cpu())
        if self._teacher is not None:
            self._taught.append(self._teacher(scenes.crops.flatten(0, 1)[index], boxes).half())

    def taken(self, targets: list[int], kinds: list[str], films: list[str]) -> Views:
        """Return what was looked at since the last time, one view for each of `targets`."""
        channels = self._head.mean.shape[0]
        nothing = torch.zeros(0, channels, *IDENTITY_BINS, dtype=torch.float16)
        pooled, taught = torch.cat([nothing, *self._pooled]), self._taught
        self._pooled, self._taught = [], []
        return Views(
            pooled,
            np.array(targets, np.int64),
            kinds,
            films,
            torch.cat(taught) if taught else None,
        )


def _of_films(source: SceneSource, look: _Look, views: int) -> Views:
    kinds: list[str] = []
    films: list[str] = []
    jobs: list[tuple[int, NDArray[np.int64]]] = []
    frames = source.compositor.sampling.frames
    for group in source.compositor.bank.groups:
        for clip, kind, film in zip(
            group.placed, group.placed_kind, group.placed_film, strict=True
        ):
            if len(clip) < 2:
                continue
            count = -(-min(views, 2 * len(clip)) // frames) * frames
            pictures = np.resize(look.rng.permutation(clip), count)
            jobs += [(len(kinds), row) for row in pictures.reshape(-1, frames)]
            kinds.append(kind)
            films.append(film)
    targets: list[int] = []
    progress = tqdm(total=len(jobs), desc='views', unit='scene', mininterval=2)
    for first in range(0, len(jobs), SCENES):
        batch = jobs[first : first + SCENES]
        pictures = np.array([row for _, row in batch])
        look(source.compositor.views(look.rng, pictures), np.ones(pictures.shape, bool))
        targets += [target for target, _ in batch for _ in range(frames)]
        progress.update(len(batch))
    progress.close()
    return look.taken(targets, kinds, films)


def _of_pasted(source: SceneSource, look: _Look, count: int) -> Views:
    kinds: list[str] = []
    target_of: dict[int, int] = {}
    for group in source.compositor.bank.groups if source.compositor.bank.kinds else ():
        for clip, kind in zip(group.pasted, group.pasted_kind, strict=True):
            target_of |= dict.fromkeys(map(int, clip), len(kinds))
            kinds.append(kind)
    targets: list[int] = []
    batches = range(0, count if kinds else 0, SCENES)
    for first in tqdm(batches, desc='pasted', unit_scale=SCENES, unit='scene', mininterval=2):
        scenes, cutouts = source.compositor.pasted(first, min(SCENES, count - first))
        sides = scenes.boxes[..., 2:] - scenes.boxes[..., :2]
        seen = (cutouts >= 0) & (sides.amin(-1) > SMALLEST).cpu().numpy()
        look(scenes, seen)
        targets += [target_of[int(cutout)] for cutout in cutouts[seen]]
    return look.taken(targets, kinds, [''] * len(kinds))


class IdentityTrainer:
    """Trains an identity head on views of one set of targets, and judges it on another's."""

    def __init__(
        self, head: IdentityHead, views: Views, config: IdentityConfig, seed: int
    ) -> None:
        self.head = head
        self.views = views
        pooled = views.pooled.float()
        head.mean.copy_(pooled.mean((0, 2, 3))[:, None, None])
        head.deviation.copy_(pooled.std((0, 2, 3)).clamp(min=1e-3)[:, None, None])
        self.config = config
        self._rng = np.random.default_rng(seed)
        self._noise = torch.Generator().manual_seed(seed)
        self._of = [np.flatnonzero(views.target == t) for t in range(len(views.kind))]
        # Of large films each target is drawn less: a street's passers-by are not all the world.
        sizes = Counter(views.film)
        pasted = np.array([not film for film in views.film])
        weights = np.array([sizes[film] ** -0.5 if film else 1.0 for film in views.film])
        weights[[not len(own) for own in self._of]] = 0  # pasted ones that no scene showed
        for part, share in ((pasted, config.pasted_share), (~pasted, 1 - config.pasted_share)):
            weights[part] *= share / max(weights[part].sum(), 1e-9)
        self._weights = weights / weights.sum()
        (kind, number), *_ = Counter(views.kind).most_common(1)
        self._alike = kind if number >= 2 else ''
        self._people = np.array([kind == TAUGHT for kind in views.kind])[views.target]

    def run(self) -> None:
        """Train to the last step."""
        config = self.config
        optimizer = torch.optim.AdamW(
            self.head.parameters(), config.rate, weight_decay=config.weight_decay
        )
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, config.steps)
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
        """Return the loss of a batch: which views are of one target, and what a teacher says."""
        targets = self._draw_targets()
        rows = np.array([self._rng.choice(self._of[t], self.config.views) for t in targets])
        index = torch.from_numpy(rows.ravel())
        pooled = self.views.pooled[index].to(self.head.deviation)
        if self._rng.random() < 0.5:
            pooled = pooled.flip(3)
        noise = torch.randn(pooled.shape, generator=self._noise).to(pooled.device)
        pooled = pooled + self.config.noise * self.head.deviation * noise
        vectors = self.head.describe(pooled)
        label = torch.arange(len(targets)).repeat_interleave(self.config.views)
        loss = self._which_is_which(vectors, label.to(vectors.device), index.to(vectors.device))
        if self.views.taught is not None:
            loss = loss + self.config.taught * self._unlike_taught(vectors, index)
        return loss

    def _which_is_which(self, vectors: Tensor, label: Tensor, index: Tensor) -> Tensor:
        """Return InfoNCE: how hard it is to find a target's other views among all of a batch."""
        logits = vectors @ vectors.T / self.config.temperature
        # A view beside itself, drawn twice, teaches nothing.
        logits = logits.masked_fill(index[:, None] == index, -1e4)
        right = (label[:, None] == label) & (index[:, None] != index)
        loss = -(logits.log_softmax(1) * right).sum(1) / right.sum(1).clamp(min=1)
        return loss[right.any(1)].mean()

    def _unlike_taught(self, vectors: Tensor, index: Tensor) -> Tensor:
        """Return the squared error of all likenesses of people, against those that are taught."""
        taught = cast(Tensor, self.views.taught)[index].to(vectors)
        people = torch.from_numpy(self._people[index.numpy()]).to(vectors.device)
        vectors, taught = vectors[people], taught[people]
        error = (vectors @ vectors.T - taught @ taught.T).square()
        pairs = len(error) * (len(error) - 1)
        return error.fill_diagonal_(0).sum() / max(pairs, 1)

    def _draw_targets(self) -> NDArray[np.int64]:
        """Draw different targets: mostly of one kind, for only those are hard to tell apart."""
        weights = self._weights
        if self._rng.random() < self.config.alike and self._alike:
            weights = weights * [kind == self._alike for kind in self.views.kind]
        count = min(self.config.targets, np.count_nonzero(weights))
        return self._rng.choice(len(weights), count, False, weights / weights.sum())


@torch.no_grad()
def telling_apart(head: IdentityHead, views: Views) -> float:
    """Return how often a view is more like the target's first one than others of its kind are.

    The others are those of its film, where it has some: who is told from them is not told by the
    place. The mean, over targets of films with FEWEST_VIEWS views or more that have others of
    their kind, of the area under the ROC curve; 0.5 is chance, NaN where there is no such target.
    """
    pooled = views.pooled.to(head.deviation)
    vectors = functional.normalize(head.describe(pooled), dim=-1).cpu().numpy()
    kinds, films = (np.array(names)[views.target] for names in (views.kind, views.film))
    areas = []
    for target in np.flatnonzero(views.film):
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
