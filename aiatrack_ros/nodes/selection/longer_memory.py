# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Has the tracker keep its images while a person draws on one of them."""

from typing import Any

from rcl_interfaces.srv import GetParameters
from rcl_interfaces.srv import SetParameters
from rclpy.client import Client
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.task import Future

_BUFFER = 'frame_buffer_seconds'


class LongerMemory:
    """Raises the tracker's frame_buffer_seconds for a while, if the tracker can be asked."""

    def __init__(self, node: Node) -> None:
        self._get: Client = node.create_client(GetParameters, 'tracker/get_parameters')
        self._set: Client = node.create_client(SetParameters, 'tracker/set_parameters')
        self._wanted = 0.0
        self._own: float | None = None  # what the tracker had; None: not changed
        self._asking = False
        self._answered = 0.0  # the most that it has been asked for and had already

    def want(self, seconds: float) -> Future | None:
        """
        Have it keep images for so long, at least; 0 puts back what it had.

        Say it again now and then: a tracker that is not there yet cannot be asked yet.

        Returns the future of the tracker's answer to a change, None where there is none to come.
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
        # The answer may come after the end.
        self._answered = self._wanted
        if values and values[0].double_value < self._wanted:
            self._own = values[0].double_value
            self._assign(self._wanted)

    def _assign(self, seconds: float) -> Future:
        parameter = Parameter(_BUFFER, value=seconds).to_parameter_msg()
        return self._set.call_async(SetParameters.Request(parameters=[parameter]))
