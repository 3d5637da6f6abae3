# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Who may look at the page and choose a target: tokens, the names of this machine, one page's rights.

A page of another site must not reach a robot through the browser of somebody who sits beside it.
So the Host that a browser asks for must be a name of ours (or a site could have its own name point
here), and a connection must come from our own page (Origin).
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

TOKEN_PATTERN = '[A-Za-z0-9_-]{8,128}'


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
        token: What the page must be asked with; empty: none for an address that only this machine
            reaches, one made up for any other.

    Raises:
        InputError: The token is too short, or has characters that do not belong into an address.
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
        """Return whether a Host header names us. Any port will do: ssh may forward another."""
        try:
            name = urlsplit(f'//{header}').hostname or ''
        except ValueError:
            return False
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return name in self._names
        # No site can have its name point here and be asked for by number.
        return address.is_loopback or not is_loopback(self.host)

    def allows_origin(self, origin: str, host_header: str) -> bool:
        """Return whether an Origin header is that of a page of ours, asked for as Host says."""
        return origin.lower() in (f'{way}://{host_header.lower()}' for way in ('http', 'https'))

    def allows_token(self, given: str) -> bool:
        """Return whether this is the token, in a time that tells nothing of it."""
        return not self.token or hmac.compare_digest(given.encode(), self.token.encode())

    def address(self, port: int) -> str:
        """Return the address of the page for a person to open."""
        query = f'?token={self.token}' if self.token else ''
        host = _reachable(self.host)
        return f'http://{f"[{host}]" if ":" in host else host}:{port}/{query}'


def security_headers(page: str, host_header: str) -> dict[str, str]:
    """Return the headers that keep a page to its own script, its own style and its own server."""
    script, style = (_hash_of(page, tag) for tag in ('script', 'style'))
    sockets = f'ws://{host_header} wss://{host_header}'  # older Safari: 'self' is no WebSocket
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
    """Return the hash by which a policy allows the one element of this tag."""
    text = page.partition(f'<{tag}>')[2].partition(f'</{tag}>')[0]
    return f'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'


def _reachable(host: str) -> str:
    """Return the address of this machine in its network, for one that stands for all."""
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
