# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The same function with less work: what may be rewritten once the weights stand still."""

from typing import cast

from aiatrack_ros.model.backbone import SameConv2d
from aiatrack_ros.model.backbone import symmetric_padding
from aiatrack_ros.model.factored import factor_attentions
from aiatrack_ros.model.network import AiATrack
from aiatrack_ros.model.norm import fold_batch_norms


def for_inference(network: AiATrack, factored: bool = False) -> AiATrack:
    """Return a copy that computes the same up to float rounding, faster, and can't be trained.

    Batch norms are folded, and padding that only TensorFlow's convention asks for is moved into
    kernels. Every map in front of a strided convolution has an even size, because crops are a
    multiple of 16 pixels. With `factored`, attention in attention does without its large maps.
    """
    network = cast(AiATrack, fold_batch_norms(network))
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, SameConv2d) and child.stride == (2, 2):
                setattr(module, name, symmetric_padding(child).requires_grad_(False))
    if factored:
        factor_attentions(network)
    return network
