# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A subscription that is read by a thread of its own, over real DDS."""

import signal
import threading
import time

from aiatrack_ros.nodes.common import qos_events
from aiatrack_ros.nodes.common.subscription_reader import ReaderCallbackGroup
from aiatrack_ros.nodes.common.subscription_reader import SubscriptionReader
import pytest
import rclpy
from rclpy.impl import implementation_singleton
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from ros_harness import Ros
from ros_harness import wait_for
from std_msgs.msg import Int32

RELIABLE = QoSProfile(depth=20, reliability=ReliabilityPolicy.RELIABLE)
BEST_EFFORT = QoSProfile(depth=20, reliability=ReliabilityPolicy.BEST_EFFORT)


@pytest.fixture
def ros():
    ros = Ros()
    yield ros
    ros.close()


class Listener(Node):
    """Keeps what it hears and on which thread; its callback fails at -1."""

    def __init__(self, see=lambda subscription: subscription, **options):
        super().__init__('listener', **options)
        self.heard, self.threads, self.failures, self.said = [], set(), [], []
        self.subscription = self.create_subscription(
            Int32,
            'topic',
            self._hear,
            RELIABLE,
            callback_group=ReaderCallbackGroup(),
            event_callbacks=qos_events.of_subscription(
                'topic', lambda *what: self.said.append(what)
            ),
        )
        self.reader = SubscriptionReader(self, [see(self.subscription)], self.failures.append)

    def _hear(self, message):
        self.threads.add(threading.current_thread().name)
        if message.data < 0:
            raise ValueError('too little')
        self.heard.append(message.data)

    def destroy_node(self):
        self.reader.stop()
        super().destroy_node()


def sender(qos=RELIABLE):
    def make(**options):
        node = Node('sender', **options)
        node.publisher = node.create_publisher(Int32, 'topic', qos)
        return node

    return make


def matched(sending):
    return wait_for(sending.publisher.get_subscription_count, 'the listener')


def reading():
    return [thread for thread in threading.enumerate() if thread.name == 'reader']


def test_reads_everything_on_its_own_thread(ros):
    listener, sending = ros.spin(Listener), ros.spin(sender())
    matched(sending)
    for number in range(20):
        sending.publisher.publish(Int32(data=number))
    wait_for(lambda: len(listener.heard) == 20, 'all messages')
    assert listener.heard == list(range(20))
    assert listener.threads == {'reader'}


def test_goes_on_after_a_callback_that_failed(ros):
    listener, sending = ros.spin(Listener), ros.spin(sender())
    matched(sending)
    for number in (1, -1, 2):
        sending.publisher.publish(Int32(data=number))
    wait_for(lambda: listener.heard == [1, 2], 'both good messages')
    assert [str(failure) for failure in listener.failures] == ['too little']


def test_reads_the_events_of_its_qos(ros):
    listener = ros.spin(Listener)
    ros.spin(sender(BEST_EFFORT))
    wait_for(lambda: listener.said, 'word of the mismatch')
    assert listener.said[0][0] == 'qos' and 'RELIABILITY' in listener.said[0][1]


def test_is_silent_once_stopped(ros):
    listener, sending = ros.spin(Listener), ros.spin(sender())
    matched(sending)
    sending.publisher.publish(Int32(data=1))
    wait_for(lambda: listener.heard, 'the first message')
    listener.reader.stop()
    sending.publisher.publish(Int32(data=2))
    sending.publisher.wait_for_all_acked()
    assert listener.heard == [1]
    assert not reading()


def test_a_signal_while_it_stops_leaves_it_to_be_stopped_again(ros):
    """The thread is in a callback, and the signal raises where it is waited for."""
    listener, sending = ros.spin(Listener), ros.spin(sender())
    matched(sending)
    begun, ended = threading.Event(), threading.Event()

    def slow(message):
        begun.set()
        time.sleep(1.0)
        ended.set()

    listener.subscription.callback = slow
    sending.publisher.publish(Int32(data=1))
    assert begun.wait(10)

    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(KeyboardInterrupt):
            listener.reader.stop()
    finally:
        signal.signal(signal.SIGALRM, before)
    assert not ended.is_set()
    listener.reader.stop()
    assert ended.is_set() and not reading()


def test_ends_with_ros():
    context = rclpy.Context()
    rclpy.init(context=context)
    listener = Listener(context=context)
    rclpy.shutdown(context=context)
    wait_for(lambda: not reading(), 'the end of the thread')
    assert not listener.failures
    listener.destroy_node()


