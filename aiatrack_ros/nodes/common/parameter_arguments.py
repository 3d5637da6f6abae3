# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Parameters that a command line or a file gives, but that the node does not use.

ROS ignores a file without a section for the node, and a parameter that the node does not declare.
Both are mostly slips, after which the node runs with its defaults, and nobody is told.
"""

from collections.abc import Iterator
from collections.abc import Sequence
import difflib
from pathlib import Path
import re
from typing import Any

from rclpy.node import Node
import yaml

_VALUES = 'ros__parameters'
# Parameters of this prefix are declared when a topic is subscribed to, which may happen later.
_LATER = 'qos_overrides.'
_ALIKE = 0.7  # a name that is so much like another, in [0, 1], is taken for a slip of it


def unused_parameters(node: Node, argv: Sequence[str]) -> list[str]:
    """
    Return a line for each file and each parameter in `argv` that the node does not use.

    Sections with a wildcard may be for other nodes too. In them only a name that looks like one of
    the node's own counts as a slip.

    Args:
        node: It has declared its parameters.
        argv: The arguments of the process, or those that ROS got.
    """
    own = node.get_fully_qualified_name()
    known = list(node.get_parameters_by_prefix(''))
    lines: list[str] = []

    def judge(name: str, place: str, shared: bool) -> None:
        if name in known or name.startswith(_LATER):
            return
        alike = difflib.get_close_matches(name, known, 1, _ALIKE)
        if alike or not shared:
            meant = f"; did you mean '{alike[0]}'?" if alike else ''
            lines.append(f"parameter '{name}' {place} is none of {own}{meant}")

    for option, value in _ros_options(argv):
        if option in ('-p', '--param'):
            target, _, name = value.partition(':=')[0].rpartition(':')
            if target and target != node.get_name():
                lines.append(f"parameter '{value}' is for a node '{target}', and this is {own}")
            else:
                judge(name, 'of the command line', shared=False)
        elif option == '--params-file':
            sections = dict(_sections(_content(value)))
            ours = [section for section in sections if _matches(section, own)]
            for section in ours:
                for name in _names(sections[section]):
                    judge(name, f"in '{value}'", shared='*' in section)
            if not ours:
                others = f'only for {", ".join(sections)}' if sections else 'for no node at all'
                lines.append(
                    f"parameters file '{value}' has nothing for {own}: it is {others}; call the "
                    f'section {own}, or /** for any node'
                )
    return lines


def _ros_options(argv: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each option between --ros-args and --, with the word behind it."""
    within = False
    for word, behind in zip(argv, [*argv[1:], '']):
        if word in ('--ros-args', '--'):
            within = word == '--ros-args'
        elif within and word.startswith('-'):
            yield word, behind


def _content(path: str) -> Any:
    """Return the content of a YAML file; None if it cannot be read."""
    try:
        return yaml.safe_load(Path(path).read_text(encoding='utf-8'))
    except (OSError, ValueError, yaml.YAMLError):
        return None  # ROS has read it before, and has refused it if it had to


def _sections(content: Any, prefix: str = '') -> Iterator[tuple[str, dict]]:
    """Yield the name of each section of a parameters file, such as /** or /a, with its values."""
    if not isinstance(content, dict):
        return
    for key, value in content.items():
        if key == _VALUES:
            yield prefix or '/', value if isinstance(value, dict) else {}
        else:
            yield from _sections(value, f'{prefix}/{str(key).strip("/")}')


def _names(values: dict, prefix: str = '') -> Iterator[str]:
    """Yield the names of parameters, with a dot before each level of nesting."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _names(value, f'{prefix}{key}.')
        else:
            yield f'{prefix}{key}'


def _matches(section: str, node: str) -> bool:
    """Tell whether a section is for a node; in it /* stands for one name, /** for any number."""
    pattern = re.escape(section)
    pattern = pattern.replace(r'/\*\*', '(?:/[^/]+)*').replace(r'/\*', '/[^/]+')
    return re.fullmatch(pattern, node) is not None
