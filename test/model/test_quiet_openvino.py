# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Importing OpenVINO reports to nobody, and runs no script a second time."""

import importlib.util
import os
import subprocess
import sys

import pytest

# Imported here, it would report.
if importlib.util.find_spec('openvino') is None:
    pytest.skip('needs openvino', allow_module_level=True)

SCRIPT = """
import sys
import threading

print('run', flush=True)
from aiatrack_ros.model.quiet_openvino import openvino

print(openvino.Core().available_devices[:1], threading.active_count())
print([name for name in sys.modules if name.startswith('openvino_telemetry')])
"""


def test_a_script_runs_once_and_nothing_is_reported(tmp_path):
    script = tmp_path / 'script.py'
    script.write_text(SCRIPT)
    answer = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == "run\n['CPU'] 1\n[]\n"
