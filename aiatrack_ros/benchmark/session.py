# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A benchmark from its plan to its figures: which rows it has, and in which order they run."""

from collections.abc import Callable
from collections.abc import Iterable
import contextlib
from dataclasses import dataclass
from dataclasses import field
import math
from pathlib import Path
from typing import Any

from aiatrack_ros.benchmark import report as bench_report
from aiatrack_ros.benchmark import rows as bench_rows
from aiatrack_ros.benchmark.busy_processes import busy_processes
from aiatrack_ros.benchmark.machine import describe_machine
from aiatrack_ros.benchmark.rows import Configuration
from aiatrack_ros.benchmark.rows import Samples
from aiatrack_ros.benchmark.scenes import Scene
from aiatrack_ros.benchmark.worker_process import Worker
from aiatrack_ros.errors import DeviceError
from aiatrack_ros.model.config import VARIANTS
from aiatrack_ros.settings import CheckedSettings
from aiatrack_ros.settings import POSITIVE
from aiatrack_ros.settings import setting
from aiatrack_ros.settings import within

Progress = Callable[[str, int], Any]  # takes what comes next, and how many steps were done


@dataclass(frozen=True)
class Plan(CheckedSettings):
    """What to measure, and how long.

    Attributes:
        configurations: Those of ours; the first that this machine can run is the main one.
        peers: Those of OpenCV, with models from `peer_folder`.
        scenes: The last one is what every configuration sees.
        every_scene: All configurations see all scenes; otherwise only the main one and the peers.
        load: Busy processes beside rows that are measured with and without; None: one process,
            beside the main configuration only; 0: no such rows.
        frames: At most, for each row over all rounds.
        seconds: At most, likewise; three frames a round are always measured.
        rounds: Times that all rows are gone through, so that a slow minute hits all of them.

    Raises:
        ValueError: A number is out of its range; the text names it.
    """

    configurations: tuple[Configuration, ...]
    scenes: tuple[Scene, ...]
    every_scene: bool
    device: str = 'auto'
    checkpoint: str = ''
    peers: tuple[Configuration, ...] = ()
    peer_folder: Path = Path()
    load: int | None = field(
        default=None,
        metadata=within(
            0,
            help_text='measure every configuration with N busy processes beside it too; default: '
            '1, beside the main one only',
        ),
    )
    frames: int = setting(200, 1, help_text='of each row')
    seconds: float = setting(
        3.0, POSITIVE, help_text='at most this long for each row, if that comes first'
    )
    rounds: int = setting(3, 1, help_text='in how many turns the frames of a row are shown')


@dataclass
class _Row:
    """A row that is being measured: a configuration on a scene, with so many busy processes."""

    worker: Worker
    configuration: Configuration
    facts: dict[str, Any]
    scene: int
    load: int
    samples: Samples = field(default_factory=Samples)


def measure(plan: Plan, progress: Progress = lambda *_: None) -> dict[str, Any]:
    """Carry a plan out; return the figures, as the JSON file has them.

    Raises:
        AiATrackError: This machine can run none of it, or a process died.
    """
    machine = describe_machine()
    left_out: list[str] = []
    with contextlib.ExitStack() as stack:
        rows, gmac = _start(plan, stack, left_out, progress)
        main = rows[0].worker
        crops: list[list[float]] = [[] for _ in bench_rows.CROP_TARGETS]
        for number in range(plan.rounds):
            last = number == plan.rounds - 1
            progress(f'round {number + 1}: crop', 0)
            for pooled, times in zip(crops, main.call('crops')):
                pooled += times
            for load in sorted({row.load for row in rows}):
                with busy_processes(load):
                    for row in rows:
                        if row.load == load:
                            progress(f'round {number + 1}: {row.configuration}', 0)
                            _measure_row(plan, row, last)
                            progress('', 1)
    machine['gpu'] = next((row.facts['gpu'] for row in rows if row.facts.get('gpu')), None)
    figures = [_figures(plan, row, gmac) for row in rows]
    ours = [f for f in figures if not bench_report.is_peer(f)]
    peers = [f for f in figures if bench_report.is_peer(f)]
    factor = VARIANTS[rows[0].configuration.model].search_factor
    return {
        'machine': machine,
        'rows': figures,
        'crop': bench_report.crop_figures(bench_rows.CROP_TARGETS, crops, factor),
        'loaded': bench_report.loaded_ratios(figures),
        'peers': bench_report.peer_ratios(ours, peers),
        'left_out': left_out,
    }


