# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Position embeddings of crops: they depend on nothing but which cells lie outside the image."""

import functools

from aiatrack_ros.model.config import STRIDE
from aiatrack_ros.model.network import AiATrack
from aiatrack_ros.model.network import Padding
from aiatrack_ros.model.transformer import Position
from aiatrack_ros.tracking.crop import Crop
import numpy as np
import torch

KEPT = 32  # embeddings; a target that stays at the border of the image needs the same few


class Positions:
    """Computes the embeddings of a network's crops on its device, and keeps those used last.

    Making them takes longer than the projections of a whole reference.
    """

    def __init__(self, network: AiATrack) -> None:
        self._network = network
        # The cache knows the network alone. A cache around a method of this object would keep the
        # object alive, and with it all that is cached.
        self._kept = functools.lru_cache(KEPT)(functools.partial(_compute, network))

    def of(self, crop: Crop) -> Position:
        """Return the embeddings of a crop, (1, L, d) and (1, L, c); they must not be changed."""
        if not (crop.padded_rows.any() or crop.padded_columns.any()):
            return self._network.position(None)
        # The network looks at every STRIDE-th row and column of the padding, and at no other.
        return self._kept(
            crop.padded_rows[::STRIDE].tobytes(), crop.padded_columns[::STRIDE].tobytes()
        )


def _compute(network: AiATrack, rows: bytes, columns: bytes) -> Position:
    device = network.bottleneck.weight.device
    padded = (np.frombuffer(part, bool).repeat(STRIDE) for part in (rows, columns))
    with torch.inference_mode():
        return network.position(
            Padding(*(torch.from_numpy(part)[None].to(device) for part in padded))
        )
