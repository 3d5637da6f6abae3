# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A local HTTP server that knows ranges and can misbehave as told."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
import threading


class FileServer(ThreadingHTTPServer):
    """Serves one content at /file.zip and remembers what was asked for."""

    daemon_threads = True

    def __init__(self, content: bytes) -> None:
        super().__init__(('127.0.0.1', 0), _Handler)
        self.content = content
        self.version = '"1"'  # sent as ETag
        self.ranges = True  # whether Range is answered with 206
        self.breaks: list[int] = []  # bytes after which the next connections break
        self.status = 200  # anything else is sent as an error
        self.asked: list[str | None] = []  # the Range of each request
        self.sent = 0  # bytes of content

    @property
    def url(self) -> str:
        """Return the address of the file."""
        return f'http://127.0.0.1:{self.server_address[1]}/file.zip'


class _Handler(BaseHTTPRequestHandler):
    server: FileServer

    def do_GET(self) -> None:
        server = self.server
        asked = self.headers.get('Range')
        server.asked.append(asked)
        if server.status != 200 or self.path != '/file.zip':
            self.send_error(server.status if server.status != 200 else 404)
            return
        total, start = len(server.content), 0
        unchanged = self.headers.get('If-Range') in (None, server.version)
        if asked and server.ranges and unchanged:
            start = int(asked.removeprefix('bytes=').removesuffix('-'))
            if start >= total:
                self.send_response(416)
                self.send_header('Content-Range', f'bytes */{total}')
                self.send_header('Content-Length', '0')
                self.end_headers()
                return
            self.send_response(206)
            self.send_header('Content-Range', f'bytes {start}-{total - 1}/{total}')
        else:
            self.send_response(200)
        if server.version:
            self.send_header('ETag', server.version)
        self.send_header('Content-Length', str(total - start))
        self.end_headers()
        body = server.content[start:]
        if server.breaks:
            body = body[: server.breaks.pop(0)]
        self.wfile.write(body)
        server.sent += len(body)
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Keep the log of requests out of the output of the tests."""


@contextmanager
def serve(content: bytes) -> Iterator[FileServer]:
    """Serve a content until the end of the block."""
    server = FileServer(content)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
