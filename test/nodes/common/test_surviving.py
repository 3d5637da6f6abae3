# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A callback raises nothing, and says in one line what it did not take."""

from aiatrack_ros.errors import InputError
from aiatrack_ros.nodes.common.surviving import surviving


def test_what_a_callback_raises_becomes_a_line():
    said, taken = [], []

    def take(message):
        """Keep a message, or raise one that is an error."""
        if isinstance(message, Exception):
            raise message
        taken.append(message)

    callback = surviving(take, 'tracks not used', said.append)
    assert callback.__doc__ == take.__doc__
    for message in (1, InputError('it is rotated'), KeyError('state'), 2):
        callback(message)
    assert taken == [1, 2]
    assert said == [
        'tracks not used: it is rotated',
        "tracks not used: KeyError: 'state'",
    ]


def test_the_end_of_a_process_is_nobodys_message():
    def end(message):
        raise KeyboardInterrupt

    try:
        surviving(end, 'tracks not used', print)(1)
    except KeyboardInterrupt:
        return
    raise AssertionError('Ctrl-C was taken for a message')
