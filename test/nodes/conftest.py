# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What the tests of several shelves of nodes share."""

from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture
def make_node() -> Iterator[Callable[..., Any]]:
    """Give what makes nodes, of a kind and with values of parameters, that do not spin."""
    import rclpy
    from rclpy.node import Node
    from rclpy.parameter import Parameter

    context = rclpy.Context()
    rclpy.init(context=context)
    nodes = []

    def make(kind: Callable[..., Any] = Node, **values: Any) -> Any:
        overrides = [Parameter(name, value=value) for name, value in values.items()]
        nodes.append(kind('tester', context=context, parameter_overrides=overrides))
        return nodes[-1]

    yield make
    for node in nodes:
        node.destroy_node()
    rclpy.shutdown(context=context)
