# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""From a run's configuration to the scenes that it is trained with."""

from collections.abc import Callable
from dataclasses import replace
import logging
from pathlib import Path
import queue
import threading
from typing import Generic
from typing import TypeVar

from aiatrack_ros.errors import InputError
from aiatrack_ros.model import ModelConfig
from aiatrack_ros.training.clip_pool import Pool
from aiatrack_ros.training.clips import Clip
from aiatrack_ros.training.compositor import Compositor
from aiatrack_ros.training.compositor import Scenes
from aiatrack_ros.training.objects import read_coco
from aiatrack_ros.training.picture_bank import Bank
from aiatrack_ros.training.picture_bank import PICTURE_SIZE
from aiatrack_ros.training.run_config import SourceConfig
from aiatrack_ros.training.run_config import TrainConfig
from aiatrack_ros.training.stills import read_stills
from aiatrack_ros.training.videos import read_got10k
from aiatrack_ros.training.videos import read_lasot
from aiatrack_ros.training.videos import read_trackingnet
from aiatrack_ros.training.videos import read_videos
import torch

logger = logging.getLogger(__name__)

# Of stills every HELD_OUT-th picture, of videos whatever `holdout` names, is kept for validation.
HELD_OUT = 20
READERS = {
    'video': read_videos,
    'got10k': read_got10k,
    'lasot': read_lasot,
    'trackingnet': read_trackingnet,
    'coco': read_coco,
}
Item = TypeVar('Item')


def read_source(source: SourceConfig, seed: int) -> list[Clip]:
    """Return the clips of one source; nothing is decoded yet."""
    if source.format == 'stills':
        clips = read_stills(source.path, source.cut, PICTURE_SIZE, seed, source.masks)
    else:
        clips = READERS[source.format](source.path, PICTURE_SIZE)
    return [replace(clip, kind=_kind(clip, source)) for clip in clips]


def _kind(clip: Clip, source: SourceConfig) -> str:
    """Return the kind of a clip's target: what the source says of its name, the longest first."""
    for start in sorted(source.kinds, key=len, reverse=True):
        if clip.name.startswith(start):
            return source.kinds[start]
    return clip.kind or Path(source.path).stem


def split(clips: list[Clip], holdout: list[str], held_out: bool) -> list[Clip]:
    """Return the clips for training, or those held out."""
    stills = dict.fromkeys(clip.name for clip in clips if clip.length == 1)
    kept = {name for index, name in enumerate(stills) if index % HELD_OUT == HELD_OUT - 1}
    kept |= set(holdout)
    return [clip for clip in clips if (clip.name in kept) == held_out]


class SceneSource:
    """Scenes by number: the same number gives the same scenes."""

    def __init__(
        self, config: TrainConfig, model: ModelConfig, device: torch.device, held_out: bool = False
    ) -> None:
        """Read all sources; with `held_out`, what training does not see."""
        bank = Bank(device)
        seed = config.seed + (1_000_003 if held_out else 0)
        self.pools: list[tuple[Pool, float]] = []
        for source in config.sources:
            found = read_source(source, config.seed)
            if not found:
                raise InputError(
                    f"sources: '{source.path}' holds nothing of format '{source.format}'; see "
                    'aiatrack_ros/datasets for the layouts, and check the path'
                )
            clips = split(found, config.holdout, held_out)
            if not clips:
                if not held_out:
                    logger.warning('%s: all of it is held out', source.path)
                continue
            name = Path(source.path).stem
            shares = (source.paste, source.place, source.backdrop, source.trust)
            if source.pool:
                slots = min(source.pool, len(clips), 64 if held_out else source.pool)
                pool = Pool(clips, slots, source.frames, seed)
                pool.fill(bank, name, *shares)
                self.pools.append((pool, 0.0 if held_out else source.renew))
            else:
                bank.add(name, clips, *shares)
        self.compositor = Compositor(
            bank.finish(),
            config.sampling,
            config.looks,
            model.crop_size,
            model.search_factor,
            seed,
        )

    def scenes(self, number: int, count: int) -> Scenes:
        """Return batch `number`; numbers may not go back where a source is renewed."""
        for pool, renew in self.pools:
            pool.advance(int(number * renew))
        return self.compositor.scenes(number, count)


class Ahead(Generic[Item]):
    """Calls a function for numbers in a fixed stride in a thread, `depth` results ahead.

    On a GPU the thread has a stream of its own: on the one of the training steps each of its many
    small copies would wait for the step before, so that the steps would wait for the scenes.
    """

    def __init__(
        self,
        function: Callable[[int], Item],
        stride: int,
        device: torch.device,
        depth: int = 2,
    ) -> None:
        self._function = function
        self._stride = stride
        self._stream = torch.cuda.Stream(device) if device.type == 'cuda' else None
        self._results: queue.Queue[tuple[int, Item | Exception]] = queue.Queue(depth)
        self._thread: threading.Thread | None = None

    def __call__(self, number: int) -> Item:
        """Return the result for a number; the first call decides where the numbers begin."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, args=(number,), daemon=True)
            self._thread.start()
        found, result = self._results.get()
        if isinstance(result, Exception):
            raise result
        if found != number:
            raise ValueError(f'number {number} was asked for, {found} comes next')
        return result

    def _work(self, number: int) -> None:
        while True:
            try:
                self._results.put((number, self._called(number)))
            except Exception as error:
                self._results.put((number, error))
                return
            number += self._stride

    def _called(self, number: int) -> Item:
        if self._stream is None:
            return self._function(number)
        with torch.cuda.stream(self._stream):
            result = self._function(number)
        self._stream.synchronize()  # whoever takes the result need not know the stream
        return result


def check_sources(config: TrainConfig) -> None:
    """Raise InputError for a path that does not exist, before anything slow begins."""
    for source in config.sources:
        for path in filter(None, (source.path, source.masks)):
            if not Path(path).exists():
                raise InputError(f"sources: '{path}' does not exist; is --data right?")
