# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Serves the page on a thread of its own; what it says to the page is a matter of its kinds."""

import asyncio
from collections.abc import Callable
import contextlib
import errno
import logging
from pathlib import Path
import threading
from typing import Any
from typing import cast

from aiatrack_ros.daemon_thread import DaemonThread
from aiatrack_ros.errors import InputError
from aiatrack_ros.picker import wire
from aiatrack_ros.picker.access import Access
from aiatrack_ros.picker.access import security_headers
from aiatrack_ros.picker.picker_settings import PickerSettings
from aiatrack_ros.picker.viewer import Viewer
from aiohttp import web
from aiohttp import WSMsgType

PAGE = Path(__file__).with_name('page.html')

# A connection is closed with one of these codes; those from 4000 on are of our own making.
GOING_AWAY, BAD_MESSAGE, TOO_MANY_MESSAGES, TOO_MANY_VIEWERS = 1001, 1008, 4008, 4013

# A page is asked so often whether it is there; one that does not answer counts as gone.
HEARTBEAT_SECONDS = 10.0
CLOSE_SECONDS = 1.0  # A page may take so long to confirm that its connection is closed.
STOP_SECONDS = 5.0  # stop() waits so long for the thread to end.

# What the page is for, as its attribute data-mode says.
FOLLOW, LABEL = 'follow', 'label'

# It takes whether a request was carried out; and what is tracked then, or why it was not.
Reply = Callable[[bool, str], None]


