# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The demo: real nodes with a real network, in processes of their own, over DDS."""

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import time

from aiatrack_ros.model.checkpoint import shipped_weights
from aiatrack_ros.tracking.video import Video
from aiatrack_ros.tracking.video import VideoWriter
import cv2
import numpy as np
import pytest
from ros_harness import ROOT

pytestmark = pytest.mark.timeout(150)

FRAMES = 12


@pytest.fixture(scope='module')
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp('weights') / 'lite.safetensors'
    # Random weights could lose the target before the first track is published.
    shutil.copy(shipped_weights('aiatrack_lite'), path)
    return path


@pytest.fixture(scope='module')
def film(tmp_path_factory):
    folder = tmp_path_factory.mktemp('film')
    noise = np.random.default_rng(1).integers(0, 255, (40, 50, 3), dtype=np.uint8)
    for number in range(FRAMES):
        picture = np.full((240, 320, 3), 100, np.uint8)
        picture[90:130, 100 + 2 * number : 150 + 2 * number] = noise
        cv2.imwrite(str(folder / f'{number}.png'), picture)
    return folder


def start(tmp_path, *arguments):
    environment = {**os.environ, 'TMPDIR': str(tmp_path)}  # a killed demo leaves its logs there
    return subprocess.Popen(
        [sys.executable, str(ROOT / 'tools' / 'demo.py'), *map(str, arguments)],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )


def left_behind(marker):
    """Return the nodes that still run and have `marker` in their command line."""
    found = subprocess.run(['ps', '-ewwo', 'args'], capture_output=True, text=True).stdout
    return [
        line
        for line in found.splitlines()
        if 'aiatrack_ros.nodes.' in line and str(marker) in line
    ]


def test_writes_the_video_and_the_table(film, weights, tmp_path):
    output = tmp_path / 'out.mp4'
    process = start(
        tmp_path,
        '--video',
        film,
        '--box',
        '100,90,50,40',
        '--checkpoint',
        weights,
        '--output',
        output,
    )
    out, err = process.communicate(timeout=140)
    assert process.returncode == 0, err
    assert err == ''
    table = dict(re.findall(r'^ *(.+?) {2,}([\d.]+)', out, re.MULTILINE))
    published = int(table['frames published'])
    assert FRAMES <= published <= FRAMES + 2  # a late box has the first frame shown again
    assert len(list(Video(output))) == published
    rows = ('before the target was set', 'tracked', 'target lost', 'dropped for a newer one')
    assert sum(int(table[row]) for row in rows) == published
    assert int(table['tracked']) >= 1
    assert int(table['before the target was set']) <= 3
    assert left_behind(tmp_path) == left_behind(weights) == []


@pytest.mark.parametrize(
    'change, words',
    [
        ({'--box': '1000,90,50,40'}, 'target refused: box (1000, 90, 50, 40) lies outside'),
        (
            {'--checkpoint': 'no/such.pth'},
            "tracker_node ended: cannot configure: checkpoint 'no/such",
        ),
    ],
)
def test_says_in_one_line_what_went_wrong(film, weights, tmp_path, change, words):
    options = {
        '--video': film,
        '--box': '100,90,50,40',
        '--checkpoint': weights,
        '--output': tmp_path / 'out.mp4',
        **change,
    }
    process = start(tmp_path, *[part for option in options.items() for part in option])
    out, err = process.communicate(timeout=140)
    assert process.returncode == 2
    assert words in err
    assert len(err.splitlines()) == 1
    assert out == ''
    assert left_behind(tmp_path) == left_behind(weights) == []


@pytest.mark.parametrize(
    'change, words',
    [
        ({'--video': 'no/film.mp4'}, "video 'no/film.mp4' does not exist"),
        ({'--box': 'here'}, "box 'here' is not four numbers"),
        ({'--box': ''}, 'VIDEO and BOX together'),
        ({'--output': 'no/where.mp4'}, "output 'no/where.mp4' can't be written"),
    ],
)
def test_checks_inputs_before_it_starts(film, tmp_path, monkeypatch, capsys, change, words):
    demo = load_demo(monkeypatch)
    options = {
        '--video': str(film),
        '--box': '100,90,50,40',
        '--output': str(tmp_path / 'out.mp4'),
        **change,
    }
    monkeypatch.setattr(sys, 'argv', ['demo', *[x for pair in options.items() for x in pair]])
    assert demo.main() == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize('name', ['own.mp4', './own.mp4', 'link.mp4', 'hard.mp4'])
def test_does_not_overwrite_its_own_video(tmp_path, monkeypatch, capsys, name):
    demo = load_demo(monkeypatch)
    monkeypatch.chdir(tmp_path)
    with VideoWriter('own.mp4', 25) as writer:
        writer.write(np.zeros((48, 64, 3), np.uint8))
    before = (tmp_path / 'own.mp4').read_bytes()
    (tmp_path / 'link.mp4').symlink_to('own.mp4')
    os.link('own.mp4', 'hard.mp4')
    # The box is right, for it may begin with a minus; only the output is wrong.
    arguments = ['--video', 'own.mp4', '--box', '-5,9,20,10', '--output', name]
    monkeypatch.setattr(sys, 'argv', ['demo', *arguments])
    assert demo.main() == 2
    assert "would destroy its own input 'own.mp4'" in capsys.readouterr().err
    assert (tmp_path / 'own.mp4').read_bytes() == before


def load_demo(monkeypatch):
    """Return the module of the demo, changed so that it starts nothing."""
    monkeypatch.syspath_prepend(ROOT / 'tools')
    spec = importlib.util.spec_from_file_location('demo', ROOT / 'tools' / 'demo.py')
    demo = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, 'demo', demo)
    spec.loader.exec_module(demo)
    monkeypatch.setattr(demo, 'start', None)
    monkeypatch.setattr(signal, 'signal', lambda *_: None)
    return demo


@pytest.mark.skipif(sys.platform != 'linux', reason='Linux ends children with their parent')
@pytest.mark.parametrize('way', [signal.SIGINT, signal.SIGKILL])
def test_leaves_no_process_behind(film, weights, tmp_path, way):
    process = start(
        tmp_path,
        '--video',
        film,
        '--box',
        '100,90,50,40',
        '--checkpoint',
        weights,
        '--output',
        tmp_path / 'out.mp4',
    )
    end = time.monotonic() + 60
    while not left_behind(weights) and time.monotonic() < end:
        time.sleep(0.05)
    assert left_behind(weights)
    process.send_signal(way)
    process.communicate(timeout=60)
    assert process.returncode == (130 if way == signal.SIGINT else -way)
    end = time.monotonic() + 30
    while left_behind(weights) + left_behind(tmp_path) and time.monotonic() < end:
        time.sleep(0.05)
    assert left_behind(weights) + left_behind(tmp_path) == []
