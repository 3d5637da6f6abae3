# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Trains the identity head alone: which of many targets of one kind is it.

What a target looks like from frame to frame only films can teach, and who is like it only many
targets at once. Of films there are few, and in each the background is the same: a head that sees
nothing else learns them by heart. So people of stills, pasted into ever other pictures, come on
top; of films that were left out whole, it then tells more people apart (docs/model_card.md).

What the head is asked for is pooled from the backbone's features, which stand still meanwhile, so
every view is pooled once and the head then sees thousands of them a second.
"""

from collections import Counter
import csv
from dataclasses import dataclass
import logging
from pathlib import Path

from aiatrack_ros.errors import InputError
from aiatrack_ros.model import AiATrack
from aiatrack_ros.model.heads import IdentityHead
from aiatrack_ros.model.heads import POOL_BINS
from aiatrack_ros.training.compositor import Scenes
from aiatrack_ros.training.features import Extractor
from aiatrack_ros.training.run_config import IdentityConfig
from aiatrack_ros.training.scene_source import SceneSource
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
FEWEST_VIEWS = 4  # of a target that is judged


@dataclass
class Views:
    """Targets, several views of each, as the identity head is asked for them."""

    pooled: Tensor  # (N, C, bins, bins)
    target: NDArray[np.int64]  # (N,)
    kind: list[str]  # of each target
    film: list[str]  # of each target; '' where it is pasted


def collect(source: SceneSource, network: AiATrack, config: IdentityConfig) -> Views:
    """Pool views of all targets of films that were seen in two frames or more, and of pasted ones.

    Of films about `config.collected` of each, every one a frame of its own, moved and lit like the
    crops of a scene; of pasted targets all crops of `config.pasted` scenes.

    Raises:
        InputError: The network has no identity head, or there are less than two targets.
    """
    if network.identity_head is None:
        raise InputError(f"model '{network.config.name}' has no identity head to train")
    extractor = Extractor(network)
    rng = np.random.default_rng(source.compositor.seed)
    parts = [_of_films(source, extractor, rng, config.collected)]
    if config.pasted:
        parts.append(_of_pasted(source, extractor, rng, config.pasted))
    views = _joined(parts)
    if len(views.kind) < 2:
        raise InputError('identity: no two targets of films (place above 0, two frames or more)')
    return views


def _joined(parts: list[Views]) -> Views:
    first = np.cumsum([0, *(len(part.kind) for part in parts)])
    return Views(
        torch.cat([part.pooled for part in parts]),
        np.concatenate([part.target + start for part, start in zip(parts, first)]),
        [kind for part in parts for kind in part.kind],
        [film for part in parts for film in part.film],
    )


def _of_films(
    source: SceneSource, extractor: Extractor, rng: np.random.Generator, views: int
) -> Views:
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
            pictures = np.resize(rng.permutation(clip), count)
            jobs += [(len(kinds), row) for row in pictures.reshape(-1, frames)]
            kinds.append(kind)
            films.append(film)
    parts, targets = [_nothing(extractor)], []
    progress = tqdm(total=len(jobs), desc='views', unit='scene', mininterval=2)
    for first in range(0, len(jobs), SCENES):
        batch = jobs[first : first + SCENES]
        scenes = source.compositor.views(rng, np.array([pictures for _, pictures in batch]))
        parts.append(_pooled(extractor, scenes, rng))
        targets += [target for target, _ in batch for _ in range(frames)]
        progress.update(len(batch))
    progress.close()
    return Views(torch.cat(parts), np.array(targets, np.int64), kinds, films)


def _of_pasted(
    source: SceneSource, extractor: Extractor, rng: np.random.Generator, count: int
) -> Views:
    kinds: list[str] = []
    target_of: dict[int, int] = {}
    for group in source.compositor.bank.groups if source.compositor.bank.kinds else ():
        for clip, kind in zip(group.pasted, group.pasted_kind, strict=True):
            target_of |= dict.fromkeys(map(int, clip), len(kinds))
            kinds.append(kind)
    parts, targets = [_nothing(extractor)], []
    batches = range(0, count if kinds else 0, SCENES)
    for first in tqdm(batches, desc='pasted', unit_scale=SCENES, unit='scene', mininterval=2):
        scenes, cutouts = source.compositor.pasted(first, min(SCENES, count - first))
        sides = scenes.boxes[..., 2:] - scenes.boxes[..., :2]
        seen = (cutouts >= 0) & (sides.amin(-1) > SMALLEST).cpu().numpy()
        parts.append(_pooled(extractor, scenes, rng)[torch.from_numpy(seen.ravel())])
        targets += [target_of[int(cutout)] for cutout in cutouts[seen]]
    return Views(torch.cat(parts), np.array(targets, np.int64), kinds, [''] * len(kinds))


def _nothing(extractor: Extractor) -> Tensor:
    """Return no views, in the form in which views are pooled."""
    head = extractor.network.identity_head
    return torch.zeros(0, *head.mean.shape[:1], POOL_BINS, POOL_BINS, dtype=torch.float16)


@torch.no_grad()
def _pooled(extractor: Extractor, scenes: Scenes, rng: np.random.Generator) -> Tensor:
    head = extractor.network.identity_head  # folded; pooling has no weights
    deep, lateral = (maps.flatten(0, 1).float() for maps in extractor(scenes.crops))
    boxes = scenes.boxes.flatten(0, 1)
    error = torch.from_numpy(rng.normal(0, BOX_ERROR, tuple(boxes.shape))).to(boxes)
    size = (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)
    return head.pool(deep, lateral, (boxes + error * size)[:, None])[:, 0].half().cpu()


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
        """Return the loss (InfoNCE) of a batch: which of all its views show the same target."""
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
        label, index = label.to(vectors.device), index.to(vectors.device)
        logits = vectors @ vectors.T / self.config.temperature
        # A view beside itself, drawn twice, teaches nothing.
        logits = logits.masked_fill(index[:, None] == index, -1e4)
        right = (label[:, None] == label) & (index[:, None] != index)
        loss = -(logits.log_softmax(1) * right).sum(1) / right.sum(1).clamp(min=1)
        return loss[right.any(1)].mean()

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
