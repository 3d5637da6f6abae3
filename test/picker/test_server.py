# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The server over real sockets: who gets in, what gets through, and what breaks nothing."""

import asyncio
import json
import socket
import threading
import time

from aiatrack_ros.errors import InputError
from aiatrack_ros.picker.page_server import BAD_MESSAGE
from aiatrack_ros.picker.page_server import GOING_AWAY
from aiatrack_ros.picker.page_server import TOO_MANY_MESSAGES
from aiatrack_ros.picker.page_server import TOO_MANY_VIEWERS
from aiatrack_ros.picker.picker_settings import PickerSettings
from aiatrack_ros.picker.server import TargetPicker
from aiatrack_ros.picker.wire import TargetState
import aiohttp
from picker_bench import closed
from picker_bench import grey_picture
from picker_bench import receive
from picker_bench import Requests
from picker_bench import serving
from picker_bench import wait_for
from picker_bench import with_client
import pytest

FOLLOW = json.dumps({'type': 'follow', 'request': 1, 'stamp': '7', 'box': [1, 2, 30, 40]})


def status_of(picker, path='', **headers):
    async def work(session, connect):
        base = picker.address.partition('?')[0]
        async with session.get(base + path, headers=headers) as answer:
            return answer.status, dict(answer.headers), await answer.text()

    return with_client(picker, work)


def test_the_page_comes_with_its_policy():
    with serving() as (picker, _):
        status, headers, text = status_of(picker)
        assert status == 200 and '<title>Target picker' in text
        assert "default-src 'none'" in headers['Content-Security-Policy']
        assert headers['X-Content-Type-Options'] == 'nosniff'
        status, headers, _ = status_of(picker, 'etc/passwd')
        assert status == 404 and 'Content-Security-Policy' in headers


def test_a_page_is_one_file_that_asks_nobody_else():
    with serving() as (picker, _):
        text = status_of(picker)[2]
    assert 'http://' not in text and 'https://' not in text and ' src=' not in text


def test_other_names_are_refused():
    with serving() as (picker, _):
        assert status_of(picker, Host='evil.example')[0] == 403


def test_a_token_opens_and_nothing_else():
    with serving(token='correct-horse') as (picker, _):
        assert picker.address.endswith('/?token=correct-horse')
        assert status_of(picker, '?token=correct-horse')[0] == 200
        for wrong in (
            '',
            '?token=',
            '?token=correct-horsE',
            '?token=correct-horse2',
            '?Token=correct-horse',
        ):
            status, _, text = status_of(picker, wrong)
            assert status == 403 and 'token' in text and 'correct' not in text
        base = picker.address.partition('?')[0]

        async def work(session, connect):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
                await session.ws_connect(f'{base}socket', headers={'Origin': base.rstrip('/')})
            assert refusal.value.status == 403

        with_client(picker, work)


@pytest.mark.parametrize('origin', ['http://evil.example', 'null', ''])
def test_pages_of_others_are_refused(origin):
    with serving() as (picker, requests):

        async def work(session, connect):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
                await connect(Origin=origin)
            assert refusal.value.status == 403

        with_client(picker, work)
        assert requests.viewers == 0


def test_pictures_states_and_boxes_get_through():
    with serving(keep_seconds=9.0) as (picker, requests):

        async def work(session, connect):
            async with connect() as connection:
                hello = await receive(connection, 'hello')
                assert (hello['smallest_box'], hello['keep_seconds']) == (4.0, 9.0)
                assert (await receive(connection, 'state'))['state'] == ''
                picker.show(7, grey_picture)
                assert (await receive(connection, 'picture'))['stamp'] == '7'
                picker.tell(TargetState(7, 'tracking', 'a', (1.0, 2.0, 3.0, 4.0), 0.9))
                assert (await receive(connection, 'state'))['box'] == [1, 2, 3, 4]
                await connection.send_str(FOLLOW)
                reply = await receive(connection, 'reply')
                assert (reply['request'], reply['good'], reply['text']) == (1, True, 'target_1')
                await connection.send_str('{"type": "forget", "request": 2}')
                assert (await receive(connection, 'reply'))['request'] == 2
                picker.notice('the bag has ended')
                assert (await receive(connection, 'notice'))['text'] == 'the bag has ended'

        with_client(picker, work)
        assert requests.followed == [(7, (1.0, 2.0, 30.0, 40.0))]
        assert requests.forgotten == 1
        wait_for(lambda: requests.viewers == 0, 'the viewer is gone')


def test_a_state_of_the_picture_on_the_page_is_not_held_back_and_others_are_bundled():
    with serving() as (picker, _):

        async def work(session, connect):
            async with connect() as connection:
                await receive(connection, 'state')
                picker.show(5, grey_picture)
                await receive(connection, 'picture')
                for stamp in range(100, 140):
                    picker.tell(TargetState(stamp, 'idle'))
                picker.tell(TargetState(5, 'idle'))
                seen = []
                while '5' not in seen:
                    seen.append((await receive(connection, 'state'))['stamp'])
                assert len(seen) <= 3

        with_client(picker, work)


