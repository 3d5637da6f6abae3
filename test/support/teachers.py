# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A network in place of one for re-identification: small enough to be written by a test."""

from pathlib import Path

import numpy as np
import openvino
from openvino import opset8


def write_teacher(folder: Path, channels: int = 3) -> str:
    """Write a network that returns the mean of the upper and of the lower half of a picture.

    It takes (N, channels, 16, 8) and returns (N, 2 * channels), the upper half first.
    """
    picture = opset8.parameter([1, channels, 16, 8], np.float32, name='data')
    halves = opset8.split(picture, 2, 2)
    axes = np.array([2, 3], np.int64)
    means = [opset8.reduce_mean(half, axes, False) for half in halves.outputs()]
    network = openvino.Model([opset8.concat(means, 1)], [picture], 'teacher')
    path = folder / f'teacher{channels}.xml'
    openvino.save_model(network, path)
    return str(path)
