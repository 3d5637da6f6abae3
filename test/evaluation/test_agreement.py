# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""How far apart two engines are, and that half precision is near enough on real video."""

from pathlib import Path

from aiatrack_ros.datasets.sequences import find_sequences
from aiatrack_ros.errors import DeviceError
from aiatrack_ros.evaluation.agreement import agreement
from aiatrack_ros.evaluation.agreement import agreement_table
from aiatrack_ros.evaluation.one_pass import Trajectory
from aiatrack_ros.model.checkpoint import load_network
from aiatrack_ros.tracking.boxes import box_iou
from aiatrack_ros.tracking.crop import crop_region
from aiatrack_ros.tracking.engines.engine import create_engine
import numpy as np
import pytest


def trajectory(*boxes: tuple[float, ...]) -> Trajectory:
    count = len(boxes)
    no = np.zeros(count, bool)
    return Trajectory(np.array(boxes, float), np.zeros(count), np.zeros(count), ~no, no)


def test_least_and_mean_without_the_first_frame() -> None:
    ours = trajectory((0, 0, 10, 10), (0, 0, 10, 10), (0, 0, 10, 10))
    theirs = trajectory((50, 0, 10, 10), (0, 0, 10, 10), (5, 0, 10, 10))
    figures = agreement({'a': ours}, {'a': theirs})
    assert figures['a']['least'] == pytest.approx(1 / 3)
    assert figures['a']['mean'] == pytest.approx(2 / 3)
    table = agreement_table({**figures, 'b': {'least': 0.5, 'mean': 1.0}})
    assert table.splitlines()[-1].split() == ['all', '0.3333', '0.8333']


@pytest.mark.parametrize('name', ['davis-car-roundabout', 'Human7'])
def test_half_precision_sees_the_same_in_the_same_crop(shared: Path, name: str) -> None:
    sequence = next(s for s in find_sequences(shared / 'eval') if s.name == name)
    network = load_network('aiatrack_lite')
    try:
        half = create_engine(network, 'openvino', 'cpu', 'bf16')
    except DeviceError as error:
        assert 'not native to this CPU' in str(error)
        return
    full = create_engine(network, 'openvino', 'cpu', 'fp32')
    config = network.config
    boxes, ious = [], []
    for number in range(0, len(sequence), 6):
        image = sequence.image(number)
        truth = tuple(sequence.truth[max(number - 1, 0)])
        crop = crop_region(image, truth, config.search_factor, config.crop_size)
        if number == 0:
            box = crop.to_crop(truth)
            references = [
                engine.refer(engine.encode(crop), crop, box, initial=True)
                for engine in (full, half)
            ]
            continue
        found = [
            engine.find(crop, reference.long, reference.short)
            for engine, reference in zip((full, half), references)
        ]
        boxes.append([f.box for f in found])
        ious.append([f.raw_iou for f in found])
    overlaps = box_iou(*np.array(boxes).transpose(1, 0, 2))
    assert len(overlaps) >= 12
    assert overlaps.min() > 0.9
    assert overlaps.mean() > 0.97
    assert np.abs(np.diff(ious, axis=1)).mean() < 0.03
