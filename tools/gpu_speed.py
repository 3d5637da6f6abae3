# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Parts 'bench' and 'profile' of tools/gpu_check.py: how long a frame takes, and where it goes."""

from collections.abc import Iterable
from pathlib import Path
import statistics
from typing import Any

from aiatrack_ros.benchmark.plot import plot_rows
from aiatrack_ros.benchmark.rows import Configuration
from aiatrack_ros.benchmark.scenes import draw_scene
from aiatrack_ros.benchmark.session import measure
from aiatrack_ros.benchmark.session import Plan
from aiatrack_ros.commands.bench import describe
from aiatrack_ros.evaluation.plots import figure
from aiatrack_ros.evaluation.plots import save
from aiatrack_ros.evaluation.seeded_weights import load_seeded_weights
from aiatrack_ros.model import AiATrack
from aiatrack_ros.model import VARIANTS
from aiatrack_ros.model.checkpoint import load_network
from aiatrack_ros.model.checkpoint import shipped_weights
from aiatrack_ros.tracking import Tracker
from aiatrack_ros.tracking import TrackerSettings
from aiatrack_ros.tracking.engines.cuda_graph import CudaGraphEngine
from aiatrack_ros.tracking.engines.eager import EagerEngine
from aiatrack_ros.tracking.engines.hardware import wait_for
from gpu_job import Job
from gpu_job import LeftOutError
import torch

MODELS = ('aiatrack_lite', 'aiatrack_r50')
SIZES = ((640, 480), (1920, 1080))
PROFILED = {'cuda': 5, 'cpu': 2}  # how many frames are profiled
LARGEST = 15  # how many operations a table has


def run_bench(job: Job) -> None:
    """Measure models and engines as ``aiatrack bench`` does, the most interesting ones first."""
    engines = ('cuda_graph', 'eager') if job.on_gpu else ('eager',)
    precisions = ('bf16', 'fp32', 'fp16') if job.on_gpu else ('fp32',)
    rows: list[Any] = []
    longest = 0.0
    plans = [(engine, model) for engine in engines for model in MODELS]
    for number, (engine, model) in enumerate(plans):

        def bench(
            engine: str = engine, model: str = model, rest: int = len(plans) - number
        ) -> str:
            nonlocal longest
            begun = job.left()
            if begun < longest:
                raise LeftOutError('no time was left')
            seconds = begun / rest / len(precisions) / len(SIZES) / 4
            plan = Plan(
                tuple(Configuration(engine, model, precision, 0) for precision in precisions),
                tuple(draw_scene(size, 'large', 8) for size in SIZES),
                every_scene=True,
                device=str(job.device),
                load=0,
                frames=300,
                seconds=min(1.0, max(0.05, seconds)),
                rounds=2 if job.on_gpu else 1,
            )
            content = measure(plan)
            job.say(describe(content))
            rows.extend(content['rows'])
            benches = job.content.get('benches', [])
            job.note(benches=[*benches, content])
            plot_rows(rows, job.folder / 'bench.png')
            longest = max(longest, begun - job.left())
            return '; '.join(
                f'{row["precision"]} {row["frame"]} {row["p50_ms"]:.2f} ms'
                for row in content['rows']
            )

        job.attempt(f'{model}, {engine}', bench, always=number == 0)


def run_profile(job: Job) -> None:
    """Profile some frames of each model: the largest operations, launches, and idle gaps."""
    makers: dict[str, Any] = {'cuda_graph': CudaGraphEngine}
    if job.on_gpu:  # on a CPU the two do nearly the same
        makers['eager'] = EagerEngine
    tables: dict[str, list[tuple[str, float]]] = {}
    cases = [(engine, model) for engine in makers for model in MODELS]
    for number, (engine, model) in enumerate(cases):

        def profiled(engine: str = engine, model: str = model) -> str:
            made = makers[engine](_network(model), job.device, 'fp32', 1)
            tracker = Tracker(made, TrackerSettings(update_threshold=0.0, lost_threshold=0.0))
            name = f'{model}, {engine}'
            text, figures, table = _profile(job, tracker)
            tables[name] = table
            profiles = job.content.get('profiles', {})
            job.note(profiles={**profiles, name: figures | {'table': text}})
            job.say(text)
            _plot(tables, job.folder / 'profile.png')
            gaps = figures['gap_us']
            idle = f'{gaps:.1f} us between kernels' if gaps is not None else 'no kernels'
            return f'{figures["launches"]:g} launches a frame, {idle}'

        job.attempt(f'{model}, {engine}', profiled, always=number == 0)


def _network(model: str) -> AiATrack:
    if shipped_weights(model) is None:
        return load_seeded_weights(AiATrack(VARIANTS[model]))
    return load_network(model)


def _profile(job: Job, tracker: Tracker) -> tuple[str, dict[str, Any], list[tuple[str, float]]]:
    """Return the profiler's table, figures of a frame, and ms of a frame by operation."""
    scene = draw_scene((640, 480), 'large', 8)
    tracker.initialize(scene.image(0), scene.boxes[0])
    count = PROFILED[job.device.type]
    images = [scene.image(number) for number in range(1, 6 + count)]
    for image in images[:5]:
        tracker.track(image)
    activities = [torch.profiler.ProfilerActivity.CPU]
    if job.on_gpu:
        activities.append(torch.profiler.ProfilerActivity.CUDA)
    with torch.profiler.profile(activities=activities) as profile:
        for image in images[5:]:
            tracker.track(image)
        wait_for(job.device)
    kind = 'device' if job.on_gpu else 'cpu'
    averages = profile.key_averages()
    text = averages.table(sort_by=f'self_{kind}_time_total', row_limit=LARGEST)
    names = [event.name for event in profile.events()]
    launches = sum('LaunchKernel' in name or 'GraphLaunch' in name for name in names) / count
    times = {a.key: getattr(a, f'self_{kind}_time_total') / 1e3 / count for a in averages}
    table = sorted(times.items(), key=lambda item: -item[1])[:LARGEST]
    gaps = _gaps(profile.events())
    figures = {
        'launches': launches,
        'kernels': (len(gaps) + 1) / count if gaps else 0,
        'gap_us': statistics.median(gaps) if gaps else None,
        'idle_ms': sum(gaps) / 1e3 / count,  # between two frames too
        'largest_ms': dict(table),
    }
    return text, figures, table


def _gaps(events: Iterable[Any]) -> list[float]:
    """Return the microseconds between each two things that a GPU did one after the other."""
    spans = sorted(
        (event.time_range.start, event.time_range.end)
        for event in events
        if event.device_type != torch.autograd.DeviceType.CPU
    )
    gaps, busy = [], 0.0
    for start, end in spans:
        if busy:
            gaps.append(max(0.0, start - busy))
        busy = max(busy, end)
    return gaps


def _plot(tables: dict[str, list[tuple[str, float]]], path: Path) -> None:
    """Draw the largest operations of each profile as bars."""
    bars = [(f'{name}: {key[:60]}', ms) for name, table in tables.items() for key, ms in table]
    drawing, axes = figure(10, 1 + 0.22 * len(bars))
    axes.barh([name for name, _ in bars], [ms for _, ms in bars])
    axes.invert_yaxis()
    axes.set_xlabel('ms of a frame')
    axes.tick_params(labelsize=7)
    save(drawing, path)
