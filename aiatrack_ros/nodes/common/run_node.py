# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""From the command line to a node and back to a clean end, for Humble, Jazzy and Kilted alike."""

from collections.abc import Callable
import ctypes
import platform
import re
import signal
import sys
from typing import Any

from aiatrack_ros.errors import AiATrackError
from aiatrack_ros.nodes.common.parameter_arguments import unused_parameters
import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException
from rclpy.executors import SingleThreadedExecutor
import rclpy.logging
from rclpy.logging import LoggingSeverity
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

EXIT_OK, EXIT_FAILURE, EXIT_USAGE = 0, 1, 2
_M_ARENA_MAX = -8  # of malloc.h


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _keep_one_heap() -> None:
    """
    Have all threads allocate from one heap, where the C library can be told to (glibc).

    Images are taken by one thread, worked on by another and let go of by either. With a heap for
    each thread, a process that tracks for hours grows by some MiB that nobody uses.
    """
    if platform.libc_ver()[0] == 'glibc':
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def run_node(
    make_node: Callable[[], Node], args: list[str] | None = None, last_words: bool = False
) -> int:
    """
    Make a node and spin it until Ctrl-C, SIGTERM or, if it has the attribute `done`, its end.

    A node may have `start() -> bool`, called before it spins; False ends the process with code 2.
    `done` is an rclpy Future whose result is the exit code. With `last_words` the node can still
    publish in destroy_node(), where ROS otherwise ends with the signal. Returns the exit code.

    What a user did wrong shows when the node is made or started, and is one line and code 2. What
    a callback raises after that is a bug: the node is destroyed, and it is raised.
    """
    _keep_one_heap()
    # Of wrong arguments rcl writes a line too, which says less than ours.
    rclpy.logging.set_logger_level('rcl', LoggingSeverity.FATAL)
    try:
        rclpy.init(
            args=args,
            signal_handler_options=(
                SignalHandlerOptions.NO if last_words else SignalHandlerOptions.ALL
            ),
        )
    except Exception as error:  # rclpy has no name of its own for wrong arguments
        print(f'error: {_argument_error(error)}', file=sys.stderr)
        return EXIT_USAGE
    if rclpy.logging.get_logger_level('rcl') == LoggingSeverity.FATAL:  # not told otherwise
        rclpy.logging.set_logger_level('rcl', LoggingSeverity.UNSET)
    if last_words:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)
    node: Any = None
    code = EXIT_OK
    try:
        try:
            node = make_node()
            for line in unused_parameters(node, sys.argv if args is None else args):
                node.get_logger().warning(line)
            started = getattr(node, 'start', lambda: True)()
        except (AiATrackError, ParameterException, ValueError) as error:
            print(f'error: {error}', file=sys.stderr)
            started = False
        if not started:
            code = EXIT_USAGE
        elif hasattr(node, 'done'):
            rclpy.spin_until_future_complete(node, node.done)
            code = node.done.result() if node.done.done() else EXIT_OK
        elif last_words:
            _spin_to_signal(node)
        else:
            rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except Exception:
        # The signal that ends ROS may come while the executor uses it.
        if rclpy.ok():
            raise
    finally:
        # Under ros2 launch, Ctrl-C arrives twice; the second must not break the clean end. rclpy
        # puts back the handlers that it found, so it takes two times as well.
        _ignore_interrupts()
        if node is not None:
            node.destroy_node()
        if rclpy.ok():
            rclpy.shutdown()
        _ignore_interrupts()
    return code


def _argument_error(error: Exception) -> str:
    """Return what is wrong with the arguments of ROS, without the places in its source."""
    text = ' '.join(re.sub(r', at \S+:\d+', '', str(error)).split())
    text = text.removeprefix('failed to initialize rcl: ')
    if type(error).__name__ == 'UnknownROSArgsError':
        return f'ROS knows no arguments {text}; see ros2 run --help'
    if 'rule' in text:
        text += '; give -r FROM:=TO, or -p NAME:=VALUE'
    elif 'params file' in text:
        text += '; give a YAML file of NODE: ros__parameters: NAME: VALUE'
    return text


def finish(node: Any, code: int, text: str) -> None:
    """End a node that has `done` with an exit code; `text` is its last word in the log."""
    if code == EXIT_OK:
        node.get_logger().info(text)
    else:
        node.get_logger().error(text)
    if not node.done.done():
        node.done.set_result(code)


def _spin_to_signal(node: Node) -> None:
    """Spin, with a look now and then for the signals that Python handles itself."""
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    while rclpy.ok():
        executor.spin_once(timeout_sec=0.2)
