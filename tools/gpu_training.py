# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Part 'training' of tools/gpu_check.py: samples a second by batch size, and a run of a recipe."""

import csv
import dataclasses
import json
import os
from pathlib import Path
import shutil
import signal
import tempfile
import threading
from typing import Any

from aiatrack_ros.benchmark.scenes import draw_scene
from aiatrack_ros.errors import InputError
from aiatrack_ros.evaluation.plots import figure
from aiatrack_ros.evaluation.plots import save
from aiatrack_ros.timing import Stopwatch
from aiatrack_ros.tracking.engines.hardware import wait_for
from aiatrack_ros.training.initial_weights import DEFAULT
from aiatrack_ros.training.loop import SNAPSHOT
from aiatrack_ros.training.loop import STATE
from aiatrack_ros.training.loop import Trainer
from aiatrack_ros.training.run import make_network
from aiatrack_ros.training.run import model_config
from aiatrack_ros.training.run import train
from aiatrack_ros.training.run_config import load_config
from aiatrack_ros.training.run_config import OptimizerConfig
from aiatrack_ros.training.run_config import SourceConfig
from aiatrack_ros.training.run_config import TrainConfig
from aiatrack_ros.training.scene_source import SceneSource
from gpu_job import Job
import torch

BATCHES = {'cuda': (32, 128, 512, 64, 256), 'cpu': (2,)}  # in scenes, the most telling ones first
STEPS = {'cuda': 12, 'cpu': 1}  # steps that are timed of each batch size, after as many to warm up
END_SECONDS = 12.0  # the longest time that a run takes to stop and save
SHARE = 0.35  # of the time is for the batch sizes, and the rest is for the run


def run(job: Job) -> None:
    """Measure batch sizes on drawn clips, then train by the recipe until the time is over."""
    with tempfile.TemporaryDirectory() as temporary:
        clips = Path(temporary) / 'clips'
        _draw_clips(clips)
        recipe, note = _recipe(job, clips)
        job.note(recipe=note)
        job.say(f'  recipe: {note}')
        drawn = dataclasses.replace(recipe, sources=[_drawn(clips)], holdout=[], cache=None)
        end = job.left() * (1 - SHARE)
        rates: dict[int, float] = {}
        for number, batch in enumerate(BATCHES[job.device.type]):
            if number and job.left() < end:
                job.say('  the other batch sizes are left out: the run needs its time')
                break
            output = Path(temporary) / f'batch{batch}'

            def measured(batch: int = batch, output: Path = output) -> str:
                found = _measure(job, drawn, batch, output)
                rates[batch] = found['samples_per_second']
                batches = job.content.get('batches', {})
                job.note(batches={**batches, batch: found})
                return ', '.join(f'{name} {value:.5g}' for name, value in found.items())

            job.attempt(f'batches of {batch} scenes', measured, always=number == 0)
        job.attempt('the recipe', lambda: _run(job, recipe, rates), always=True)


def _recipe(job: Job, clips: Path) -> tuple[TrainConfig, str]:
    """Return the recipe with those of its sources that are here, and what became of it."""
    options = job.options
    initial = options.initial or DEFAULT
    try:
        recipe = load_config(options.recipe)
    except ImportError:
        recipe = TrainConfig([], '', optimizer=OptimizerConfig(backbone=0.3))
        note = 'PyYAML is not here, so the settings are defaults'
    else:
        note = Path(options.recipe).name
    sources, missing = [], []
    for source in recipe.sources if options.data else ():
        paths = {name: getattr(source, name) for name in ('path', 'masks')}
        paths = {name: str(Path(options.data) / p) if p else '' for name, p in paths.items()}
        if all(Path(path).exists() for path in paths.values() if path):
            sources.append(dataclasses.replace(source, **paths))
        else:
            missing.append(source.path)
    if not sources:
        sources, note = [_drawn(clips)], f'{note}; on drawn clips, there is no data'
        recipe = dataclasses.replace(recipe, holdout=[], validation_scenes=0)
    elif missing:
        note += f'; without {", ".join(missing)}'
    output = str(job.folder / 'run')
    return dataclasses.replace(recipe, sources=sources, initial=initial, output=output), note


def _drawn(clips: Path) -> SourceConfig:
    return SourceConfig(path=str(clips), format='video', place=1.0)


