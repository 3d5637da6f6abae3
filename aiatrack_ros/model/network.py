# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""AiATrack, assembled: what it does with one crop, and with a crop and its references."""

from typing import Any
from typing import NamedTuple

from aiatrack_ros.model.attention import join
from aiatrack_ros.model.attention import References
from aiatrack_ros.model.backbone import Backbone
from aiatrack_ros.model.config import ModelConfig
from aiatrack_ros.model.config import STRIDE
from aiatrack_ros.model.heads import CornerHead
from aiatrack_ros.model.heads import Corners
from aiatrack_ros.model.heads import IdentityHead
from aiatrack_ros.model.heads import IoUHead
from aiatrack_ros.model.position import sine_position
from aiatrack_ros.model.transformer import Position
from aiatrack_ros.model.transformer import Transformer
import torch
from torch import nn
from torch import Tensor


class Padding(NamedTuple):
    """Which rows and columns of a crop lie outside the image."""

    rows: Tensor  # (N, S) bool
    columns: Tensor  # (N, S) bool


class Reference(NamedTuple):
    """One reference frame, projected for the branch or branches that will look at it."""

    for_long: References | None
    for_short: References | None

    @property
    def long(self) -> References:
        """Return what the long-term branch looks at; RuntimeError if it was not asked for."""
        return _made(self.for_long)

    @property
    def short(self) -> References:
        """Return what the short-term branch looks at; RuntimeError if it was not asked for."""
        return _made(self.for_short)


def _made(references: References | None) -> References:
    if references is None:
        raise RuntimeError('the frame was not projected for this branch')
    return references


class Prediction(NamedTuple):
    """What the network says of a search crop."""

    boxes: Tensor  # (N, 4) as x1, y1, x2, y2 in [0, 1) of the crop
    iou: Tensor  # (N,), 2 * IoU - 1
    memory: Tensor  # (N, L, d), the encoder's output, ready to become a reference


def target_cells(boxes: Tensor, grid: int) -> Tensor:
    """Return which cells of a reference belong to the target.

    Args:
        boxes: (N, 4) as x, y, w, h in [0, 1] of the crop.
        grid: Cells per side.

    Returns:
        (N, grid * grid) bool: the box in cells, each number rounded half to even.
    """
    x, y, w, h = (boxes * grid).round().unbind(-1)
    place = torch.arange(grid, dtype=boxes.dtype, device=boxes.device)
    rows = (place >= y[:, None]) & (place < (y + h)[:, None])
    columns = (place >= x[:, None]) & (place < (x + w)[:, None])
    return (rows[:, :, None] & columns[:, None, :]).flatten(1)


class ExtentEmbedding(nn.Module):
    """How far it is from a cell to the four sides of the target, as a token.

    Whole cells of 16 pixels tell a box of 56 pixels from its neighbours no better than to a
    seventh of its side. The distances tell it exactly, and a search token that finds its like in
    a reference learns from them where its own box ends, part of a larger object or not. (Mayer et
    al., "Transforming Model Prediction for Tracking", CVPR 2022, section 3.2, have the like.)
    """

    # Waves per target size; 16 pixels in a crop are 2 / 7 of one at a search factor of 4.
    FREQUENCIES = (0.125, 0.25, 0.5, 1.0)

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.grid = config.grid
        self.search_factor = config.search_factor
        self.linear = nn.Linear(8 * len(self.FREQUENCIES), config.channels)
        nn.init.normal_(self.linear.weight, std=0.1)
        nn.init.zeros_(self.linear.bias)

    def forward(self, boxes: Tensor) -> Tensor:
        """Map boxes (N, 4), x, y, w, h in [0, 1] of the crop, to (N, L, d)."""
        place = torch.arange(self.grid, dtype=boxes.dtype, device=boxes.device)
        low = (place + 0.5) / self.grid - boxes[:, :2, None]  # from the left, the top
        high = boxes[:, 2:, None] - low  # to the right, the bottom; (N, 2, grid)
        phases = torch.stack((low, high), -1) * (2 * torch.pi * self.search_factor)
        phases = torch.cat([phases * frequency for frequency in self.FREQUENCIES], -1)
        waves = torch.cat((phases.sin(), phases.cos()), -1)  # (N, 2, grid, 4 * frequencies)
        columns = waves[:, 0, None].expand(-1, self.grid, -1, -1)
        rows = waves[:, 1, :, None].expand(-1, -1, self.grid, -1)
        waves = torch.cat((columns, rows), -1).flatten(1, 2)
        return self.linear(waves.to(self.linear.weight.dtype))


