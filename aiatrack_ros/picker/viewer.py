# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Sends pictures and states to one page that is open somewhere."""

import asyncio
from collections import deque

from aiatrack_ros.picker.picture_feed import PictureFeed
from aiohttp import web

# At most so many pictures are on their way to a page. More would come faster over a long link, but
# each one that waits in it makes all that follow older.
WINDOW = 3
# At most so many notes wait for a page; a page that takes none is about to be closed.
_NOTES = 32
# A page may send so many messages at once, and so many per second in the long run.
BURST, PER_SECOND = 120, 60


class Viewer:
    """
    Sends pictures, states and notes to one page, only as fast as the page takes them.

    Of pictures and states only the newest is sent, of notes each one. All methods have to be
    called on the thread of the event loop.

    Args:
        socket: The connection to the page.
        feed: Gives the pictures.

    Attributes:
        holding: Whether the picture on the page stands still.
    """

    def __init__(self, socket: web.WebSocketResponse, feed: PictureFeed) -> None:
        self.holding = False
        self._socket = socket
        self._feed = feed
        self._notes: deque[str] = deque(maxlen=_NOTES)
        self._state: str | None = None  # the newest state, while it has not been sent
        self._sent = 0  # the number of the picture that was sent last
        self._unseen: deque[int] = deque()  # the numbers of the pictures that are on their way
        self._work = asyncio.Event()
        # So many messages may the page send now, as counted at that time of the loop's clock.
        self._credit, self._counted = float(BURST), 0.0

    def wake(self) -> None:
        """Have `send_all` look whether there is something to send."""
        self._work.set()

    def note(self, text: str) -> None:
        """Send a message, after those that were noted before."""
        self._notes.append(text)
        self.wake()

    def tell(self, state: str) -> None:
        """Send a state, unless a newer one comes before the page can take it."""
        self._state = state
        self.wake()

    def shown(self, number: int) -> None:
        """Hear that the page has drawn a picture, so that it and those before it have arrived."""
        while self._unseen and self._unseen[0] <= number:
            self._unseen.popleft()
        self.wake()

    def hold(self, on: bool) -> None:
        """Stop sending pictures, or go on with that."""
        self.holding = on
        self.wake()

    def may_speak(self) -> bool:
        """Count a message of the page; return whether that is not more than it may send."""
        now = asyncio.get_running_loop().time()
        earned = (now - self._counted) * PER_SECOND
        self._credit = min(BURST, self._credit + earned) - 1
        self._counted = now
        return self._credit >= 0

    async def send_all(self) -> None:
        """Send until cancelled; a page that takes nothing holds up only itself."""
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
                    await self._send_state()  # The newest state may be that of this picture.
                    await self._socket.send_bytes(data)
                self.wake()

    async def _send_state(self) -> None:
        state, self._state = self._state, None
        if state is not None:
            await self._socket.send_str(state)
