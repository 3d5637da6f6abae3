# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The network in eager torch, which all other engines are compared with."""

import contextlib

from aiatrack_ros.model.attention import References
from aiatrack_ros.model.inference import for_inference
from aiatrack_ros.model.network import AiATrack
from aiatrack_ros.model.network import Reference
from aiatrack_ros.model.transformer import Position
from aiatrack_ros.timing import Stopwatch
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.crop import Crop
from aiatrack_ros.tracking.engines.engine import Found
from aiatrack_ros.tracking.engines.hardware import compute_exactly
from aiatrack_ros.tracking.engines.hardware import computing
from aiatrack_ros.tracking.engines.hardware import cpu_text
from aiatrack_ros.tracking.engines.hardware import DTYPES
from aiatrack_ros.tracking.engines.hardware import wait_for
from aiatrack_ros.tracking.engines.position_cache import Positions
import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor


class EagerEngine:
    """The network as it stands, but for its batch norms, which are folded into convolutions."""

    def __init__(
        self, network: AiATrack, device: torch.device, precision: str, threads: int
    ) -> None:
        self.config = network.config
        self.threads = threads
        self._device = device
        self._dtype = DTYPES[precision]
        network = for_inference(network).to(self._device)
        self._network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._positions = Positions(self._network)
        place = cpu_text(threads)
        if self._device.type == 'cpu':
            torch.set_num_threads(threads)
        else:
            compute_exactly()
            place = f'{self._device} ({torch.cuda.get_device_name(self._device)})'
        self.description = f'{self.config.name} on {place}, {precision}, eager'

    def _computing(self) -> contextlib.AbstractContextManager[None]:
        return computing(self._device, self._dtype)

    def _images(self, crop: Crop) -> Tensor:
        pixels = torch.from_numpy(crop.pixels)[None].to(self._device)
        return self._network.preprocess(pixels)

    def prepare(self, count: int) -> None:
        """Do nothing: eager torch takes any number of references."""

    def encode(self, crop: Crop) -> Tensor:
        """Return the memory tokens of a crop, (1, L, d)."""
        with self._computing():
            features, _ = self._network.extract(self._images(crop))
            return self._network.encode(features, self._positions.of(crop))

    def refer(self, memory: Tensor, crop: Crop, box: Box, initial: bool) -> Reference:
        """Make a reference of an encoded crop and its target."""
        with self._computing():
            return refer(self._network, memory, self._positions.of(crop), box, initial)

    def find(self, crop: Crop, long: References, short: References) -> Found:
        """Find the target in a search crop."""
        with self._computing():
            found = self._network(self._images(crop), self._positions.of(crop), long, short)
            numbers = torch.cat((found.boxes[0], found.iou)).cpu().numpy()
        return found_from(numbers, found.memory)

    def identify(self, crop: Crop, box: Box) -> NDArray[np.float32]:
        """Describe what is in a box, in [0, 1] of the crop."""
        with self._computing():
            return identify(self._network, self._images(crop), box)

    def stage_times(self, crop: Crop, long: References, short: References) -> dict[str, float]:
        """Return the seconds of each stage of one ``find``, waited for, and of an identity."""
        network = self._network
        with self._computing():
            watch = Stopwatch(lambda: wait_for(self._device))
            images, position = self._images(crop), self._positions.of(crop)
            watch.lap('upload')
            features, lateral = network.extract(images)
            watch.lap('backbone')
            memory = network.encode(features, position)
            watch.lap('encoder')
            decoded = network.decode(memory, long, short)
            watch.lap('decoder')
            boxes = network.locate(decoded, lateral).boxes
            iou = network.iou_head(decoded, boxes[:, None])
            watch.lap('heads')
            torch.cat((boxes.flatten(), iou.flatten())).tolist()
            watch.lap('readback')
            if network.identity_head is not None:
                network.identify(images, boxes[:, None]).tolist()
                watch.lap('identity')
        return watch.laps


def refer(
    network: AiATrack, memory: Tensor, position: Position, box: Box, initial: bool
) -> Reference:
    """Make a reference of memory tokens (1, L, d) with a network; see ``Engine.refer``."""
    boxes = torch.tensor([box], dtype=torch.float32, device=memory.device)
    return network.refer(memory, boxes, position.inner, long=initial)


def identify(network: AiATrack, images: Tensor, box: Box) -> NDArray[np.float32]:
    """Describe what is in a box of a normalised crop (1, 3, S, S); see ``Engine.identify``."""
    x, y, w, h = box
    boxes = torch.tensor([[[x, y, x + w, y + h]]], dtype=torch.float32, device=images.device)
    return network.identify(images, boxes)[0, 0].float().cpu().numpy()


def found_from(numbers: np.ndarray, memory: Tensor) -> Found:
    """Return what 5 numbers say, with the memory tokens (1, L, d) of the same frame.

    The numbers are x1, y1, x2, y2 in [0, 1] of the crop, and the IoU output (2 * IoU - 1).
    """
    x1, y1, x2, y2, iou = map(float, numbers)
    return Found((x1, y1, x2 - x1, y2 - y1), iou, memory)
