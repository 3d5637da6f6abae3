# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Who is served: hosts, origins, tokens, and what a page may do."""

import base64
import hashlib
import re
import socket

from aiatrack_ros.errors import InputError
from aiatrack_ros.picker.access import Access
from aiatrack_ros.picker.access import is_loopback
from aiatrack_ros.picker.access import security_headers
import pytest


@pytest.mark.parametrize('host', ['127.0.0.1', '127.8.9.1', '::1', 'localhost'])
def test_an_address_of_this_machine_alone_needs_no_token(host):
    assert is_loopback(host)
    access = Access(host)
    assert access.token == ''
    assert access.allows_token('')


@pytest.mark.parametrize(
    'host', ['0.0.0.0', '::', '192.168.1.7', 'robot.local', '127.0.0.1.nip.io']
)
def test_any_other_gets_one_that_cannot_be_guessed(host):
    access, another = Access(host), Access(host)
    assert len(access.token) >= 16
    assert access.token != another.token
    assert access.allows_token(access.token)
    assert not any(map(access.allows_token, ('', access.token[:-1], another.token, 'é' * 16)))


def test_a_token_that_is_given_is_asked_for_here_too():
    access = Access('127.0.0.1', 'correct-horse')
    assert access.allows_token('correct-horse')
    assert not access.allows_token('')


@pytest.mark.parametrize('token', ['short', 'with space', 'a&b=cdefgh', 'x' * 129])
def test_unusable_tokens_are_refused_without_being_shown(token):
    with pytest.raises(InputError, match='8 to 128') as refusal:
        Access('127.0.0.1', token)
    assert token not in str(refusal.value)


def test_hosts_of_a_local_server():
    access = Access('127.0.0.1')
    # Another port may come from ssh -L or a container. Another name may belong to a hostile site
    # that has its name point to this machine.
    for host in ('127.0.0.1:8642', 'localhost:9000', 'LOCALHOST', '[::1]:8642'):
        assert access.allows_host(host), host
    for host in (
        'evil.example:8642',
        '192.168.1.7:8642',
        '',
        'localhost.evil.example',
        '[',
        'a@b',
    ):
        assert not access.allows_host(host), host


def test_hosts_of_an_open_server():
    access = Access('0.0.0.0')
    own = socket.gethostname()
    for host in ('192.168.1.7:8642', '[fe80::1]:8642', own, f'{own.partition(".")[0]}.local:8642'):
        assert access.allows_host(host), host
    assert not access.allows_host('evil.example')


def test_origins_are_those_of_the_page_that_was_asked_for():
    access = Access('127.0.0.1')
    assert access.allows_origin('http://127.0.0.1:8642', '127.0.0.1:8642')
    assert access.allows_origin('https://localhost', 'localhost')
    for origin in ('', 'null', 'http://evil.example', 'http://127.0.0.1:80', 'file://'):
        assert not access.allows_origin(origin, '127.0.0.1:8642'), origin


def test_addresses():
    assert Access('127.0.0.1').address(8642) == 'http://127.0.0.1:8642/'
    assert Access('::1').address(80) == 'http://[::1]:80/'
    assert Access('robot.local', 'abcdefgh').address(1) == 'http://robot.local:1/?token=abcdefgh'
    # A browser can't open an address that stands for all addresses.
    assert not re.match(r'http://(0\.0\.0\.0|\[::\])', Access('0.0.0.0').address(8642))


def test_policy_allows_the_one_script_and_style_of_the_page():
    page = '<html><style>p {}</style><script>run();</script></html>'
    policy = security_headers(page, 'robot:8642')['Content-Security-Policy']
    for text in ('p {}', 'run();'):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy and 'unsafe' not in policy and '*' not in policy
    assert "connect-src 'self' ws://robot:8642 wss://robot:8642;" in policy
