# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Settings as dataclasses that hold each value to what its field allows: one checker for all.

What a field allows stands on the field. The options of the command line, the parameters of the
nodes and the YAML files of training say and check the same, for they ask here.
"""

from collections.abc import Iterable
import dataclasses
from dataclasses import dataclass
from dataclasses import field
import functools
import math
import re
import types
from typing import Any
from typing import get_args
from typing import get_origin
from typing import get_type_hints
from typing import Literal
from typing import NamedTuple
from typing import Union

# The lowest number above 0, for ranges without 0 itself.
POSITIVE = math.nextafter(0.0, math.inf)


class Rule(NamedTuple):
    """What a value may be, beside what its type says; the metadata of a field, read.

    Attributes:
        range: Lowest and highest number, both included; None allows every finite number.
        choices: The texts that it may be; empty allows all.
        pattern: Regular expression that the whole text must match; empty allows all.
        help: One line on what it is.
    """

    range: tuple[float, float] | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ''
    help: str = ''

    def limits(self) -> str:
        """Return its range as it is said, such as 'in [0, 1]'; '' if it has none."""
        if self.range is None:
            return ''
        low, high = self.range
        if math.isfinite(low) and math.isfinite(high) and low != POSITIVE:
            return f'in [{low:g}, {high:g}]'
        ends = []
        if math.isfinite(low):
            ends.append('above 0' if low == POSITIVE else f'at least {low:g}')
        if math.isfinite(high):
            ends.append(f'at most {high:g}')
        return ' and '.join(ends)


def within(low: float, high: float = math.inf, help_text: str = '') -> dict[str, Any]:
    """Return the metadata of a field with a range, both ends included, and a line of help."""
    return {'range': (low, high), 'help': help_text}


def setting(default: float, low: float, high: float = math.inf, help_text: str = '') -> Any:
    """Return a dataclass field with a range, both ends included, and a line of help."""
    return field(default=default, metadata=within(low, high, help_text))


def text_setting(
    default: str, help_text: str, choices: Iterable[str] = (), pattern: str = ''
) -> Any:
    """Return a dataclass field of a text: one of `choices`, or one that matches a `pattern`.

    Args:
        default: What it is unless told otherwise.
        help_text: One line on what it is. Where there is a pattern, it says what matches.
        choices: The texts that it may be; none allows all.
        pattern: Regular expression for the whole text; an empty one allows all.
    """
    return field(
        default=default,
        metadata={'choices': tuple(choices), 'pattern': pattern, 'help': help_text},
    )


def complaint(name: str, value: Any, kind: Any, rule: Rule) -> str:
    """Say what is wrong with a value, with its name and what it must be; '' if nothing is.

    Args:
        name: What users call it.
        value: Anything.
        kind: Its type: int, float, bool, str, a Literal, or a tuple, list or Optional of these.
            The values of all other types are not looked at.
        rule: What is allowed of that type. Of a tuple or list, it holds for each item.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return '' if value is None else complaint(name, value, arguments[0], rule)
    if origin in (tuple, list):
        if not isinstance(value, origin):
            return f'{name} is {value!r}; it must be a {origin.__name__}'
        # A list, and a tuple that ends in ..., has any number of items of one type.
        any_number = origin is list or arguments[-1] is Ellipsis
        kinds = arguments[:1] * len(value) if any_number else arguments
        if len(kinds) != len(value):
            return f'{name} is {value!r}; it must have {len(kinds)} items'
        items = enumerate(zip(value, kinds))
        found = (complaint(f'{name}[{i}]', item, its, rule) for i, (item, its) in items)
        return next(filter(None, found), '')
    choices = arguments if origin is Literal else rule.choices
    if choices and value not in choices:
        return f'{name} is {value!r}; it must be one of {", ".join(map(str, choices))}'
    if kind in (int, float):
        return _complaint_of_number(name, value, kind, rule)
    if kind is bool and not isinstance(value, bool):
        return f'{name} is {value!r}; it must be true or false'
    if kind is str and not isinstance(value, str):
        return f'{name} is {value!r}; it must be text'
    if rule.pattern and not re.fullmatch(rule.pattern, value):
        return f'{name} is {value!r}; it must be {rule.help}'
    return ''


def _complaint_of_number(name: str, value: Any, kind: type, rule: Rule) -> str:
    if isinstance(value, bool) or not isinstance(value, int if kind is int else (int, float)):
        wanted = 'a whole number' if kind is int else 'a number'
        return f'{name} is {value!r}; it must be {wanted}'
    low, high = rule.range or (-math.inf, math.inf)
    if math.isfinite(value) and low <= value <= high:
        return ''
    shown = value if isinstance(value, int) else f'{value:g}'
    return f'{name} is {shown}; it must be {rule.limits() or "finite"}'


def rules(kind: type) -> dict[str, tuple[Any, Rule]]:
    """Return the type and the rule of each field of a dataclass, by its name."""
    return _rules(kind)


# Settings may be made for every image, and reading annotations takes long.
@functools.cache
def _rules(kind: type) -> dict[str, tuple[Any, Rule]]:
    types_of = get_type_hints(kind)
    return {
        spec.name: (types_of[spec.name], Rule(**spec.metadata))
        for spec in dataclasses.fields(kind)
    }


@dataclass(frozen=True)
class CheckedSettings:
    """Base of dataclasses of settings: each value is held to the type and the rule of its field.

    Raises:
        ValueError: A value is not allowed; the text names the setting and what it must be.
    """

    def __post_init__(self) -> None:
        """Check every field."""
        for name, (kind, rule) in rules(type(self)).items():
            text = complaint(name, getattr(self, name), kind, rule)
            if text:
                raise ValueError(text)
