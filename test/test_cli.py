# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The command line: help without traceback, and a user's mistakes in one line."""

import os
import subprocess
import sys

from aiatrack_ros import cli
import pytest


@pytest.mark.parametrize('name', [name for name, _, _ in cli.COMMANDS])
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main([name, '--help'])
    assert caught.value.code == 0
    printed = capsys.readouterr().out
    assert f'aiatrack {name}' in printed
    assert len(printed.splitlines()) > 8


def test_help_lists_the_commands(capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit):
        cli.main(['--help'])
    printed = capsys.readouterr().out
    assert all(name in printed for name, _, _ in cli.COMMANDS)


def test_mistakes_end_with_code_two_and_one_line(capsys: pytest.CaptureFixture) -> None:
    assert cli.main(['track', 'no.mp4', '--box', '1,2,3,4']) == 2
    error = capsys.readouterr().err
    assert error == "aiatrack track: video 'no.mp4' does not exist; give a video or a folder\n"


def test_interruption_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    from aiatrack_ros.commands import track

    def interrupt(args: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(track, 'run', interrupt)
    assert cli.main(['track', 'a.mp4', '--box', '1,2,3,4']) == 130
    assert capsys.readouterr().err == 'aiatrack track: interrupted\n'


# As people mostly have it, and as a container has it that shows its log at once.
@pytest.mark.parametrize('unbuffered', ['', '1'])
@pytest.mark.parametrize(
    ('words', 'stream'),
    [
        (['weights', 'list'], 'stdout'),
        (['train', '--help'], 'stdout'),
        (['track', 'no.mp4', '--box', '1,2,3,4'], 'stderr'),
    ],
)
def test_where_nobody_reads_on_it_ends_without_a_word(
    words: list[str], stream: str, unbuffered: str
) -> None:
    other = {'stdout': 'stderr', 'stderr': 'stdout'}[stream]
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, '-m', 'aiatrack_ros.cli', *words],
            env={**os.environ, 'PYTHONUNBUFFERED': unbuffered},
            text=True,
            check=False,
            **{stream: writer, other: subprocess.PIPE},
        )
    finally:
        os.close(writer)
    assert getattr(done, other) == ''
    # argparse looks over it where nothing is buffered.
    assert done.returncode in ((0, 141) if '--help' in words else (141,))


def test_behind_head_the_first_line_comes_and_nothing_else() -> None:
    line = f'"{sys.executable}" -m aiatrack_ros.cli weights list | head -n 1'
    done = subprocess.run(['sh', '-c', line], capture_output=True, text=True, check=False)
    assert done.stdout == 'aiatrack_lite: comes with the package\n'
    assert done.stderr == ''


def test_another_broken_pipe_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    from aiatrack_ros.commands import track

    def fail(args: object) -> int:
        raise BrokenPipeError('of a process that encodes')

    monkeypatch.setattr(track, 'run', fail)
    with pytest.raises(BrokenPipeError, match='encodes'):
        cli.main(['track', 'a.mp4', '--box', '1,2,3,4'])
