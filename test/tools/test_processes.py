# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""How scripts end, and end what they have started."""

from pathlib import Path
import signal
import subprocess
import sys
import time

import processes
from processes import Part
from processes import ProcessError
from processes import stop
from processes import stop_well
import pytest
from ros_harness import ROOT

# In pieces, for Python 3.14 sleeps through a signal that came during a call with keywords.
SLEEP = 'for _ in range(600): time.sleep(0.1)'

SCRIPT = f"""
import sys, time
sys.path.insert(0, {str(ROOT / 'tools')!r})
from processes import exit_code

def work():
    print('at work', flush=True)
    {SLEEP}

sys.exit(exit_code('script', work))
"""

OBEDIENT = 'signal.signal(signal.SIGINT, lambda *_: sys.exit())'
LATE = 'signal.signal(signal.SIGINT, lambda *_: (time.sleep(1.0), sys.exit(3)))'
STUBBORN = '[signal.signal(each, signal.SIG_IGN) for each in (signal.SIGINT, signal.SIGTERM)]'


def ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@pytest.mark.parametrize('born', [None, ignore_interrupts])
def test_ctrl_c_ends_a_script_wherever_it_was_started(born):
    process = subprocess.Popen(
        [sys.executable, '-c', SCRIPT],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=born,
    )
    try:
        assert process.stdout.readline() == 'at work\n'
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        assert (process.returncode, errors) == (130, '')
    finally:
        process.kill()


@pytest.fixture
def started(tmp_path):
    parts = []

    def begin(manners: str) -> Part:
        log = tmp_path / f'{len(parts)}.log'
        code = f"import signal, sys, time; {manners}; print('up', flush=True)\n{SLEEP}"
        process = subprocess.Popen([sys.executable, '-c', code], stdout=subprocess.PIPE, text=True)
        parts.append(Part(f'part {len(parts)}', process, log, Path()))
        log.write_text('[tracker]: its last words\n')
        assert process.stdout.readline() == 'up\n'
        return parts[-1]

    yield begin
    for part in parts:
        part.process.kill()
        part.process.wait()
        part.process.stdout.close()


def test_all_are_stopped_at_a_time_and_whoever_does_not_listen_by_force(started, monkeypatch):
    monkeypatch.setattr(processes, 'END_SECONDS', 2.0)
    parts = [started(manners) for manners in (LATE, STUBBORN, LATE, OBEDIENT, STUBBORN)]
    begin = time.monotonic()
    stop(*parts)
    assert time.monotonic() - begin < 3 * 2.0 + 1.0
    codes = [part.process.returncode for part in parts]
    assert codes == [3, -signal.SIGKILL, 3, 0, -signal.SIGKILL]
    stop(*parts)  # a second stop does no harm


def test_one_that_does_not_end_well_is_told_with_its_last_words(started):
    stop_well(started(OBEDIENT))
    with pytest.raises(ProcessError, match='part 1 ended with code 3: its last words'):
        stop_well(started(LATE))
