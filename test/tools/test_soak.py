# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The soak: its judgement of made-up samples, and one short run with real nodes."""

import mmap
import os
import re
import time

from aiatrack_ros.model.checkpoint import shipped_weights
import cv2
import pytest
import soak
from soak import Sample
from tool_runs import run_tool

pytestmark = pytest.mark.timeout(200)


def samples(memory=lambda seconds: 500.0, files=lambda seconds: 20, threads=lambda seconds: 9):
    """Return ten minutes of samples."""
    return [
        Sample(seconds, memory(seconds), files(seconds), threads(seconds))
        for seconds in range(0, 601, 5)
    ]


def test_what_stays_as_it_is_passes():
    assert soak.shortcomings(samples(lambda seconds: 500 + 4 * (seconds % 10 == 0))) == []


def test_the_first_minute_may_grow():
    grown = samples(
        lambda seconds: 300 + 200 * min(seconds / 50, 1),
        files=lambda seconds: 20 if seconds >= 60 else 8,
        threads=lambda seconds: 9 if seconds >= 60 else 2,
    )
    assert soak.shortcomings(grown) == []
    assert soak.settled(grown)[0].time == 60


@pytest.mark.parametrize(
    'leak, words',
    [
        (
            {'memory': lambda seconds: 500 + seconds / 100},
            r'memory grew by 5\.[45] MiB, from 500\.[56] to 506\.0',
        ),
        ({'files': lambda seconds: 20 + (seconds > 300)}, 'files varied from 20 to 21'),
        ({'threads': lambda seconds: 9 - (seconds == 300)}, 'threads varied from 8 to 9'),
    ],
)
def test_what_changes_is_named(leak, words):
    (found,) = soak.shortcomings(samples(**leak))
    assert re.match(words, found)


def test_a_short_run_is_judged_after_its_first_third():
    short = samples(lambda seconds: 500 if seconds >= 5 else 400)[:7]  # half a minute
    assert [sample.time for sample in soak.settled(short)] == [10, 15, 20, 25, 30]
    assert soak.shortcomings(short) == []


def test_table_and_plot(tmp_path):
    tally = soak.Tally(18000, 17000, 12, 90.4, 30, 50, 65.0)
    lines = soak.table(samples(), tally).splitlines()
    assert lines[0].split() == [
        'minute',
        'memory,',
        'MiB',
        'shared',
        'files',
        'threads',
        'references',
    ]
    assert lines[1].split() == ['0.0', '500.0', '0.0', '20', '9', '0']
    assert lines[-2].split() == ['10.0', '500.0', '0.0', '20', '9', '0']
    assert lines[-1].startswith('18000 images, 17000 searched, 12 dropped; lost for 90 s')
    soak.plot(samples(), tmp_path / 'soak.png')
    assert cv2.imread(str(tmp_path / 'soak.png')).std() > 1


@pytest.mark.skipif(not os.path.isdir('/proc/self/fd'), reason='needs /proc')
def test_looks_at_a_process():
    begin = time.monotonic()
    before = soak.look(os.getpid(), begin)
    with open(os.devnull):
        after = soak.look(os.getpid(), begin)
    assert after.files == before.files + 1
    assert after.threads >= 1
    assert 10 < after.memory < 1e5
    with mmap.mmap(-1, 2**23) as block:  # forked processes would share this
        block.write(bytes(2**23))
        with_block = soak.look(os.getpid(), begin)
    assert with_block.shared == pytest.approx(after.shared + 8, abs=1)
    assert with_block.memory == pytest.approx(after.memory, abs=4)
    assert 0 <= before.time <= after.time


def test_runs_and_judges(tmp_path):
    if shipped_weights('aiatrack_lite') is None:
        pytest.skip('no weights come with aiatrack_lite in this checkout')
    picture = tmp_path / 'soak.png'
    done = run_tool('soak.py', '--minutes', '0.2', '--plot', str(picture))
    assert done.returncode in (0, 1), done.stderr  # twelve seconds are too few to be flat
    assert done.stderr.count('\n') == done.returncode
    assert ('memory is flat' in done.stdout) == (done.returncode == 0)
    targets = int(re.search(r'(\d+) targets given', done.stdout).group(1))
    changes = int(re.search(r'(\d+) parameters changed', done.stdout).group(1))
    assert targets >= 1 and changes >= 1
    assert picture.is_file()


@pytest.mark.parametrize(
    'arguments, words',
    [
        (['--checkpoint', 'no/such.pth'], "checkpoint 'no/such.pth' does not exist"),
        (['--minutes', '0'], 'minutes is 0'),
        (['--plot', 'no/such/file.png'], "plot 'no/such/file.png' can't be written"),
    ],
)
def test_says_in_one_line_what_went_wrong(arguments, words):
    done = run_tool('soak.py', *arguments)
    assert done.returncode == 2
    assert done.stdout == ''
    assert len(done.stderr.splitlines()) == 1
    assert words in done.stderr
