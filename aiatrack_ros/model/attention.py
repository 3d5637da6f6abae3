# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Attention in attention (AiA): correlations that are refined by their neighbours' consent.

AiATrack (ECCV 2022), section 3.1. Shapes in this file: N samples, H heads, q queries, n reference
images of k keys each, d channels, c channels of the inner attention. Both q and k are the number
of tokens of one crop.
"""

import math
from typing import NamedTuple

import torch
from torch import nn
from torch import Tensor
from torch.nn import functional


class References(NamedTuple):
    """What an attention needs of n reference images; nothing of it depends on the query."""

    keys: Tensor  # (N, H, n * k, d / H)
    values: Tensor  # (N, H, n * k, d / H)
    inner_position: Tensor  # (N, n, k, c)

    @property
    def number(self) -> int:
        """Return n, the number of reference images."""
        return self.inner_position.shape[1]


def join(references: list[References]) -> References:
    """Put several references side by side, in this order."""
    if len(references) == 1:
        return references[0]
    return References(
        torch.cat([r.keys for r in references], dim=2),
        torch.cat([r.values for r in references], dim=2),
        torch.cat([r.inner_position for r in references], dim=1),
    )


class CorrelationAttention(nn.Module):
    """The projections of the inner attention, whose values are wider than its keys."""

    def __init__(self, channels: int, value_channels: int) -> None:
        super().__init__()
        self.q_proj_weight = nn.Parameter(torch.empty(channels, channels))
        self.k_proj_weight = nn.Parameter(torch.empty(channels, channels))
        self.q_proj_bias = nn.Parameter(torch.zeros(channels))
        self.k_proj_bias = nn.Parameter(torch.zeros(channels))
        self.out_proj = nn.Linear(value_channels, value_channels)
        nn.init.xavier_uniform_(self.q_proj_weight)
        nn.init.xavier_uniform_(self.k_proj_weight)

    def weights(self, tokens: Tensor) -> Tensor:
        """Return how much each of the tokens (..., k, c) looks at each: (..., k, k)."""
        queries = functional.linear(tokens, self.q_proj_weight, self.q_proj_bias)
        keys = functional.linear(tokens, self.k_proj_weight, self.k_proj_bias)
        weights = queries @ keys.transpose(-1, -2) / math.sqrt(tokens.shape[-1])
        return weights.softmax(dim=-1)

    def forward(self, tokens: Tensor, values: Tensor) -> Tensor:
        """Map tokens (..., k, c) and values (..., k, v) to (..., k, v), the residual included."""
        result = self.weights(tokens) @ values
        return result + self.out_proj(result)


class InnerAttention(nn.Module):
    """Equation 2: each key's correlations with all queries are one token of an attention.

    A new module leaves correlations as they are: the values' norm starts at zero, so it can join a
    network that already matches.
    """

    def __init__(self, tokens: int, channels: int) -> None:
        super().__init__()
        self.corr_proj = nn.Linear(tokens, channels)
        self.corr_attn = CorrelationAttention(channels, tokens)
        self.feat_norm1 = nn.LayerNorm(channels)
        self.feat_norm2 = nn.LayerNorm(tokens)
        nn.init.zeros_(self.feat_norm2.weight)
        nn.init.zeros_(self.corr_attn.out_proj.bias)

    def forward(self, columns: Tensor, inner_position: Tensor) -> Tensor:
        """Return what is to be added to the correlations, in their shape.

        Args:
            columns: (N, H, n, k, q), each key's correlations with all queries.
            inner_position: (N, n, k, c).
        """
        tokens = self.feat_norm1(self.corr_proj(columns)) + inner_position[:, None]
        return self.corr_attn(tokens, self.feat_norm2(columns))


class InnerConvolution(nn.Module):
    """Ablation (paper, table 4): a convolution over queries and keys refines the correlations."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.widen = nn.Conv2d(1, channels, 3, padding=1)
        self.narrow = nn.Conv2d(channels, 1, 3, padding=1)
        nn.init.zeros_(self.narrow.weight)
        nn.init.zeros_(self.narrow.get_parameter('bias'))

    def forward(self, columns: Tensor, inner_position: Tensor) -> Tensor:
        """Return what is to be added to correlations (N, H, n, k, q)."""
        del inner_position
        maps = columns.flatten(0, 2)[:, None]  # (N * H * n, 1, k, q)
        return self.narrow(functional.relu(self.widen(maps))).view_as(columns)


class AiAAttention(nn.Module):
    """Multi-head attention whose correlations pass through an inner attention before the softmax.

    inner: 'attention' as published; 'convolution' in its place; 'cascade' for a second plain
    attention after the first, of about the same cost; 'none' for plain attention.
    """

    def __init__(
        self, channels: int, heads: int, tokens: int, inner_channels: int, inner: str
    ) -> None:
        super().__init__()
        self.heads = heads
        self.tokens = tokens
        self.in_proj_weight = nn.Parameter(torch.empty(3 * channels, channels))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * channels))
        self.out_proj = nn.Linear(channels, channels)
        nn.init.xavier_uniform_(self.in_proj_weight)
        nn.init.zeros_(self.out_proj.bias)
        self.inner_attn: InnerAttention | InnerConvolution | None = None
        self.cascade: AiAAttention | None = None
        if inner == 'attention':
            self.inner_attn = InnerAttention(tokens, inner_channels)
        elif inner == 'convolution':
            self.inner_attn = InnerConvolution(inner_channels)
        elif inner == 'cascade':
            self.cascade = AiAAttention(channels, heads, tokens, inner_channels, 'none')

    def _project(self, x: Tensor, part: int) -> Tensor:
        weight = self.in_proj_weight.chunk(3)[part]
        bias = self.in_proj_bias.chunk(3)[part]
        x = functional.linear(x, weight, bias)  # (N, L, d)
        return x.unflatten(2, (self.heads, -1)).transpose(1, 2)  # (N, H, L, d / H)

    def refer(self, keys: Tensor, values: Tensor, inner_position: Tensor) -> References:
        """Project one reference image: keys and values (N, k, d), inner position (N, k, c)."""
        return References(
            self._project(keys, 1), self._project(values, 2), inner_position[:, None]
        )

    def forward(self, queries: Tensor, references: References) -> Tensor:
        """Map queries (N, q, d) to (N, q, d)."""
        result = self._attend(queries, references)
        if self.cascade is not None:
            result = result + self.cascade(queries + result, references)
        return result

    def project_queries(self, queries: Tensor) -> Tensor:
        """Map queries (N, q, d) to (N, H, q, d / H), scaled for the product with keys."""
        projected = self._project(queries, 0)
        return projected / math.sqrt(projected.shape[-1])

    def merge_heads(self, attended: Tensor) -> Tensor:
        """Map what the heads found, (N, H, q, d / H), to (N, q, d)."""
        return self.out_proj(attended.transpose(1, 2).flatten(2))

    def _attend(self, queries: Tensor, references: References) -> Tensor:
        keys, values, inner_position = references
        projected = self.project_queries(queries)
        # Keys come first here, so that the columns of the correlation map lie as the inner
        # attention reads them, and nothing needs to be transposed in memory.
        columns = keys @ projected.transpose(-1, -2)  # (N, H, n * k, q)
        if self.inner_attn is not None:
            blocks = columns.unflatten(2, (references.number, self.tokens))
            columns = (blocks + self.inner_attn(blocks, inner_position)).flatten(2, 3)
        attended = columns.softmax(dim=2).transpose(-1, -2) @ values  # (N, H, q, d / H)
        return self.merge_heads(attended)
