# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Boxes in the files that the benchmarks' own tools and servers read.

===========  ======================================================================
format       files in the folder of a tracker
===========  ======================================================================
got10k       SEQ/SEQ_001.txt (x,y,w,h a line), SEQ/SEQ_time.txt (seconds a line)
otb, lasot   SEQ.txt (x,y,w,h a line)
clip         SEQ.txt (x,y,w,h a line)
trackingnet  SEQ.txt (x,y,w,h a line)
===========  ======================================================================

For the servers of GOT-10k and TrackingNet, pack the content of that folder into one zip.
"""

from pathlib import Path

from aiatrack_ros.datasets.sequences import GOT10K
from aiatrack_ros.datasets.sequences import LAYOUTS
from aiatrack_ros.errors import InputError
from aiatrack_ros.evaluation.one_pass import Trajectory
import numpy as np


def write_raw(folder: Path, layout: str, sequence_name: str, trajectory: Trajectory) -> Path:
    """Write the trajectory of one sequence in the format of a layout; return the file of boxes.

    A frame without an answer is written as 0,0,0,0, which overlaps nothing.
    """
    if layout not in LAYOUTS:
        raise ValueError(f'layout must be one of {LAYOUTS}, not {layout!r}')
    if layout == GOT10K:
        folder = folder / sequence_name
    path = folder / f'{sequence_name}{"_001" if layout == GOT10K else ""}.txt'
    boxes = np.where(np.isfinite(trajectory.boxes).all(axis=1)[:, None], trajectory.boxes, 0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Six decimals, so that figures computed from the file are ours to 1e-6.
        np.savetxt(path, boxes, fmt='%.6f', delimiter=',')
        if layout == GOT10K:
            np.savetxt(folder / f'{sequence_name}_time.txt', trajectory.times, fmt='%.8f')
    except OSError as error:
        reason = f'can not be written ({error.strerror}); name another folder'
        raise InputError(f'{path}: {reason}') from None
    return path
