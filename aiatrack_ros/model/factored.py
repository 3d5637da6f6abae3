# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Attention in attention without its large maps: the same function from products of low rank.

As published (``attention.py``; AiATrack, ECCV 2022, equation 2) each head makes a map of t x t
correlations with every reference of t tokens, takes its normalised columns for the values of an
inner attention, and sends what comes out through a t x t projection: 2 t^3 multiply-adds, which
are most of what AiA costs. But a map of correlations is a product of keys and queries, K Q^T, of t
rows of w numbers each, and w is much less than t. Let A be the inner attention's weights, g and W
those of its second norm and its output projection, J = I - 1/t what takes a mean away, and

    D = diag(1 / sqrt(variance of each key's correlations + eps)),
    R = (I + W) diag(g) J Q,

the latter one product of Q with a matrix that is known beforehand. Then the refined map is

    K Q^T + A norm(K Q^T) (I + W)^T + constants  =  [K, A D K] [Q, R]^T + constants.

The constants, of the biases of norm and projection, are the same for all keys of a query, and the
softmax over the keys takes them away. The variance of a key's correlations is a quadratic form of
the key, k^T (Q^T J Q / t) k. What is left are two plain attentions, an inner one with values D K
and an outer one of width 2 w, and nothing is approximated.
"""

from typing import cast

from aiatrack_ros.model.attention import AiAAttention
from aiatrack_ros.model.attention import InnerAttention
from aiatrack_ros.model.attention import References
import torch
from torch import nn
from torch import Tensor
from torch.nn import functional


class FactoredAiAAttention(nn.Module):
    """The function of an ``AiAAttention`` with an inner attention, for inference.

    Shapes are those of ``attention.py``, t the number of tokens of a crop and w = d / H.
    """

    def __init__(self, attention: AiAAttention) -> None:
        super().__init__()
        inner = cast(InnerAttention, attention.inner_attn)
        self.plain = attention
        eye = torch.eye(attention.tokens, dtype=torch.float64)
        refine = eye + inner.corr_attn.out_proj.weight.double().cpu()
        refine = refine * inner.feat_norm2.weight.double().cpu() @ (eye - 1 / attention.tokens)
        compare = inner.corr_proj.weight
        # What the queries are multiplied with from the left: (t + c, t).
        left = torch.cat((refine.to(compare), compare))
        self.left = nn.Parameter(left, requires_grad=False)

    def refer(self, keys: Tensor, values: Tensor, inner_position: Tensor) -> References:
        """Project one reference image: keys and values (N, k, d), inner position (N, k, c)."""
        return self.plain.refer(keys, values, inner_position)

    def forward(self, queries: Tensor, references: References) -> Tensor:
        """Map queries (N, q, d) to (N, q, d)."""
        keys, values, inner_position = references
        projected = self.plain.project_queries(queries)  # (N, H, q, w)
        product = self.left @ projected
        tokens = self.plain.tokens
        refined, compared = product[:, :, :tokens], product[:, :, tokens:]
        agreeing = self._inner(projected, compared, keys, inner_position)
        attended = functional.scaled_dot_product_attention(
            torch.cat((projected, refined), -1), torch.cat((keys, agreeing), -1), values, scale=1.0
        )
        return self.plain.merge_heads(attended)

    def _inner(
        self, projected: Tensor, compared: Tensor, keys: Tensor, inner_position: Tensor
    ) -> Tensor:
        """Return A D K, the mean of the keys that agree with each key, (N, H, n * k, w).

        Args:
            projected: (N, H, q, w), the queries.
            compared: (N, H, c, w), their part of ``corr_proj``.
            keys: (N, H, n * k, w).
            inner_position: (N, n, k, c).
        """
        inner = cast(InnerAttention, self.plain.inner_attn)
        keys = keys.unflatten(2, inner_position.shape[1:3])  # (N, H, n, k, w)
        tokens = keys @ compared[:, :, None].transpose(-1, -2) + inner.corr_proj.bias
        tokens = inner.feat_norm1(tokens) + inner_position[:, None]
        scaled = keys * (_variance(projected, keys) + inner.feat_norm2.eps).rsqrt()
        return (inner.corr_attn.weights(tokens) @ scaled).flatten(2, 3)


def _variance(queries: Tensor, keys: Tensor) -> Tensor:
    """Return the variance of each key's correlations with all queries, (N, H, n, k, 1).

    In fp32 at least, as all that belongs to a norm.
    """
    with torch.autocast(queries.device.type, enabled=False):
        wide = torch.promote_types(queries.dtype, torch.float32)
        queries, keys = queries.to(wide), keys.to(wide)
        centred = queries - queries.mean(2, keepdim=True)
        covariance = centred.transpose(-1, -2) @ centred / queries.shape[2]  # (N, H, w, w)
        # A square; but what is rounded may end below zero.
        return (keys @ covariance[:, :, None] * keys).sum(-1, keepdim=True).clamp(min=0)


def factor_attentions(network: nn.Module) -> None:
    """Replace, in place, every attention of a network that has an inner attention."""
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, AiAAttention) and isinstance(child.inner_attn, InnerAttention):
                setattr(module, name, FactoredAiAAttention(child))
