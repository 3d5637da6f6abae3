# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""From features of scenes to one loss: triplets, predictions, and what they should have been."""

from dataclasses import dataclass
from typing import Any
from typing import cast
from typing import NamedTuple

from aiatrack_ros.model import AiATrack
from aiatrack_ros.model.attention import References
from aiatrack_ros.model.heads import Corners
from aiatrack_ros.model.network import Padding
from aiatrack_ros.training.compositor import Scenes
from aiatrack_ros.training.losses import corner_loss
from aiatrack_ros.training.losses import corner_target
from aiatrack_ros.training.losses import jitter_proposals
from aiatrack_ros.training.losses import mean_where
from aiatrack_ros.training.losses import overlap
from aiatrack_ros.training.losses import region_loss
from aiatrack_ros.training.losses import region_target
from aiatrack_ros.training.run_config import LossConfig
import torch
from torch import nn
from torch import Tensor

# Of an own box with the true one, to be taken for a reference.
LEAST_OVERLAP = 0.4


class Features(NamedTuple):
    """What the frozen stages of the backbone say of B scenes of F crops, and what is known."""

    deep: Tensor  # (B, F, C, h, w)
    lateral: Tensor  # (B, F, C', 2h, 2w)
    boxes: Tensor  # (B, F, 4) as x1, y1, x2, y2 in [0, 1]
    present: Tensor  # (B, F) bool
    rows: Tensor  # (B, F, S) bool
    columns: Tensor  # (B, F, S) bool
    others: Tensor  # (B, F, K, 4) as boxes, NaN where there is none
    trust: Tensor  # (B,), the weight of the losses on where the box is


class Triplets(NamedTuple):
    """T samples as indices into the B * F crops of a batch, crop f of scene b being b * F + f."""

    initial: Tensor  # (T,)
    short: Tensor  # (T,)
    search: Tensor  # (T,)
    same: Tensor  # (T,) bool, the references show the search crop's scene


@dataclass
class Outcome:
    """The loss of a batch and what it consists of."""

    total: Tensor
    parts: dict[str, Tensor]
    iou: Tensor  # (T,) of the predicted with the true box
    predicted_iou: Tensor  # (T,) in [-1, 1], of the predicted box
    present: Tensor  # (T,) bool


def draw_triplets(present: Tensor, swapped: float, generator: torch.Generator) -> Triplets:
    """Draw one triplet for each crop but the initial ones.

    Args:
        present: (B, F) bool, on the CPU.
        swapped: Share of the samples whose references come from another scene.
        generator: On the CPU.

    The short-term reference is any other crop of the scene with the target in it, the initial one
    included: that is what the tracker begins with.
    """
    count, frames = present.shape
    search = torch.arange(1, frames).expand(count, -1)
    fit = present[:, None].expand(-1, frames - 1, -1).clone()  # (B, F - 1, F)
    fit[:, torch.arange(frames - 1), torch.arange(1, frames)] = False
    fit[:, :, 0] = True
    short = torch.multinomial(fit.flatten(0, 1).float(), 1, generator=generator)
    short = short.view(count, frames - 1)
    scene = torch.arange(count)[:, None].expand(-1, frames - 1)
    other = torch.rand(count, frames - 1, generator=generator) < (swapped if count > 1 else 0)
    partner = torch.where(other, (scene + 1) % count, scene)
    # Another scene's crops are present where ours are not; its initial crop always is.
    short = torch.where(other, torch.zeros_like(short), short)
    return Triplets(
        (partner * frames).flatten(),
        (partner * frames + short).flatten(),
        (scene * frames + search).flatten(),
        ~other.flatten(),
    )


def to_xywh(boxes: Tensor) -> Tensor:
    """Turn x1, y1, x2, y2 into x, y, w, h."""
    return torch.cat((boxes[..., :2], boxes[..., 2:] - boxes[..., :2]), -1)


def _pick(references: References, index: Tensor) -> References:
    return References(*(tensor[index] for tensor in references))