class AiATrack(nn.Module):
    """The network. Parameter names are those of published checkpoints."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        # A list of one, because published tensor names begin with 'backbone.0'.
        backbone = Backbone(config.backbone)
        self.backbone: Any = nn.ModuleList([backbone])
        self.bottleneck = nn.Conv2d(backbone.channels, config.channels, 1)
        self.transformer = Transformer(config)
        self.foreground_embed = nn.Embedding(1, config.channels)
        self.background_embed = nn.Embedding(1, config.channels)
        if config.region_cue == 'extent':
            self.extent_embed = ExtentEmbedding(config)
        self.box_head = CornerHead(config, backbone.lateral_channels)
        self.iou_head = IoUHead(config)
        self.identity_head: IdentityHead | None = None
        if config.identity_channels:
            self.identity_head = IdentityHead(config)
        self._unpadded = sine_position_pair(config, None)

    def preprocess(self, crops: Tensor) -> Tensor:
        """Map RGB crops (N, S, S, 3) in [0, 255] to normalised images (N, 3, S, S)."""
        return self.backbone[0].preprocess(crops)

    def extract(self, images: Tensor, without: int = 0) -> tuple[Tensor, Tensor | None]:
        """Map normalised images (N, 3, S, S) to features at stride 16 and stride 8.

        The backbone's last `without` stages are left to ``finish``.
        """
        return self.backbone[0](images, without)

    def finish(
        self, features: Tensor, lateral: Tensor | None, without: int
    ) -> tuple[Tensor, Tensor]:
        """Run the last `without` stages of the backbone on what ``extract`` left."""
        return self.backbone[0].finish(features, lateral, without)

    def position(self, padding: Padding | None) -> Position:
        """Return the position embeddings, (N, L, d) and (N, L, c); N is 1 without padding."""
        device = self.bottleneck.weight.device
        if padding is None:
            if self._unpadded.outer.device != device:
                self._unpadded = Position(*(t.to(device) for t in self._unpadded))
            return self._unpadded
        return sine_position_pair(self.config, padding)

    def embed(self, features: Tensor) -> Tensor:
        """Map stride-16 features (N, C, h, w) to tokens (N, L, d), before the encoder."""
        return self.bottleneck(features).flatten(2).transpose(-1, -2)

    def encode(self, features: Tensor, position: Position) -> Tensor:
        """Map stride-16 features (N, C, h, w) to memory tokens (N, L, d)."""
        return self.transformer.encoder(self.embed(features), position)

    def region_embedding(self, boxes: Tensor) -> Tensor:
        """Return the target-background embedding of references, (N, L, d).

        With the cue 'extent' it also says how far it is to the sides of the box.

        Args:
            boxes: (N, 4), the target as x, y, w, h in [0, 1] of the crop.
        """
        cells = target_cells(boxes, self.config.grid)[..., None]
        embedding = torch.where(cells, self.foreground_embed.weight, self.background_embed.weight)
        if self.config.region_cue == 'extent':
            embedding = embedding + self.extent_embed(boxes)
        return embedding

    def refer(
        self,
        memory: Tensor,
        boxes: Tensor,
        inner_position: Tensor,
        long: bool = True,
        short: bool = True,
    ) -> Reference:
        """Make a reference of a frame whose target is known.

        Args:
            memory: (N, L, d), the frame's memory tokens.
            boxes: (N, 4), the target as x, y, w, h in [0, 1] of the crop.
            inner_position: (N, L, c).
            long: Project for the long-term branch.
            short: Project for the short-term branch.
        """
        values = memory
        if self.config.region_cue in ('embedding', 'extent'):
            values = memory + self.region_embedding(boxes)
        elif self.config.region_cue == 'mask':
            values = memory * target_cells(boxes, self.config.grid)[..., None]
        inner_position = inner_position.expand(memory.shape[0], -1, -1)
        layer: Any = self.transformer.decoder.layers[0]
        branches = (layer.long_term_attn, layer.short_term_attn or layer.long_term_attn)
        return Reference(
            *(
                branch.refer(memory, values, inner_position) if wanted else None
                for branch, wanted in zip(branches, (long, short), strict=True)
            )
        )

    def decode(self, memory: Tensor, long: References, short: References) -> Tensor:
        """Match search tokens (N, L, d) to references; return features (N, d, h, w)."""
        if self.config.separate_branches:
            decoded = self.transformer.decoder(memory, long, short)
        else:
            decoded = self.transformer.decoder(memory, join([long, short]), None)
        return decoded.transpose(-1, -2).unflatten(2, (self.config.grid, self.config.grid))

    def locate(self, decoded: Tensor, lateral: Tensor | None) -> Corners:
        """Map decoded (N, d, h, w) and stride-8 features to the corners of the target."""
        return self.box_head(decoded, lateral)

    def forward(
        self, images: Tensor, position: Position, long: References, short: References
    ) -> Prediction:
        """Find the target in normalised search crops (N, 3, S, S)."""
        features, lateral = self.extract(images)
        memory = self.encode(features, position)
        decoded = self.decode(memory, long, short)
        boxes = self.locate(decoded, lateral).boxes
        return Prediction(boxes, self.iou_head(decoded, boxes[:, None])[:, 0], memory)

    def identify(self, images: Tensor, boxes: Tensor) -> Tensor:
        """Describe what is in boxes (N, K, 4) by unit vectors (N, K, E); E is 0 without that head.

        Images are normalised search crops (N, 3, S, S); boxes are x1, y1, x2, y2 in [0, 1] of
        them.
        """
        if self.identity_head is None:
            return boxes.new_zeros(*boxes.shape[:2], 0)
        return self.identity_head(images, boxes)


def sine_position_pair(config: ModelConfig, padding: Padding | None) -> Position:
    """Return both position embeddings of crops with this padding, or of one without any."""
    if padding is None:
        rows = columns = torch.zeros(1, config.grid, dtype=torch.bool)
    else:
        # The nearest-neighbour sample of the mask at the features' stride.
        rows, columns = padding.rows[:, ::STRIDE], padding.columns[:, ::STRIDE]
    return Position(
        sine_position(rows, columns, config.channels),
        sine_position(rows, columns, config.inner_channels),
    )
