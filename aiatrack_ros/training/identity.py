# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Trains the identity head alone: which of many targets of one kind is it.

What a target looks like from frame to frame only films can teach, and who is like it only many
targets at once. Of films there are few, and in each the background is the same: a head that sees
nothing else learns them by heart.

So a network that has learned it from many thousands of people may teach on top (`teacher`): two
pictures are to be as like each other for the head as they are for it. For that nobody need know
who is in a picture, so what the scenes of training show will do, people or not (`scenes`): what is
taught is a function, and the more places it is given at, the less of it can be learned by heart.
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
from aiatrack_ros.training.compositor import Scenes
from aiatrack_ros.training.run_config import IdentityConfig
from aiatrack_ros.training.scene_source import SceneSource
from aiatrack_ros.training.teacher import Teacher
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
SMALLEST = 0.02  # side of a box that is looked at, relative to the crop's
TAUGHT = 'person'  # the kind of targets that a teacher knows
FEWEST_VIEWS = 4  # of a target that is judged
NOBODY = -1  # the target of a picture of which nobody knows who is in it
# Heights of windows of which a teacher is asked besides, relative to the crop; their width over
# height is about that of people, and its logarithm has this deviation.
WINDOW_HEIGHT = (0.12, 0.7)
WINDOW_SHAPE, WINDOW_SPREAD = 0.42, 0.3
# Deviations of what is changed in a picture each time it is shown: the logarithms of its light and
# of that of each colour, its place and the logarithm of its size over its own, its pixels.
LIGHT, TINT, MOVED, NOISE = 0.08, 0.04, 0.06, 4.0
WARMUP = 0.1  # the share of steps in which the rate rises
BATCH = 64  # pictures that are described at once


@dataclass
class Views:
    """Targets, several views of each, as the identity head is asked for them."""

    pictures: Tensor  # (N, 3, 256, 128) uint8 RGB
    target: NDArray[np.int64]  # (N,), NOBODY where it is not known
    kind: list[str]  # of each target
    film: list[str]  # of each target
    taught: Tensor | None = None  # (N, T), how a teacher describes each; None without one


def collect(source: SceneSource, config: IdentityConfig) -> Views:
    """Cut out views of all targets of films that were seen in two frames or more.

    Of each about `config.collected`, every one a frame of its own, moved and lit like the crops of
    a scene. With a teacher, what `config.scenes` scenes show comes on top: in each crop the
    target, another and any window, and nobody knows who they are.

    Raises:
        InputError: There are less than two targets, or the teacher cannot be used.
    """
    look = _Look(config.teacher, np.random.default_rng(source.compositor.seed))
    target, kind, film = _of_films(source, look, config.collected)
    if len(kind) < 2:
        raise InputError('identity: no two targets of films (place above 0, two frames or more)')
    if config.teacher:
        _of_scenes(source, look, config.scenes)
    pictures, taught = look.taken()
    target += [NOBODY] * (len(pictures) - len(target))
    return Views(pictures, np.array(target, np.int64), kind, film, taught)


def write_views(path: Path, views: Views, recipe: str) -> None:
    """Keep views in a safetensors file, which appears at once when it is complete.

    `recipe` is all that they depend on.
    """
    tensors = {'pictures': views.pictures, 'target': torch.from_numpy(views.target)}
    if views.taught is not None:
        tensors['taught'] = views.taught
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
            tensors = {name: file.get_tensor(name) for name in file.keys()}
            kind, film = (json.loads(known[name]) for name in ('kind', 'film'))
        return Views(
            tensors['pictures'], tensors['target'].numpy(), kind, film, tensors.get('taught')
        )
    except (SafetensorError, KeyError, ValueError):
        return None


class _Look:
    """Looks at boxes of crops, and keeps what it sees."""

    def __init__(self, teacher: str, rng: np.random.Generator) -> None:
        self.rng = rng
        self._teacher = Teacher(teacher) if teacher else None
        self._pictures: list[Tensor] = []
        self._taught: list[Tensor] = []

    def __call__(self, crops: Tensor, boxes: Tensor) -> None:
        """Look at crops (N, S, S, 3) where their boxes (N, 4) say, as a tracker's would be."""
        error = torch.from_numpy(self.rng.normal(0, BOX_ERROR, tuple(boxes.shape))).to(boxes)
        boxes = boxes + error * (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)
        cut = sample_boxes(crops.permute(0, 3, 1, 2), boxes[:, None], *IDENTITY_SIZE)[:, 0]
        self._pictures.append(cut.round().byte().cpu())
        if self._teacher is not None:
            self._taught.append(self._teacher(crops, boxes).half())

    def taken(self) -> tuple[Tensor, Tensor | None]:
        """Return all that was seen, and what the teacher says of it."""
        nothing = torch.zeros(0, 3, *IDENTITY_SIZE, dtype=torch.uint8)
        taught = torch.cat(self._taught) if self._taught else None
        return torch.cat([nothing, *self._pictures]), taught


