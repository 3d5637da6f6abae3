# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The heads: where the soft-argmax points, and what a lateral changes."""

from aiatrack_ros.model import VARIANTS
from aiatrack_ros.model.checkpoint import load_network
from aiatrack_ros.model.heads import CornerHead
from aiatrack_ros.model.heads import IDENTITY_SIZE
from aiatrack_ros.model.heads import IdentityHead
from aiatrack_ros.model.heads import IoUHead
from aiatrack_ros.model.heads import soft_argmax
import pytest
import torch


def test_soft_argmax_points_at_a_peak() -> None:
    logits = torch.full((1, 1, 20, 20), -100.0)
    logits[0, 0, 3, 7] = 100.0  # row 3, column 7
    torch.testing.assert_close(
        soft_argmax(logits, 16, 320), torch.tensor([[7 * 16 / 320, 3 * 16 / 320]])
    )


def test_soft_argmax_is_an_expectation() -> None:
    logits = torch.full((1, 1, 4, 4), -100.0)
    logits[0, 0, 0, 0], logits[0, 0, 2, 3] = torch.log(torch.tensor([0.25, 0.75]))
    expected = torch.tensor([[0.75 * 3 / 4, 0.75 * 2 / 4]])
    torch.testing.assert_close(soft_argmax(logits, 1, 4), expected)


def test_soft_argmax_in_a_window_finds_one_of_two_peaks() -> None:
    logits = torch.full((2, 1, 28, 28), -100.0)
    logits[0, 0, 5, 4], logits[0, 0, 5, 24] = torch.log(torch.tensor([0.45, 0.55]))
    logits[1, 0, 27, 0] = 0.0  # at the map's edge the window is cut
    whole, window = (soft_argmax(logits, 1, 28, size) for size in (0, 15))
    torch.testing.assert_close(whole[0], torch.tensor([(0.45 * 4 + 0.55 * 24) / 28, 5 / 28]))
    torch.testing.assert_close(window[0], torch.tensor([24 / 28, 5 / 28]))
    torch.testing.assert_close(window[1], torch.tensor([0.0, 27 / 28]))


def test_soft_argmax_in_a_window_is_the_expectation_inside() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(1, 1, 28, 28, generator=generator)
    logits[0, 0, 10, 12] = 6.0
    inside = torch.full_like(logits, -torch.inf)
    inside[..., 3:18, 5:20] = logits[..., 3:18, 5:20]
    torch.testing.assert_close(soft_argmax(logits, 1, 28, 15), soft_argmax(inside, 1, 28))
    # A window larger than the map is the map.
    torch.testing.assert_close(soft_argmax(logits, 1, 28, 57), soft_argmax(logits, 1, 28))


def identity_head() -> IdentityHead:
    head = load_network('aiatrack_lite').identity_head
    assert head is not None
    return head.eval()


def test_identity_head_describes_what_is_in_each_box() -> None:
    head = identity_head()
    images = torch.randn(2, 3, 224, 224)
    boxes = torch.tensor([[0.1, 0.1, 0.5, 0.6], [0.6, 0.2, 0.9, 0.8]]).expand(2, 2, 4)
    with torch.inference_mode():
        vectors = head(images, boxes)
        alone = head(images, boxes[:, 1:])
        images[:, :, :, 140:] += 1  # beside the first box
        moved = head(images, boxes)
    assert vectors.shape == (2, 2, VARIANTS['aiatrack_lite'].identity_channels)
    torch.testing.assert_close(vectors.norm(dim=-1), torch.ones(2, 2))
    torch.testing.assert_close(vectors[:, 1:], alone)
    torch.testing.assert_close(moved[:, 0], vectors[:, 0])
    assert (moved[:, 1] - vectors[:, 1]).abs().max() > 1e-4


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
@pytest.mark.parametrize('size', [1e-4, 300.0])
def test_identity_is_a_unit_vector_in_half_precision_too(dtype: torch.dtype, size: float) -> None:
    # In half precision the squares of the smaller vanish, and those of the larger overflow.
    head = identity_head()
    with torch.inference_mode():
        layer = head.osnet.fc
        layer.weight.normal_()
        layer.weight *= size / layer.weight.norm(dim=1).max()
        layer.bias.zero_()
        pictures = torch.randn(2, 3, *IDENTITY_SIZE)
        exact = head.describe(pictures)
        with torch.autocast('cpu', dtype):
            vectors = head.describe(pictures)
    assert vectors.dtype == torch.float32
    torch.testing.assert_close(vectors.norm(dim=-1), torch.ones(2), atol=1e-3, rtol=0)
    assert (vectors * exact).sum(-1).min() > 0.99


@pytest.mark.parametrize(('name', 'side'), [('aiatrack_r50', 20), ('aiatrack_lite', 28)])
def test_corner_head(name: str, side: int) -> None:
    config = VARIANTS[name]
    torch.manual_seed(0)
    head = CornerHead(config, 40).eval()
    features = torch.randn(2, config.channels, config.grid, config.grid)
    lateral = torch.randn(2, 40, 2 * config.grid, 2 * config.grid)
    with torch.inference_mode():
        boxes, top_left, bottom_right = head(features, lateral)
        others = head(features, lateral + 1).boxes
    assert top_left.shape == bottom_right.shape == (2, 1, side, side)
    assert boxes.shape == (2, 4)
    assert ((boxes >= 0) & (boxes < 1)).all()
    assert torch.equal(boxes, others) != config.corner_lateral


def test_iou_head_judges_each_box_alone() -> None:
    config = VARIANTS['aiatrack_lite']
    torch.manual_seed(0)
    head = IoUHead(config).eval()
    features = torch.randn(2, config.channels, config.grid, config.grid)
    boxes = torch.tensor([[0.1, 0.1, 0.5, 0.6], [0.3, 0.2, 0.9, 0.8]]).expand(2, 2, 4)
    with torch.inference_mode():
        together = head(features, boxes)
        apart = [head(features, boxes[:, k : k + 1]) for k in range(2)]
    assert together.shape == (2, 2)
    torch.testing.assert_close(together, torch.cat(apart, dim=1))
