# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A folder of clips that takes no more than it may."""

import contextlib
from pathlib import Path
import re
import shutil

PREFIX, PART = 'clip_', '.part'
# clip_TIME_REASON.mcap, or a folder of that name with .part while it is written.
_CLIP = re.compile(PREFIX + r'\d{8}T\d{6}_[a-z]+(_\d+)?(\.mcap|\.part)')


def clips_in(folder: Path) -> list[Path]:
    """Return the clips of a folder, the oldest first.

    Those that broke off are folders. Names begin with the time, so their order is that of time.
    """
    return sorted(path for path in folder.iterdir() if _CLIP.fullmatch(path.name))


def size_of(path: Path) -> int:
    """Return the bytes of a clip."""
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob('*') if file.is_file())
    return path.stat().st_size


def make_room(folder: Path, limit: int, keep: Path | None = None) -> list[Path]:
    """Remove the oldest clips of a folder until all together take no more than `limit` bytes.

    What is not a clip by its name is never touched, nor is `keep`. Returns what was removed.

    Raises:
        OSError: The folder can't be read, or a clip can't be removed.
    """
    clips = clips_in(folder)
    sizes: dict[Path, int] = {}
    for path in clips:
        with contextlib.suppress(FileNotFoundError):  # somebody else removed it
            sizes[path] = size_of(path)
    total = sum(sizes.values())
    removed = []
    for path in clips:
        if total <= limit:
            break
        if path == keep or path not in sizes:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        total -= sizes[path]
        removed.append(path)
    return removed
