# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""How much a frame has to compute, counted from the products that the network asks for."""

from collections.abc import Callable
from typing import Any

from aiatrack_ros.model.config import ModelConfig
from aiatrack_ros.model.factored import factor_attentions
from aiatrack_ros.model.network import AiATrack
from aiatrack_ros.tracking.engines.frame_function import blank_inputs
from aiatrack_ros.tracking.engines.frame_function import FrameFunction
import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

_ATTENTION = functional.scaled_dot_product_attention
_PRODUCTS = {torch.matmul, torch.bmm, torch.Tensor.matmul, torch.Tensor.__matmul__}


class MacCounter(TorchFunctionMode):
    """Counts multiply-adds of convolutions and matrix products while it is entered.

    torch.utils.flop_counter counts the same, but imports a compiler first, which takes seconds.

    Attributes:
        macs: The multiply-adds so far.
    """

    def __init__(self) -> None:
        super().__init__()
        self.macs = 0

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Run one function of torch and count its multiply-adds."""
        del types
        result = function(*args, **(kwargs or {}))
        if function is functional.linear or function is torch.conv2d:
            weight: Tensor = args[1]  # (outputs, inputs of one group, ...)
            self.macs += result.numel() * weight[0].numel()
        elif function in _PRODUCTS:
            self.macs += result.numel() * args[0].shape[-1]
        elif function is _ATTENTION:
            queries, keys = args[:2]
            scores = result[..., 0].numel() * keys.shape[-2]
            self.macs += scores * (queries.shape[-1] + result.shape[-1])
        return result


@torch.inference_mode()
def frame_gmac(config: ModelConfig, references: int = 3, factored: bool = False) -> float:
    """Return the multiply-adds of one frame, in units of 1e9.

    The keys and values of references are not counted, for they are computed when the memory
    changes, and not in each frame.

    Args:
        config: The network.
        references: The number of short-term references.
        factored: Count the factored form that most engines compute, and not the published one.
    """
    network = AiATrack(config).eval()
    if factored:
        factor_attentions(network)
    inputs = blank_inputs(network, references)
    with MacCounter() as counter:
        FrameFunction(network)(*inputs)
    return counter.macs / 1e9
