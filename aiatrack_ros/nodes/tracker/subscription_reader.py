# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
A thread that takes the messages of one subscription.

An executor of rclpy gathers all that a node waits for, some thirty things, anew for every message,
and more than once. At a camera's rate that costs more than all else that an idle tracker does. A
reader waits for its subscription alone, and nothing that the node is busy with keeps it waiting.
"""

from collections.abc import Callable
import contextlib
import threading
from typing import Any
from typing import cast

from rclpy.callback_groups import CallbackGroup
from rclpy.context import Context

# What rclpy.wait_for_message is made of, in Humble, Jazzy and Kilted alike.
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.subscription import Subscription

# So often, in nanoseconds, a reader without messages looks whether it is to stop.
_LOOK = 100_000_000


class ReaderCallbackGroup(CallbackGroup):
    """
    Has executors leave a subscription, with the events of its QoS, to its reader.

    The events too, for Fast DDS wakes who waits for an event of a subscription with its messages.
    """

    def can_execute(self, entity: Any) -> bool:
        """Return False: no executor is to wait for this."""
        return False

    def beginning_execution(self, entity: Any) -> bool:
        """Return False: no executor is to execute this."""
        return False

    def ending_execution(self, entity: Any) -> None:
        """Do nothing; no execution begins."""


class SubscriptionReader:
    """
    Reads a subscription until it is stopped, or ROS ends.

    The subscription has to be in a ReaderCallbackGroup, and to be destroyed after `stop`. Its
    callbacks, those of its events too, are called on the reader's thread. `failed` gets what
    taking a message or a callback raised; the next message is waited for then.
    """

    def __init__(
        self, subscription: Subscription, context: Context, failed: Callable[[Exception], None]
    ) -> None:
        self._subscription = subscription
        self._context = context
        self._failed = failed
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name='reader', daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread, after the message in work."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        subscription = self._subscription
        context: Any = self._context.handle
        with contextlib.ExitStack() as held:  # so that nothing is destroyed while it is waited for
            for each in (context, subscription.handle, *subscription.event_handlers):
                held.enter_context(each)
            wait_set = rclpy_implementation.WaitSet(
                1, 0, 0, 0, 0, len(subscription.event_handlers), context
            )
            while not self._stopped.is_set() and self._context.ok():
                try:
                    self._read(wait_set)
                except Exception as error:
                    # The end of ROS may come while the thread waits.
                    if self._context.ok():
                        with contextlib.suppress(Exception):  # the thread outlives its complaints
                            self._failed(error)

    def _read(self, wait_set: Any) -> None:
        subscription = self._subscription
        wait_set.clear_entities()
        wait_set.add_subscription(subscription.handle)
        for handler in subscription.event_handlers:
            handler.add_to_wait_set(wait_set)
        wait_set.wait(_LOOK)
        events = [each for each in subscription.event_handlers if each.is_ready(wait_set)]
        if wait_set.get_ready_entities('subscription'):
            taken = subscription.handle.take_message(subscription.msg_type, subscription.raw)
            if taken is not None:
                cast(Callable[[Any], None], subscription.callback)(taken[0])
        for handler in events:
            event = handler.take_data()
            if event is not None:
                handler.callback(event)