def _of_films(
    source: SceneSource, look: _Look, views: int
) -> tuple[list[int], list[str], list[str]]:
    """Look at the targets of films; return the target of each view, and of each kind and film."""
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
        scenes = source.compositor.views(look.rng, np.array([row for _, row in batch]))
        look(scenes.crops.flatten(0, 1), scenes.boxes.flatten(0, 1))
        targets += [target for target, _ in batch for _ in range(frames)]
        progress.update(len(batch))
    progress.close()
    return targets, kinds, films


def _of_scenes(source: SceneSource, look: _Look, count: int) -> None:
    """Look at whoever the scenes of training show."""
    batches = range(0, count, SCENES)
    for first in tqdm(batches, desc='taught', unit_scale=SCENES, unit='scene', mininterval=2):
        scenes = source.scenes(first, min(SCENES, count - first))
        crops = scenes.crops.flatten(0, 1)
        others = scenes.others.flatten(0, 1)[:, :1]
        for boxes in (scenes.boxes.flatten(0, 1), *others.unbind(1), _windows(look.rng, scenes)):
            sides = boxes[:, 2:] - boxes[:, :2]
            seen = torch.isfinite(boxes).all(-1) & (sides.amin(-1) > SMALLEST)
            look(crops[seen], boxes[seen])


def _windows(rng: np.random.Generator, scenes: Scenes) -> Tensor:
    """Return a window of the shape of a person somewhere in each crop, (B * F, 4)."""
    count = scenes.present.numel()
    lowest, highest = np.log(WINDOW_HEIGHT)
    height = np.exp(rng.uniform(lowest, highest, count))
    shape = WINDOW_SHAPE * np.exp(rng.normal(0, WINDOW_SPREAD, count))
    size = np.stack((np.minimum(height * shape, 1), height), 1)
    corner = rng.uniform(0, 1, (count, 2)) * (1 - size)
    return torch.from_numpy(np.concatenate((corner, corner + size), 1)).to(scenes.boxes)


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
        people = np.array([kind == TAUGHT for kind in views.kind])
        nobody = views.target == NOBODY
        # Of whom the teacher is believed: people, and whoever it was asked of for no other reason.
        self._believed = nobody | people[views.target]
        self._more = np.flatnonzero(nobody)

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
        """Return the loss of a batch: which views are of one target, and what a teacher says."""
        targets = self._draw_targets()
        rows = np.array([self._rng.choice(self._of[t], self.config.views) for t in targets])
        index = rows.ravel()
        count = len(index)
        if self.views.taught is not None and len(self._more):
            index = np.concatenate((index, self._rng.choice(self._more, self.config.more)))
        pictures = self._varied(self.views.pictures[torch.from_numpy(index)])
        vectors = self.head.describe(_normalised(self.network, pictures))
        label = torch.arange(len(targets)).repeat_interleave(self.config.views).to(vectors.device)
        which = torch.from_numpy(index[:count]).to(vectors.device)
        loss = self._which_is_which(vectors[:count], label, which)
        if self.views.taught is not None:
            loss = loss + self.config.taught * self._unlike_taught(vectors, index)
        return loss

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

    def _which_is_which(self, vectors: Tensor, label: Tensor, index: Tensor) -> Tensor:
        """Return InfoNCE: how hard it is to find a target's other views among all of a batch."""
        logits = vectors @ vectors.T / self.config.temperature
        # A view beside itself, drawn twice, teaches nothing.
        logits = logits.masked_fill(index[:, None] == index, -1e4)
        right = (label[:, None] == label) & (index[:, None] != index)
        loss = -(logits.log_softmax(1) * right).sum(1) / right.sum(1).clamp(min=1)
        return loss[right.any(1)].mean()

    def _unlike_taught(self, vectors: Tensor, index: NDArray[np.int64]) -> Tensor:
        """Return the squared error of all likenesses, against those that are taught."""
        taught = cast(Tensor, self.views.taught)[torch.from_numpy(index)].to(vectors)
        believed = torch.from_numpy(self._believed[index]).to(vectors.device)
        vectors, taught = vectors[believed], taught[believed]
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