class Objective(nn.Module):
    """The network with its losses.

    The region map is a help in training and no part of a tracker. The last `tuned_stages` of the
    backbone are trained, so features come from before them. The identity head is trained alone
    (identity.py).
    """

    def __init__(self, network: AiATrack, config: LossConfig, tuned_stages: int = 0) -> None:
        super().__init__()
        self.tuned_stages = tuned_stages
        network.backbone.requires_grad_(False)
        if network.identity_head is not None:
            network.identity_head.requires_grad_(False)
        for stage in network.backbone[0].last_stages(tuned_stages):
            stage.requires_grad_(True)
        # On CPUs and GPUs alike the tuned stages take a fifth less time so.
        self.network: AiATrack = cast(Any, network).to(memory_format=torch.channels_last)
        self.config = config
        self.region = nn.Conv2d(network.config.channels, 1, 1)

    @torch.no_grad()
    def extract(self, scenes: Scenes) -> Features:
        """Run the frozen stages of the backbone over all crops."""
        net, shape = self.network, scenes.present.shape
        images = net.preprocess(scenes.crops.flatten(0, 1))
        deep, lateral = net.extract(images, self.tuned_stages)
        lateral = deep if lateral is None else lateral  # a tuned stage will make it
        return Features(deep.unflatten(0, shape), lateral.unflatten(0, shape), *scenes[1:])

    def forward(self, batch: Features | Scenes, generator: torch.Generator) -> Outcome:
        """Return the loss of all triplets; `generator` lives on the CPU."""
        net, config = self.network, self.config
        features = self.extract(batch) if isinstance(batch, Scenes) else batch
        count, frames = features.present.shape
        present = features.present.flatten()
        boxes = features.boxes.flatten(0, 1).float()
        triplets = draw_triplets(features.present.cpu(), config.swapped, generator)
        triplets = Triplets(*(t.to(boxes.device) for t in triplets))

        deep, lateral = (
            maps.flatten(0, 1).contiguous(memory_format=torch.channels_last)
            for maps in (features.deep, features.lateral)
        )
        deep, lateral = net.finish(deep, lateral, self.tuned_stages)
        # Every crop is encoded once, whatever its part in the triplets.
        position = net.position(
            Padding(features.rows.flatten(0, 1), features.columns.flatten(0, 1))
        )
        memory = net.encode(deep, position)
        error = torch.randn(count * frames, 4, generator=generator).to(boxes.device)
        error = error.view(count, frames, 4) * config.region_error
        error[:, 0] = 0  # the initial box is given
        size = to_xywh(boxes)[:, 2:].repeat(1, 2)
        seen = boxes + error.flatten(0, 1) * size
        if config.own_regions:
            chance = torch.rand(count, frames, generator=generator)
            chance[:, 0] = 1
            chosen = (chance < config.own_regions).flatten().to(boxes.device)
            own = self._find(memory, lateral, boxes, position.inner, frames)
            # A tracker that has lost the target altogether makes no reference of what it sees.
            usable = chosen & present & (overlap(own, boxes)[0] > LEAST_OVERLAP)
            seen = torch.where(usable[:, None], own, seen)
        reference = net.refer(memory, to_xywh(seen), position.inner)
        short = reference.short
        decoded = net.decode(
            memory[triplets.search],
            _pick(reference.long, triplets.initial),
            _pick(short, triplets.short),
        )
        corners = net.locate(decoded, lateral[triplets.search])
        others = features.others.flatten(0, 1).float()[triplets.search]
        return self._compare(
            decoded,
            corners,
            boxes[triplets.search],
            present[triplets.search] & triplets.same,
            others,
            features.trust.repeat_interleave(frames)[triplets.search],
            generator,
        )

    @torch.no_grad()
    def _find(
        self, memory: Tensor, lateral: Tensor, boxes: Tensor, inner_position: Tensor, frames: int
    ) -> Tensor:
        """Return the boxes (B * F, 4) that a tracker with only the initial reference finds."""
        net = self.network
        initial = torch.arange(len(boxes), device=boxes.device) // frames
        inner_position = inner_position.expand(len(boxes), -1, -1)
        reference = net.refer(memory[::frames], to_xywh(boxes[::frames]), inner_position[::frames])
        long = _pick(reference.long, initial)
        decoded = net.decode(memory, long, _pick(reference.short, initial))
        learning = net.box_head.training
        net.box_head.eval()  # what its norms see here is no search frame of a tracker
        boxes = net.locate(decoded, lateral).boxes.float()
        net.box_head.train(learning)
        # Some releases of torch keep weights that were cast here, and with them no gradient.
        torch.clear_autocast_cache()
        return boxes

    def _compare(
        self,
        decoded: Tensor,
        corners: Corners,
        truth: Tensor,
        present: Tensor,
        others: Tensor,
        trust: Tensor,
        generator: torch.Generator,
    ) -> Outcome:
        net, config = self.network, self.config
        predicted = corners.boxes.float()
        iou, giou = overlap(predicted, truth)
        side, crop_size = corners.top_left.shape[-1], net.config.crop_size
        stride = net.box_head.stride
        pairs = (corners.top_left, truth[:, :2]), (corners.bottom_right, truth[:, 2:])
        halves = [
            corner_loss(logits.float(), corner_target(point, side, stride, crop_size)) / 2
            for logits, point in pairs
        ]
        corner = halves[0] + halves[1]
        # The IoU head judges jittered boxes and its own; where there is no target, all are wrong.
        proposals = jitter_proposals(truth, config.proposals, generator)
        there = torch.isfinite(others).all(-1)
        others = torch.where(there[..., None], others, truth[:, None])
        judged = torch.cat((others, proposals, predicted.detach()[:, None]), 1)
        true_iou = overlap(judged, truth[:, None].expand_as(judged))[0]
        true_iou = torch.where(present[:, None], true_iou, torch.zeros_like(true_iou))
        predicted_iou = net.iou_head(decoded, judged).float()
        square = (predicted_iou - (2 * true_iou - 1)) ** 2
        # The own box is what the tracker asks about, so it weighs as much as all proposals.
        strange, square = square[:, : others.shape[1]], square[:, others.shape[1] :]
        square = (square[:, :-1].mean(1) + square[:, -1]) / 2
        region = region_target(truth, net.config.grid)
        region = torch.where(present[:, None, None], region, torch.zeros_like(region))
        region_error = region_loss(self.region(decoded).float()[:, 0], region)
        parts = {
            'giou': mean_where((1 - giou) * trust, present),
            'l1': mean_where((predicted - truth).abs().mean(1) * trust, present),
            'iou': square.mean(),
            'others': mean_where(strange, there),
            'corner': mean_where(corner * trust, present),
            'region': region_error.mean(),
        }
        total = sum(getattr(config, name) * value for name, value in parts.items())
        return Outcome(total, parts, iou.detach(), predicted_iou[:, -1].detach(), present)
