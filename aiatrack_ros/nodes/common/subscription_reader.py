# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
A thread that takes the messages of a few subscriptions.

An executor of rclpy gathers all that a node waits for, some thirty things, anew for every message,
and more than once. At a camera's rate that costs more than all else that an idle tracker does. A
reader waits for its subscriptions alone, and nothing that the node is busy with keeps it waiting.
"""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import functools
import threading
from typing import Any
from typing import cast
from typing import ParamSpec
from typing import TypeVar

from aiatrack_ros.daemon_thread import DaemonThread
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.node import Node
from rclpy.subscription import Subscription

P = ParamSpec('P')
R = TypeVar('R')

# So often, in nanoseconds, a reader without messages looks whether it is to stop.
_LOOK = 100_000_000


class ReaderCallbackGroup(MutuallyExclusiveCallbackGroup):
    """
    Has executors leave subscriptions, with the events of their QoS, to their reader.

    The events too, for Fast DDS wakes who waits for an event of a subscription with its messages.
    """

    def __init__(self) -> None:
        super().__init__()
        self._released = False

    def release(self) -> None:
        """Give the subscriptions to the executor of their node, as any others."""
        self._released = True

    def can_execute(self, entity: Any) -> bool:
        """Return False, as long as no executor is to wait for this."""
        return self._released and super().can_execute(entity)


class _OtherRclpyError(Exception):
    """What the reader stands on is not what it was written for."""


def _of_rclpy(method: Callable[P, R]) -> Callable[P, R]:
    """Tell what a method meets in an rclpy with other parts from what the middleware raises."""

    @functools.wraps(method)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(*args, **kwargs)
        except (AttributeError, ImportError, LookupError, TypeError) as error:
            raise _OtherRclpyError(error) from error

    return told


class SubscriptionReader:
    """
    Reads subscriptions of a node until it is stopped, or ROS ends.

    They have to be in a ReaderCallbackGroup, and to be destroyed after `stop`. Their callbacks,
    those of their events too, are called on the reader's thread; of messages that have come
    meanwhile, first that of the subscription that is named first. `failed` gets what taking a
    message or a callback raised; the next message is waited for then.

    It stands on what rclpy.wait_for_message is made of, which is the same in Humble, Jazzy and
    Kilted (rclpy 3 to 9), and nowhere promised. Where something of it is missing or answers
    otherwise, the node says so once and its executor reads them from then on: slower,
    behind whatever else the node does, and not surviving what a callback raises.

    That may happen in Lyrical, whose rclpy 10 has reworked its entities and could not be tried. It
    has setters of callbacks for new messages, on the same private handles; those call Python from
    a thread of the middleware, where an exception ends the process, so they are not used here.
    """

    def __init__(
        self,
        node: Node,
        subscriptions: Sequence[Subscription],
        failed: Callable[[Exception], None],
    ) -> None:
        self._node = node
        self._subscriptions = tuple(subscriptions)
        self._context = node.context
        self._failed = failed
        self._stopped = threading.Event()
        self._thread = DaemonThread(self._run, 'reader')
        self._thread.start()

    def stop(self) -> None:
        """End the thread, after the messages in work; again, where a signal has cut it short."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._read_all()
        except _OtherRclpyError as error:
            if self._context.ok():
                with contextlib.suppress(Exception):  # the end of ROS may come now
                    self._leave_to_executor(error)

    def _leave_to_executor(self, error: Exception) -> None:
        topics = ', '.join(subscription.topic_name for subscription in self._subscriptions)
        self._node.get_logger().warning(
            f'this rclpy has no such parts as the reader of {topics} '
            f'needs ({error}); the executor reads it, which costs more of the processor'
        )
        for subscription in self._subscriptions:
            cast(ReaderCallbackGroup, subscription.callback_group).release()
        if self._node.executor is not None:
            self._node.executor.wake()  # it has gathered what it waits for without this

    def _read_all(self) -> None:
        with contextlib.ExitStack() as held:  # so that nothing is destroyed while it is waited for
            wait_set = self._make_wait_set(held)
            while not self._stopped.is_set() and self._context.ok():
                with self._surviving():
                    for callback, content in self._take(wait_set):
                        with self._surviving():
                            callback(content)

    @contextlib.contextmanager
    def _surviving(self) -> Iterator[None]:
        try:
            yield
        except _OtherRclpyError:
            raise
        except Exception as error:
            # The end of ROS may come while the thread waits.
            if self._context.ok():
                with contextlib.suppress(Exception):  # the thread outlives its complaints
                    self._failed(error)

    @_of_rclpy
    def _make_wait_set(self, held: contextlib.ExitStack) -> Any:
        from rclpy.impl.implementation_singleton import rclpy_implementation

        # Jazzy's annotation says that it is one handler.
        events: list[Any] = [
            event
            for subscription in self._subscriptions
            for event in cast(Iterable[Any], subscription.event_handlers)
        ]
        handles = [subscription.handle for subscription in self._subscriptions]
        context: Any = self._context.handle
        for each in (context, *handles, *events):
            held.enter_context(each)
        return rclpy_implementation.WaitSet(len(handles), 0, 0, 0, 0, len(events), context)

    @_of_rclpy
    def _take(self, wait_set: Any) -> list[tuple[Callable[[Any], object], Any]]:
        """Wait for a look; return the callbacks that are due, with what each is to get."""
        due: list[tuple[Callable[[Any], object], Any]] = []
        handlers: list[Any] = []
        wait_set.clear_entities()
        for subscription in self._subscriptions:
            wait_set.add_subscription(subscription.handle)
            handlers += cast(Iterable[Any], subscription.event_handlers)
        for handler in handlers:
            handler.add_to_wait_set(wait_set)
        wait_set.wait(_LOOK)
        events = [each for each in handlers if each.is_ready(wait_set)]
        ready = wait_set.get_ready_entities('subscription')
        for subscription in self._subscriptions:
            if subscription.handle.pointer in ready:
                taken = subscription.handle.take_message(subscription.msg_type, subscription.raw)
                if taken is not None:
                    due.append((cast(Callable[[Any], None], subscription.callback), taken[0]))
        for handler in events:
            event = handler.take_data()
            if event is not None:
                due.append((handler.callback, event))
        return due
