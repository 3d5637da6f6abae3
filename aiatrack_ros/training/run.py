# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A training run: what its configuration asks for is made here, and then trained."""

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
from aiatrack_ros.model.heads import IdentityHead
from aiatrack_ros.timing import Stopwatch
from aiatrack_ros.training.compositor import Scenes
from aiatrack_ros.training.features import Extractor
from aiatrack_ros.training.features import FeatureCache
from aiatrack_ros.training.identity import collect
from aiatrack_ros.training.identity import head_of
from aiatrack_ros.training.identity import IdentityTrainer
from aiatrack_ros.training.identity import read_views
from aiatrack_ros.training.identity import telling_apart
from aiatrack_ros.training.identity import Views
from aiatrack_ros.training.identity import write_figures
from aiatrack_ros.training.identity import write_views
from aiatrack_ros.training.initial_weights import load_imagenet
from aiatrack_ros.training.initial_weights import load_initial
from aiatrack_ros.training.initial_weights import start_matching
from aiatrack_ros.training.initial_weights import trained_before
from aiatrack_ros.training.loop import Batch
from aiatrack_ros.training.loop import half_precision
from aiatrack_ros.training.loop import SNAPSHOT
from aiatrack_ros.training.loop import Trainer
from aiatrack_ros.training.loop import write_network
from aiatrack_ros.training.objective import Features
from aiatrack_ros.training.open_model_zoo import load_osnet
from aiatrack_ros.training.preview import write_preview
from aiatrack_ros.training.run_config import CacheConfig
from aiatrack_ros.training.run_config import IdentityConfig
from aiatrack_ros.training.run_config import load_config
from aiatrack_ros.training.run_config import parse
from aiatrack_ros.training.run_config import TrainConfig
from aiatrack_ros.training.scene_source import Ahead
from aiatrack_ros.training.scene_source import check_sources
from aiatrack_ros.training.scene_source import SceneSource
import numpy as np
import torch

logger = logging.getLogger(__name__)

VIEWS = 'views.safetensors'  # in the output folder
PREVIEW_SCENES = 12
VALIDATION_BATCH = 16


def train(config: TrainConfig, device: torch.device, rank: int = 0, world: int = 1) -> None:
    """Train to the end of a run, from where it stopped if it was begun before.

    Args:
        config: The run.
        device: What this process computes on.
        rank: Number of this process of those that train together; the first one validates.
        world: How many they are.
    """
    torch.manual_seed(config.seed)
    model = model_config(config)
    network = make_network(config, model).to(device)
    if config.identity is not None:
        train_identity(config, config.identity, network, device)
        return
    batch = batches(config, network, device, rank, world)
    validation: list[Batch] = []
    if rank == 0:
        validation += validation_batches(config, model, device)
    earlier = trained_before(config.initial, config.model)
    trainer = Trainer(config, network, device, batch, validation, rank, world, earlier)
    if trainer.resume():
        logger.info('going on from step %d of %d', trainer.step, config.steps)
    trainer.run()


def train_identity(
    config: TrainConfig, wanted: IdentityConfig, network: AiATrack, device: torch.device
) -> None:
    """Train the identity head alone, if it is to be trained, and write the network.

    What takes longest, cutting out views, is kept beside the network, so a run that was stopped
    goes on from there.

    Raises:
        InputError: The model has no such head, or there are no films to train it with.
    """
    watch = Stopwatch()
    network.eval()
    head_of(network)  # before anything slow
    held_out = collect(SceneSource(config, network.config, device, held_out=True), wanted)
    folder = Path(config.output)
    folder.mkdir(parents=True, exist_ok=True)
    head = IdentityHead(network.config)
    if wanted.initial:
        load_osnet(head.osnet, wanted.initial, 'identity.initial')
    network.identity_head = head.to(device)
    before = after = telling_apart(network.eval(), held_out)
    if wanted.steps:
        views = _kept_views(config, wanted, network.config, device, folder / VIEWS)
        IdentityTrainer(network, views, wanted, config.seed).run()
        after = telling_apart(network, held_out)
    logger.info(
        'held-out targets told apart from others of their kind: %.4f, was %.4f', after, before
    )
    samples = wanted.steps * wanted.targets * wanted.views
    write_figures(folder / 'identity.csv', before, after, samples)
    earlier_samples, earlier_hours = trained_before(config.initial, config.model)
    hours = earlier_hours + watch.lap() / 3600
    write_network(network, config, earlier_samples, hours, folder / SNAPSHOT)


