# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The scripts of tools/, run as a person runs them."""

import subprocess
import sys

from ros_harness import ROOT


def run_tool(name: str, *arguments: str) -> subprocess.CompletedProcess:
    """Run a script to its end; return its exit code and what it printed."""
    return subprocess.run(
        [sys.executable, str(ROOT / 'tools' / name), *arguments],
        capture_output=True,
        text=True,
        timeout=180,
    )
