# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""How one configuration is measured on one scene, in a process of its own."""

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
import resource
import time
from typing import Any
from typing import cast

from aiatrack_ros.benchmark.flops import frame_gmac
from aiatrack_ros.benchmark.machine import matmul_rate
from aiatrack_ros.benchmark.machine import native_on_cpu
from aiatrack_ros.benchmark.scenes import Scene
from aiatrack_ros.benchmark.scenes import texture
from aiatrack_ros.benchmark.stages import stage_times
from aiatrack_ros.errors import DeviceError
from aiatrack_ros.evaluation.one_pass import Evaluated
from aiatrack_ros.evaluation.peers import find_peers
from aiatrack_ros.evaluation.seeded_weights import load_seeded_weights
from aiatrack_ros.model.attention import References
from aiatrack_ros.model.checkpoint import load_network
from aiatrack_ros.model.checkpoint import shipped_weights
from aiatrack_ros.model.checkpoint import variant
from aiatrack_ros.model.device import choose_device
from aiatrack_ros.model.network import AiATrack
from aiatrack_ros.timing import Stopwatch
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.crop import Crop
from aiatrack_ros.tracking.crop import crop_region
from aiatrack_ros.tracking.engines.engine import create_engine
from aiatrack_ros.tracking.engines.engine import Engine
from aiatrack_ros.tracking.engines.engine import Found
from aiatrack_ros.tracking.engines.hardware import choose_threads
from aiatrack_ros.tracking.settings import TrackerSettings
from aiatrack_ros.tracking.tracker import Tracker
import cv2
import numpy as np
import torch

# With these, every frame enters the memory and no target is ever lost, which is the most that a
# frame can cost; and after WARM_UPS frames the ensemble has as many references as it can have.
SETTINGS = TrackerSettings(update_threshold=0.0, lost_threshold=0.0)
WARM_UPS = SETTINGS.short_term_memory_size + 1
CROP_FRAME = (1920, 1080)  # width, height in pixels
CROP_TARGETS = (16, 32, 64, 128, 256, 512, 1000)  # width and height of square targets, in pixels
_CROP_REPETITIONS = 12
_FEWEST_FRAMES = 3  # so many are measured, however long they take
_IN_TORCH = ('cuda_graph', 'eager')  # the engines whose memory on the GPU torch can tell
_STAGE_SECONDS, _STAGE_REPETITIONS = 0.3, 9  # stages are asked for until one of them is reached


@dataclass(frozen=True)
class Configuration:
    """What runs: an engine with a model in a precision, on threads (0: as the tracker chooses)."""

    engine: str
    model: str
    precision: str
    threads: int

    @property
    def network(self) -> tuple[str, str]:
        """Return the engine and the model, which decide how much a frame has to compute."""
        return self.engine, self.model

    def __str__(self) -> str:
        return f'{self.engine} {self.model} {self.precision}, threads {self.threads or "auto"}'


@dataclass
class Samples:
    """What was measured of one row; times in seconds.

    Attributes:
        times: By name: 'init', 'decode', and of ``track`` 'total', 'crop', 'network', 'memory'.
        stages: What the engine says of the parts of 'network', by name.
        matmul: GFLOP/s of large matrix products beside the frames.
        peak_rss_mib: The largest resident memory of the process, matrix products aside.
        gpu_mib: The most that torch took of the GPU for its tensors and graphs; None on a CPU, and
            for engines of other libraries.
    """

    times: dict[str, list[float]] = field(default_factory=dict)
    stages: dict[str, list[float]] = field(default_factory=dict)
    matmul: list[float] = field(default_factory=list)
    peak_rss_mib: float | None = None
    gpu_mib: float | None = None

    def add(self, **seconds: float) -> None:
        """Add one time in seconds under each name."""
        for name, value in seconds.items():
            self.times.setdefault(name, []).append(value)

    def merge(self, other: 'Samples') -> None:
        """Pool these samples with those of another round."""
        for ours, theirs in ((self.times, other.times), (self.stages, other.stages)):
            for name, values in theirs.items():
                ours.setdefault(name, []).extend(values)
        self.matmul += other.matmul
        for name in ('peak_rss_mib', 'gpu_mib'):
            known = [v for v in (getattr(self, name), getattr(other, name)) if v is not None]
            setattr(self, name, max(known, default=None))


