# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Part 'engines' of tools/gpu_check.py: engines on the device, held to eager torch on the CPU."""

from collections.abc import Callable
import dataclasses
import functools
import os
from pathlib import Path
import threading
from typing import Any

from aiatrack_ros.benchmark.scenes import draw_scene
from aiatrack_ros.benchmark.scenes import Scene
from aiatrack_ros.benchmark.scenes import video_scene
from aiatrack_ros.evaluation.parity import check_trajectories
from aiatrack_ros.evaluation.parity import MODEL
from aiatrack_ros.evaluation.parity import read_parity_file
from aiatrack_ros.evaluation.seeded_weights import load_seeded_weights
from aiatrack_ros.model import AiATrack
from aiatrack_ros.model import VARIANTS
from aiatrack_ros.model.checkpoint import load_network
from aiatrack_ros.tracking import Tracker
from aiatrack_ros.tracking import TrackerSettings
from aiatrack_ros.tracking.boxes import parse_box
from aiatrack_ros.tracking.engines.cuda_graph import CudaGraphEngine
from aiatrack_ros.tracking.engines.eager import EagerEngine
from aiatrack_ros.tracking.engines.engine import create_engine
from aiatrack_ros.tracking.engines.engine import Engine
from gpu_job import Job
from gpu_job import LeftOutError
import numpy as np
import torch

# A check of another engine, which need not be installed: `auto` takes the graph without it.
ONNX_RUNTIME = 'onnxruntime, fp32'
FRAMES = 12  # that are compared in most checks
# In fp32, boxes may differ by so many pixels, as from recorded truth; in half precision, by a
# share of the target's size.
PIXELS, IOU = 0.05, 1e-3
HALF_SHARE, HALF_IOU = 0.08, 0.05
# The identity, which is a steep function of a cosine, may differ by so many times what the IoU
# may.
IDENTITY = 10
LONG = 2000  # frames in which memory must not grow
GPU_MIB, CPU_MIB = 1, 24  # by which it still may
SETTINGS = TrackerSettings(update_threshold=0.0, lost_threshold=0.0)
LONGER = dataclasses.replace(SETTINGS, short_term_memory_size=5)


def run(job: Job) -> None:
    """Make all checks, the most telling ones first.

    If all pass on a GPU, the line to be added to checked_gpus.py is printed.
    """
    checks = Checks(job)
    for number, (name, check) in enumerate(checks.all()):
        job.attempt(name, check, always=number == 0)
    rows = [row for row in job.content['checks'] if row['name'] != ONNX_RUNTIME]
    passed = all(row['status'] == 'passed' for row in rows)
    if job.on_gpu and passed:
        card = torch.cuda.get_device_name(job.device)
        line = f"    '{card}': 'torch {torch.__version__}, CUDA {torch.version.cuda}',"
        job.note(line_for_checked_gpus=line)
        job.say(f'all passed; add to aiatrack_ros/tracking/engines/checked_gpus.py:\n{line}')