def steps(plan: Plan) -> int:
    """Return how many steps of progress a plan has, at the most."""
    rest = len(plan.configurations) - 1
    own = len(_jobs(plan, True)) + rest * len(_jobs(plan, False))
    peers = len(plan.peers) * len(_jobs(plan, True))
    return len(plan.configurations) + len(plan.peers) + plan.rounds * (own + peers)


def _jobs(plan: Plan, main: bool) -> list[tuple[int, int]]:
    """Return scene and load of each row of a configuration."""
    last = len(plan.scenes) - 1
    scenes: Iterable[int] = range(last + 1) if main or plan.every_scene else (last,)
    jobs = [(scene, 0) for scene in scenes]
    load = plan.load
    if load is None:
        load = 1 if main else 0
    return jobs + [(last, load)] * (load > 0)


def _start(
    plan: Plan, stack: contextlib.ExitStack, left_out: list[str], progress: Progress
) -> tuple[list[_Row], dict[tuple[str, str], float]]:
    """Start a worker for each configuration that this machine can run.

    Returns:
        The rows, and the 1e9 multiply-adds of a frame by network. Why others can't run is added to
        `left_out`, once for all that have the same reason.
    """
    # Imports take longest, so all processes do them at once; then objects are made one by one.
    ours, peers = (
        [(c, stack.enter_context(Worker(str(c), maker))) for c in configurations]
        for configurations, maker in (
            (plan.configurations, bench_rows.TrackerBench),
            (plan.peers, bench_rows.PeerBench),
        )
    )
    rows: list[_Row] = []
    gmac: dict[tuple[str, str], float] = {}
    for configuration, worker in ours:
        progress(f'start {configuration}', 0)
        try:
            worker.make(configuration, plan.device, plan.checkpoint, plan.scenes)
        except DeviceError as error:
            if str(error) not in left_out:
                left_out.append(str(error))
            progress('', 1 + plan.rounds * len(_jobs(plan, False)))
            worker.close()
            continue
        facts = worker.call('facts')
        if configuration.network not in gmac:
            gmac[configuration.network] = worker.call('gmac')
        jobs = _jobs(plan, not rows)
        rows += [_Row(worker, configuration, facts, *job) for job in jobs]
        progress('', 1)
    if not rows:
        raise DeviceError('nothing to measure: ' + '; '.join(left_out))
    for configuration, worker in peers:
        progress(f'start {configuration}', 0)
        worker.make(configuration, plan.peer_folder, plan.scenes)
        facts = worker.call('facts')
        jobs = _jobs(plan, True)
        rows += [_Row(worker, configuration, facts, *job) for job in jobs]
        progress('', 1)
    return rows, gmac


def _measure_row(plan: Plan, row: _Row, last: bool) -> None:
    frames = math.ceil(plan.frames / plan.rounds)
    seconds = plan.seconds / plan.rounds
    stages = last and not row.load
    row.samples.merge(row.worker.call('measure', row.scene, frames, seconds, stages))


def _figures(plan: Plan, row: _Row, gmac: dict[tuple[str, str], float]) -> dict[str, Any]:
    """Return a row as it is in the JSON file."""
    scene, configuration, samples = plan.scenes[row.scene], row.configuration, row.samples
    width, height = scene.boxes[0][2:]
    return {
        'engine': configuration.engine,
        'model': configuration.model,
        'precision': configuration.precision,
        'threads': row.facts['threads'],
        'device': row.facts['device'],
        'load': row.load,
        'frame': scene.frame,
        'target': scene.target,
        'target_px': [width, height],
        **bench_report.row_figures(
            samples.times, samples.stages, samples.matmul, gmac.get(configuration.network)
        ),
        'peak_rss_mib': samples.peak_rss_mib,
        'gpu_mib': samples.gpu_mib,
        'weights': row.facts.get('weights'),
        'start_ms': row.facts.get('start_ms'),
        'description': row.facts['description'],
    }
