# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Position embeddings against a loop over cells and channels."""

import math

from aiatrack_ros.model.position import sine_position
import numpy as np
import torch


def by_hand(rows: list[bool], columns: list[bool], channels: int) -> np.ndarray:
    height, width, half = len(rows), len(columns), channels // 2
    result = np.zeros((height, width, channels))
    for i in range(height):
        for j in range(width):
            inside = [[not (rows[a] or columns[b]) for b in range(width)] for a in range(height)]
            y = sum(inside[a][j] for a in range(i + 1)) / (sum(row[j] for row in inside) + 1e-6)
            x = sum(inside[i][: j + 1]) / (sum(inside[i]) + 1e-6)
            for offset, value in ((0, y), (half, x)):
                for c in range(half):
                    angle = value * 2 * math.pi / 10000 ** (2 * (c // 2) / half)
                    result[i, j, offset + c] = math.cos(angle) if c % 2 else math.sin(angle)
    return result.reshape(height * width, channels)


def check(rows: list[bool], columns: list[bool]) -> None:
    ours = sine_position(torch.tensor([rows]), torch.tensor([columns]), 16)
    assert ours.shape == (1, len(rows) * len(columns), 16)
    np.testing.assert_allclose(ours[0], by_hand(rows, columns, 16), atol=2e-5)


def test_without_padding() -> None:
    check([False] * 4, [False] * 5)


def test_padding_at_two_sides() -> None:
    check([True, False, False, False], [False, False, False, True, True])


def test_samples_are_independent() -> None:
    rows = torch.tensor([[False, False], [True, False]])
    columns = torch.tensor([[False, True], [False, False]])
    both = sine_position(rows, columns, 8)
    for k in range(2):
        torch.testing.assert_close(
            both[k : k + 1], sine_position(rows[k, None], columns[k, None], 8)
        )
