# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Reserve a ROS domain for one demo or test, which would take the images of another for its own.

It is reserved by a lock on a file, which the system lifts when the process ends, however it ends.
"""

import fcntl
import os
from pathlib import Path
import tempfile
from typing import TextIO

from aiatrack_ros.errors import AiATrackError

# Above 101 the ports of a domain may be those that Linux gives to others.
DOMAINS = range(1, 102)

_held: list[TextIO] = []  # open, and so locked, until the process ends


def reserve_domain(folder: Path | None = None) -> int:
    """
    Return a ROS_DOMAIN_ID that nobody else on this machine has from here.

    `folder` holds the locks; the system's temporary folder if None. Raises AiATrackError if all
    domains are in use.
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