def test_reads_several_subscriptions_in_the_order_of_their_names(ros):
    listener = ros.spin(lambda **options: Node('listener', **options))
    sending = ros.spin(lambda **options: Node('sender', **options))
    group, heard = ReaderCallbackGroup(), []
    subscriptions, publishers = [], []
    for topic in ('first', 'second', 'third'):
        subscriptions.append(
            listener.create_subscription(
                Int32,
                topic,
                lambda message, topic=topic: heard.append((topic, message.data)),
                RELIABLE,
                callback_group=group,
            )
        )
        publishers.append(sending.create_publisher(Int32, topic, RELIABLE))
    for publisher in publishers:
        wait_for(publisher.get_subscription_count, 'the listener')
    for publisher in reversed(publishers):
        for number in (1, 2):
            publisher.publish(Int32(data=number))
    for publisher in publishers:
        assert publisher.wait_for_all_acked()
    reader = SubscriptionReader(listener, subscriptions, heard.append)
    wait_for(lambda: len(heard) >= 6, 'all messages')
    reader.stop()
    assert heard == [(topic, n) for n in (1, 2) for topic in ('first', 'second', 'third')]


class Changed:
    """Stands for something whole, with some of its parts replaced; None removes one."""

    def __init__(self, whole, parts):
        self.whole, self.parts = whole, parts

    def __getattr__(self, name):
        part = self.parts[name] if name in self.parts else getattr(self.whole, name)
        if part is None:
            raise AttributeError(f'no {name}')
        return part

    def __enter__(self):
        return self.whole.__enter__()

    def __exit__(self, *error):
        return self.whole.__exit__(*error)


def other_rclpy(monkeypatch, wait_set=None, **parts):
    """Give the reader, and nobody else, an rclpy whose wait set has other parts."""
    real = implementation_singleton.rclpy_implementation

    def make(*sizes):
        made = real.WaitSet(*sizes)

        def add_subscription(handle):
            return made.add_subscription(getattr(handle, 'whole', handle))

        return Changed(made, {'add_subscription': add_subscription, **(wait_set or {})})

    parts = {'WaitSet': make, **parts}
    monkeypatch.setattr(implementation_singleton, 'rclpy_implementation', Changed(real, parts))


def handle_with(**parts):
    return lambda subscription: Changed(
        subscription, {'handle': Changed(subscription.handle, parts)}
    )


def without(part):
    return lambda subscription: Changed(subscription, {part: None})


@pytest.mark.parametrize(
    'wait_set', ['clear_entities', 'add_subscription', 'wait', 'get_ready_entities', 'is_ready']
)
def test_wait_set_without_one_of_its_parts_leaves_the_reading_to_the_executor(
    ros, monkeypatch, capfd, wait_set
):
    other_rclpy(monkeypatch, wait_set={wait_set: None})
    assert_the_executor_reads(ros, capfd, f'no {wait_set}')


@pytest.mark.parametrize(
    ('make', 'reason'),
    [(None, 'no WaitSet'), (lambda context: None, 'positional argument')],
    ids=['gone', 'other arguments'],
)
def test_other_wait_set_leaves_the_reading_to_the_executor(ros, monkeypatch, capfd, make, reason):
    other_rclpy(monkeypatch, WaitSet=make)
    assert_the_executor_reads(ros, capfd, reason)


@pytest.mark.parametrize(
    ('see', 'reason'),
    [
        (without('handle'), 'no handle'),
        (without('event_handlers'), 'no event_handlers'),
        (handle_with(take_message=None), 'no take_message'),
        (handle_with(take_message=lambda: None), 'positional argument'),
        (handle_with(take_message=lambda *_: Int32()), 'not subscriptable'),
    ],
)
def test_other_subscription_leaves_the_reading_to_the_executor(
    ros, monkeypatch, capfd, see, reason
):
    other_rclpy(monkeypatch)
    assert_the_executor_reads(ros, capfd, reason, see=see)


def assert_the_executor_reads(ros, capfd, reason, **options):
    listener, sending = ros.spin(Listener, **options), ros.spin(sender())
    matched(sending)
    # The first message may be lost, where taking it is what shows that a part is missing.
    wait_for(
        lambda: sending.publisher.publish(Int32(data=0)) or len(listener.heard) > 1, 'any message'
    )
    for number in range(1, 21):
        sending.publisher.publish(Int32(data=number))
    wait_for(lambda: listener.heard[-20:] == list(range(1, 21)), 'all messages, in their order')
    assert 'reader' not in listener.threads
    assert not reading()
    assert not listener.failures
    ros.spin(sender(BEST_EFFORT))
    wait_for(lambda: listener.said, 'word of the mismatch')
    said = capfd.readouterr().err
    assert said.count('the executor reads it') == 1
    assert reason in said