def _kept_views(
    config: TrainConfig,
    wanted: IdentityConfig,
    model: ModelConfig,
    device: torch.device,
    path: Path,
) -> Views:
    """Return the views of a run, of its file if it has one."""
    parts = ('sources', 'holdout', 'sampling', 'looks', 'seed')
    whole = dataclasses.asdict(config)
    depends = {name: whole[name] for name in parts} | {
        'identity': wanted.collected,
        'model': [model.crop_size, model.search_factor],
    }
    recipe = json.dumps(depends, sort_keys=True)
    views = read_views(path, recipe)
    if views is None:
        views = collect(SceneSource(config, model, device), wanted)
        write_views(path, views, recipe)
    return views


def show_scenes(config: TrainConfig, device: torch.device, path: str) -> None:
    """Draw scenes of a run with their boxes into a picture."""
    torch.manual_seed(config.seed)
    scenes = SceneSource(config, model_config(config), device).scenes(0, PREVIEW_SCENES)
    write_preview(scenes, path)


def fill_cache(config: TrainConfig, device: torch.device) -> None:
    """Fill the feature cache of a run that has one."""
    torch.manual_seed(config.seed)
    model = model_config(config)
    network = make_network(config, model).to(device)
    cache = feature_cache(config, network)
    extractor = Extractor(network, config.optimizer.tuned_stages)
    cache.fill(SceneSource(config, model, device), extractor)


def set_threads(threads: int) -> None:
    """Have torch compute with so many threads; 0 leaves it to torch."""
    if threads < 0:
        raise InputError(f'threads is {threads}; it must be 0 (all) or more')
    if threads:
        torch.set_num_threads(threads)


def configured(path: str, data: str = '') -> TrainConfig:
    """Read a configuration whose relative paths of data begin in the folder `data`."""
    config = load_config(path)
    if data:
        root = Path(data)
        sources = [
            dataclasses.replace(
                s, path=str(root / s.path), masks=str(root / s.masks) if s.masks else ''
            )
            for s in config.sources
        ]
        config = dataclasses.replace(config, sources=sources)
        if config.identity is not None and config.identity.initial:
            initial = str(root / config.identity.initial)
            identity = dataclasses.replace(config.identity, initial=initial)
            config = dataclasses.replace(config, identity=identity)
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
        new = ['identity_head.'] if network.identity_head is not None else []
        start_matching(network)
        load_imagenet(network, config.imagenet)
    if config.identity is None and any(name.startswith('identity_head.') for name in new):
        logger.warning(
            'the identity head begins with nothing, and this run does not train it: say so with '
            'changes: {identity_channels: 0}, and add one in a run with `identity`'
        )
    return network


def feature_cache(config: TrainConfig, network: AiATrack) -> FeatureCache:
    """Open the cache, which depends on data, sampling and the backbone's frozen stages.

    Raises:
        InputError: A stage of the backbone is to be trained that comes before what is cached.
    """
    cache = config.cache or CacheConfig()
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
        'shard': cache.shard,
        'model': [model.backbone, model.crop_size, model.search_factor, tuned],
        'weights': _frozen_hash(network, tuned),
    }
    return FeatureCache(cache, json.loads(json.dumps(recipe)))


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
        tuned = config.optimizer.tuned_stages
        if tuned > network.backbone[0].stages_after_lateral:
            return Ahead(
                lambda number: source.scenes(number, config.scenes_per_step), world, device
            )
        extractor = Extractor(network, tuned)
        half = half_precision(config, device)

        def drawn(number: int) -> Features:
            scenes = source.scenes(number, config.scenes_per_step)
            with torch.autocast(device.type, torch.bfloat16, enabled=half):
                deep, lateral = extractor(scenes.crops)
            return Features(deep, lateral, *scenes[1:])

        return Ahead(drawn, world, device)
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
