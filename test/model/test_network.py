# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The assembled network: published names, the target's cells, and the paper's ablations."""

import dataclasses
from pathlib import Path

from aiatrack_ros.model import AiATrack
from aiatrack_ros.model import VARIANTS
from aiatrack_ros.model.network import ExtentEmbedding
from aiatrack_ros.model.network import Padding
from aiatrack_ros.model.network import target_cells
import pytest
import torch

LITE = VARIANTS['aiatrack_lite']


def test_published_tensor_names(shared: Path) -> None:
    published = {}
    for line in (shared / 'parity' / 'names.txt').read_text().splitlines():
        name, shape = line.split()
        published[name] = () if shape == 'scalar' else tuple(map(int, shape.split('x')))
    ours = AiATrack(VARIANTS['aiatrack_r50']).state_dict()
    assert {name: tuple(tensor.shape) for name, tensor in ours.items()} == published


def test_target_cells_round_half_to_even() -> None:
    # 4 cells: x = 0.5 -> 0, y = 1.5 -> 2, w = 2.5 -> 2, h = 1.2 -> 1
    cells = target_cells(torch.tensor([[0.125, 0.375, 0.625, 0.3]]), 4).view(4, 4)
    expected = torch.zeros(4, 4, dtype=torch.bool)
    expected[2:3, 0:2] = True
    assert torch.equal(cells, expected)


def test_target_cells_outside_of_the_crop() -> None:
    cells = target_cells(torch.tensor([[-0.5, -0.25, 1.0, 2.0], [1.5, 0.0, 1.0, 1.0]]), 4)
    expected = torch.zeros(4, 4, dtype=torch.bool)
    expected[:, :2] = True
    assert torch.equal(cells[0].view(4, 4), expected)
    assert not cells[1].any()


def run(network: AiATrack) -> tuple[torch.Tensor, torch.Tensor]:
    config = network.config
    generator = torch.Generator().manual_seed(4)
    images = torch.randn(2, 3, config.crop_size, config.crop_size, generator=generator)
    position = network.position(None)
    features, _ = network.extract(images)
    memory = network.encode(features, position)
    boxes = torch.tensor([[0.3, 0.3, 0.4, 0.4], [0.4, 0.2, 0.2, 0.5]])
    reference = network.refer(memory, boxes, position.inner)
    found = network(images, position, reference.long, reference.short)
    assert found.memory.shape == (2, config.tokens, config.channels)
    return found.boxes, found.iou


@pytest.mark.parametrize(
    'changes',
    [
        {},
        {'inner_self': 'none', 'inner_cross': 'none'},
        {'inner_self': 'attention', 'inner_cross': 'none'},
        {'inner_self': 'none', 'inner_cross': 'attention'},
        {'inner_self': 'convolution', 'inner_cross': 'convolution'},
        {'inner_self': 'cascade', 'inner_cross': 'cascade'},
        {'region_cue': 'embedding'},
        {'region_cue': 'mask'},
        {'region_cue': 'none'},
        {'separate_branches': False},
    ],
    ids=str,
)
def test_every_ablation_steps(changes: dict) -> None:
    torch.manual_seed(0)
    small = dataclasses.replace(LITE, crop_size=96, **changes)
    network = AiATrack(small).train()
    optimizer = torch.optim.SGD(network.parameters(), 1e-3)
    boxes, iou = run(network)
    before = boxes.detach().clone()
    (boxes.sum() + iou.sum()).backward()
    optimizer.step()
    after, _ = run(network)
    assert after.isfinite().all()
    assert not torch.equal(before, after)


def test_region_cue_decides_what_a_reference_says() -> None:
    memory = torch.randn(1, LITE.tokens, LITE.channels)
    box, other = torch.tensor([[0.3, 0.3, 0.4, 0.4]]), torch.tensor([[0.1, 0.1, 0.2, 0.2]])
    for cue in ('extent', 'embedding', 'mask', 'none'):
        torch.manual_seed(0)
        network = AiATrack(dataclasses.replace(LITE, region_cue=cue)).eval()
        inner = network.position(None).inner
        first, second = (network.refer(memory, b, inner).long for b in (box, other))
        assert torch.equal(first.keys, second.keys)  # never in the keys
        assert torch.equal(first.values, second.values) == (cue == 'none')


def test_extent_tells_apart_what_whole_cells_do_not() -> None:
    memory = torch.zeros(1, LITE.tokens, LITE.channels)
    cell = 1 / LITE.grid
    box = torch.tensor([[5.0, 5.0, 4.0, 4.0]]) * cell
    wider = torch.tensor([[5.0, 5.0, 4.3, 4.0]]) * cell  # rounded, these are the same cells
    for cue in ('extent', 'embedding'):
        torch.manual_seed(0)
        network = AiATrack(dataclasses.replace(LITE, region_cue=cue)).eval()
        inner = network.position(None).inner
        first, second = (network.refer(memory, b, inner).long.values for b in (box, wider))
        assert torch.equal(first, second) == (cue == 'embedding')


def test_extent_is_the_distance_to_the_sides() -> None:
    embedding = ExtentEmbedding(LITE)
    cell = 1 / LITE.grid
    tokens = embedding(torch.tensor([[4.0, 5.0, 4.0, 3.0]]) * cell).view(LITE.grid, LITE.grid, -1)
    moved = embedding(torch.tensor([[6.0, 4.0, 4.0, 3.0]]) * cell).view(LITE.grid, LITE.grid, -1)
    # It moves with the box, by two cells to the right and one up.
    torch.testing.assert_close(moved[:-1, 2:], tokens[1:, :-2], atol=1e-4, rtol=0)
    assert (moved - tokens).abs().mean() > 0.01


def test_padding_that_is_none_is_no_padding() -> None:
    network = AiATrack(LITE)
    nowhere = torch.zeros(1, LITE.crop_size, dtype=torch.bool)
    for plain, padded in zip(
        network.position(None), network.position(Padding(nowhere, nowhere)), strict=True
    ):
        assert torch.equal(plain, padded)
