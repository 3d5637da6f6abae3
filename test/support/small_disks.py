# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Real limits to what can be written: a file system that is full, and files that may not grow."""

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
import errno
from pathlib import Path
import resource
import subprocess
import tempfile

# Gives the folder more room.
MakeRoom = Callable[[], None]


@contextmanager
def small_file_system(folder: Path, size: int) -> Iterator[MakeRoom]:
    """Mount a file system of so many bytes on a folder, as root may where that is not forbidden.

    Raises:
        OSError: It is forbidden.
    """
    _mount('-t', 'tmpfs', '-o', f'size={size}', 'tmpfs', str(folder))
    try:
        yield lambda: _mount('-o', 'remount,size=1g', str(folder))
    finally:
        subprocess.run(['umount', '--lazy', str(folder)], check=True)


@contextmanager
def small_files(folder: Path, size: int) -> Iterator[MakeRoom]:
    """Let no file of this process grow beyond so many bytes, in whatever folder it is."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def make_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield make_room
    finally:
        make_room()


def _mount(*words: str) -> None:
    try:
        done = subprocess.run(['mount', *words], capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise OSError(errno.EPERM, 'no mount') from error
    if done.returncode:
        raise OSError(errno.EPERM, done.stderr)


def _may_mount() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        try:
            with small_file_system(Path(folder), 2**20):
                return True
        except OSError:
            return False


# The limits that can be had here, with what the system says at them. The second needs no rights.
SMALL_DISKS = [
    *([(small_file_system, 'No space left on device')] if _may_mount() else []),
    (small_files, 'File too large'),
]
