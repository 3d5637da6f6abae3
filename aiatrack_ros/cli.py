# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The command ``aiatrack``: all that can be done without ROS, as subcommands."""

import argparse
from collections.abc import Sequence
import importlib
import os
import select
import signal
import sys
from typing import TextIO

from aiatrack_ros import __version__
from aiatrack_ros.commands.box_argument import join_boxes
from aiatrack_ros.errors import AiATrackError

# The name, module and summary of each subcommand. A module has DESCRIPTION, add_arguments(parser)
# and run(arguments). It is imported only when its command is called, so that --help answers at
# once.
COMMANDS = (
    (
        'track',
        'aiatrack_ros.commands.track',
        'follow one target through a video or a folder of pictures',
    ),
    (
        'replay',
        'aiatrack_ros.commands.replay',
        'track through a clip of the recorder again, and compare',
    ),
    (
        'explain',
        'aiatrack_ros.commands.explain',
        'say why the target was lost in a clip, as a page',
    ),
    (
        'label',
        'aiatrack_ros.commands.label',
        'correct the boxes of a clip, for training and evaluation',
    ),
    (
        'eval',
        'aiatrack_ros.commands.evaluate',
        'measure accuracy on sequences with ground truth',
    ),
    ('bench', 'aiatrack_ros.commands.bench', 'measure the speed of every engine here'),
    ('train', 'aiatrack_ros.commands.train', 'train a network, or tune one to your camera'),
    (
        'validate',
        'aiatrack_ros.commands.validate',
        'compare networks on what a training run holds out',
    ),
    ('export', 'aiatrack_ros.commands.export', 'write the network as an ONNX graph'),
    ('weights', 'aiatrack_ros.commands.weights', 'list, verify, convert and fetch weights'),
    (
        'parity',
        'aiatrack_ros.commands.parity',
        'compare every stage of the network with recorded truth',
    ),
)


def _parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='aiatrack',
        description='Follow one target that a person points at (AiATrack, ECCV 2022).',
        epilog="'aiatrack COMMAND --help' tells more of a command.",
    )
    parser.add_argument('--version', action='version', version=f'aiatrack {__version__}')
    commands = parser.add_subparsers(dest='command', metavar='COMMAND', required=True)
    for name, path, summary in COMMANDS:
        command = commands.add_parser(
            name, help=summary, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        if name in argv[:1]:
            module = importlib.import_module(path)
            command.description = module.DESCRIPTION
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: The words behind ``aiatrack``; None takes those of the process.

    Returns:
        The exit code: 0 if all is done, 1 if a check failed, 2 for what a user did wrong, which is
        printed as one line, 130 after Ctrl-C, and 141 if nobody reads the output any more, as
        behind ``| head``.
    """
    try:
        try:
            return _run(argv)
        finally:
            # What was printed may still wait here, and what the interpreter can't write at its
            # end becomes a traceback.
            for stream in _streams():
                stream.flush()
    except BrokenPipeError:
        broken = [stream for stream in _streams() if _is_broken(stream)]
        if not broken:  # it was another pipe, such as one to a process of ours
            raise
        for stream in broken:
            _silence(stream)
        return 128 + signal.SIGPIPE


def _run(argv: Sequence[str] | None) -> int:
    argv = join_boxes(sys.argv[1:] if argv is None else argv)
    args = _parser(argv).parse_args(argv)
    try:
        code: int = args.run(args)
        return code
    except AiATrackError as error:
        print(f'aiatrack {args.command}: {error}', file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f'aiatrack {args.command}: interrupted', file=sys.stderr)
        return 130


def _streams() -> list[TextIO]:
    """Return the standard streams that a command writes to; one that was closed is None."""
    return [stream for stream in (sys.stdout, sys.stderr) if stream is not None]


def _is_broken(stream: TextIO) -> bool:
    """Return whether nobody is left who could read what a stream is given."""
    poll = select.poll()
    try:
        poll.register(stream.fileno(), 0)
    except (OSError, ValueError):  # it is none of the system
        return False
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


def _silence(stream: TextIO) -> None:
    """Let what a stream still holds go nowhere, so that the interpreter ends without a word."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


if __name__ == '__main__':
    sys.exit(main())
