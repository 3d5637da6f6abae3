# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Features of scenes: straight from the compositor, or from a cache on disk.

A frozen backbone says the same of the same crop every time, and on a CPU it costs more than all
that is trained, so its output is computed once. The cache is a folder of shards, each a folder of
.npy files that appears at once when it is complete: one process may fill it while another trains
from it.
"""

import json
import logging
from pathlib import Path
import shutil
import time

from aiatrack_ros.errors import InputError
from aiatrack_ros.model import AiATrack
from aiatrack_ros.model.norm import fold_batch_norms
from aiatrack_ros.training.objective import Features
from aiatrack_ros.training.run_config import CacheConfig
from aiatrack_ros.training.scene_source import SceneSource
import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

logger = logging.getLogger(__name__)

CHUNK = 8  # scenes per pass through the backbone when a cache is filled
WAIT = 2.0  # seconds between looks for a shard that another process makes


class Extractor:
    """The backbone with its batch norms folded, for features without gradients.

    The last `without` stages are left out: those that are to be trained.
    """

    def __init__(self, network: AiATrack, without: int = 0) -> None:
        self.without = without
        self.network = fold_batch_norms(network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @torch.no_grad()
    def __call__(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """Map crops (B, F, S, S, 3) uint8 to features (B, F, C, h, w) and (B, F, C', 2h, 2w)."""
        images = self.network.preprocess(crops.flatten(0, 1))
        images = images.contiguous(memory_format=torch.channels_last)
        deep, lateral = self.network.extract(images, self.without)
        shape = crops.shape[:2]
        return deep.contiguous().unflatten(0, shape), lateral.contiguous().unflatten(0, shape)


class FeatureCache:
    """Shards of features on disk."""

    def __init__(self, config: CacheConfig, recipe: dict) -> None:
        """Open or begin a cache; `recipe` is what its content depends on, and must not change."""
        self.config = config
        self.path = Path(config.path)
        self.path.mkdir(parents=True, exist_ok=True)
        self._open: dict[int, dict[str, np.ndarray]] = {}
        text = json.dumps(recipe, sort_keys=True)
        mark = self.path / 'recipe.json'
        if not mark.exists():
            mark.write_text(text)
        elif mark.read_text() != text:
            raise InputError(
                f'feature cache {self.path} was made for other data, settings or weights; name '
                'another cache.path or delete that folder'
            )

    @property
    def shards(self) -> int:
        """Return how many shards make a whole cache."""
        return -(-self.config.scenes // self.config.shard)

    def _shard(self, index: int) -> Path:
        return self.path / f'{index:05d}'

    def fill(self, source: SceneSource, extractor: Extractor) -> None:
        """Make the shards that are missing, in their order."""
        progress = tqdm(total=self.config.scenes, unit='scene', mininterval=5)
        for index in range(self.shards):
            if not self._shard(index).exists():
                self._make(index, source, extractor)
            progress.update(self.config.shard)
        progress.close()

    def _make(self, index: int, source: SceneSource, extractor: Extractor) -> None:
        parts = []
        for first in range(0, self.config.shard, CHUNK):
            count = min(CHUNK, self.config.shard - first)
            scenes = source.scenes(index * self.config.shard + first, count)
            deep, lateral = extractor(scenes.crops)
            parts.append(Features(deep.half(), lateral.half(), *scenes[1:]))
        working = self._shard(index).with_suffix('.part')
        shutil.rmtree(working, ignore_errors=True)
        working.mkdir()
        for name, tensors in zip(Features._fields, zip(*parts)):
            np.save(working / f'{name}.npy', torch.cat(tensors).cpu().numpy())
        working.rename(self._shard(index))

    def available(self, step: int) -> int:
        """Return how many scenes step `step` may draw from, whole shards only."""
        wanted = self.config.ready + step * self.config.per_step
        shards = min(self.shards, max(1, int(wanted // self.config.shard)))
        return shards * self.config.shard

    def load(self, indices: np.ndarray) -> Features:
        """Return scenes by number, waiting for shards that are still being made."""
        rows: list[list[np.ndarray]] = []
        for scene in indices:
            shard, row = divmod(int(scene), self.config.shard)
            arrays = self._arrays(shard)
            rows.append([arrays[name][row] for name in Features._fields])
        tensors = [torch.from_numpy(np.stack(column)) for column in zip(*rows)]
        return Features(*(t.float() if t.is_floating_point() else t for t in tensors))

    def _arrays(self, shard: int) -> dict[str, np.ndarray]:
        if shard not in self._open:
            folder = self._shard(shard)
            if not folder.exists():
                logger.warning(
                    'waiting for %s of the feature cache, which the same command with '
                    '--fill-cache makes; Ctrl-C twice ends',
                    folder,
                )
            while not folder.exists():
                time.sleep(WAIT)
            self._open[shard] = {
                name: np.load(folder / f'{name}.npy', mmap_mode='r') for name in Features._fields
            }
        return self._open[shard]
