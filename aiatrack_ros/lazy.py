# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Names of a package that are imported when they are first asked for."""

from collections.abc import Callable
from collections.abc import Mapping
import importlib
from typing import Any


def lazy_names(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a package (PEP 562).

    Most of our programs need a box or a setting from here, and not torch, which takes seconds and
    200 MB to import.

    Args:
        package: Name of the package.
        homes: The module, as its full name, in which each name is at home.
    """

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module '{package}' has no attribute '{name}'")
        return getattr(importlib.import_module(homes[name]), name)

    return get
