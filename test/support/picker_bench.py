# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What the tests of the target picker share: somebody who takes its requests, and clients."""

import asyncio
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
import json
import struct
import time
from typing import Any

from aiatrack_ros.picker.page_server import Reply
from aiatrack_ros.picker.picker_settings import PickerSettings
from aiatrack_ros.picker.server import TargetPicker
from aiatrack_ros.tracking.boxes import Box
import aiohttp
from aiohttp import WSMsgType
import numpy as np
import pytest

DEADLINE = 30.0


def wait_for(condition: Callable[[], Any], what: str) -> Any:
    """Return the first true value of `condition`; fail the test, saying `what`, if none comes."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    pytest.fail(f'not within {DEADLINE:g} s: {what}')


class Requests:
    """Takes the picker's requests and answers as the test says."""

    def __init__(self) -> None:
        self.followed: list[tuple[int, Box]] = []
        self.forgotten = 0
        self.viewers = self.holding = 0
        self.answer = (True, 'target_1')

    def follow(self, stamp: int, box: Box, reply: Reply) -> None:
        self.followed.append((stamp, box))
        reply(*self.answer)

    def forget(self, reply: Reply) -> None:
        self.forgotten += 1
        reply(True, '')

    def viewers_changed(self, viewers: int, holding: int) -> None:
        self.viewers, self.holding = viewers, holding


@contextmanager
def serving(**settings: Any) -> Iterator[tuple[TargetPicker, Requests]]:
    """Serve on a free port."""
    requests = Requests()
    picker = TargetPicker(requests, PickerSettings(**{'port': 0, **settings}))
    picker.start()
    try:
        yield picker, requests
    finally:
        picker.stop()


def grey_picture(width: int = 64, height: int = 48, level: int = 128) -> np.ndarray:
    """Return a picture (H, W, 3) uint8 of one level."""
    return np.full((height, width, 3), level, np.uint8)


def split_picture(data: bytes) -> tuple[dict[str, Any], bytes]:
    """Return header and JPEG of a picture's message."""
    (length,) = struct.unpack('>I', data[:4])
    return json.loads(data[4 : 4 + length]), data[4 + length :]


def with_client(picker, work):
    """Run a test as a client; `work` takes a session and a function that opens a socket."""
    base, _, query = picker.address.partition('?')
    origin = base.rstrip('/')

    async def run():
        async with aiohttp.ClientSession() as session:

            def connect(**headers):
                return session.ws_connect(
                    f'{base}socket?{query}', headers={'Origin': origin, **headers}, max_msg_size=0
                )

            return await work(session, connect)

    return asyncio.run(asyncio.wait_for(run(), 30))


async def receive(connection, kind):
    """Return the next message of a type, 'picture' for binary ones."""
    async for message in connection:
        if message.type is WSMsgType.BINARY:
            if kind == 'picture':
                return split_picture(message.data)[0]
        elif (fields := json.loads(message.data))['type'] == kind:
            return fields
    pytest.fail(f'closed with {connection.close_code} before a {kind}')


async def closed(connection):
    async for _ in connection:
        pass
    return connection.close_code