class LedEngine:
    """An engine that leads its tracker to where the target truly is, whatever the network says.

    So the search regions are the same for every engine, every precision and untrained weights.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.truth: Box | None = None  # x, y, w, h in pixels; None leaves the lead to the network
        # The arguments of the last ``find``; None if there was none.
        self.last: tuple[Crop, References, References] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    def find(self, crop: Crop, long: References, short: References) -> Found:
        """Find the target at the full cost, but return the true box where it is known."""
        self.last = (crop, long, short)
        found = self.engine.find(crop, long, short)
        return found if self.truth is None else found._replace(box=crop.to_crop(self.truth))


class SceneBench:
    """Shows scenes to a tracker, and begins anew in each round."""

    def __init__(self, scenes: tuple[Scene, ...]) -> None:
        self._scenes = scenes
        self._tracker: Evaluated | None = None
        self._at = 0  # number of the frame that was shown last

    def _fresh(self) -> Evaluated:
        """Return a tracker without a target."""
        raise NotImplementedError

    def _lead(self, scene: Scene, index: int) -> None:
        """Do what is to be done, unmeasured, before the frame of number `index` is tracked."""

    def _step(self, scene: Scene) -> dict[str, float]:
        """Track the next frame; return the seconds it took, with those of its parts."""
        self._at += 1
        watch = Stopwatch()
        image = scene.image(self._at)
        watch.lap('decode')
        self._lead(scene, self._at)
        watch.restart()
        result = cast(Evaluated, self._tracker).track(image)
        watch.lap('total')
        return {**getattr(result, 'times', {}), **watch.laps}

    def _show(self, scene_index: int, frames: int, seconds: float) -> Samples:
        scene, samples = self._scenes[scene_index], Samples()
        self._tracker = None  # its memory goes before that of the next is made
        self._tracker, self._at, image = self._fresh(), 0, scene.image(0)
        watch = Stopwatch()
        self._tracker.initialize(image, scene.boxes[0])
        samples.add(init=watch.lap())
        for _ in range(WARM_UPS):
            self._step(scene)
        end = time.perf_counter() + seconds
        for count in range(frames):
            if count >= _FEWEST_FRAMES and time.perf_counter() > end:
                break
            samples.add(**self._step(scene))
        return samples


class TrackerBench(SceneBench):
    """Our tracker in one configuration.

    Raises:
        DeviceError: This machine can't run it.
        CheckpointError: The weights can't be used.
    """

    def __init__(
        self,
        configuration: Configuration,
        device: str,
        checkpoint: str,
        scenes: tuple[Scene, ...],
    ) -> None:
        super().__init__(scenes)
        self._configuration = configuration
        self._device = choose_device(device)
        precision = configuration.precision
        if self._device.type == 'cpu' and precision not in native_on_cpu():
            raise DeviceError(f"precision '{precision}' is not native to this CPU")
        network, self._weights = _network(configuration.model, checkpoint)
        self._has_weights = self._weights != 'seeded'
        watch = Stopwatch()
        engine = create_engine(
            network, configuration.engine, device, precision, configuration.threads
        )
        self._led = LedEngine(engine)
        self._led.prepare(SETTINGS.short_term_memory_size)
        self._start_seconds = watch.lap()
        self._peak = _PeakMemory(self._device if configuration.engine in _IN_TORCH else None)

    def facts(self) -> dict[str, Any]:
        """Return what was chosen, and what it took to make the engine, in seconds."""
        name = None
        if self._device.type == 'cuda':
            name = torch.cuda.get_device_name(self._device)
        return {
            'threads': self._led.threads,
            'device': str(self._device),
            'gpu': name,
            'weights': self._weights,
            'description': self._led.description,
            'start_ms': 1000 * self._start_seconds,
        }

    def gmac(self) -> float:
        """Return the 1e9 multiply-adds of a frame, as this engine computes it."""
        factored = self._configuration.engine != 'eager'
        return frame_gmac(self._led.config, SETTINGS.short_term_memory_size, factored)

    def _fresh(self) -> Tracker:
        return Tracker(self._led, SETTINGS)

    def _lead(self, scene: Scene, index: int) -> None:
        if scene.has_truth:
            self._led.truth = scene.boxes[scene.place(index)]
        elif not self._has_weights:
            self._led.truth = scene.boxes[0]  # untrained boxes would lead it astray

    def measure(self, scene_index: int, frames: int, seconds: float, stages: bool) -> Samples:
        """Track a scene and return the samples.

        Args:
            scene_index: Which of the scenes.
            frames: The most frames that are measured.
            seconds: The most seconds, though a few frames are always measured.
            stages: Whether to time the stages of the network as well.
        """
        self._peak.restart()
        samples = self._show(scene_index, frames, seconds)
        samples.peak_rss_mib, samples.gpu_mib = self._peak.read()
        # The products have to run on as many threads as the engine, which may be more than
        # torch's.
        own = torch.get_num_threads()
        torch.set_num_threads(self._led.threads)
        samples.matmul.append(matmul_rate(self._device, self._configuration.precision))
        torch.set_num_threads(own)
        if stages:
            self._split(samples)
        return samples

    def _split(self, samples: Samples) -> None:
        """Add the times of the stages of the frame that was tracked last."""
        if self._led.last is None:
            return  # nothing was tracked
        end = time.perf_counter() + _STAGE_SECONDS
        for _ in range(_STAGE_REPETITIONS):
            for name, value in stage_times(self._led.engine, *self._led.last).items():
                samples.stages.setdefault(name, []).append(value)
            if time.perf_counter() > end:
                break

    def crops(self) -> list[list[float]]:
        """Return, for each of CROP_TARGETS, the seconds of cutting its search region out."""
        config = self._led.config
        frame = texture(np.random.default_rng(6), *CROP_FRAME, (128, 128, 128))[..., ::-1]
        return [list(_crop_times(frame, float(s), config)) for s in CROP_TARGETS]


class PeerBench(SceneBench):
    """One of OpenCV's trackers, which is not led: its search regions are its own."""

    def __init__(
        self, configuration: Configuration, folder: Path, scenes: tuple[Scene, ...]
    ) -> None:
        super().__init__(scenes)
        self._threads = choose_threads(configuration.threads)
        cv2.setNumThreads(self._threads)
        self._peer = find_peers(folder)[configuration.model]

    def facts(self) -> dict[str, Any]:
        """Return what was chosen."""
        description = f'OpenCV {cv2.__version__}'
        return {'threads': self._threads, 'device': 'cpu', 'description': description}

    def _fresh(self) -> Evaluated:
        return self._peer

    def measure(self, scene_index: int, frames: int, seconds: float, stages: bool) -> Samples:
        """Track a scene and return the samples, as TrackerBench does; there are no stages."""
        del stages
        return self._show(scene_index, frames, seconds)


