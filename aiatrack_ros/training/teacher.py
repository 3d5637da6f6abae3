# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A network that tells people apart already, for the identity head to learn from.

What tells people apart is learned of many thousands of them, and the films here show some hundred.
A network for re-identification has seen those thousands. It looks at a larger picture of each
person and costs as much as a whole frame of the tracker, so it teaches and does not ship: the head
learns to find two views as like each other as the teacher does.
"""

from typing import Any

from aiatrack_ros.errors import InputError
from aiatrack_ros.model.pooling import sample_boxes
from aiatrack_ros.training.open_model_zoo import read_network
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

BATCH = 24


class Teacher:
    """A network for the re-identification of people, in OpenVINO's format or ONNX.

    It takes (N, 3, H, W), BGR in [0, 255], and returns (N, T), as those of the Open Model Zoo do.
    """

    def __init__(self, path: str) -> None:
        """Read the network.

        Raises:
            InputError: OpenVINO or the file is missing, or it is no such network.
        """
        network = read_network(path, 'identity.teacher')
        import openvino

        try:
            self._size = _input_size(network)
            network.reshape([BATCH, 3, *self._size])
            self._request = openvino.compile_model(network, 'CPU').create_infer_request()
        except (RuntimeError, ValueError) as error:
            reason = str(error).strip().splitlines()[-1]
            raise InputError(
                f"identity.teacher: '{path}' is no network that describes people ({reason})"
            ) from None

    def __call__(self, crops: Tensor, boxes: Tensor) -> Tensor:
        """Describe who is in the boxes.

        Args:
            crops: (N, S, S, 3) uint8, RGB.
            boxes: (N, 4) as x1, y1, x2, y2 in [0, 1] of the crop.

        Returns:
            (N, T) unit vectors.
        """
        images = crops.permute(0, 3, 1, 2).flip(1)
        cut = sample_boxes(images, boxes[:, None], *self._size)[:, 0]
        parts = [self._describe(part) for part in cut.cpu().split(BATCH)]
        return functional.normalize(torch.cat(parts), dim=-1)

    def _describe(self, images: Tensor) -> Tensor:
        padded = np.zeros((BATCH, 3, *self._size), np.float32)
        padded[: len(images)] = images.numpy()
        self._request.infer([padded])
        result = self._request.get_output_tensor(0).data[: len(images)]
        return torch.from_numpy(np.array(result, np.float32)).flatten(1)


def _input_size(network: Any) -> tuple[int, int]:
    """Return the height and width that a network takes."""
    (given,) = network.inputs
    shape = given.partial_shape
    if len(shape) != 4 or any(shape[axis].is_dynamic for axis in (1, 2, 3)) or shape[1] != 3:
        raise ValueError(f'it takes {shape}, not (N, 3, H, W)')
    return shape[2].get_length(), shape[3].get_length()
