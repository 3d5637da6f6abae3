# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A way to have the tracker keep its images for longer while a person draws on one of them."""

from typing import Any

from rcl_interfaces.srv import GetParameters
from rcl_interfaces.srv import SetParameters
from rclpy.client import Client
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.task import Future

_BUFFER = 'frame_buffer_seconds'


class LongerMemory:
    """
    Raises the tracker's parameter frame_buffer_seconds for a while.

    It does nothing where the tracker has no such parameter, or cannot be reached.
    """

    def __init__(self, node: Node) -> None:
        self._get: Client = node.create_client(GetParameters, 'tracker/get_parameters')
        self._set: Client = node.create_client(SetParameters, 'tracker/set_parameters')
        self._wanted = 0.0
        self._own: float | None = None  # what the tracker had before; None if it was not changed
        self._asking = False
        self._answered = 0.0  # it has been asked, and is known to keep images for so long

    def want(self, seconds: float) -> Future | None:
        """
        Have the tracker keep images for so many seconds, or more; 0 puts back what it had.

        It is to be called again now and then, because a tracker that has not started yet cannot be
        asked.

        Returns:
            The future of the tracker's answer to a change; None if nothing was changed.
        """
        changed, self._wanted = seconds != self._wanted, seconds
        own = self._own
        if own is not None:
            if not seconds:
                self._own = None
            return self._assign(max(own, seconds)) if changed else None
        if not seconds:
            self._answered = 0.0
        elif seconds > self._answered and not self._asking and self._get.service_is_ready():
            self._asking = True
            self._get.call_async(GetParameters.Request(names=[_BUFFER])).add_done_callback(
                self._on_value
            )
        return None

    def _on_value(self, future: Future) -> None:
        self._asking = False
        answer: Any = future.result()
        values = answer.values
        # What is wanted now counts, which may be nothing any more.
        self._answered = self._wanted
        if values and values[0].double_value < self._wanted:
            self._own = values[0].double_value
            self._assign(self._wanted)

    def _assign(self, seconds: float) -> Future:
        parameter = Parameter(_BUFFER, value=seconds).to_parameter_msg()
        return self._set.call_async(SetParameters.Request(parameters=[parameter]))
