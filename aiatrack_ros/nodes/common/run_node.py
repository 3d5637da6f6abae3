# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""From the command line to a node, and from there to a clean end, in every distribution."""

from collections.abc import Callable
import ctypes
import os
import platform
import re
import signal
import sys
from typing import Any

from aiatrack_ros.errors import AiATrackError
from aiatrack_ros.nodes.common.parameter_arguments import unused_parameters
import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import Executor
from rclpy.executors import ExternalShutdownException
import rclpy.logging
from rclpy.logging import LoggingSeverity
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

EXIT_OK, EXIT_FAILURE, EXIT_USAGE = 0, 1, 2
_M_ARENA_MAX = -8  # from malloc.h
_NICENESS = 5  # of a node that gives way: a third of the weight of one that does not


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _keep_one_heap() -> None:
    """
    Have all threads allocate from one heap, if the C library is glibc, which can be told to.

    Images are received by one thread, used by another, and freed by either. With a heap for each
    thread, a process that tracks for hours grows by some MiB that nobody uses.
    """
    if platform.libc_ver()[0] == 'glibc':
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def _give_way() -> None:
    """
    Have what this thread does, and all threads that it starts, wait for others' work.

    As a batch process it never interrupts what runs when a message wakes it, and where all cores
    are busy it gets a third of an equal share. Where the system or the user has chosen another way
    of scheduling, that stays.
    """
    if sys.platform == 'linux' and os.sched_getscheduler(0) == os.SCHED_OTHER:
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        os.nice(_NICENESS)


def run_node(
    make_node: Callable[[], Node],
    args: list[str] | None = None,
    last_words: bool = False,
    gives_way: bool = False,
) -> int:
    """
    Make a node and spin it until Ctrl-C, SIGTERM or, if it has the attribute `done`, its end.

    What a user did wrong shows when the node is made or started; it is printed as one line, and
    the exit code is 2. What a callback raises after that is a bug: the node is destroyed, and the
    error is raised.

    Args:
        make_node: Makes the node. If the node has `start() -> bool`, that is called before it
            spins, and False stands for exit code 2. If it has `done`, an rclpy Future, it spins
            until that is done, and its result is the exit code.
        args: The arguments of ROS; None stands for those of the process.
        last_words: Whether the node wants to publish in destroy_node(). Otherwise ROS has ended by
            then if a signal came.
        gives_way: Whether others' work on this machine comes before that of the node.

    Returns:
        The exit code.
    """
    _keep_one_heap()
    if gives_way:
        _give_way()  # before ROS starts its threads
    # rcl also writes a line about wrong arguments, which says less than ours.
    rclpy.logging.set_logger_level('rcl', LoggingSeverity.FATAL)
    try:
        rclpy.init(
            args=args,
            signal_handler_options=(
                SignalHandlerOptions.NO if last_words else SignalHandlerOptions.ALL
            ),
        )
    except KeyboardInterrupt:
        return EXIT_OK
    except Exception as error:  # rclpy raises errors of several types for wrong arguments
        print(f'error: {_argument_error(error)}', file=sys.stderr)
        return EXIT_USAGE
    # If the arguments have set no level for rcl, it gets its own one back.
    if rclpy.logging.get_logger_level('rcl') == LoggingSeverity.FATAL:
        rclpy.logging.set_logger_level('rcl', LoggingSeverity.UNSET)
    if last_words:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)
    node: Any = None
    code = EXIT_OK
    try:
        # Before the node, which may say that it is there: a signal that came while an executor is
        # made would leave half of one, about which rclpy writes a traceback when it is deleted.
        executor = rclpy.get_global_executor()
        try:
            node = make_node()
            for line in unused_parameters(node, sys.argv if args is None else args):
                node.get_logger().warning(line)
            started = getattr(node, 'start', lambda: True)()
        except (AiATrackError, ParameterException, ValueError) as error:
            print(f'error: {error}', file=sys.stderr)
            started = False
        except RuntimeError as error:  # rclpy has no public name for the errors of rcl
            if not rclpy.ok() or 'error creating node' not in str(error):
                raise
            # The middleware writes the reason itself; it does not reach rcl.
            print(
                'error: the middleware does not start, for the reason above; see what it is told '
                'by the environment (docs/middleware.md)',
                file=sys.stderr,
            )
            started = False
        if not started:
            code = EXIT_USAGE
        elif hasattr(node, 'done'):
            rclpy.spin_until_future_complete(node, node.done, executor)
            code = node.done.result() if node.done.done() else EXIT_OK
        elif last_words:
            _spin_to_signal(node, executor)
        else:
            rclpy.spin(node, executor)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except Exception:
        # When a signal has ended ROS, the executor may fail in the middle of using it.
        if rclpy.ok():
            raise
    finally:
        # Under ros2 launch, Ctrl-C arrives twice, and the second must not break the clean end. The
        # handlers have to be set twice too, because shutdown puts back those that rclpy found.
        _ignore_interrupts()
        if node is not None:
            node.destroy_node()
        if rclpy.ok():
            rclpy.shutdown()
        _ignore_interrupts()
    return code


def _argument_error(error: Exception) -> str:
    """Return what is wrong with the arguments of ROS, without places in its source code."""
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
    """
    End a node that has `done`, as in run_node, with an exit code.

    `text` is its last line in the log, an error unless the code is EXIT_OK.
    """
    if code == EXIT_OK:
        node.get_logger().info(text)
    else:
        node.get_logger().error(text)
    if not node.done.done():
        node.done.set_result(code)


def _spin_to_signal(node: Node, executor: Executor) -> None:
    """Spin, and return to Python often enough for it to handle a signal."""
    executor.add_node(node)
    while rclpy.ok():
        executor.spin_once(timeout_sec=0.2)