class _PeakMemory:
    """The most memory that was in use while it counted.

    The times in which it counted add up: `read` returns the most of all of them.
    """

    def __init__(self, device: torch.device | None) -> None:
        self._gpu = device if device and device.type == 'cuda' else None
        self._host = 0.0
        self._on_gpu = 0.0

    def restart(self) -> None:
        """Begin to count, so that what came before, such as matrix products, is left out."""
        try:
            Path('/proc/self/clear_refs').write_text('5')
        except OSError:
            pass  # where there is no /proc, the peak is that since the process began
        if self._gpu is not None:
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats(self._gpu)

    def read(self) -> tuple[float, float | None]:
        """Return the MiB of the process, and those of torch on the GPU; None without one."""
        self._host = max(self._host, _high_water_mib())
        if self._gpu is None:
            return self._host, None
        # What is reserved counts, and not only what is allocated, for the memory that a CUDA graph
        # writes to belongs to it all the time.
        self._on_gpu = max(self._on_gpu, torch.cuda.max_memory_reserved(self._gpu) / 2**20)
        return self._host, self._on_gpu


def _high_water_mib() -> float:
    """Return the largest resident size of this process in MiB."""
    try:
        # getrusage would not do, because a child's figure starts with that of its parent.
        lines = Path('/proc/self/status').read_text().splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith('VmHWM'))


def _network(model: str, checkpoint: str) -> tuple[AiATrack, str]:
    """Return a network, and where its weights are from: a file's name, 'shipped' or 'seeded'."""
    if checkpoint:
        return load_network(model, checkpoint), Path(checkpoint).name
    config = variant(model)
    if shipped_weights(model) is None:
        return load_seeded_weights(AiATrack(config)), 'seeded'
    return load_network(model), 'shipped'


def _crop_times(frame: np.ndarray, side: float, config: Any) -> Iterable[float]:
    height, width = frame.shape[:2]
    for number in range(_CROP_REPETITIONS + 1):
        box = ((width - side) / 2 + 3 * number, (height - side) / 2 - 2 * number, side, side)
        watch = Stopwatch()
        crop_region(frame, box, config.search_factor, config.crop_size)
        if number:  # the first one warms up and is not counted
            yield watch.lap()
