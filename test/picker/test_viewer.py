# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A page is sent only the newest picture, and only as fast as the page takes pictures."""

import asyncio

from aiatrack_ros.picker.picture_feed import PictureFeed
from aiatrack_ros.picker.viewer import BURST
from aiatrack_ros.picker.viewer import Viewer
from aiatrack_ros.picker.viewer import WINDOW
from picker_bench import grey_picture
from picker_bench import split_picture


class Line:
    """Keeps what is sent, and holds it up while the gate is closed."""

    def __init__(self):
        self.sent = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def send_str(self, text):
        await self.gate.wait()
        self.sent.append(text)

    async def send_bytes(self, data):
        await self.gate.wait()
        self.sent.append(split_picture(data)[0]['number'])


def in_loop(work):
    async def run():
        line = Line()
        viewers = []
        feed = PictureFeed(64, 80, 0.001, lambda: [v.wake() for v in viewers], lambda _: None)
        viewers.append(Viewer(line, feed))
        task = asyncio.ensure_future(viewers[0].send_all())
        try:
            await work(viewers[0], line, feed)
        finally:
            task.cancel()
            feed.close()

    asyncio.run(asyncio.wait_for(run(), 20))


async def show(feed, count=1):
    for _ in range(count):
        number = feed.number
        feed.offer(number, grey_picture)
        while feed.number == number:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.03)


def test_no_more_pictures_are_on_their_way_than_the_window_holds():
    async def work(viewer, line, feed):
        await show(feed, WINDOW + 3)
        assert line.sent == list(range(1, WINDOW + 1))
        viewer.shown(1)
        await asyncio.sleep(0.05)
        # The newest picture is sent, not the one that came next.
        assert line.sent == [*range(1, WINDOW + 1), WINDOW + 3]
        viewer.shown(WINDOW + 3)
        await show(feed)
        assert line.sent[-1] == WINDOW + 4

    in_loop(work)


def test_a_picture_that_stands_still_is_not_replaced():
    async def work(viewer, line, feed):
        viewer.hold(True)
        await show(feed, 2)
        assert line.sent == []
        viewer.hold(False)
        await asyncio.sleep(0.05)
        assert line.sent == [2]

    in_loop(work)


def test_a_slow_line_gets_the_newest_state_and_every_note():
    async def work(viewer, line, feed):
        line.gate.clear()
        viewer.note('first')
        await asyncio.sleep(0.02)
        for number in range(5):
            viewer.tell(f'state {number}')
            viewer.note(f'note {number}')
        line.gate.set()
        await asyncio.sleep(0.05)
        assert line.sent == ['first', *(f'note {number}' for number in range(5)), 'state 4']

    in_loop(work)


def test_a_line_that_takes_nothing_does_not_grow():
    async def work(viewer, line, feed):
        line.gate.clear()
        for number in range(1000):
            viewer.note(str(number))
        await asyncio.sleep(0.02)
        line.gate.set()
        await asyncio.sleep(0.05)
        assert len(line.sent) <= 40 and line.sent[-1] == '999'

    in_loop(work)


def test_a_page_may_speak_often_but_not_without_end():
    async def work(viewer, line, feed):
        allowed = sum(viewer.may_speak() for _ in range(10 * BURST))
        assert BURST <= allowed < 2 * BURST

    in_loop(work)
