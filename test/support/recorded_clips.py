# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Clips for the tests: a real tracker that loses a real target, recorded without ROS."""

from collections.abc import Callable
import dataclasses
from pathlib import Path
import time
from typing import Any

from aiatrack_ros.clips.clip_writer import MessageTypes
from aiatrack_ros.clips.picture import Picture
from aiatrack_ros.clips.recorder import Recorder
from aiatrack_ros.clips.recorder import RecorderSettings
from aiatrack_ros.tracking import create_tracker
from aiatrack_ros.tracking import Tracker
from aiatrack_ros.tracking import TrackerSettings
from moving_square import BOX
from moving_square import moving_square
import numpy as np

FRAME = 10**9 // 30
SETTINGS = TrackerSettings(memory_capacity=6, lost_after=2, regain_after=2)


def make_tracker() -> Tracker:
    """Return a tracker with the network that ships, the same in every test."""
    return create_tracker(engine='eager', threads=1, settings=SETTINGS)


def make_recorder(
    folder: Path, say: Callable[[bool, str], None] = lambda good, text: None, **settings: Any
) -> Recorder:
    """Return a recorder with the settings that the tests share."""
    # Even a few images take long on a busy machine, and the clip is to hold them all.
    settings = {'seconds': 600.0, 'image_topic': '/camera/image', **settings}
    chosen = RecorderSettings(folder, **settings)
    header = {
        'model': 'aiatrack_lite',
        'checkpoint': '',
        'description': 'eager',
        'settings': dataclasses.asdict(SETTINGS),
        'parameters': {},
    }
    return Recorder(chosen, MessageTypes(), header, say)


def film(
    recorder: Recorder,
    tracker: Tracker,
    pictures: list[np.ndarray],
    at: dict[int, Callable[[], None]] | None = None,
    pause: float = 0.0,
) -> list[tuple[float, ...]]:
    """Track through pictures as the node does, and return the boxes.

    `at` says what to do after the picture of a number; `pause` is the time between two
    pictures, in seconds.
    """
    boxes = []
    for number, pixels in enumerate(pictures):
        picture = Picture(10**18 + number * FRAME, 'camera', pixels=pixels)
        if number == 0:
            tracker.initialize(pixels, BOX)
            recorder.began(picture, BOX, {'id': 'square', 'class_id': 'target'})
            boxes.append(BOX)
        else:
            result = tracker.track(pixels)
            recorder.tracked(picture, result, tracker.snapshot, tracker.memory_fill)
            boxes.append(result.box)
        if at and number in at:
            at[number]()
        time.sleep(pause)
    return boxes


def lost_square(folder: Path) -> Path:
    """Record a square that is hidden in images 18 to 25 of 30; return the clip."""
    recorder = make_recorder(folder, seconds=600.0, quality=0)
    film(recorder, make_tracker(), moving_square(30, hidden=range(18, 26)))
    recorder.stop()
    (path,) = folder.iterdir()
    return path
