# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Workers answer, pass errors on, and leave nothing behind."""

import os

from aiatrack_ros.benchmark.worker_process import Worker
from aiatrack_ros.errors import DeviceError
from aiatrack_ros.errors import InputError
import pytest


class Calm:
    """Lives in the other process."""

    def __init__(self, text: str) -> None:
        if not text:
            raise DeviceError('no text')
        self._text = text

    def say(self, times: int) -> tuple[str, int]:
        return self._text * times, os.getpid()

    def refuse(self) -> None:
        raise InputError('not so')

    def fail(self) -> None:
        raise KeyError('a bug')

    def die(self) -> None:
        os._exit(3)


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
