# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The loop: steps, validation, logs, snapshots, and going on after an interruption."""

from collections.abc import Callable
import csv
import dataclasses
import json
import logging
import math
from pathlib import Path
import signal

from aiatrack_ros.errors import CheckpointError
from aiatrack_ros.model import AiATrack
from aiatrack_ros.model.checkpoint import TORN
from aiatrack_ros.timing import Stopwatch
from aiatrack_ros.training.compositor import Scenes
from aiatrack_ros.training.objective import Features
from aiatrack_ros.training.objective import Objective
from aiatrack_ros.training.objective import Outcome
from aiatrack_ros.training.optimizer import make_optimizer
from aiatrack_ros.training.optimizer import MovingAverage
from aiatrack_ros.training.optimizer import rate_at
from aiatrack_ros.training.run_config import TrainConfig
import safetensors.torch
import torch
from torch import nn
from tqdm import tqdm

try:
    from torch.utils.tensorboard import SummaryWriter
except ImportError:  # an optional dependency; the same figures are in the .csv files
    SummaryWriter = None  # type: ignore[assignment, misc]

logger = logging.getLogger(__name__)

Batch = Features | Scenes

STATE = 'state.pt'
SNAPSHOT = 'snapshot.safetensors'


class Trainer:
    """Trains one network from batches that are a function of the step alone.

    Because of that, and because all chance of a step comes from a generator seeded by seed and
    step, a run that was killed and goes on from its last state does what an unbroken run does.
    """

    def __init__(
        self,
        config: TrainConfig,
        network: AiATrack,
        device: torch.device,
        batch: Callable[[int], Batch],
        validation: list[Batch],
        rank: int = 0,
        world: int = 1,
        earlier: tuple[int, float] = (0, 0.0),
    ) -> None:
        self.config = config
        self.device = device
        self.batch = batch
        self.validation = validation
        self.rank, self.world = rank, world
        self.objective = Objective(network, config.loss, config.optimizer.tuned_stages).to(device)
        self.optimizer = make_optimizer(self.objective, config.optimizer)
        self.average = MovingAverage(self.objective, config.optimizer.ema)
        self.step = 0
        self.samples = 0
        self.seconds = 0.0
        # What the network had seen before this run, if it began with trained weights.
        self.earlier_samples, self.earlier_hours = earlier
        self.folder = Path(config.output)
        self._stop = False
        self._board: SummaryWriter | None = None
        self._model: nn.Module = self.objective
        if world > 1:
            self._model = nn.parallel.DistributedDataParallel(
                self.objective, find_unused_parameters=True
            )
        self.half = half_precision(config, device)

    def resume(self) -> bool:
        """Go on from the last state in the output folder, if there is one."""
        path = self.folder / STATE
        if not path.exists():
            return False
        try:
            # To the CPU: what belongs on a GPU goes there, and counters stay where they are read.
            state = torch.load(path, map_location='cpu', weights_only=True)
        except TORN as error:
            raise CheckpointError(
                f"'{path}' can't be read, it is torn; delete it to begin anew ({error})"
            ) from error
        if state['config'] != run_identity(self.config):
            raise CheckpointError(
                f"'{path}' belongs to a run with other settings: name another output or delete it"
            )
        self.objective.load_state_dict(state['objective'])
        self.average.model.load_state_dict(state['average'])
        self.average.steps = state['average_steps']
        self.optimizer.load_state_dict(state['optimizer'])
        self.step, self.samples = state['step'], state['samples']
        self.seconds = state['seconds']
        for kind in ('train', 'validation'):
            self._forget_rows(self.folder / f'{kind}.csv')
        return True

    def _forget_rows(self, path: Path) -> None:
        """Drop half a line, and what was logged after the state was saved: it comes again."""
        if self.rank or not path.exists():
            return
        lines = path.read_bytes().splitlines(keepends=True)
        if not lines:  # nor a heading: the next row makes it
            path.unlink()
            return
        steps = [line.partition(b',')[0] for line in lines]
        kept = [
            line
            for line, step in zip(lines, steps, strict=True)
            if line.endswith(b'\n') and step.isdigit() and int(step) <= self.step
        ]
        working = path.with_suffix('.part')
        working.write_bytes(b''.join((lines[0], *kept)))
        working.replace(path)

    def save(self) -> None:
        """Write the state, and the averaged network as a snapshot; each appears at once or not."""
        if self.rank:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        state = {
            'config': run_identity(self.config),
            'objective': self.objective.state_dict(),
            'average': self.average.model.state_dict(),
            'average_steps': self.average.steps,
            'optimizer': self.optimizer.state_dict(),
            'step': self.step,
            'samples': self.samples,
            'seconds': self.seconds,
        }
        working = self.folder / f'{STATE}.part'
        torch.save(state, working)
        working.replace(self.folder / STATE)
        self.export(self.folder / SNAPSHOT)

    def export(self, path: Path) -> None:
        """Write the averaged network, without what only training needs, in half precision."""
        samples = self.earlier_samples + self.samples
        hours = self.earlier_hours + self.seconds / 3600
        averaged = self.average.model.network
        assert isinstance(averaged, AiATrack)
        write_network(averaged, self.config, samples, hours, path)

    def run(self) -> None:
        """Train until the last step, or until SIGTERM or Ctrl-C, which leave a state behind."""
        self.folder.mkdir(parents=True, exist_ok=True)
        handlers = {
            number: signal.signal(number, self._on_signal)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        if self.rank == 0 and SummaryWriter is not None:
            self._board = SummaryWriter(
                str(self.folder / 'tensorboard'), purge_step=self.step + 1 if self.step else None
            )
        progress = tqdm(
            total=self.config.steps,
            initial=self.step,
            unit='step',
            mininterval=5,
            disable=self.rank != 0,
        )
        recent: list[dict[str, float]] = []
        step_watch, row_watch = Stopwatch(), Stopwatch()
        try:
            while self.step < self.config.steps and not self._stopping():
                recent.append(_figures(self._train_step()))
                self.seconds += step_watch.lap()
                progress.update()
                if self.step % self.config.log_every == 0:
                    row = mean_figures(recent)
                    seen = self._samples_per_step() * len(recent)
                    row['samples_per_second'] = seen / row_watch.lap()
                    self._log('train', row)
                    progress.set_postfix(loss=f'{row["loss"]:.3f}', iou=f'{row["true_iou"]:.3f}')
                    recent = []
                if self.step % self.config.validate_every == 0 and self.rank == 0:
                    self._log('validation', self.validate())
                if self.step % self.config.save_every == 0:
                    self.save()
                step_watch.restart()  # logs, validation and snapshots are no training
            self.save()
        finally:
            progress.close()
            if self._board is not None:
                self._board.close()
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _samples_per_step(self) -> int:
        frames = self.config.sampling.frames
        return (
            self.config.scenes_per_step
            * (frames - 1)
            * self.config.optimizer.accumulate
            * self.world
        )

    def _stopping(self) -> bool:
        """Tell whether to stop; processes stop together, or they would wait for each other."""
        if self.world > 1:
            flag = torch.tensor(float(self._stop), device=self.device)
            torch.distributed.all_reduce(flag)
            return bool(flag.item())
        return self._stop

    def _on_signal(self, number: int, _frame: object) -> None:
        if self._stop:  # a step may wait for what never comes
            raise KeyboardInterrupt
        logger.warning('signal %d: stopping after this step; once more stops at once', number)
        self._stop = True

    def _train_step(self) -> Outcome:
        optimizer, config = self.optimizer, self.config.optimizer
        rate = rate_at(self.step, self.config.steps, config)
        for group in optimizer.param_groups:
            group['lr'] = rate * group['share']
        self._model.train()
        for part in range(config.accumulate):
            number = (self.step * config.accumulate + part) * self.world + self.rank
            generator = torch.Generator().manual_seed(self.config.seed * 1_000_003 + number)
            batch = _moved(self.batch(number), self.device)
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
                outcome = self._model(batch, generator)
            (outcome.total / config.accumulate).backward()
            self.samples += len(outcome.iou) * self.world
        nn.utils.clip_grad_norm_(self.objective.parameters(), config.clip)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        self.average.update(self.objective)
        self.step += 1
        return outcome

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Return the mean figures of the averaged network over the held-out scenes."""
        rows = []
        for index, batch in enumerate(self.validation):
            generator = torch.Generator().manual_seed(index)
            rows.append(_figures(self.average.model(_moved(batch, self.device), generator)))
        return mean_figures(rows)

    def _log(self, kind: str, row: dict[str, float]) -> None:
        if self.rank or not row:
            return
        path = self.folder / f'{kind}.csv'
        row = {'step': self.step, 'samples': self.samples, 'hours': self.seconds / 3600, **row}
        fresh = not path.exists()
        with path.open('a', newline='') as file:
            writer = csv.DictWriter(file, row)
            if fresh:
                writer.writeheader()
            writer.writerow(
                {
                    name: f'{value:.5g}' if isinstance(value, float) else value
                    for name, value in row.items()
                }
            )
        if self._board is not None:
            for name, value in row.items():
                self._board.add_scalar(f'{kind}/{name}', value, self.step)


def write_network(
    network: AiATrack, config: TrainConfig, samples: int, hours: float, path: Path
) -> None:
    """Write a network in half precision, and what it was trained on and for how long."""
    tensors = {
        name: (t.half() if t.is_floating_point() else t).contiguous().cpu()
        for name, t in network.state_dict().items()
    }
    metadata = {
        'model': config.model,
        'network': json.dumps(dataclasses.asdict(network.config)),
        'samples': str(samples),
        'hours': f'{hours:.2f}',
        'recipe': published_recipe(config),
    }
    working = path.with_suffix('.part')
    safetensors.torch.save_file(tensors, working, metadata)
    working.replace(path)


def half_precision(config: TrainConfig, device: torch.device) -> bool:
    """Tell whether a run computes in bfloat16."""
    if config.precision == 'auto':
        return device.type == 'cuda'
    return config.precision == 'bfloat16'


def mean_figures(rows: list[dict[str, float]]) -> dict[str, float]:
    """Return the mean of each figure over the rows in which it is a number."""
    means = {}
    for name in rows[0] if rows else ():
        values = [row[name] for row in rows if not math.isnan(row[name])]
        means[name] = sum(values) / len(values) if values else math.nan
    return means


def _moved(batch: Batch, device: torch.device) -> Batch:
    moved = type(batch)(*(tensor.to(device, non_blocking=True) for tensor in batch))
    if device.type == 'cuda':
        for tensor in moved:  # another stream made it, and might use its memory again too early
            tensor.record_stream(torch.cuda.current_stream(device))
    return moved


def run_identity(config: TrainConfig) -> str:
    """Return the settings that a state depends on, as one line of JSON."""
    content = dataclasses.asdict(config)
    for free in ('output', 'log_every', 'validate_every', 'save_every', 'validation_scenes'):
        content.pop(free)
    return json.dumps(content, sort_keys=True)


def published_recipe(config: TrainConfig) -> str:
    """Return the run's settings as JSON, without the folders of the machine that it ran on."""
    content = json.loads(run_identity(config))
    for place in (*content['sources'], content['cache'] or {}):
        for name in ('path', 'masks'):
            place.update({name: Path(place[name]).name} if place.get(name) else {})
    for name in ('initial', 'imagenet'):
        content[name] = Path(content[name]).name
    return json.dumps(content, sort_keys=True)


def _figures(outcome: Outcome) -> dict[str, float]:
    """Return the figures of a batch; a mean over nothing is NaN."""
    present = outcome.present
    score_error = (outcome.predicted_iou - (2 * outcome.iou - 1)).abs()[present] / 2
    return {
        'loss': outcome.total.item(),
        **{name: value.item() for name, value in outcome.parts.items()},
        'true_iou': outcome.iou[present].mean().item(),
        'score_error': score_error.mean().item(),
        'score_absent': ((outcome.predicted_iou[~present] + 1) / 2).mean().item(),
    }
