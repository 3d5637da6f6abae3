# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""From features to a loss."""

import dataclasses

from aiatrack_ros.model import AiATrack
from aiatrack_ros.model import ModelConfig
from aiatrack_ros.model import VARIANTS
from aiatrack_ros.model.network import Padding
from aiatrack_ros.training import objective as objective_module
from aiatrack_ros.training.compositor import Scenes
from aiatrack_ros.training.objective import draw_triplets
from aiatrack_ros.training.objective import Features
from aiatrack_ros.training.objective import Objective
from aiatrack_ros.training.objective import to_xywh
from aiatrack_ros.training.run_config import LossConfig
import pytest
import torch

LITE = dataclasses.replace(VARIANTS['aiatrack_lite'], crop_size=64)
PLAIN = dataclasses.replace(LITE, inner_self='none', inner_cross='none')


def features(count: int = 2, frames: int = 3) -> Features:
    generator = torch.Generator().manual_seed(0)
    low = torch.rand(count, frames, 2, generator=generator) * 0.5
    size = 0.2 + 0.2 * torch.rand(count, frames, 2, generator=generator)
    return Features(
        torch.randn(count, frames, 112, 4, 4, generator=generator),
        torch.randn(count, frames, 40, 8, 8, generator=generator),
        torch.cat((low, low + size), -1),
        torch.ones(count, frames, dtype=torch.bool),
        torch.zeros(count, frames, 64, dtype=torch.bool),
        torch.zeros(count, frames, 64, dtype=torch.bool),
        torch.full((count, frames, 2, 4), torch.nan),
        torch.ones(count),
    )


def objective(config: ModelConfig = PLAIN, tuned_stages: int = 0, **changes: float) -> Objective:
    torch.manual_seed(0)
    return Objective(AiATrack(config), LossConfig(**changes), tuned_stages)


