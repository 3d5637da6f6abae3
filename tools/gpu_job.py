# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What a part of tools/gpu_check.py gets: its device, its time, and a place for its results."""

import argparse
from collections.abc import Callable
import json
from pathlib import Path
import time
import traceback
from typing import Any

from aiatrack_ros.timing import Stopwatch
import torch


class LeftOutError(Exception):
    """Raised by a check that can't be made here; the text says why."""


class Job:
    """Device, time and results of one part; results are on disk after each of them."""

    def __init__(
        self, device: torch.device, seconds: float, results: Path, options: argparse.Namespace
    ) -> None:
        """Begin.

        Args:
            device: What is to be tested.
            seconds: How long the part may take.
            results: The JSON file of the part.
            options: Those of gpu_check; `out` is the folder of pictures.
        """
        self.device = device
        self.options = options
        self.folder = Path(options.out)
        self.content: dict[str, Any] = {}
        self._results = results
        self._end = time.monotonic() + seconds

    @property
    def on_gpu(self) -> bool:
        """Whether the device is a GPU, and not the CPU on which all of this is tried."""
        return self.device.type == 'cuda'

    def left(self) -> float:
        """Return the seconds that are left, below 0 when the time is over."""
        return self._end - time.monotonic()

    def say(self, text: str) -> None:
        """Print a text at once, though the output may go to a file."""
        print(text, flush=True)

    def note(self, **content: Any) -> None:
        """Add results to `content`, and write all of them."""
        self.content |= content
        working = self._results.with_suffix('.working')
        working.write_text(json.dumps(self.content, indent=1, default=str))
        working.replace(self._results)

    def attempt(self, name: str, function: Callable[[], str], always: bool = False) -> bool:
        """Make a check; print and note what it found, or how it failed.

        Args:
            name: Of the check.
            function: Returns what it found in one line, raises LeftOutError if it can't be made
                here, or anything else if it failed.
            always: Whether to make it even when the time is over.

        Returns:
            Whether it passed.
        """
        watch = Stopwatch()
        status, detail = 'passed', ''
        self.note(running=name)  # if the process is ended, this tells in which check
        try:
            if self.left() < 0 and not always:
                raise LeftOutError('no time was left')
            detail = function()
        except LeftOutError as error:
            status, detail = 'left out', str(error)
        except Exception as error:  # whatever it is, the next check has to be made
            status, detail = 'failed', f'{type(error).__name__}: {error}'.strip()
            traceback.print_exc()
        seconds = round(watch.lap(), 1)
        self.say(f'  {status:8} {seconds:5.1f} s  {name}: {detail.splitlines()[0][:200]}')
        checks = self.content.get('checks', [])
        row = {'name': name, 'status': status, 'detail': detail, 'seconds': seconds}
        self.note(checks=[*checks, row], running='')
        return status == 'passed'