def _draw_clips(folder: Path) -> None:
    """Write films of drawn targets as `NAME/FRAME.jpg` and `NAME/boxes.csv`."""
    for number in range(8):
        scene = draw_scene((320 + 16 * number, 240), ('small', 'large')[number % 2], 8)
        film = folder / f'film{number}'
        film.mkdir(parents=True)
        lines = []
        for index, (jpeg, box) in enumerate(zip(scene.jpegs, scene.boxes, strict=True)):
            (film / f'{index:04d}.jpg').write_bytes(jpeg)
            lines.append(f'{index:04d},' + ','.join(f'{value:g}' for value in box))
        (film / 'boxes.csv').write_text('\n'.join(lines) + '\n')


def _measure(job: Job, config: TrainConfig, batch: int, output: Path) -> dict[str, float]:
    """Return samples a second of training with batches of so many scenes, and what bounds them.

    Scenes are drawn beside the steps, so the slower of the two alone is what bounds a run.
    """
    steps = STEPS[job.device.type]
    config = dataclasses.replace(
        config,
        output=str(output),
        scenes_per_step=batch,
        steps=2 * steps,
        log_every=steps,
        validation_scenes=0,
        save_every=1000 * steps,
    )
    if job.on_gpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(job.device)
    train(config, job.device)
    found = {'samples_per_second': _rate(output)}
    if job.on_gpu:
        found['gpu_mib'] = torch.cuda.max_memory_reserved(job.device) / 2**20
    model = model_config(config)
    source = SceneSource(config, model, job.device)
    scenes = source.scenes(0, batch)
    watch = Stopwatch(lambda: wait_for(job.device))
    for number in range(1, steps + 1):
        source.scenes(number, batch)
    drawn = steps * batch * (config.sampling.frames - 1)
    found['drawn_per_second'] = drawn / watch.lap()
    network = make_network(config, model).to(job.device)
    Trainer(config, network, job.device, lambda _: scenes, []).run()
    found['stepped_per_second'] = _rate(output)
    return found


def _rate(folder: Path) -> float:
    """Return the samples a second that a run logged last, and remove its folder."""
    with (folder / 'train.csv').open() as file:
        last = list(csv.DictReader(file))[-1]
    shutil.rmtree(folder)
    return float(last['samples_per_second'])


def _run(job: Job, recipe: TrainConfig, rates: dict[int, float]) -> str:
    """Train until the time is over; go on from where a run in the same folder was."""
    folder = Path(recipe.output)
    plan = folder / 'plan.json'
    recipe = dataclasses.replace(recipe, identity=None, cache=None, save_every=50)
    if plan.exists() and (folder / STATE).exists():
        chosen = json.loads(plan.read_text())
    else:
        if not rates:
            raise InputError('no batch size could be trained with')
        # The batch that trains fastest, and as many steps as fit, so that the rate falls in time.
        batch = max(rates, key=lambda size: rates[size])
        samples = batch * (recipe.sampling.frames - 1) * recipe.optimizer.accumulate
        steps = int(0.9 * max(0.0, job.left() - END_SECONDS) * rates[batch] / samples)
        chosen = {'scenes_per_step': batch, 'steps': max(2, steps)}
        folder.mkdir(parents=True, exist_ok=True)
        plan.write_text(json.dumps(chosen))
    recipe = dataclasses.replace(recipe, **chosen, log_every=10 if job.on_gpu else 1)
    # The trainer's own way to be interrupted: it saves what it needs to go on.
    timer = threading.Timer(
        max(5.0, job.left() - END_SECONDS), lambda: os.kill(os.getpid(), signal.SIGTERM)
    )
    timer.daemon = True
    timer.start()
    try:
        train(recipe, job.device)
    finally:
        timer.cancel()
    with (folder / 'train.csv').open() as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    job.note(run={'plan': chosen, 'last': rows[-1] if rows else None})
    if rows:
        _plot(rows, job.folder / 'training.png')
    if not (folder / SNAPSHOT).exists():
        raise FileNotFoundError(f'{folder / SNAPSHOT} was not written')
    done = rows[-1]['step'] if rows else '0'
    return f'{done} of {chosen["steps"]} steps of {chosen["scenes_per_step"]} scenes'


def _plot(rows: list[dict[str, Any]], path: Path) -> None:
    """Draw the loss and the overlap over the samples that were seen."""
    drawing, axes = figure()
    samples = [float(row['samples']) for row in rows]
    for name in ('loss', 'true_iou'):
        axes.plot(samples, [float(row[name]) for row in rows], label=name, marker='.')
    axes.set_xlabel('samples')
    axes.legend()
    save(drawing, path)
