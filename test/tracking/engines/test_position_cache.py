# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What is kept for crops at the border is what the network computes for them."""

import gc
import weakref

from aiatrack_ros.model.config import AIATRACK_LITE
from aiatrack_ros.model.network import AiATrack
from aiatrack_ros.model.network import Padding
from aiatrack_ros.tracking.crop import crop_region
from aiatrack_ros.tracking.engines.position_cache import KEPT
from aiatrack_ros.tracking.engines.position_cache import Positions
import numpy as np
import pytest
import torch


@pytest.fixture(scope='module')
def network() -> AiATrack:
    return AiATrack(AIATRACK_LITE)


@pytest.mark.parametrize('box', [(150, 110, 30, 40), (0, 0, 40, 50), (290, 200, 30, 40)])
def test_as_the_network_has_them(network: AiATrack, box: tuple[float, ...]) -> None:
    crop = crop_region(np.zeros((240, 320, 3), np.uint8), box, 4.0, AIATRACK_LITE.crop_size)
    padding = Padding(
        torch.from_numpy(crop.padded_rows)[None], torch.from_numpy(crop.padded_columns)[None]
    )
    positions = Positions(network)
    for _ in range(2):
        for ours, theirs in zip(positions.of(crop), network.position(padding), strict=True):
            torch.testing.assert_close(ours, theirs, rtol=0, atol=0)
    assert positions.of(crop) is positions.of(crop)


def test_keeps_only_so_many(network: AiATrack) -> None:
    positions = Positions(network)
    image = np.zeros((240, 320, 3), np.uint8)
    for x in range(0, 300, 4):
        for y in range(0, 220, 20):
            positions.of(crop_region(image, (x, y, 20, 20), 9.0, AIATRACK_LITE.crop_size))
    assert positions._kept.cache_info().currsize == KEPT


def test_keeps_no_network_alive() -> None:
    network = AiATrack(AIATRACK_LITE)
    gone = weakref.ref(network)
    positions = Positions(network)
    positions.of(crop_region(np.zeros((240, 320, 3), np.uint8), (0, 0, 20, 20), 4.0, 224))
    gc.collect()
    gc.disable()  # a robot's memory must not wait for the collector
    try:
        del positions, network
        assert gone() is None
    finally:
        gc.enable()