class Checks:
    """Checks that return what they found, and raise AssertionError if it is not right."""

    def __init__(self, job: Job) -> None:
        self._job = job
        options = job.options
        self._scene: Scene
        if options.video:
            self._scene = video_scene(options.video, parse_box(options.box))
        else:
            self._scene = draw_scene((640, 480), 'small')

    def all(self) -> list[tuple[str, Callable[[], str]]]:
        """Return the names of all checks, and the checks."""
        halves = ('bf16', 'fp16')
        return [
            ('cuda_graph, fp32', lambda: self.agrees(self.graph('fp32'))),
            ('the whole frame is one launch', self.one_launch),
            ('memory of another size in mid-track', self.another_size),
            *(
                (f'cuda_graph, {half}', lambda half=half: self.agrees(self.graph(half), True))
                for half in halves
            ),
            ('made in one thread, used in another', self.another_thread),
            ('two trackers in turns', self.two_in_turns),
            ('two trackers in two threads', self.two_threads),
            ('out of memory in the middle', self.out_of_memory),
            ('eager, fp32', lambda: self.agrees(self.eager('fp32'))),
            *(
                (f'eager, {half}', lambda half=half: self.agrees(self.eager(half), True))
                for half in halves
            ),
            ('aiatrack_r50, cuda_graph, fp32', self.larger),
            ('recorded trajectories', self.recorded),
            (f'{LONG} frames and resets without growth', self.without_growth),
            (ONNX_RUNTIME, self.onnxruntime),
        ]

    @functools.cached_property
    def network(self) -> AiATrack:
        """The small network with its weights, on the CPU."""
        return load_network('aiatrack_lite')

    def graph(self, precision: str) -> Engine:
        """Return the engine of the CUDA graph; on a CPU it does all but the capture."""
        return CudaGraphEngine(self.network, self._job.device, precision, 1)

    def eager(self, precision: str) -> Engine:
        """Return eager torch on the device."""
        return EagerEngine(self.network, self._job.device, precision, 1)

    @functools.cached_property
    def truth(self) -> np.ndarray:
        """The trajectory of eager torch in fp32 on the CPU."""
        return self.trajectory(Tracker(self._cpu(), SETTINGS))

    def _cpu(self) -> Engine:
        return EagerEngine(self.network, torch.device('cpu'), 'fp32', torch.get_num_threads())

    def trajectory(
        self, tracker: Tracker, frames: int = FRAMES, change: TrackerSettings | None = None
    ) -> np.ndarray:
        """Return x, y, w, h, IoU output and identity of each frame, (frames, 6).

        The settings become `change` after half of the frames.
        """
        tracker.initialize(self._scene.image(0), self._scene.boxes[0])
        rows = []
        for number in range(1, frames + 1):
            if change is not None and number == frames // 2:
                tracker.settings = change
            result = tracker.track(self._scene.image(number))
            rows.append((*result.box, result.raw_iou, result.identity))
        return np.array(rows)

    def compare(self, ours: np.ndarray, truth: np.ndarray, half: bool = False) -> str:
        """Hold a trajectory to another one; return the largest differences."""
        error = np.abs(ours - truth)
        pixels, iou, identity = error[:, :4].max(), error[:, 4].max(), error[:, 5].max()
        text = f'{pixels:.4f} px, IoU {iou:.1e}, identity {identity:.1e}'
        size = float(np.sqrt(truth[:, 2] * truth[:, 3]).mean())
        most, most_iou = (HALF_SHARE * size, HALF_IOU) if half else (PIXELS, IOU)
        # Not beyond the limit, rather than within: NaN is not within either.
        if not (pixels <= most and iou <= most_iou and identity <= IDENTITY * most_iou):
            raise AssertionError(f'{text}; at most {most:.3f} px and {most_iou:g} were allowed')
        return text

    def agrees(self, engine: Engine, half: bool = False) -> str:
        """Hold a trajectory of an engine, from one reference to n, to the truth."""
        return self.compare(self.trajectory(Tracker(engine, SETTINGS)), self.truth, half)

    def one_launch(self) -> str:
        """Count what a frame launches: one graph, and no more kernels than copies may need."""
        if not self._job.on_gpu:
            raise LeftOutError('a CPU captures nothing')
        tracker = Tracker(self.graph('fp32'), dataclasses.replace(SETTINGS, update_threshold=1.0))
        self.trajectory(tracker, 4)
        image = self._scene.image(5)
        activities = [torch.profiler.ProfilerActivity.CPU, torch.profiler.ProfilerActivity.CUDA]
        with torch.profiler.profile(activities=activities) as profile:
            tracker.track(image)
        names = [event.name for event in profile.events()]
        graphs = sum('GraphLaunch' in name for name in names)
        kernels = sum('LaunchKernel' in name for name in names)
        if graphs != 1 or kernels > 12:
            raise AssertionError(f'{graphs} graphs and {kernels} kernels were launched')
        return f'1 graph and {kernels} kernels'

    def recorded(self) -> str:
        """Hold the engine to trajectories of the released implementation."""
        path = self._job.options.parity
        if not (path and Path(path).exists()):
            raise LeftOutError('no file of recorded truth; name one with --parity')
        network = load_seeded_weights(AiATrack(VARIANTS[MODEL]))
        engine = CudaGraphEngine(network, self._job.device, 'fp32', 1)
        made = []

        def frame_done() -> None:
            if self._job.left() < 0:
                raise LeftOutError(f'no time was left after {len(made)} checks that passed')

        for check in check_trajectories(engine, read_parity_file(Path(path)), frame_done):
            made.append(check)
            if not check.passed:
                raise AssertionError(f'{check}')
        worst = max(made, key=lambda check: check.error / check.limit)
        return f'{len(made)} checks; the worst {worst.stage}: {worst.error:.1e} {worst.unit}'

    def another_size(self) -> str:
        """Change the number of short-term references in mid-track."""
        truth = self.trajectory(Tracker(self._cpu(), SETTINGS), change=LONGER)
        tracker = Tracker(self.graph('fp32'), SETTINGS)
        found = self.compare(self.trajectory(tracker, change=LONGER), truth)
        tracker.settings = SETTINGS  # and back
        self.compare(self.trajectory(tracker), self.truth)
        return found

    def another_thread(self) -> str:
        """Use a tracker from another thread than the one that made it, and begin in the first."""
        tracker = Tracker(self.graph('fp32'), SETTINGS)
        self.trajectory(tracker, 2)
        return self.compare(_in_threads([lambda: self.trajectory(tracker)])[0], self.truth)

    def two_in_turns(self) -> str:
        """Let two trackers with an engine each, and two with one engine, see frames in turns."""
        engine = self.graph('fp32')
        trackers = [Tracker(each, SETTINGS) for each in (engine, engine, self.graph('fp32'))]
        for tracker in trackers:
            tracker.initialize(self._scene.image(0), self._scene.boxes[0])
        rows: list[list[Any]] = [[] for _ in trackers]
        for number in range(1, FRAMES + 1):
            for tracker, row in zip(trackers, rows, strict=True):
                result = tracker.track(self._scene.image(number))
                row.append((*result.box, result.raw_iou, result.identity))
        return max(self.compare(np.array(row), self.truth) for row in rows)

    def two_threads(self) -> str:
        """Let two threads make an engine and track, at the same time."""

        def work() -> np.ndarray:
            return self.trajectory(Tracker(self.graph('fp32'), SETTINGS))

        return max(self.compare(found, self.truth) for found in _in_threads([work, work]))

    def out_of_memory(self) -> str:
        """Take all memory of the GPU away in mid-track, and give it back."""
        if not self._job.on_gpu:
            raise LeftOutError('a CPU has no memory of its own')
        device = self._job.device
        tracker = Tracker(self.graph('fp32'), SETTINGS)
        self.trajectory(tracker, 3)
        torch.cuda.empty_cache()
        hogs, refused = [], ''
        size = torch.cuda.mem_get_info(device)[0]
        while size >= 2**20:
            try:
                hogs.append(torch.empty(size, dtype=torch.uint8, device=device))
            except torch.cuda.OutOfMemoryError:
                size //= 2
        try:
            tracker.track(self._scene.image(4))
            tracker.settings = dataclasses.replace(SETTINGS, short_term_memory_size=7)
        except Exception as error:
            refused = type(error).__name__
        del hogs
        torch.cuda.empty_cache()
        tracker.settings = SETTINGS
        found = self.compare(self.trajectory(tracker), self.truth)
        return f'{found}; without memory: {refused or "nothing failed"}'

    def without_growth(self) -> str:
        """Show many frames, with a new target now and then, and compare the memory in use."""
        tracker = Tracker(self.graph('fp32'), SETTINGS)
        shown, first = 0, 0.0
        warm = 300 if self._job.on_gpu else 30  # frames until all is in use
        # A CPU, on which this is only tried, would take minutes.
        while shown < LONG and (self._job.on_gpu or self._job.left() > 0 or shown < 2 * warm):
            if shown % 250 == 0:
                tracker.reset()
                tracker.initialize(self._scene.image(0), self._scene.boxes[0])
            tracker.track(self._scene.image(shown % 250 + 1))
            shown += 1
            if shown == warm:
                first = self._memory()
        end = self._memory()
        limit = GPU_MIB if self._job.on_gpu else CPU_MIB
        if end - first > limit:
            raise AssertionError(f'{end - first:.1f} MiB more after {shown} frames')
        return f'{end - first:+.1f} MiB in {shown} frames, {end:.0f} MiB in all'

    def _memory(self) -> float:
        """Return the MiB that torch holds of the GPU, or, on a CPU, those of the process."""
        if self._job.on_gpu:
            return torch.cuda.memory_reserved(self._job.device) / 2**20
        pages = int(Path('/proc/self/statm').read_text().split()[1])
        return pages * os.sysconf('SC_PAGE_SIZE') / 2**20

    def larger(self) -> str:
        """Hold the larger network, with seeded weights, to itself on the CPU."""
        network = load_seeded_weights(AiATrack(VARIANTS['aiatrack_r50']))
        cpu = EagerEngine(network, torch.device('cpu'), 'fp32', torch.get_num_threads())
        truth = self.trajectory(Tracker(cpu, SETTINGS), 5)
        engine = CudaGraphEngine(network, self._job.device, 'fp32', 1)
        return self.compare(self.trajectory(Tracker(engine, SETTINGS), 5), truth)

    def onnxruntime(self) -> str:
        """Hold ONNX Runtime to the truth; optional, so whatever it lacks is no failure."""
        try:
            engine = create_engine(self.network, 'onnxruntime', str(self._job.device))
        except Exception as error:
            return f'not here ({error})'
        return self.agrees(engine)


def _in_threads(functions: list[Callable[[], np.ndarray]]) -> list[np.ndarray]:
    """Call each function in a thread of its own, all at once; raise what one of them raised."""
    results: list[Any] = [None] * len(functions)

    def call(index: int) -> None:
        try:
            results[index] = functions[index]()
        except Exception as error:
            results[index] = error

    threads = [threading.Thread(target=call, args=(index,)) for index in range(len(functions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results
