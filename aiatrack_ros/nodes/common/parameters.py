# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Parameters of the nodes: one table a node, and the way from the table to ROS and back.

A row of the table holds name, default, meaning, what is allowed, and whether the parameter is
read-only. A parameter that stands for a field of a dataclass of settings has its row from there.
"""

from collections.abc import Callable
from collections.abc import Sequence
import dataclasses
from dataclasses import dataclass
from typing import Any
from typing import TypeVar

from aiatrack_ros.settings import CheckedSettings
from aiatrack_ros.settings import complaint
from aiatrack_ros.settings import Rule
from aiatrack_ros.settings import rules
from rcl_interfaces.msg import FloatingPointRange
from rcl_interfaces.msg import IntegerRange
from rcl_interfaces.msg import ParameterDescriptor
from rcl_interfaces.msg import SetParametersResult
from rclpy.exceptions import InvalidParameterValueException
from rclpy.node import Node
from rclpy.parameter import Parameter

Settings = TypeVar('Settings', bound=CheckedSettings)


@dataclass(frozen=True)
class Setting:
    """
    One parameter.

    Attributes:
        name: In ROS, without the node's.
        default: Its type is the parameter's: bool, int, float or str.
        description: What it means; where there is a pattern, also what it must be.
        limits: Lowest and highest number, both included; None for no limits.
        choices: The strings that it may be; empty allows all.
        pattern: Regular expression that the whole string must match; empty allows all.
        read_only: It can be given at the start of the node, and not be changed after that.
    """

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
        """Say what is wrong with a value, '' if nothing."""
        rule = Rule(self.limits, self.choices, self.pattern, self.description)
        return complaint(self.name, value, type(self.default), rule)


def mirrored(kind: type[CheckedSettings], read_only: bool = False) -> tuple[Setting, ...]:
    """Return a row for each field of a dataclass of settings; every field has a default."""
    defaults = {spec.name: spec.default for spec in dataclasses.fields(kind)}
    return tuple(
        Setting(name, defaults[name], rule.help, rule.range, rule.choices, rule.pattern, read_only)
        for name, (_, rule) in rules(kind).items()
    )


def settings_of(node: Node, kind: type[Settings], changes: Sequence[Parameter] = ()) -> Settings:
    """
    Return the parameters of a node that mirror a dataclass as that dataclass.

    Args:
        node: It has declared the rows of `mirrored`.
        kind: The dataclass.
        changes: New values that the node does not have yet; those of other parameters are left.

    Raises:
        ValueError: Values that are each allowed do not go together; the text names one.
    """
    values = {name: node.get_parameter(name).value for name in rules(kind)}
    values.update({change.name: change.value for change in changes if change.name in values})
    return kind(**values)


def declare(
    node: Node,
    settings: Sequence[Setting],
    check: Callable[[Sequence[Parameter]], object] = lambda _: None,
) -> None:
    """
    Declare the parameters of a table, and hold them to it from now on.

    rclpy by itself refuses values of another type or out of range, and changes of what is
    read-only, but lets NaN pass in some of its versions, and knows of no choices.

    Args:
        node: The node that gets them.
        settings: The rows of the table.
        check: Raises ValueError for changes that do not go together with each other or with the
            other values. It is called with the start values in place, and before each change.

    Raises:
        ParameterException: A start value is none that its row allows.
        ValueError: By `check`, of the start values.
    """
    rows = {setting.name: setting for setting in settings}

    def validate(changes: list[Parameter]) -> SetParametersResult:
        reasons = (rows[c.name].complaint(c.value) for c in changes if c.name in rows)
        reason = next(filter(None, reasons), '')
        if not reason:
            try:
                check(changes)
            except ValueError as error:
                reason = str(error)
        return SetParametersResult(successful=not reason, reason=reason)

    for setting in settings:
        value = node.declare_parameter(setting.name, setting.default, setting.descriptor()).value
        reason = setting.complaint(value)
        if reason:
            raise InvalidParameterValueException(setting.name, value, reason)
    check(())
    node.add_on_set_parameters_callback(validate)
