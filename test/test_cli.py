# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The command line: help without traceback, and a user's mistakes in one line."""

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
