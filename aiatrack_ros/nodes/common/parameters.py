# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Parameters of the nodes: one table a node, and the way from the table to ROS.

A table row holds name, default, meaning, range and whether the parameter is read-only. rclpy
refuses values of the wrong type, out of range, and changes of read-only parameters by itself.
"""

from collections.abc import Callable
from collections.abc import Sequence
import dataclasses
from dataclasses import dataclass
import re
from typing import Any

from aiatrack_ros.tracking import ENGINES
from aiatrack_ros.tracking import PRECISIONS
from aiatrack_ros.tracking import TrackerSettings
from aiatrack_ros.tracking import VARIANTS
from rcl_interfaces.msg import FloatingPointRange
from rcl_interfaces.msg import IntegerRange
from rcl_interfaces.msg import ParameterDescriptor
from rcl_interfaces.msg import SetParametersResult
from rclpy.exceptions import InvalidParameterValueException
from rclpy.node import Node
from rclpy.parameter import Parameter


@dataclass(frozen=True)
class Setting:
    """One parameter: `limits` are both included; `choices` are the strings that it takes."""

    name: str
    default: Any
    description: str
    limits: tuple[float, float] | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ''
    read_only: bool = False

    def descriptor(self) -> ParameterDescriptor:
        """Return the descriptor with which it is declared."""
        descriptor = ParameterDescriptor(description=self.description, read_only=self.read_only)
        if self.choices:
            descriptor.additional_constraints = 'one of ' + ', '.join(self.choices)
        if self.limits and isinstance(self.default, float):
            low, high = map(float, self.limits)
            descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
        elif self.limits:
            low, high = self.limits
            descriptor.integer_range = [IntegerRange(from_value=low, to_value=high)]
        return descriptor

    def complaint(self, value: Any) -> str:
        """Say what is wrong with a string, '' if nothing."""
        if self.choices and value not in self.choices:
            return f"{self.name} is '{value}'; it must be one of {', '.join(self.choices)}"
        if self.pattern and not re.fullmatch(self.pattern, value):
            return f"{self.name} is '{value}'; it must be {self.description}"
        return ''


def declare(node: Node, settings: Sequence[Setting]) -> None:
    """
    Declare the parameters of a table.

    Raises rclpy's ParameterException for a start value that a table does not allow.
    """
    for setting in settings:
        value = node.declare_parameter(setting.name, setting.default, setting.descriptor()).value
        complaint = setting.complaint(value)
        if complaint:
            raise InvalidParameterValueException(setting.name, value, complaint)


_ONLINE_LOOP = dataclasses.fields(TrackerSettings)

TRACKER_NODE = (
    Setting(
        'autostart', False, 'configure and activate the node by itself at start', read_only=True
    ),
    Setting(
        'model', 'aiatrack_lite', 'variant of the network', choices=tuple(VARIANTS), read_only=True
    ),
    Setting(
        'checkpoint',
        '',
        'weights file, .safetensors or .pth; empty for the weights that come with the model',
        read_only=True,
    ),
    Setting(
        'device',
        'auto',
        'auto, cpu, cuda or cuda:N, where the network runs',
        pattern=r'auto|cpu|cuda(:\d+)?',
        read_only=True,
    ),
    Setting(
        'precision',
        'auto',
        'arithmetic of the network',
        choices=('auto', *PRECISIONS),
        read_only=True,
    ),
    Setting('threads', 0, 'CPU threads of the network; 0 chooses', (0, 256), read_only=True),
    Setting(
        'engine',
        'auto',
        'what runs the network; auto is the fastest that is installed',
        choices=ENGINES,
        read_only=True,
    ),
    Setting(
        'image_transport',
        'raw',
        'raw takes sensor_msgs/Image on image, compressed takes '
        'sensor_msgs/CompressedImage on image/compressed',
        choices=('raw', 'compressed'),
        read_only=True,
    ),
    *(
        Setting(field.name, field.default, field.metadata['help'], field.metadata['range'])
        for field in _ONLINE_LOOP
    ),
    Setting(
        'frame_buffer_seconds',
        1.0,
        'how far back a box may name its image, in seconds; at most 256 MiB of images are kept',
        (0.0, 10.0),
    ),
    Setting('publish_overlay', True, 'draw ~/overlay while somebody subscribes to it'),
)


class TrackerParameters:
    """
    The parameters of the tracker node, as their values.

    `apply` is called after each change that was accepted, also in rclpy of Humble, which has no
    callback for that.
    """

    def __init__(self, node: Node, apply: Callable[[], None]) -> None:
        self._node = node
        self._apply = apply
        self._rows = {setting.name: setting for setting in TRACKER_NODE}
        declare(node, TRACKER_NODE)
        self.tracker_settings()
        node.add_on_set_parameters_callback(self._validate)
        self._has_post_set = hasattr(node, 'add_post_set_parameters_callback')
        if self._has_post_set:
            node.add_post_set_parameters_callback(lambda _: apply())

    def __getitem__(self, name: str) -> Any:
        return self._node.get_parameter(name).value

    def tracker_settings(self, changes: Sequence[Parameter] = ()) -> TrackerSettings:
        """Return the settings of the online loop, with `changes` if there are any."""
        values = {field.name: self[field.name] for field in _ONLINE_LOOP}
        values.update({change.name: change.value for change in changes if change.name in values})
        return TrackerSettings(**values)

    def _validate(self, changes: list[Parameter]) -> SetParametersResult:
        for change in changes:
            row = self._rows.get(change.name)
            complaint = row.complaint(change.value) if row else ''
            if complaint:
                return SetParametersResult(successful=False, reason=complaint)
        try:
            self.tracker_settings(changes)
        except ValueError as error:
            return SetParametersResult(successful=False, reason=str(error))
        if not self._has_post_set:
            self._apply_soon()
        return SetParametersResult(successful=True)

    def _apply_soon(self) -> None:
        """Apply once the callback has returned and the values are in place."""

        def run() -> None:
            timer.cancel()
            self._node.destroy_timer(timer)
            self._apply()

        timer = self._node.create_timer(0.0, run)
