# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What the tests of all engines share: an engine beside eager torch on the same frames."""

from collections.abc import Callable

from aiatrack_ros.evaluation.seeded_weights import load_seeded_weights
from aiatrack_ros.model import AiATrack
from aiatrack_ros.model import VARIANTS
from aiatrack_ros.model.checkpoint import load_network
from aiatrack_ros.tracking import Tracker
from aiatrack_ros.tracking import TrackerSettings
from aiatrack_ros.tracking.engines.eager import EagerEngine
from aiatrack_ros.tracking.engines.engine import Engine
import cv2
import numpy as np
import torch

CPU = torch.device('cpu')
Maker = Callable[[AiATrack, torch.device, str, int], Engine]


def seeded_lite() -> AiATrack:
    """Return the small network with seeded weights."""
    return load_seeded_weights(AiATrack(VARIANTS['aiatrack_lite'])).eval()


def frames(count: int) -> list[np.ndarray]:
    """Return pictures (240, 320, 3) of a speckled square that walks to the border."""
    rng = np.random.default_rng(3)
    ground = cv2.GaussianBlur(rng.integers(0, 256, (240, 320, 3)).astype(np.uint8), (0, 0), 3)
    target = rng.integers(0, 256, (40, 40, 3)).astype(np.uint8)
    pictures = []
    for index in range(count):
        picture = ground.copy()
        left = min(280, 230 + 8 * index)
        picture[100:140, left : left + 40] = target
        pictures.append(picture)
    return pictures


def trajectory(engine: Engine, pictures: list[np.ndarray]) -> list[tuple[float, ...]]:
    """Return x, y, w, h, IoU output and identity of each picture; the memory takes in each."""
    tracker = Tracker(engine, TrackerSettings(update_threshold=0.0, lost_threshold=0.0))
    tracker.initialize(pictures[0], (230.0, 100.0, 40.0, 40.0))
    results = [tracker.track(picture) for picture in pictures[1:]]
    assert all(result.memory_updated for result in results)
    return [(*result.box, result.raw_iou, result.identity) for result in results]


def assert_like_eager(make: Maker, network: AiATrack | None = None) -> Engine:
    """Hold an engine in fp32 to eager torch over a whole trajectory; return the engine.

    The default network is trained, for with seeded weights of this size all boxes are the smallest
    that there are.
    """
    trained = network is None
    network = network or load_network('aiatrack_lite')
    engine = make(network, CPU, 'fp32', 1)
    truth = assert_near(engine, network, 0.05, 1e-3)
    # The boxes are not all the smallest, and the IoU outputs differ, so there is much to compare.
    assert not trained or truth[:, 2:4].min() > 15 and np.ptp(truth[:, 4]) > 0.02
    return engine


def assert_near(engine: Engine, network: AiATrack, pixels: float, iou: float) -> np.ndarray:
    """Hold a trajectory to that of eager torch in fp32; return the one of eager torch."""
    pictures = frames(8)
    truth = np.array(trajectory(EagerEngine(network, CPU, 'fp32', 1), pictures))
    error = np.abs(np.array(trajectory(engine, pictures)) - truth)
    assert error[:, :4].max() < pixels
    assert error[:, 4].max() < iou
    assert error[:, 5].max() < 10 * iou  # the identity is a logistic of 20 times a cosine
    return truth
