# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A drag of the mouse makes a box."""

from aiatrack_ros.errors import InputError
from aiatrack_ros.picker.drag_selection import DragSelection
import pytest


def test_box_from_press_to_release():
    selection = DragSelection()
    assert not selection.active
    selection.press((50.5, 60.5), 640, 480)
    selection.move((20.0, 70.0))
    assert selection.dragging
    assert selection.outline() == ((50.5, 60.5), (20.0, 70.0))
    selection.release((10.5, 90.5))
    assert selection.active and not selection.dragging
    assert selection.box(4) == (10.5, 60.5, 40, 30)
    selection.move((300, 300))  # the button is up
    assert selection.box(4) == (10.5, 60.5, 40, 30)


def test_mouse_may_leave_the_picture():
    selection = DragSelection()
    selection.press((600, 400), 640, 480)
    selection.release((900, -20))
    assert selection.box(4) == (600, 0, 40, 400)


def test_second_press_and_clear_begin_anew():
    selection = DragSelection()
    selection.press((10, 10), 640, 480)
    selection.release((90, 90))
    selection.press((100, 100), 640, 480)
    selection.release((120, 130))
    assert selection.box(4) == (100, 100, 20, 30)
    selection.clear()
    assert not selection.active
    with pytest.raises(InputError, match='no box is drawn'):
        selection.box(4)


def test_slip_is_refused():
    selection = DragSelection()
    selection.press((10, 10), 640, 480)
    selection.release((13, 40))
    with pytest.raises(InputError, match=r'3.0 x 30.0 pixels is too small'):
        selection.box(4)
