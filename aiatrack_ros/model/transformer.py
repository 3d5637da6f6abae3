# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The transformer: an encoder for every crop, a decoder that matches it to references."""

from typing import NamedTuple

from aiatrack_ros.model.attention import AiAAttention
from aiatrack_ros.model.attention import References
from aiatrack_ros.model.config import ModelConfig
from torch import nn
from torch import Tensor
from torch.nn import functional


class Position(NamedTuple):
    """The two position embeddings of a crop."""

    outer: Tensor  # (N, L, d), for queries and keys of the encoder
    inner: Tensor  # (N, L, c), for the inner attention


def _attention(config: ModelConfig, inner: str) -> AiAAttention:
    return AiAAttention(config.channels, config.heads, config.tokens, config.inner_channels, inner)


class EncoderLayer(nn.Module):
    """Self-attention and feed-forward, each followed by its norm."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.self_attn = _attention(config, config.inner_self)
        self.linear1 = nn.Linear(config.channels, config.feedforward)
        self.linear2 = nn.Linear(config.feedforward, config.channels)
        self.norm1 = nn.LayerNorm(config.channels)
        self.norm2 = nn.LayerNorm(config.channels)

    def forward(self, x: Tensor, position: Position) -> Tensor:
        """Map tokens (N, L, d) to (N, L, d)."""
        placed = x + position.outer
        references = self.self_attn.refer(placed, x, position.inner)
        x = self.norm1(x + self.self_attn(placed, references))
        return self.norm2(x + self.linear2(functional.relu(self.linear1(x))))


class Encoder(nn.Module):
    """A stack of encoder layers, without a norm of its own."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.layers = nn.ModuleList(EncoderLayer(config) for _ in range(config.encoder_layers))

    def forward(self, x: Tensor, position: Position) -> Tensor:
        """Map tokens (N, L, d) to (N, L, d)."""
        for layer in self.layers:
            x = layer(x, position)
        return x


class DecoderLayer(nn.Module):
    """Cross-attention to the initial frame and to the short-term ensemble, apart (section 3.2)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.long_term_attn = _attention(config, config.inner_cross)
        self.short_term_attn = (
            _attention(config, config.inner_cross) if config.separate_branches else None
        )
        self.linear1 = nn.Linear(config.channels, config.feedforward)
        self.linear2 = nn.Linear(config.feedforward, config.channels)
        self.norm1 = nn.LayerNorm(config.channels)
        self.norm2 = nn.LayerNorm(config.channels)

    def forward(self, search: Tensor, long: References, short: References | None) -> Tensor:
        """Map search tokens (N, L, d) to (N, L, d); merged branches have no ``short``."""
        matched = self.long_term_attn(search, long)
        if self.short_term_attn is not None:
            matched = matched + self.short_term_attn(search, short)
        x = self.norm1(search + matched)
        return self.norm2(x + self.linear2(functional.relu(self.linear1(x))))


class Decoder(nn.Module):
    """One decoder layer and a last norm."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.layers = nn.ModuleList([DecoderLayer(config)])
        self.norm = nn.LayerNorm(config.channels)

    def forward(self, search: Tensor, long: References, short: References | None) -> Tensor:
        """Map search tokens (N, L, d) to (N, L, d)."""
        return self.norm(self.layers[0](search, long, short))


class Transformer(nn.Module):
    """The encoder and the decoder, under one name as in published checkpoints."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