def seeded(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_triplets_take_each_search_crop_once() -> None:
    present = torch.ones(50, 4, dtype=torch.bool)
    present[::2, 3] = False
    triplets = draw_triplets(present, 0.0, seeded())
    scene, crop = triplets.search // 4, triplets.search % 4
    assert sorted(triplets.search.tolist()) == [b * 4 + f for b in range(50) for f in (1, 2, 3)]
    assert (triplets.initial == scene * 4).all()
    assert (triplets.short // 4 == scene).all()
    assert (triplets.short != triplets.search).all()
    assert present.flatten()[triplets.short].all()
    assert triplets.same.all()
    assert set((triplets.short % 4)[crop == 1].tolist()) == {0, 2, 3}


def test_swapped_triplets_show_another_scene() -> None:
    triplets = draw_triplets(torch.ones(200, 3, dtype=torch.bool), 0.25, seeded())
    other = triplets.initial // 3 != triplets.search // 3
    assert (other == ~triplets.same).all()
    assert other.float().mean().item() == pytest.approx(0.25, abs=0.06)
    assert (triplets.short // 3 == triplets.initial // 3).all()


def test_boxes_and_scores_are_learned_only_where_there_is_a_target() -> None:
    batch = features()
    absent = batch._replace(present=torch.tensor([[True, False, False]] * 2))
    outcome = objective(swapped=0)(absent, seeded())
    assert outcome.parts['giou'] == outcome.parts['l1'] == outcome.parts['corner'] == 0
    assert not outcome.present.any()
    # With no target anywhere every proposal should be judged -1.
    assert outcome.parts['iou'] > 0 and outcome.parts['region'] > 0
    moved = absent._replace(boxes=absent.boxes.roll(1, 0))
    again = objective(swapped=0)(moved, seeded())
    assert again.parts['region'].item() == pytest.approx(outcome.parts['region'].item(), rel=0.2)


def test_total_is_the_weighed_sum() -> None:
    outcome = objective(giou=1, l1=2, iou=3, corner=4, region=5, others=6)(features(), seeded())
    weights = {'giou': 1, 'l1': 2, 'iou': 3, 'corner': 4, 'region': 5, 'others': 6}
    expected = sum(weights[name] * value.item() for name, value in outcome.parts.items())
    assert outcome.total.item() == pytest.approx(expected, rel=1e-5)
    assert outcome.iou.shape == outcome.predicted_iou.shape == (4,)


def test_every_trained_tensor_gets_a_gradient() -> None:
    model = objective(LITE)
    with torch.no_grad():  # a new inner attention has no effect, and so no gradient below its norm
        for name, parameter in model.named_parameters():
            if 'feat_norm2.weight' in name:
                parameter.fill_(0.1)
    model(features(), seeded()).total.backward()
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None and parameter.grad.isfinite().all(), name


@pytest.mark.parametrize('inner', ['attention', 'convolution', 'cascade', 'none'])
@pytest.mark.parametrize('separate', [True, False])
def test_ablations_take_a_step(inner: str, separate: bool) -> None:
    config = dataclasses.replace(
        LITE, inner_self=inner, inner_cross=inner, separate_branches=separate
    )
    model = objective(config).train()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], 2e-4)
    losses = []
    for _ in range(3):
        outcome = model(features(), seeded())
        optimizer.zero_grad()
        outcome.total.backward()
        optimizer.step()
        losses.append(outcome.total.item())
    assert min(losses[1:]) < losses[0]


@pytest.mark.parametrize('cue', ['extent', 'embedding', 'mask', 'none'])
def test_region_cues_differ(cue: str) -> None:
    model = objective(dataclasses.replace(PLAIN, region_cue=cue)).eval()
    batch = features()
    # A crop is a reference of the others: its box matters to them only if there is a cue.
    other = batch._replace(boxes=batch.boxes.clone())
    other.boxes[:, 0] = torch.tensor([0.0, 0.0, 0.3, 0.3])
    with torch.no_grad():
        first, second = (model(b, seeded()).parts['region'] for b in (batch, other))
    assert torch.equal(first, second) == (cue == 'none')


def test_own_regions_mark_references_by_boxes_that_the_network_finds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def region(**changes: float) -> float:
        model = objective(dataclasses.replace(PLAIN, region_cue='extent'), swapped=0, **changes)
        return model(features(frames=4), seeded()).parts['region'].item()

    # Every own box is taken: the errors that would be drawn instead no longer matter.
    monkeypatch.setattr(objective_module, 'LEAST_OVERLAP', -1.0)
    own = region(own_regions=1)
    assert region(own_regions=1, region_error=0.5) == own
    assert region(own_regions=0.5) not in (own, region())
    assert region(region_error=0.5) != region() != own
    # No proposal is good enough, so nothing changes.
    monkeypatch.setattr(objective_module, 'LEAST_OVERLAP', 1.0)
    assert region(own_regions=1) == region()


def test_looking_for_own_regions_teaches_nothing() -> None:
    model = objective().train()
    net, batch = model.network, features()
    head = {name: tensor.clone() for name, tensor in net.box_head.state_dict().items()}
    position = net.position(Padding(batch.rows.flatten(0, 1), batch.columns.flatten(0, 1)))
    memory = net.encode(batch.deep.flatten(0, 1), position)
    found = model._find(
        memory, batch.lateral.flatten(0, 1), batch.boxes.flatten(0, 1), position.inner, 3
    )
    assert found.shape == (6, 4) and not found.requires_grad and net.box_head.training
    assert all(torch.equal(head[name], t) for name, t in net.box_head.state_dict().items())


@pytest.mark.parametrize('tuned', [0, 1, 5])
def test_only_the_last_stages_of_the_backbone_are_tuned(tuned: int) -> None:
    model = objective(tuned_stages=tuned)
    crops = torch.randint(0, 256, (2, 3, 64, 64, 3), dtype=torch.uint8, generator=seeded())
    model(Scenes(crops, *features()[2:]), seeded()).total.backward()
    body = model.network.backbone[0].body
    assert body.conv_stem.weight.grad is None
    moved = [stage[0].project_conv.weight.grad is not None for stage in body.stages()]
    assert moved == [index >= 5 - tuned for index in range(5)]
    assert model.network.bottleneck.weight.grad.abs().sum() > 0


def test_cached_features_of_a_cut_backbone_give_the_same_loss() -> None:
    model = objective(tuned_stages=1).eval()
    crops = torch.randint(0, 256, (2, 3, 64, 64, 3), dtype=torch.uint8, generator=seeded())
    scenes = Scenes(crops, *features()[2:])
    with torch.no_grad():
        cached = model.extract(scenes)
        assert cached.deep.shape[2] == 80
        assert model(cached, seeded()).total == model(scenes, seeded()).total


def test_to_xywh() -> None:
    assert to_xywh(torch.tensor([0.25, 0.5, 0.5, 1.0])).tolist() == [0.25, 0.5, 0.25, 0.5]
