# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Networks beside each other on what a training run holds out, the same scenes for all."""

import dataclasses
from pathlib import Path

from aiatrack_ros.model import AiATrack
from aiatrack_ros.model import ModelConfig
from aiatrack_ros.model.checkpoint import load_tensors
from aiatrack_ros.model.checkpoint import read_state_dict
from aiatrack_ros.training.compositor import Scenes
from aiatrack_ros.training.loop import mean_figures
from aiatrack_ros.training.objective import Objective
from aiatrack_ros.training.objective import Outcome
from aiatrack_ros.training.run import model_config
from aiatrack_ros.training.run import validation_batches
from aiatrack_ros.training.run_config import TrainConfig
import torch
from tqdm import tqdm

FIGURES = ('giou_loss', 'iou', 'score_error', 'score_bias', 'score_absent')


def compare(
    config: TrainConfig, checkpoints: list[str], device: torch.device
) -> dict[str, dict[str, dict[str, float]]]:
    """Return the mean of each of FIGURES by checkpoint and kind, 'scenes' or 'video'.

    Empty if the run holds nothing out.

    Raises:
        CheckpointError: A file can't be used.
    """
    model = model_config(config)
    networks = {path: _network(model, path) for path in checkpoints}
    kinds = {'scenes': validation_batches(config, model, device)}
    filmed = _in_place(config)
    if filmed.sources:
        kinds['video'] = validation_batches(filmed, model, device)
    kinds = {kind: batches for kind, batches in kinds.items() if batches}
    if not kinds:
        return {}
    steps = len(networks) * sum(map(len, kinds.values()))
    with tqdm(total=steps, unit='batch', dynamic_ncols=True, disable=None) as bar:
        return {
            path: {
                kind: _figures(network, config, device, batches, bar)
                for kind, batches in kinds.items()
            }
            for path, network in networks.items()
        }


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
