# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""One page that is open somewhere, and what is sent to it."""

import asyncio
from collections import deque

from aiatrack_ros.picker.picture_feed import PictureFeed
from aiohttp import web

# Pictures on their way to a page, at most. More would come faster over a long link, but each one
# that waits in it makes all that follow older.
WINDOW = 3
_NOTES = 32  # that wait for a page, at most; a page that takes none is about to be closed
BURST, PER_SECOND = 120, 60  # messages that a page may send


class Viewer:
    """
    Sends pictures, states and notes to one page, only as fast as it takes them.

    Everything belongs to the loop. Pictures and states are only ever the newest.
    """

    def __init__(self, socket: web.WebSocketResponse, feed: PictureFeed) -> None:
        self.holding = False  # its picture stands still
        self._socket = socket
        self._feed = feed
        self._notes: deque[str] = deque(maxlen=_NOTES)
        self._state: str | None = None  # not sent yet
        self._sent = 0  # number of the last picture
        self._unseen: deque[int] = deque()  # numbers of those on their way
        self._work = asyncio.Event()
        self._credit, self._counted = float(BURST), 0.0

    def wake(self) -> None:
        """Look for something to send."""
        self._work.set()

    def note(self, text: str) -> None:
        """Send a message after those before it."""
        self._notes.append(text)
        self.wake()

    def tell(self, state: str) -> None:
        """Send a state, unless a newer one comes before it can be sent."""
        self._state = state
        self.wake()

    def shown(self, number: int) -> None:
        """Hear that a picture has been drawn, and so all before it are past."""
        while self._unseen and self._unseen[0] <= number:
            self._unseen.popleft()
        self.wake()

    def hold(self, on: bool) -> None:
        """Stop or go on with pictures."""
        self.holding = on
        self.wake()

    def may_speak(self) -> bool:
        """Return whether the page may send one more message now."""
        now = asyncio.get_running_loop().time()
        earned = (now - self._counted) * PER_SECOND
        self._credit = min(BURST, self._credit + earned) - 1
        self._counted = now
        return self._credit >= 0

    async def send_all(self) -> None:
        """Send for ever; a page that takes nothing holds up only itself."""
        while True:
            await self._work.wait()
            self._work.clear()
            while self._notes:
                await self._socket.send_str(self._notes.popleft())
            await self._send_state()
            if not self.holding and self._sent < self._feed.number and len(self._unseen) < WINDOW:
                self._sent, data = await self._feed.take()
                if data is not None:
                    self._unseen.append(self._sent)
                    await self._send_state()  # it may be that of this picture
                    await self._socket.send_bytes(data)
                self.wake()

    async def _send_state(self) -> None:
        state, self._state = self._state, None
        if state is not None:
            await self._socket.send_str(state)