def test_a_picture_that_fails_is_a_problem_on_the_page():
    def broken():
        raise InputError('unknown encoding')

    with serving() as (picker, _):

        async def work(session, connect):
            async with connect() as connection:
                await receive(connection, 'state')
                picker.show(5, broken)
                state = await receive(connection, 'state')
                assert state['problem'] == 'picture not shown: unknown encoding'
                picker.show(6, grey_picture)
                assert (await receive(connection, 'state'))['problem'] == ''

        with_client(picker, work)


@pytest.mark.parametrize(
    ('garbage', 'code'),
    [
        ('no JSON', BAD_MESSAGE),
        ('{"type": "forget", "request": "1"}', BAD_MESSAGE),
        (b'binary', BAD_MESSAGE),
        ('x' * 2000, 1009),
    ],
)
def test_garbage_closes_its_connection_and_nothing_else(garbage, code):
    with serving() as (picker, requests):

        async def work(session, connect):
            async with connect() as good, connect() as bad:
                await receive(good, 'hello')
                if isinstance(garbage, bytes):
                    await bad.send_bytes(garbage)
                else:
                    await bad.send_str(garbage)
                assert await closed(bad) == code
                await good.send_str(FOLLOW)
                assert (await receive(good, 'reply'))['good']

        with_client(picker, work)
        assert len(requests.followed) == 1


def test_a_flood_closes_its_connection():
    with serving() as (picker, _):

        async def work(session, connect):
            async with connect() as connection:
                for _ in range(1000):
                    try:
                        await connection.send_str('{"type": "shown", "number": 1}')
                    except ConnectionError:
                        break
                assert await closed(connection) == TOO_MANY_MESSAGES

        with_client(picker, work)


def test_raw_garbage_breaks_nothing():
    with serving() as (picker, _):
        port = int(picker.address.rstrip('/').rpartition(':')[2])
        for data in (b'\x00\xff' * 500, b'GET / HTTP/1.1\r\n' + b'A: ' + b'x' * 20000, b'GET'):
            with socket.create_connection(('127.0.0.1', port), 5) as connection:
                connection.sendall(data)
        assert status_of(picker)[0] == 200


def test_one_viewer_too_many_is_told_so():
    with serving(max_viewers=1) as (picker, requests):

        async def work(session, connect):
            async with connect() as first:
                await receive(first, 'hello')
                async with connect() as second:
                    assert await closed(second) == TOO_MANY_VIEWERS
                await first.send_str(FOLLOW)
                assert (await receive(first, 'reply'))['good']
            while requests.viewers:
                await asyncio.sleep(0.01)
            async with connect() as third:
                await receive(third, 'hello')

        with_client(picker, work)


def test_others_hear_of_a_new_target_and_who_looks_is_counted():
    with serving() as (picker, requests):

        async def work(session, connect):
            async with connect() as first, connect() as second:
                await receive(second, 'hello')
                await first.send_str('{"type": "hold", "on": true}')
                await first.send_str(FOLLOW)
                assert 'another viewer' in (await receive(second, 'notice'))['text']
                assert (requests.viewers, requests.holding) == (2, 1)

        with_client(picker, work)
        wait_for(lambda: (requests.viewers, requests.holding) == (0, 0), 'nobody is counted')


def test_a_refusal_is_for_the_one_who_asked():
    with serving() as (picker, requests):
        requests.answer = (False, 'the box is empty')

        async def work(session, connect):
            async with connect() as first, connect() as second:
                await receive(second, 'hello')
                await first.send_str(FOLLOW)
                reply = await receive(first, 'reply')
                assert (reply['good'], reply['text']) == (False, 'the box is empty')
                picker.notice('after')
                assert (await receive(second, 'notice'))['text'] == 'after'

        with_client(picker, work)


def test_the_end_closes_all_pages_and_the_thread():
    with serving() as (picker, _):

        async def work(session, connect):
            async with connect() as connection:
                await receive(connection, 'hello')
                begin = time.monotonic()
                stopped = asyncio.get_running_loop().run_in_executor(None, picker.stop)
                assert await closed(connection) == GOING_AWAY
                await stopped
                assert time.monotonic() - begin < 5

        with_client(picker, work)
        assert not any(thread.name == 'target_picker' for thread in threading.enumerate())
        picker.stop()  # a second stop does no harm
        picker.show(1, grey_picture)  # what comes late does no harm either
        picker.tell(TargetState())


@pytest.mark.parametrize(
    ('settings', 'words'),
    [
        ({'host': '203.0.113.9', 'token': 'abcdefgh'}, 'not an address of this machine'),
        ({'host': 'no such name', 'token': 'abcdefgh'}, 'not an address of this machine'),
        ({'port': 'taken'}, 'in use; give another port'),
    ],
)
def test_what_cannot_be_listened_on_is_one_line(settings, words):
    with socket.create_server(('127.0.0.1', 0)) as taken:
        if settings.get('port'):
            settings = {'port': taken.getsockname()[1]}
        picker = TargetPicker(Requests(), PickerSettings(**{'port': 0, **settings}))
        with pytest.raises(InputError, match=words) as refusal:
            picker.start()
        assert '\n' not in str(refusal.value)
        picker.stop()
