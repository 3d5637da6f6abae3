# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A real Chromium for the tests of the web page, and a slow link between page and server."""

from collections.abc import Iterator
from contextlib import contextmanager
import shutil
import socket
import threading
import time
from typing import Any

import pytest

pytest.importorskip('playwright', reason='needs playwright: run make setup')

from playwright.sync_api import Browser
from playwright.sync_api import expect
from playwright.sync_api import Page
from playwright.sync_api import sync_playwright

PATIENCE = 30_000  # milliseconds that a busy machine may need
expect.set_options(timeout=PATIENCE)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium; skip the test where there is none."""
    path = shutil.which('chromium') or shutil.which('chromium-browser')
    if path is None:
        pytest.skip('needs Chromium: apt install chromium')
    options = '--no-sandbox --disable-gpu --disable-background-networking --no-first-run'
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=options.split())
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def open_page(browser: Browser, address: str, **options: Any) -> Iterator[Page]:
    """Open an address in a window of its own; fail if its script fails or breaks its policy."""
    context = browser.new_context(**{'viewport': {'width': 1280, 'height': 800}, **options})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    wrong: list[str] = []
    page.on('pageerror', lambda error: wrong.append(str(error)))
    page.on(
        'console',
        lambda message: (
            wrong.append(message.text) if 'Content Security Policy' in message.text else None
        ),
    )
    try:
        page.goto(address)
        yield page
    finally:
        context.close()
    assert not wrong


def shown_stamp(page: Page) -> int:
    """Return the stamp of the picture on the page."""
    return int(page.locator('#frame').get_attribute('data-stamp'))


class LongLink:
    """
    A port that leads to another one, with a delay of `seconds` each way.

    `cut()` breaks all connections and lets no other through until `mend()`.
    """

    def __init__(self, port: int, seconds: float = 0.0) -> None:
        self._target, self._seconds = port, seconds
        self._server = socket.create_server(('127.0.0.1', 0))
        self.port = self._server.getsockname()[1]
        self._whole = True
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break all connections and let no other through."""
        self._whole = False
        while self._open:
            _hang_up(self._open.pop())

    def mend(self) -> None:
        """Let connections through again."""
        self._whole = True

    def close(self) -> None:
        """Break all connections and give up the port."""
        self.cut()
        _hang_up(self._server)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            if not self._whole:
                _hang_up(near)
                continue
            far = socket.create_connection(('127.0.0.1', self._target))
            self._open += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        """Pass on what comes, each piece `seconds` after it came."""
        pieces: list[tuple[float, bytes]] = []
        ready = threading.Condition()

        def deliver() -> None:
            while True:
                with ready:
                    ready.wait_for(lambda: pieces)
                    due, data = pieces.pop(0)
                time.sleep(max(0.0, due - time.monotonic()))
                try:
                    if data:
                        sink.sendall(data)
                    else:
                        sink.shutdown(socket.SHUT_WR)
                except OSError:
                    return
                if not data:
                    return

        threading.Thread(target=deliver, daemon=True).start()
        while True:
            try:
                data = source.recv(65536)
            except OSError:
                data = b''
            with ready:
                pieces.append((time.monotonic() + self._seconds, data))
                ready.notify()
            if not data:
                return


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    connection.close()
