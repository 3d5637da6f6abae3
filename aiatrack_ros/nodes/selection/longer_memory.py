# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Has the tracker keep its images while a person draws on one of them."""

from rcl_interfaces.srv import GetParameters
from rcl_interfaces.srv import SetParameters
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.task import Future

_BUFFER = 'frame_buffer_seconds'


class LongerMemory:
    """Has the tracker keep its images longer for a while; does nothing if it cannot be asked."""

    def __init__(self, node: Node, seconds: float) -> None:
        self._get = node.create_client(GetParameters, 'tracker/get_parameters')
        self._set = node.create_client(SetParameters, 'tracker/set_parameters')
        self._seconds = seconds
        self._wanted = False
        self._before: float | None = None  # None: not changed

    def begin(self) -> None:
        """Raise the tracker's frame_buffer_seconds."""
        self._wanted = True
        if self._seconds and self._before is None and self._get.service_is_ready():
            self._get.call_async(GetParameters.Request(names=[_BUFFER])).add_done_callback(
                self._on_value
            )

    def end(self) -> Future | None:
        """Put it back; return the future of the tracker's answer, None without one to come."""
        self._wanted = False
        before, self._before = self._before, None
        return None if before is None else self._assign(before)

    def _on_value(self, future: Future) -> None:
        values = future.result().values
        # The answer may come after the end.
        if self._wanted and values and values[0].double_value < self._seconds:
            self._before = values[0].double_value
            self._assign(self._seconds)

    def _assign(self, seconds: float) -> Future:
        parameter = Parameter(_BUFFER, value=seconds).to_parameter_msg()
        return self._set.call_async(SetParameters.Request(parameters=[parameter]))
