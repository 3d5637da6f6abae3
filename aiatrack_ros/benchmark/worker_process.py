# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A process that holds one object and does what it is told with it, one call after the other.

Thread pools of two libraries get in each other's way, and peak memory belongs to a process: so
each configuration of a benchmark has one, which sleeps while another is measured.
"""

from collections.abc import Callable
import contextlib
import multiprocessing
from multiprocessing.connection import Connection
import os
import subprocess
import sys
import traceback
from typing import Any

from aiatrack_ros.errors import AiATrackError
from aiatrack_ros.errors import DeviceError

_END_SECONDS = 2.0  # a process gets so long to end by itself


class Worker:
    """An object in another process; a context manager that ends the process.

    The process starts at once, and imports what it needs until ``make`` is called. It is not made
    by multiprocessing, whose processes begin by running the script of their parent.

    Args:
        name: What errors call it.
        maker: A class or function that makes the object; the process imports it by its name.
    """

    def __init__(self, name: str, maker: Callable[..., Any]) -> None:
        self._name = name
        self._connection, theirs = multiprocessing.Pipe()
        self._process = subprocess.Popen(
            [sys.executable, '-m', __name__, str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            env={**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,  # Ctrl-C is for the parent, which ends this process
        )
        theirs.close()
        self._connection.send(maker)

    def make(self, *arguments: Any) -> None:
        """Make the object from arguments that can be pickled, and wait until it is made.

        Raises:
            AiATrackError: The maker raised it.
            DeviceError: The process died.
            RuntimeError: The maker raised anything else; the text is its traceback.
        """
        self._ask(arguments)

    def call(self, method: str, *arguments: Any) -> Any:
        """Call a method of the object and return its result; raise what ``make`` raises."""
        return self._ask((method, arguments))

    def _ask(self, message: tuple[Any, ...]) -> Any:
        try:
            self._connection.send(message)
            done, value = self._connection.recv()
        except (EOFError, OSError):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_SECONDS)
            raise DeviceError(
                f'{self._name}: its process died (exit code {self._process.returncode}); memory '
                'may have run out'
            ) from None
        if done:
            return value
        raise value

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._connection.close()
        self._process.terminate()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> 'Worker':
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _serve(connection: Connection) -> None:
    """Make the object and answer calls until the other side is gone."""
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        maker = connection.recv()
        done, held = _attempt(maker, connection.recv())
        connection.send((done, None if done else held))
        while done:
            method, arguments = connection.recv()
            connection.send(_attempt(getattr(held, method), arguments))


def _attempt(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[bool, Any]:
    """Call a function; return True and its result, or False and an error that can be pickled."""
    try:
        return True, function(*arguments)
    except AiATrackError as error:
        return False, error
    except Exception:
        # A traceback can't be sent to another process, but its text can.
        return False, RuntimeError(traceback.format_exc())


if __name__ == '__main__':
    _serve(Connection(int(sys.argv[1])))
