# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
OpenVINO without the reports to its makers that importing it would send.

A process of ``multiprocessing`` sends them. From Python 3.14 on such a process runs the script of
its parent: a script without ``if __name__ == '__main__'`` would run twice, and one more process
would hold all that it imports, as long as its parent lives.
"""

from collections.abc import Iterator
from contextlib import contextmanager
import sys
from typing import Any


@contextmanager
def _out_of_reach(name: str) -> Iterator[None]:
    """Let an import of this module fail, as if it were not installed."""
    modules: dict[str, Any] = sys.modules
    before = modules.get(name)
    modules[name] = None
    try:
        yield
    finally:
        del modules[name]
        if before is not None:
            modules[name] = before


with _out_of_reach('openvino_telemetry'):  # OpenVINO can do without
    import openvino

__all__ = ['openvino']
