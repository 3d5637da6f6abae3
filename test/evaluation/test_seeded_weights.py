# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Seeded weights are those that the parity files were made with."""

import importlib.util
from pathlib import Path

from aiatrack_ros.evaluation.seeded_weights import seeded_tensor
import numpy as np


def test_equal_the_recorded_recipe(shared: Path) -> None:
    spec = importlib.util.spec_from_file_location(
        'recipe', shared / 'parity' / 'seeded_weights.py'
    )
    recipe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recipe)
    lines = (shared / 'parity' / 'names.txt').read_text().split('\n')
    for name, shape in (line.split() for line in lines if line):
        sizes = () if shape == 'scalar' else tuple(map(int, shape.split('x')))
        np.testing.assert_array_equal(
            seeded_tensor(name, sizes).numpy(), recipe.seeded_tensor(name, sizes), err_msg=name
        )
