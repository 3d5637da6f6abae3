# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Busy processes beside a measurement: they stand for the other programs of a robot."""

from collections.abc import Iterator
import contextlib
import subprocess
import sys
from typing import cast
from typing import IO

# The program says that it has begun, then counts until its input is closed, which also happens if
# this process dies.
_SPIN = """
import select, sys
print(flush=True)
while not select.select([sys.stdin], [], [], 0)[0]:
    sum(range(100000))
"""
_END_SECONDS = 2.0  # a process gets so long to end by itself


@contextlib.contextmanager
def busy_processes(count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Keep `count` processes computing, one core each, until the context is left in any way.

    Yields:
        The processes, all of which compute already.
    """
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(count):
            processes.append(
                subprocess.Popen(
                    [sys.executable, '-S', '-c', _SPIN],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
            )
        for process in processes:
            cast(IO[bytes], process.stdout).readline()
        yield processes
    finally:
        for process in processes:
            cast(IO[bytes], process.stdin).close()
        for process in processes:
            try:
                process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            cast(IO[bytes], process.stdout).close()
