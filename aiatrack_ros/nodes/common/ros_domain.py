# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Reserving a ROS domain for one demo or test, so that it does not get the images of another one.

A domain is reserved by a lock on a file, which the system lifts when the process ends, in whatever
way that is.
"""

import fcntl
import os
from pathlib import Path
import tempfile
from typing import TextIO

from aiatrack_ros.errors import AiATrackError

# The ports of a domain above 101 may be among those that Linux gives to any program.
DOMAINS = range(1, 102)

_held: list[TextIO] = []  # files that stay open, and so locked, until the process ends


def reserve_domain(folder: Path | None = None) -> int:
    """
    Return a ROS_DOMAIN_ID that no other process on this machine has got from this function.

    Args:
        folder: Where the locks are; None stands for the system's temporary folder.

    Raises:
        AiATrackError: All domains are in use.
    """
    folder = folder or Path(tempfile.gettempdir())
    first = os.getpid() % len(DOMAINS)
    for domain in (*DOMAINS[first:], *DOMAINS[:first]):
        try:
            file = (folder / f'aiatrack_ros_domain_{domain}.lock').open('w')
        except OSError:
            continue  # the file belongs to another user
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            continue
        _held.append(file)
        return domain
    raise AiATrackError(f'all {len(DOMAINS)} ROS domains are in use; are old processes left over?')
