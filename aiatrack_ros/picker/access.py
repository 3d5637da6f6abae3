# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Decides who may look at the page and choose a target, by tokens, host names and origins.

A page of another site must not reach a robot through the browser of somebody who sits beside it.
So the Host that a browser asks for must be a name of this machine, because a site could have its
own name point here; and the Origin of a connection must be our own page.
"""

import base64
import hashlib
import hmac
import ipaddress
import re
import secrets
import socket
from urllib.parse import urlsplit

from aiatrack_ros.errors import InputError

TOKEN_PATTERN = '[A-Za-z0-9_-]{8,128}'  # These characters need no escaping in an address.


def is_loopback(host: str) -> bool:
    """Return whether this address can only be reached from this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == 'localhost'


class Access:
    """
    Decides whom to serve.

    Args:
        host: The address to listen on.
        token: What the page must be asked with. If it is empty, an address that only this machine
            can reach needs no token, and for any other one is made up.

    Attributes:
        host: The address to listen on.
        token: The token that is needed; empty if none is.

    Raises:
        InputError: The token does not match TOKEN_PATTERN.
    """

    def __init__(self, host: str, token: str = '') -> None:
        if token and not re.fullmatch(TOKEN_PATTERN, token):
            raise InputError(
                'token is not usable; give 8 to 128 letters, digits, - or _, or leave it empty to '
                'have one made'
            )
        self.host = host
        self.token = token or ('' if is_loopback(host) else secrets.token_urlsafe(12))
        own = socket.gethostname().lower()
        self._names = {'localhost', host.lower()}
        if not is_loopback(host):
            short = own.partition('.')[0]
            self._names |= {own, short, f'{short}.local'}

    def allows_host(self, header: str) -> bool:
        """Return whether a Host header names this machine; ssh may forward any port to it."""
        try:
            name = urlsplit(f'//{header}').hostname or ''
        except ValueError:
            return False
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return name in self._names
        # A browser that asks for a number is not misled by a site whose name points here.
        return address.is_loopback or not is_loopback(self.host)

    def allows_origin(self, origin: str, host_header: str) -> bool:
        """Return whether an Origin header names the server that the Host header names."""
        return origin.lower() in (f'{way}://{host_header.lower()}' for way in ('http', 'https'))

    def allows_token(self, given: str) -> bool:
        """Return whether this is the token; how long that takes tells nothing about the token."""
        return not self.token or hmac.compare_digest(given.encode(), self.token.encode())

    def address(self, port: int) -> str:
        """Return the address of the page, with its token, for a person to open."""
        query = f'?token={self.token}' if self.token else ''
        host = _reachable(self.host)
        return f'http://{f"[{host}]" if ":" in host else host}:{port}/{query}'


def security_headers(page: str, host_header: str) -> dict[str, str]:
    """Return the headers that keep a page to its own script, its own style and its own server."""
    script, style = (_hash_of(page, tag) for tag in ('script', 'style'))
    sockets = f'ws://{host_header} wss://{host_header}'  # in older Safari 'self' has none
    return {
        'Content-Security-Policy': (
            f"default-src 'none'; script-src '{script}'; style-src '{style}'; "
            f"img-src 'self' blob: data:; connect-src 'self' {sockets}; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'"
        ),
        'X-Content-Type-Options': 'nosniff',
        'Referrer-Policy': 'no-referrer',
        'Cross-Origin-Opener-Policy': 'same-origin',
        'Cross-Origin-Resource-Policy': 'same-origin',
        'Cache-Control': 'no-store',
    }


def _hash_of(page: str, tag: str) -> str:
    """Return the hash by which a policy allows the only element of a page that has this tag."""
    text = page.partition(f'<{tag}>')[2].partition(f'</{tag}>')[0]
    return f'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'


def _reachable(host: str) -> str:
    """Return a host as it is, or this machine's address in its network if it stands for all."""
    if host not in ('0.0.0.0', '::', ''):
        return host
    family, far = (
        (socket.AF_INET6, '2001:db8::1') if host == '::' else (socket.AF_INET, '192.0.2.1')
    )
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((far, 9))  # sends nothing, but the system chooses the address
            return probe.getsockname()[0]
    except OSError:
        return socket.gethostname()
