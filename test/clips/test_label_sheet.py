# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What was given and what is filled in stay together, whatever is corrected in which order."""

from types import SimpleNamespace

from aiatrack_ros.clips.label_sheet import LabelSheet
from aiatrack_ros.clips.labelling import fill
from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.target_state import State
import numpy as np
import pytest

BOX = (0.0, 0.0, 50.0, 50.0)


class Standing:
    """A tracker whose target stands still; it counts its work."""

    def __init__(self):
        self.steps = 0

    def initialize(self, image, box):
        self.box = box

    def track(self, image):
        self.steps += 1
        return SimpleNamespace(box=self.box, score=0.9, state=State.TRACKING)


def picture(index):
    return np.array(index)


def test_only_gaps_whose_ends_were_corrected_are_filled_in_again():
    sheet, tracker = LabelSheet(31), Standing()
    for index in (0, 10, 20, 30):
        sheet.give(index, BOX)
    assert sum(gap.steps for gap in sheet.blank) == 54
    sheet.fill(picture, tracker)
    assert tracker.steps == 54 and sheet.blank == []
    assert sheet.labels == dict.fromkeys(range(31), BOX)

    sheet.give(15, (1.0, 0.0, 50.0, 50.0))
    assert [(gap.begin, gap.end) for gap in sheet.blank] == [(10, 15), (15, 20)]
    assert sorted(sheet.filled) == [*range(1, 10), *range(21, 30)]
    sheet.fill(picture, tracker)
    assert tracker.steps == 54 + 16
    assert sheet.labels == fill(31, picture, sheet.given, Standing())

    sheet.take_back(15)  # what was filled in before comes back, and nothing is tracked
    assert sheet.blank == [] and sheet.labels == dict.fromkeys(range(31), BOX)


def test_between_two_absences_nothing_is_tracked():
    sheet = LabelSheet(10)
    sheet.give(3, None)
    assert sheet.blank == [] and sheet.filled == {}
    sheet.give(6, None)
    assert sheet.blank == [] and sheet.filled == {4: None, 5: None}
    assert list(sheet.labels) == [3, 4, 5, 6]


def test_what_was_done_before_a_stop_stays():
    sheet = LabelSheet(21)
    for index in (0, 10, 20):
        sheet.give(index, BOX)
    begun = []

    def progress(indices):
        begun.append(indices)
        if len(begun) > 2:
            raise InterruptedError
        return indices

    with pytest.raises(InterruptedError):
        sheet.fill(picture, Standing(), progress)
    assert [(gap.begin, gap.end) for gap in sheet.blank] == [(10, 20)]
    assert sorted(sheet.filled) == list(range(1, 10))


def test_what_is_given_while_it_is_filled_in_waits():
    sheet = LabelSheet(11)
    sheet.give(0, BOX)

    def progress(indices):
        sheet.give(5, None)
        return indices

    sheet.fill(picture, Standing(), progress)
    assert [(gap.begin, gap.end) for gap in sheet.blank] == [(0, 5)]
    assert sheet.filled == {}


def test_an_image_that_is_not_there_is_told():
    with pytest.raises(InputError, match='there is no image 11; the clip has 11'):
        LabelSheet(11).give(11, BOX)
