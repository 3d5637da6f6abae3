# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""How a target is chosen on the command line."""

import os
import signal

from aiatrack_ros.commands.target_choice import ended_by_interrupt
from aiatrack_ros.commands.target_choice import target_choice
from aiatrack_ros.errors import InputError
import numpy as np
import pytest


class Source:
    path, fps, frame_count = 'made up', 10.0, 0

    def __init__(self, count=3, live=False):
        self.count, self.live, self.ended = count, live, False

    def __iter__(self):
        return iter([np.full((100, 200, 3), number, np.uint8) for number in range(self.count)])

    def end(self):
        self.ended = True


def test_a_typed_box_is_of_the_first_picture_and_loses_none():
    source = Source()
    with target_choice('50%,10,20,30', source) as choice:
        box, begun = choice.choose(source)
        assert box == (100, 10, 20, 30)
        assert [int(picture[0, 0, 0]) for picture in begun] == [0, 1, 2]
        tracker = object()
        assert choice.shown(tracker) is tracker


@pytest.mark.parametrize(
    ('box', 'count', 'reason'),
    [('1,2,3,4', 0, 'made up'), ('1,2,3', 1, 'four numbers'), ('900,2,3,4', 1, 'outside')],
)
def test_what_can_be_no_target_is_told_before_anything_else(box, count, reason):
    with pytest.raises(InputError, match=reason), target_choice(box, Source(count)):
        pytest.fail('there is a choice')


def test_the_first_interrupt_ends_a_live_source_and_the_second_the_program():
    source = Source(live=True)
    with ended_by_interrupt(source):
        os.kill(os.getpid(), signal.SIGINT)
        assert source.ended
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), ended_by_interrupt(Source()):
        os.kill(os.getpid(), signal.SIGINT)
