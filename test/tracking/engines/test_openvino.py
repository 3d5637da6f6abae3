# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""OpenVINO agrees with eager torch, and refuses what the CPU can't do."""

import dataclasses
import os
import subprocess
import sys

from aiatrack_ros.errors import DeviceError
from aiatrack_ros.model import AiATrack
from aiatrack_ros.model import VARIANTS
from aiatrack_ros.model.attention import join
from aiatrack_ros.tracking.crop import crop_region
from engine_cases import assert_like_eager
from engine_cases import CPU
from engine_cases import frames
from engine_cases import seeded_lite
import numpy as np
import pytest
import torch

openvino_engine = pytest.importorskip('aiatrack_ros.tracking.engines.openvino')
openvino = openvino_engine.openvino
OpenVINOEngine = openvino_engine.OpenVINOEngine


def test_same_trajectory_as_eager_torch() -> None:
    engine = assert_like_eager(OpenVINOEngine)
    assert '1 thread, fp32, OpenVINO' in engine.description


def test_one_and_the_ensemble_are_compiled_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = OpenVINOEngine(seeded_lite(), CPU, 'fp32', 1)
    engine.prepare(3)
    monkeypatch.setattr(engine, '_compiled', lambda *_: pytest.fail('compiled in mid-track'))
    box = (230.0, 100.0, 40.0, 40.0)
    crop = crop_region(frames(1)[0], box, 4.0, 224)
    reference = engine.refer(engine.encode(crop), crop, crop.to_crop(box), initial=True)
    engine.find(crop, reference.long, join([reference.short] * 3))


def test_networks_without_some_parts_run_too() -> None:
    config = dataclasses.replace(
        VARIANTS['aiatrack_lite'], inner_self='none', inner_cross='none', separate_branches=False
    )
    torch.manual_seed(0)
    assert_like_eager(OpenVINOEngine, AiATrack(config).eval())


def test_stages_are_told() -> None:
    engine = OpenVINOEngine(seeded_lite(), CPU, 'fp32', 1)
    crop = crop_region(frames(1)[0], (230.0, 100.0, 40.0, 40.0), 4.0, 224)
    box = crop.to_crop((230.0, 100.0, 40.0, 40.0))
    reference = engine.refer(engine.encode(crop), crop, box, initial=True)
    times = engine.stage_times(crop, reference.long, reference.short)
    assert list(times) == ['backbone', 'encoder', 'decoder', 'heads', 'identity']
    assert all(0 < seconds < 10 for seconds in times.values())


def test_a_type_that_is_not_native_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino.Core, 'get_property', lambda self, device, name: ['FP32', 'INT8'])
    with pytest.raises(DeviceError, match="precision 'bf16' is not native to this CPU; use fp32"):
        OpenVINOEngine(seeded_lite(), CPU, 'bf16', 1)


def test_memory_is_not_overwritten_by_the_next_frame() -> None:
    engine = OpenVINOEngine(seeded_lite(), CPU, 'fp32', 1)
    crops = [crop_region(p, (230.0, 100.0, 40.0, 40.0), 4.0, 224) for p in frames(3)[::2]]
    memory = engine.encode(crops[0])
    kept = memory.clone()
    assert not np.array_equal(engine.encode(crops[1]).numpy(), kept.numpy())
    assert torch.equal(memory, kept)


# The program runs in a process of its own, since a fault would end this one without a word.
SIGNAL_AFTER_AN_ENGINE = """
import os, signal, threading
from aiatrack_ros.tracking.engines.openvino import OpenVINOEngine
from engine_cases import CPU, seeded_lite

engines = [OpenVINOEngine(seeded_lite(), CPU, 'fp32', 1)]
ending = threading.Thread(target=engines.clear)
ending.start()
ending.join()
signal.signal(signal.SIGTERM, lambda *_: print('told'))
os.kill(os.getpid(), signal.SIGTERM)
"""


def test_signals_are_heard_after_an_engine_ended_in_another_thread() -> None:
    command = [sys.executable, '-c', SIGNAL_AFTER_AN_ENGINE]
    paths = {**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)}
    ended = subprocess.run(command, env=paths, capture_output=True, text=True, timeout=50)
    assert (ended.returncode, ended.stdout) == (0, 'told\n'), ended.stderr
