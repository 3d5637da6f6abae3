# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Busy processes are busy, and gone afterwards whatever happens."""

import os
from pathlib import Path
import signal
import subprocess
import sys
import time

from aiatrack_ros.benchmark.busy_processes import busy_processes
import pytest


def seconds_used(pid: int) -> float:
    """Return the CPU time of a process."""
    fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def is_gone(pid: int) -> bool:
    """Tell whether a process ended, waiting a little for it."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def test_they_compute_and_end():
    with busy_processes(2) as processes:
        assert len(processes) == 2 and all(p.poll() is None for p in processes)
        end = time.monotonic() + 20
        while min(seconds_used(p.pid) for p in processes) < 0.1:
            assert time.monotonic() < end
            time.sleep(0.02)
    assert all(p.returncode == 0 for p in processes)


def test_they_end_on_an_error():
    with pytest.raises(KeyError), busy_processes(1) as processes:
        raise KeyError
    assert processes[0].returncode is not None


def test_none_is_none():
    with busy_processes(0) as processes:
        assert processes == []


def test_they_end_with_a_parent_that_is_killed():
    code = (
        'import time\n'
        'from aiatrack_ros.benchmark.busy_processes import busy_processes\n'
        'with busy_processes(1) as p:\n'
        '    print(p[0].pid, flush=True)\n'
        '    time.sleep(60)'
    )
    parent = subprocess.Popen([sys.executable, '-c', code], stdout=subprocess.PIPE)
    pid = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert is_gone(pid)
