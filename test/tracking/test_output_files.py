# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Outputs are refused where they can't be written or would destroy what is read."""

import os
from pathlib import Path

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.output_files import check_output
from aiatrack_ros.tracking.output_files import hold
from aiatrack_ros.tracking.output_files import refuse_overwriting
import pytest


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder, with a film under four names and a folder of one picture."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'a.mp4').write_bytes(b'film')
    (tmp_path / 'symbolic.mp4').symlink_to('a.mp4')
    os.link('a.mp4', 'hard.mp4')
    (tmp_path / 'pictures').mkdir()
    (tmp_path / 'pictures' / '0.png').write_bytes(b'picture')
    (tmp_path / 'pictures' / 'boxes.csv').write_text('of the last run')
    return tmp_path


@pytest.mark.parametrize(
    'name', ['a.mp4', './a.mp4', 'pictures/../a.mp4', 'symbolic.mp4', 'hard.mp4']
)
@pytest.mark.parametrize('source', ['a.mp4', 'hard.mp4', 'symbolic.mp4'])
def test_an_input_is_no_output_under_any_name(folder: Path, name: str, source: str) -> None:
    for output in (name, folder / name):
        with pytest.raises(InputError, match='would destroy its own input'):
            refuse_overwriting({'output': None, 'csv': output}, ('', source))


def test_pictures_of_a_folder_are_inputs_and_results_beside_them_are_not(folder: Path) -> None:
    with pytest.raises(InputError, match="csv 'pictures/0.png' would destroy its own input"):
        refuse_overwriting({'csv': 'pictures/0.png'}, ('pictures',))
    refuse_overwriting({'csv': 'pictures/boxes.csv', 'output': 'pictures/o.mp4'}, ('pictures',))


def test_pictures_are_not_written_among_those_that_are_read(folder: Path) -> None:
    for source in ('pictures', 'pictures/000000.jpg', folder / 'pictures' / '1.jpg'):
        with pytest.raises(InputError, match="output 'pictures' would destroy its own input"):
            refuse_overwriting({'output': './pictures'}, (source,))
    refuse_overwriting({'output': '.'}, ('pictures', 'pictures/1.jpg', 'a.mp4'))


@pytest.mark.parametrize('second', ['new.mp4', './new.mp4', 'link.mp4'])
def test_two_outputs_are_two_files(folder: Path, second: str) -> None:
    (folder / 'link.mp4').symlink_to('new.mp4')
    with pytest.raises(InputError, match=f"csv '{Path(second)}' is the file of output too"):
        refuse_overwriting({'output': 'new.mp4', 'csv': second}, ('a.mp4',))


def test_what_destroys_nothing_is_let_through(folder: Path) -> None:
    refuse_overwriting({'output': 'b.mp4', 'csv': 'b.csv'}, ('a.mp4', None, 'rtsp://camera/1'))
    refuse_overwriting({'output': 'a.mp4'}, ('pictures',))


def test_outputs_that_cannot_be_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="csv 'no/b.csv' can't be written: its folder does not"):
        check_output('csv', 'no/b.csv')
    with pytest.raises(InputError, match='it is a folder'):
        check_output('csv', 'pictures')
    monkeypatch.setattr(os, 'access', lambda path, mode: False)  # root may write everywhere
    with pytest.raises(InputError, match='no permission'):
        check_output('csv', 'b.csv')


def test_readers_share_a_file_and_writers_do_not(folder: Path) -> None:
    first, second = hold(folder / 'a.mp4', False), hold(folder / 'symbolic.mp4', False)
    with pytest.raises(BlockingIOError):
        hold(folder / 'hard.mp4', True)
    first.close()
    second.close()
    writer = hold(folder / 'hard.mp4', True)
    with pytest.raises(BlockingIOError):
        hold(folder / 'a.mp4', False)
    writer.close()
    assert hold(folder / 'none.mp4', True) is None
