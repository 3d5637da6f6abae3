# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A camera in the network: pictures over HTTP, one after the other, as such cameras send them."""

from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
import threading
import time

import cv2
import numpy as np


class PictureStream:
    """Sends pictures of `level` 20 times a second; none, and takes no calls, if `silent`."""

    def __init__(self) -> None:
        self.level = 100
        self.silent = False
        stream = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if stream.silent:
                    self.send_error(503)
                    return
                self.send_response(200)
                self.send_header('Content-Type', 'multipart/x-mixed-replace; boundary=frame')
                self.end_headers()
                try:
                    while not stream.silent:
                        picture = np.full((120, 160, 3), stream.level, np.uint8)
                        jpeg = cv2.imencode('.jpg', picture)[1].tobytes()
                        self.wfile.write(
                            b'--frame\r\nContent-Type: image/jpeg\r\nContent-Length: '
                            + str(len(jpeg)).encode()
                            + b'\r\n\r\n'
                            + jpeg
                            + b'\r\n'
                        )
                        time.sleep(0.05)
                except OSError:
                    pass

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self._server.daemon_threads = True
        self.address = f'http://127.0.0.1:{self._server.server_port}/stream'
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """End the stream and its server."""
        self.silent = True
        self._server.shutdown()
        self._server.server_close()
