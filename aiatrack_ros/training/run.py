# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""`aiatrack train`."""

import argparse
from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import dataclasses
import hashlib
import json
import logging
import os
from pathlib import Path

from aiatrack_ros.errors import InputError
from aiatrack_ros.model import AiATrack
from aiatrack_ros.model import ModelConfig
from aiatrack_ros.model.checkpoint import variant
from aiatrack_ros.model.device import choose_device
from aiatrack_ros.training.compositor import Scenes
from aiatrack_ros.training.features import Extractor
from aiatrack_ros.training.features import FeatureCache
from aiatrack_ros.training.initial_weights import load_imagenet
from aiatrack_ros.training.initial_weights import load_initial
from aiatrack_ros.training.initial_weights import start_matching
from aiatrack_ros.training.initial_weights import trained_before
from aiatrack_ros.training.loop import Batch
from aiatrack_ros.training.loop import Trainer
from aiatrack_ros.training.objective import Features
from aiatrack_ros.training.preview import write_preview
from aiatrack_ros.training.run_config import load_config
from aiatrack_ros.training.run_config import parse
from aiatrack_ros.training.run_config import TrainConfig
from aiatrack_ros.training.scene_source import Ahead
from aiatrack_ros.training.scene_source import check_sources
from aiatrack_ros.training.scene_source import SceneSource
import numpy as np
import torch

DESCRIPTION = """\
Train a network as a YAML file says: which pictures, how they become scenes, for how long.

Look at --preview first: wrong boxes waste a run. Whatever was interrupted goes on where it stopped
when the same command is given again. The configuration's `output` folder gets
snapshot.safetensors (the network, a checkpoint for the tracker), train.csv and validation.csv, the
same for TensorBoard, and state.pt, from which a run goes on.

  aiatrack train config/train/finetune.yaml --preview scenes.png
  aiatrack train config/train/finetune.yaml
  torchrun --nproc-per-node 4 -m aiatrack_ros.cli train config/train/finetune.yaml
"""

logger = logging.getLogger(__name__)

PREVIEW_SCENES = 12
VALIDATION_BATCH = 16


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_run_arguments(parser)
    parser.add_argument(
        '--output', default='', help="folder of states and logs, instead of the configuration's"
    )
    parser.add_argument(
        '--preview',
        default='',
        metavar='PNG',
        help='only draw scenes with their boxes into a picture',
    )
    parser.add_argument(
        '--fill-cache',
        action='store_true',
        help='only fill the feature cache; training may run beside it',
    )


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what names a run and the machine's part in it."""
    parser.add_argument('config', metavar='CONFIG.yaml', help='the run; see config/train/')
    parser.add_argument(
        '--data',
        default='',
        metavar='DIR',
        help="folder that the sources' relative paths begin in (default: here)",
    )
    parser.add_argument('--device', default='auto', help="'auto', 'cpu', 'cuda' or 'cuda:N'")
    parser.add_argument('--threads', type=int, default=0, help='CPU threads (default: all)')


def run(args: argparse.Namespace) -> int:
    """Train, preview or fill the cache; return the exit code."""
    config = configured(args.config, args.data)
    if args.output:
        config = dataclasses.replace(config, output=args.output)
    set_threads(args.threads)
    with processes(args.device) as (device, rank, world):
        logging.basicConfig(
            level=logging.INFO if rank == 0 else logging.ERROR, format='%(levelname)s: %(message)s'
        )
        torch.manual_seed(config.seed)
        model = model_config(config)
        if args.preview:
            scenes = SceneSource(config, model, device).scenes(0, PREVIEW_SCENES)
            write_preview(scenes, args.preview)
            return 0
        network = make_network(config, model).to(device)
        if args.fill_cache:
            if config.cache is None:
                raise InputError(f'{args.config}: has no cache to fill')
            cache = feature_cache(config, network)
            extractor = Extractor(network, config.optimizer.tuned_stages)
            cache.fill(SceneSource(config, model, device), extractor)
            return 0
        batch = batches(config, network, device, rank, world)
        validation = validation_batches(config, model, device) if rank == 0 else []
        earlier = trained_before(config.initial, config.model)
        trainer = Trainer(config, network, device, batch, validation, rank, world, earlier)
        if trainer.resume():
            logger.info('going on from step %d of %d', trainer.step, config.steps)
        trainer.run()
    return 0


def set_threads(threads: int) -> None:
    """Have torch compute with so many threads; 0 leaves it to torch."""
    if threads < 0:
        raise InputError(f'threads is {threads}; it must be 0 (all) or more')
    if threads:
        torch.set_num_threads(threads)


def configured(path: str, data: str = '') -> TrainConfig:
    """Read a configuration whose sources' relative paths begin in the folder `data`."""
    config = load_config(path)
    if data:
        root = Path(data)
        sources = [dataclasses.replace(s, path=str(root / s.path)) for s in config.sources]
        config = dataclasses.replace(config, sources=sources)
    check_sources(config)
    return config


