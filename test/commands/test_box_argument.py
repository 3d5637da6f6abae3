# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Boxes on the command line, in all the ways that people write them."""

from aiatrack_ros.commands.box_argument import join_boxes
from aiatrack_ros.tracking.boxes import parse_box
import pytest


@pytest.mark.parametrize(
    'words',
    [
        ['--box', '-5,80,30,40'],
        ['--box=-5,80,30,40'],
        ['--box', '-5', '80', '30', '40'],
        ['--box', '-5 80 30 40'],
        ['--box', '-5,', '80,', '30,', '40'],
        ['--box', '-5, 80', '30, 40'],
        ['--box=-5', '80', '30', '40'],
    ],
)
def test_a_box_becomes_one_argument(words: list[str]) -> None:
    before, box, *after = join_boxes(['a.mp4', *words, '7', '--csv', '-1'])
    assert before == 'a.mp4'
    assert after == ['7', '--csv', '-1']  # a folder may have a number for a name
    name, _, value = box.partition('=')
    assert name == '--box'
    assert parse_box(value) == (-5, 80, 30, 40)


@pytest.mark.parametrize(
    'words',
    [
        ['--box', '25%', '25%', '50%', '50%'],
        ['--box', '@corners', '160', '25%', '480', '360'],
        ['--box', '@corners', '-160 25%', '480,', '360'],
        ['--box', '@corners 160,25%,480,360'],
        ['--box=@corners', '160', '25%', '480', '360'],
    ],
)
def test_corners_and_parts_of_the_picture_as_well(words: list[str]) -> None:
    joined = ' '.join(word.removeprefix('--box').removeprefix('=') for word in words).strip()
    assert join_boxes([*words, 'a.mp4']) == [f'--box={joined}', 'a.mp4']


@pytest.mark.parametrize(
    'argv',
    [
        ['--box'],
        ['--box', '--csv', 'x'],
        ['--box', 'here', 'a.mp4'],
        ['--boxes', '-1,2,3,4'],
        ['track', 'a.mp4', '--threads', '-1'],
    ],
)
def test_all_else_is_left_alone(argv: list[str]) -> None:
    assert join_boxes(argv) == argv


def test_a_slip_is_told_as_one_of_a_box() -> None:
    assert join_boxes(['--box', '-5,80,3o,40']) == ['--box=-5,80,3o,40']
