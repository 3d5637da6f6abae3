# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""`aiatrack validate`: which of several networks is the better one, on what training never saw."""

import argparse
import dataclasses
import json
import logging
from pathlib import Path

from aiatrack_ros.errors import InputError
from aiatrack_ros.model import AiATrack
from aiatrack_ros.model import ModelConfig
from aiatrack_ros.model.checkpoint import load_tensors
from aiatrack_ros.model.checkpoint import read_state_dict
from aiatrack_ros.model.device import choose_device
from aiatrack_ros.training.compositor import Scenes
from aiatrack_ros.training.loop import mean_figures
from aiatrack_ros.training.objective import Objective
from aiatrack_ros.training.objective import Outcome
from aiatrack_ros.training.run_config import TrainConfig
from aiatrack_ros.training.train import add_run_arguments
from aiatrack_ros.training.train import configured
from aiatrack_ros.training.train import model_config
from aiatrack_ros.training.train import set_threads
from aiatrack_ros.training.train import validation_batches
import torch
from tqdm import tqdm

DESCRIPTION = """\
Compare networks on what a training run holds out: snapshots of one run, the ends of several, their
mean. Every network sees the same scenes.

'scenes' are of all sources, pasted targets among them; 'video' are only targets that move where
they were filmed. The figures: loss 1 - GIoU, overlap (IoU) with the true box, how far the score is
from it, by how much it is too high, and the score where there is no target.

  aiatrack validate config/train/finetune.yaml runs/finetune/snapshot.safetensors tuned.safetensors
"""

FIGURES = ('giou_loss', 'iou', 'score_error', 'score_bias', 'score_absent')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_run_arguments(parser)
    parser.add_argument('checkpoints', nargs='+', metavar='FILE', help='.safetensors or .pth')
    parser.add_argument(
        '--scenes',
        type=int,
        default=384,
        metavar='N',
        help='held-out scenes of each kind, three samples of most (default: %(default)s)',
    )
    parser.add_argument('--json', metavar='OUT', help='write the figures to this file')


def run(args: argparse.Namespace) -> int:
    """Print the table; return the exit code."""
    if args.scenes < 1:
        raise InputError(f'scenes is {args.scenes}; it must be at least 1')
    if args.json and not Path(args.json).parent.is_dir():
        raise InputError(f"json '{args.json}' can't be written: its folder does not exist")
    config = dataclasses.replace(
        configured(args.config, args.data), validation_scenes=args.scenes, cache=None
    )
    set_threads(args.threads)
    logging.basicConfig(level=logging.WARNING, format='%(levelname)s: %(message)s')
    device = choose_device(args.device)
    model = model_config(config)
    networks = {path: _network(model, path) for path in args.checkpoints}
    kinds = {'scenes': validation_batches(config, model, device)}
    filmed = _in_place(config)
    if filmed.sources:
        kinds['video'] = validation_batches(filmed, model, device)
    kinds = {kind: batches for kind, batches in kinds.items() if batches}
    if not kinds:
        raise InputError(f'{args.config}: holds nothing out that could be compared on')
    steps = len(networks) * sum(map(len, kinds.values()))
    with tqdm(total=steps, unit='batch', dynamic_ncols=True, disable=None) as bar:
        figures = {
            path: {
                kind: _figures(network, config, device, batches, bar)
                for kind, batches in kinds.items()
            }
            for path, network in networks.items()
        }
    _print(figures)
    if args.json:
        Path(args.json).write_text(json.dumps(figures, indent=1) + '\n')
    return 0


def _network(model: ModelConfig, path: str) -> AiATrack:
    tensors, _ = read_state_dict(Path(path).expanduser())
    network = AiATrack(model)
    load_tensors(network, tensors, path)
    return network


def _in_place(config: TrainConfig) -> TrainConfig:
    """Return the configuration with nothing but videos whose targets stay where they are."""
    videos = [
        dataclasses.replace(source, paste=0.0, backdrop=False)
        for source in config.sources
        if source.place > 0 and source.format not in ('stills', 'coco')
    ]
    return dataclasses.replace(config, sources=videos)


@torch.no_grad()
def _figures(
    network: AiATrack,
    config: TrainConfig,
    device: torch.device,
    batches: list[Scenes],
    bar: tqdm,
) -> dict[str, float]:
    """Return the mean of each of FIGURES over the batches."""
    objective = Objective(network, config.loss, config.optimizer.tuned_stages).to(device).eval()
    rows = []
    for index, batch in enumerate(batches):
        # The same triplets for every network.
        outcome = objective(batch, torch.Generator().manual_seed(index))
        rows.append(dict(zip(FIGURES, _of(outcome), strict=True)))
        bar.update()
    return mean_figures(rows)


def _of(outcome: Outcome) -> tuple[float, ...]:
    present, score = outcome.present, (outcome.predicted_iou + 1) / 2
    error = (score - outcome.iou)[present]
    values = (outcome.iou[present], error.abs(), error, score[~present])
    return outcome.parts['giou'].item(), *(value.mean().item() for value in values)


def _print(figures: dict[str, dict[str, dict[str, float]]]) -> None:
    width = max(map(len, figures))
    for kind in next(iter(figures.values())):
        print(f'{kind:{width}}  ' + '  '.join(f'{name:>12}' for name in FIGURES))
        for path, of_kinds in figures.items():
            values = '  '.join(f'{of_kinds[kind][name]:12.4f}' for name in FIGURES)
            print(f'{path:{width}}  {values}')
