# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Workers answer, pass errors on, and leave nothing behind."""

import os

from aiatrack_ros.benchmark.worker_process import Worker
from aiatrack_ros.errors import DeviceError
from aiatrack_ros.errors import InputError
from calm import Calm
import pytest


def test_a_worker_from_beginning_to_end():
    with Worker('calm', Calm) as worker:
        worker.make('ab')
        text, pid = worker.call('say', 2)
        assert text == 'abab' and pid != os.getpid()
        with pytest.raises(InputError, match='not so'):
            worker.call('refuse')
        with pytest.raises(RuntimeError, match='(?s)Traceback.*a bug'):
            worker.call('fail')
        assert worker.call('say', 1)[1] == pid
        with pytest.raises(DeviceError, match=r'calm: its process died \(exit code 3\)'):
            worker.call('die')


def test_a_refusal_and_an_end():
    with Worker('calm', Calm) as worker:
        with pytest.raises(DeviceError, match='no text'):
            worker.make('')
    with Worker('calm', Calm) as worker:
        worker.make('x')
        pid = worker.call('say', 1)[1]
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
