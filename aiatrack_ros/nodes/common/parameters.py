# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Parameters of the nodes: one table a node, and the way from the table to ROS.

A table row holds name, default, meaning, range and whether the parameter is read-only. rclpy
refuses values of the wrong type, out of range, and changes of read-only parameters by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
import re
from typing import Any

from rcl_interfaces.msg import FloatingPointRange
from rcl_interfaces.msg import IntegerRange
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.exceptions import InvalidParameterValueException
from rclpy.node import Node


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
