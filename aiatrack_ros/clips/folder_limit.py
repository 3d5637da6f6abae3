# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Keeps the clips of a folder from taking more room than they may."""

import contextlib
from pathlib import Path
import re
import shutil

PREFIX, PART = 'clip_', '.part'
# A clip is named clip_TIME_REASON.mcap; while it is written, it is a folder that ends in .part.
_CLIP = re.compile(PREFIX + r'\d{8}T\d{6}_[a-z]+(_\d+)?(\.mcap|\.part)')


def clips_in(folder: Path) -> list[Path]:
    """Return the clips of a folder, the oldest first.

    Clips that broke off are folders. Names begin with the time, so they sort by it.
    """
    return sorted(path for path in folder.iterdir() if _CLIP.fullmatch(path.name))


def size_of(path: Path) -> int:
    """Return how many bytes a clip takes."""
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob('*') if file.is_file())
    return path.stat().st_size


def make_room(folder: Path, limit: int, keep: Path | None = None) -> list[Path]:
    """Remove the oldest clips of a folder until all together take no more than `limit` bytes.

    What does not have the name of a clip is never touched.

    Args:
        folder: The folder.
        limit: The most bytes that the clips may take.
        keep: A clip that is not removed, whatever it takes.

    Returns:
        The clips that were removed.

    Raises:
        OSError: The folder can't be read, or a clip can't be removed.
    """
    clips = clips_in(folder)
    sizes: dict[Path, int] = {}
    for path in clips:
        with contextlib.suppress(FileNotFoundError):  # somebody else has removed it
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
