# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""AiA attention against a loop over samples, heads and references, written from the paper."""

from aiatrack_ros.model.attention import AiAAttention
from aiatrack_ros.model.attention import join
import numpy as np
import pytest
import torch

CHANNELS, HEADS, TOKENS, INNER = 8, 2, 6, 4


def make_attention(inner: str = 'attention') -> AiAAttention:
    torch.manual_seed(3)
    attention = AiAAttention(CHANNELS, HEADS, TOKENS, INNER, inner).double()
    with torch.no_grad():
        for parameter in attention.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.5)
    return attention


def make_inputs(references: int) -> tuple[torch.Tensor, list[torch.Tensor]]:
    generator = torch.Generator().manual_seed(5)
    queries = torch.randn(2, TOKENS, CHANNELS, generator=generator, dtype=torch.float64)
    rows = [
        tuple(
            torch.randn(2, TOKENS, width, generator=generator, dtype=torch.float64)
            for width in (CHANNELS, CHANNELS, INNER)
        )
        for _ in range(references)
    ]
    return queries, rows


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def layer_norm(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(
        x.var(-1, keepdims=True) + 1e-5
    ) * weight + bias


def by_hand(attention: AiAAttention, queries: np.ndarray, rows: list) -> np.ndarray:
    p = {name: value.detach().numpy() for name, value in attention.named_parameters()}
    wq, wk, wv = np.split(p['in_proj_weight'], 3)
    bq, bk, bv = np.split(p['in_proj_bias'], 3)
    width = CHANNELS // HEADS
    output = np.zeros_like(queries)
    for sample in range(queries.shape[0]):
        heads = []
        for head in range(HEADS):
            part = slice(head * width, (head + 1) * width)
            q = queries[sample] @ wq[part].T + bq[part]
            maps, values = [], []
            for keys, value, position in rows:
                k = keys[sample].numpy() @ wk[part].T + bk[part]
                m = q @ k.T / np.sqrt(width)
                columns = m.T
                tokens = columns @ p['inner_attn.corr_proj.weight'].T
                tokens = tokens + p['inner_attn.corr_proj.bias']
                tokens = layer_norm(
                    tokens, p['inner_attn.feat_norm1.weight'], p['inner_attn.feat_norm1.bias']
                )
                tokens = tokens + position[sample].numpy()
                pre = 'inner_attn.corr_attn.'
                iq = tokens @ p[pre + 'q_proj_weight'].T + p[pre + 'q_proj_bias']
                ik = tokens @ p[pre + 'k_proj_weight'].T + p[pre + 'k_proj_bias']
                iv = layer_norm(
                    columns, p['inner_attn.feat_norm2.weight'], p['inner_attn.feat_norm2.bias']
                )
                r = softmax(iq @ ik.T / np.sqrt(INNER)) @ iv
                r = r + r @ p[pre + 'out_proj.weight'].T + p[pre + 'out_proj.bias']
                maps.append(m + r.T)
                values.append(value[sample].numpy() @ wv[part].T + bv[part])
            heads.append(softmax(np.concatenate(maps, 1)) @ np.concatenate(values, 0))
        output[sample] = np.concatenate(heads, 1) @ p['out_proj.weight'].T + p['out_proj.bias']
    return output


@pytest.mark.parametrize('references', [1, 3])
def test_equals_the_loop(references: int) -> None:
    attention = make_attention()
    queries, rows = make_inputs(references)
    joined = join([attention.refer(*row) for row in rows])
    assert joined.number == references
    ours = attention(queries, joined).detach().numpy()
    np.testing.assert_allclose(ours, by_hand(attention, queries.numpy(), rows), atol=1e-10)


def test_copies_of_one_reference_weigh_as_one() -> None:
    attention = make_attention()
    queries, rows = make_inputs(1)
    one = attention.refer(*rows[0])
    torch.testing.assert_close(attention(queries, join([one] * 3)), attention(queries, one))


def test_plain_attention_is_torch_multi_head_attention() -> None:
    attention = make_attention('none')
    torch_attention = torch.nn.MultiheadAttention(CHANNELS, HEADS, batch_first=True).double()
    torch_attention.load_state_dict(attention.state_dict())
    queries, rows = make_inputs(1)
    expected, _ = torch_attention(queries, rows[0][0], rows[0][1])
    torch.testing.assert_close(attention(queries, attention.refer(*rows[0])), expected)


@pytest.mark.parametrize('inner', ['attention', 'convolution'])
def test_new_inner_module_changes_nothing(inner: str) -> None:
    torch.manual_seed(0)
    refined = AiAAttention(CHANNELS, HEADS, TOKENS, INNER, inner).double()
    plain = AiAAttention(CHANNELS, HEADS, TOKENS, INNER, 'none').double()
    plain.load_state_dict(refined.state_dict(), strict=False)
    queries, rows = make_inputs(2)
    joined = join([refined.refer(*row) for row in rows])
    torch.testing.assert_close(refined(queries, joined), plain(queries, joined))


@pytest.mark.parametrize('inner', ['attention', 'convolution', 'cascade', 'none'])
def test_gradient_reaches_every_parameter(inner: str) -> None:
    attention = make_attention(inner)
    queries, rows = make_inputs(2)
    joined = join([attention.refer(*row) for row in rows])
    attention(queries, joined).square().sum().backward()
    # Some biases shift all keys of a query alike; a softmax takes no notice of that.
    idle = ('k_proj_bias', 'feat_norm2.bias', 'corr_attn.out_proj.bias', 'narrow.bias')
    for name, parameter in attention.named_parameters():
        assert parameter.grad is not None, name
        if 'cascade.in_proj' not in name and not name.endswith(idle):
            assert parameter.grad.abs().max() > 1e-6, name
