# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Factored attention in attention is attention in attention, to the last bits."""

import copy
import dataclasses

from aiatrack_ros.evaluation.seeded_weights import load_seeded_weights
from aiatrack_ros.model import AiATrack
from aiatrack_ros.model import VARIANTS
from aiatrack_ros.model.attention import AiAAttention
from aiatrack_ros.model.attention import join
from aiatrack_ros.model.attention import References
from aiatrack_ros.model.factored import factor_attentions
from aiatrack_ros.model.factored import FactoredAiAAttention
import pytest
import torch
from torch import Tensor

CHANNELS, HEADS, TOKENS, INNER = 24, 3, 20, 6


def make_attention() -> AiAAttention:
    torch.manual_seed(7)
    attention = AiAAttention(CHANNELS, HEADS, TOKENS, INNER, 'attention').double()
    with torch.no_grad():
        for name, parameter in attention.named_parameters():
            # Biases larger than what they are added to, because some are left out.
            parameter.copy_(torch.randn_like(parameter) * (2.0 if 'bias' in name else 0.4))
    return attention


def make_inputs(attention: AiAAttention, count: int) -> tuple[Tensor, References]:
    generator = torch.Generator().manual_seed(8)

    def random(width: int) -> Tensor:
        return torch.randn(2, TOKENS, width, generator=generator, dtype=torch.float64)

    rows = [(random(CHANNELS), random(CHANNELS), random(INNER)) for _ in range(count)]
    return random(CHANNELS), join([attention.refer(*row) for row in rows])


@pytest.mark.parametrize('count', [1, 2, 3])
def test_same_function(count: int) -> None:
    attention = make_attention()
    queries, references = make_inputs(attention, count)
    ours = FactoredAiAAttention(attention)(queries, references)
    torch.testing.assert_close(ours, attention(queries, references), rtol=1e-10, atol=1e-10)


def test_queries_that_are_all_alike() -> None:
    # Correlations have no variance then, and the norm's epsilon is all that is left.
    attention = make_attention()
    queries, references = make_inputs(attention, 2)
    queries = queries[:, :1].expand_as(queries)
    ours = FactoredAiAAttention(attention)(queries, references)
    torch.testing.assert_close(ours, attention(queries, references), rtol=1e-10, atol=1e-10)


def test_as_exact_as_the_published_form_in_fp32() -> None:
    attention = make_attention()
    queries, references = make_inputs(attention, 3)
    truth = attention(queries, references)
    single = copy.deepcopy(attention).float()
    inputs = queries.float(), References(*(part.float() for part in references))
    plain, factored = (
        (form(*inputs).double() - truth).abs().max() / truth.abs().max()
        for form in (single, FactoredAiAAttention(single))
    )
    assert factored < 3 * plain + 1e-7


def test_references_are_the_same() -> None:
    attention = make_attention()
    row = torch.ones(1, TOKENS, CHANNELS).double(), torch.ones(1, TOKENS, CHANNELS).double()
    inner = torch.ones(1, TOKENS, INNER).double()
    ours = FactoredAiAAttention(attention).refer(*row, inner)
    for part, plain in zip(ours, attention.refer(*row, inner), strict=True):
        assert torch.equal(part, plain)


def test_only_inner_attentions_are_replaced() -> None:
    config = dataclasses.replace(VARIANTS['aiatrack_lite'], inner_self='convolution')
    network = load_seeded_weights(AiATrack(config))
    factor_attentions(network)
    assert isinstance(network.transformer.encoder.layers[0].self_attn, AiAAttention)
    decoder = network.transformer.decoder.layers[0]
    assert isinstance(decoder.long_term_attn, FactoredAiAAttention)
    assert isinstance(decoder.short_term_attn, FactoredAiAAttention)
    assert isinstance(decoder.short_term_attn.plain, AiAAttention)