@contextlib.contextmanager
def processes(device: str) -> Iterator[tuple[torch.device, int, int]]:
    """Join the processes that torchrun started, if it did; yield device, rank and their number."""
    world = int(os.environ.get('WORLD_SIZE', '1'))
    if world == 1:
        yield choose_device(device), 0, 1
        return
    if device == 'cuda' or device == 'auto' and torch.cuda.is_available():
        device = f'cuda:{os.environ["LOCAL_RANK"]}'
    chosen = choose_device(device)
    if chosen.type == 'cuda':
        torch.cuda.set_device(chosen)
    torch.distributed.init_process_group('nccl' if chosen.type == 'cuda' else 'gloo')
    try:
        yield chosen, torch.distributed.get_rank(), world
    finally:
        torch.distributed.destroy_process_group()


def model_config(config: TrainConfig) -> ModelConfig:
    """Return the variant with the changes that the configuration asks for."""
    base = variant(config.model)
    # Parsed as a whole, so that keys and values are checked as everywhere in a configuration.
    return parse(ModelConfig, {**dataclasses.asdict(base), **config.changes}, 'changes')


def make_network(config: TrainConfig, model: ModelConfig) -> AiATrack:
    """Return a network with what the configuration begins with."""
    network = AiATrack(model)
    if config.initial:
        new = load_initial(network, config.initial)
        if new:
            logger.info('%d tensors are new', len(new))
    else:
        start_matching(network)
        load_imagenet(network, config.imagenet)
    return network


def feature_cache(config: TrainConfig, network: AiATrack) -> FeatureCache:
    """Open the cache, which depends on data, sampling and the backbone's frozen stages.

    Raises:
        InputError: A stage of the backbone is to be trained that comes before what is cached.
    """
    model, tuned = network.config, config.optimizer.tuned_stages
    if tuned > network.backbone[0].stages_after_lateral:
        raise InputError(
            f'a cache holds features of frozen stages down to stride 8: with it, at most the last '
            f'{network.backbone[0].stages_after_lateral} stages of {model.backbone} can be '
            'trained; lower optimizer.backbone_stages, set optimizer.backbone: 0, or remove cache'
        )
    sources = [dict(dataclasses.asdict(s), path=Path(s.path).name) for s in config.sources]
    recipe = {
        'sources': sources,
        'holdout': config.holdout,
        'sampling': dataclasses.asdict(config.sampling),
        'looks': dataclasses.asdict(config.looks),
        'seed': config.seed,
        'shard': config.cache.shard,
        'model': [model.backbone, model.crop_size, model.search_factor, tuned],
        'weights': _frozen_hash(network, tuned),
    }
    return FeatureCache(config.cache, json.loads(json.dumps(recipe)))


def _frozen_hash(network: AiATrack, tuned: int) -> str:
    """Return a hash of the backbone's tensors but for its last `tuned` stages.

    In half precision, in which snapshots are stored: going on from one changes nothing frozen.
    """
    backbone = network.backbone[0]
    stages = backbone.last_stages(tuned)
    trained = {tensor.data_ptr() for stage in stages for tensor in stage.state_dict().values()}
    digest = hashlib.sha256()
    for name, tensor in sorted(backbone.state_dict().items()):
        if tensor.is_floating_point() and tensor.data_ptr() not in trained:
            digest.update(name.encode() + tensor.half().cpu().numpy().tobytes())
    return digest.hexdigest()


def batches(
    config: TrainConfig, network: AiATrack, device: torch.device, rank: int = 0, world: int = 1
) -> Callable[[int], Batch]:
    """Return the function from a batch's number to the batch."""
    if config.cache is None:
        source = SceneSource(config, network.config, device)
        return Ahead(lambda number: source.scenes(number, config.scenes_per_step), world)
    cache = feature_cache(config, network)
    if config.scenes_per_step > cache.available(0):
        raise InputError(
            f'scenes_per_step is {config.scenes_per_step}, but the first step has '
            f'{cache.available(0)} scenes to draw from; raise cache.ready'
        )

    def cached(number: int) -> Features:
        rng = np.random.default_rng((config.seed, number))
        step = number // (config.optimizer.accumulate * world)
        return cache.load(rng.choice(cache.available(step), config.scenes_per_step, replace=False))

    return cached


def validation_batches(
    config: TrainConfig, model: ModelConfig, device: torch.device
) -> list[Scenes]:
    """Return batches of held-out scenes, or none, with a warning, if nothing is held out."""
    if not config.validation_scenes:
        return []
    try:
        source = SceneSource(config, model, device, held_out=True)
    except InputError as error:
        logger.warning('no validation, too little is held out (%s)', error)
        return []
    count = -(-config.validation_scenes // VALIDATION_BATCH)
    return [source.scenes(number, VALIDATION_BATCH) for number in range(count)]