class PageServer:
    """
    The server of the page; all its methods may be called from any thread.

    A kind of it names in `REQUESTS` what its page may send, and says how a page is welcomed, what
    pictures it gets, and how requests are carried out.

    Args:
        settings: How to serve.
        mode: FOLLOW or LABEL.

    Raises:
        InputError: The token is not usable.
    """

    REQUESTS: tuple[type, ...] = ()

    def __init__(self, settings: PickerSettings, mode: str) -> None:
        self._settings = settings
        self._access = Access(self._settings.host, self._settings.token)
        text = PAGE.read_text(encoding='utf-8')
        self._page = text.replace(f'data-mode="{FOLLOW}"', f'data-mode="{mode}"', 1)
        self._viewers: set[Viewer] = set()
        self._connections: set[asyncio.Task] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = asyncio.Event()
        self._started = threading.Event()
        self._error: Exception | None = None  # what kept the server from starting
        self._port = 0  # the port that is in use, 0 before the start
        self._thread: DaemonThread | None = None

    @property
    def address(self) -> str:
        """The address of the page with its token, which is known once the server has started."""
        return self._access.address(self._port)

    def start(self) -> None:
        """
        Begin to serve.

        Raises:
            InputError: The port is in use or is not for this user, or the host is not an address
                of this machine.
        """
        self._thread = DaemonThread(self._run, 'target_picker')
        self._thread.start()
        self._started.wait()  # It begins or fails in the end, however busy the machine is.
        if self._error:
            raise self._error

    def stop(self) -> None:
        """Close all pages and end; do nothing if the server is not running."""
        self._call(lambda: self._ended.set())
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)

    def notice(self, text: str) -> None:
        """Show a line to all viewers."""
        self._call(lambda: self._note_all(wire.notice_text(text)))

    # --- what the kinds of it say, on the thread of the event loop ---

    def _viewer(self, socket: web.WebSocketResponse) -> Viewer:
        """Return what sends to a page that was opened."""
        raise NotImplementedError

    def _welcome(self, viewer: Viewer) -> None:
        """Tell a page that was opened what there is."""
        raise NotImplementedError

    def _carry_out(self, request: wire.Request, viewer: Viewer) -> None:
        """Do what a page asks for."""
        raise NotImplementedError

    def _changed(self) -> None:
        """Hear that a page was opened, left, or said whether it stands still."""

    def _leave(self, viewer: Viewer) -> None:
        """Hear that a page was closed, before `_changed`."""

    def _close(self) -> None:
        """Let go of what a kind of server has."""

    # --- the thread ---

    def _call(self, work: Callable[[], Any]) -> None:
        """Have something done on the event loop; do nothing once that has ended."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop may have been closed meanwhile
                loop.call_soon_threadsafe(work)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:
            self._error = error
        finally:
            self._loop = None
            self._started.set()

    async def _serve(self) -> None:
        application = web.Application(client_max_size=wire.LARGEST_MESSAGE)
        application.add_routes(
            [web.get('/', self._answer_page), web.get('/socket', self._answer_socket)]
        )
        application.on_response_prepare.append(self._add_headers)
        quiet = logging.getLogger('aiatrack_ros.picker')
        quiet.addHandler(logging.NullHandler())
        quiet.propagate = False  # The log has no use for complaints about what strangers send.
        runner = web.AppRunner(application, access_log=None, logger=quiet)
        await runner.setup()
        try:
            await self._listen(runner)
            self._loop = asyncio.get_running_loop()
            self._started.set()
            await self._ended.wait()
            if self._connections:
                await asyncio.wait(self._connections, timeout=2 * CLOSE_SECONDS)
        finally:
            self._loop = None
            await runner.cleanup()
            self._close()

    async def _listen(self, runner: web.AppRunner) -> None:
        host, port = self._settings.host, self._settings.port
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise InputError(_complaint(error, host, port)) from error
        self._port = runner.addresses[0][1]

    # --- HTTP ---

    async def _add_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        if not isinstance(response, web.WebSocketResponse):
            host = request.headers.get('Host', '')
            safe = host if self._access.allows_host(host) else 'localhost'
            response.headers.update(security_headers(self._page, safe))

    def _check(self, request: web.Request) -> None:
        host = request.headers.get('Host', '')
        if not self._access.allows_host(host):
            raise web.HTTPForbidden(
                text='This server is not known by that name. Open the address that it printed.\n'
            )
        if not self._access.allows_token(request.query.get('token', '')):
            raise web.HTTPForbidden(
                text='The token of this address is missing or not the right one. Open the address '
                'that the target picker printed when it started.\n'
            )

    async def _answer_page(self, request: web.Request) -> web.Response:
        self._check(request)
        return web.Response(text=self._page, content_type='text/html', charset='utf-8')

    async def _answer_socket(self, request: web.Request) -> web.StreamResponse:
        self._check(request)
        origin = request.headers.get('Origin', '')
        if not self._access.allows_origin(origin, request.headers.get('Host', '')):
            raise web.HTTPForbidden(text='This page is not one of this server.\n')
        socket = web.WebSocketResponse(
            max_msg_size=wire.LARGEST_MESSAGE,
            compress=False,
            heartbeat=HEARTBEAT_SECONDS,
            timeout=CLOSE_SECONDS,
        )
        await socket.prepare(request)
        if len(self._viewers) >= self._settings.max_viewers:
            text = f'{len(self._viewers)} pages are open, which is all that max_viewers allows'
            await socket.close(code=TOO_MANY_VIEWERS, message=text.encode())
            return socket
        connection = cast(asyncio.Task, asyncio.current_task())  # each handler is one
        self._connections.add(connection)
        viewer = self._viewer(socket)
        self._viewers.add(viewer)
        viewer.note(wire.hello_text(self._settings.smallest_box, self._settings.keep_seconds))
        self._welcome(viewer)
        self._changed()
        tasks = [
            asyncio.ensure_future(work)
            for work in (
                viewer.send_all(),
                self._receive(viewer, socket),
                self._ended.wait(),
            )
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._viewers.discard(viewer)
            self._leave(viewer)
            self._changed()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._ended.is_set():
                await socket.close(code=GOING_AWAY, message=b'the server of this page has ended')
            self._connections.discard(connection)
        return socket

    async def _receive(self, viewer: Viewer, socket: web.WebSocketResponse) -> None:
        """Take what a page sends, until it leaves or sends something that no page of ours does."""
        async for message in socket:
            if not viewer.may_speak():
                await socket.close(code=TOO_MANY_MESSAGES, message=b'too many messages')
                return
            try:
                if message.type != WSMsgType.TEXT:
                    raise InputError('not text')
                request = wire.read_request(message.data)
                if not isinstance(request, self.REQUESTS):
                    raise InputError('not a message of this page')
            except InputError as error:
                await socket.close(code=BAD_MESSAGE, message=str(error).encode())
                return
            self._carry_out(request, viewer)

    def _reply(self, viewer: Viewer, request: int, news: str = '') -> Reply:
        """Return a function that answers a request, and tells news to others if it is done."""

        def answer(good: bool, text: str) -> None:
            viewer.note(wire.reply_text(request, good, text))
            if good and news:
                for other in self._viewers - {viewer}:
                    other.note(wire.notice_text(news))

        return lambda good, text: self._call(lambda: answer(good, text))

    def _note_all(self, text: str) -> None:
        for viewer in self._viewers:
            viewer.note(text)


def _complaint(error: OSError, host: str, port: int) -> str:
    """Say in one line why an address cannot be listened on, and what to do."""
    if error.errno == errno.EADDRINUSE:
        return f'port {port} of {host} is in use; give another port, or 0 for any that is free'
    if error.errno == errno.EACCES:
        return f'port {port} is not for this user; give one above 1023'
    return (
        f"host '{host}' is not an address of this machine; give 127.0.0.1 for this machine alone "
        'or 0.0.0.0 for all its networks'
    )
