# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The server of labels over real sockets: every page has its image, and all have the labels."""

import json

from aiatrack_ros.picker import wire
from aiatrack_ros.picker.page_server import BAD_MESSAGE
from label_bench import BOX
from label_bench import COUNT
from label_bench import labelling
from label_bench import TORN
from picker_bench import closed
from picker_bench import receive
from picker_bench import serving
from picker_bench import with_client
import pytest


def test_every_page_gets_the_image_that_it_asks_for():
    with labelling() as desk:

        async def work(session, connect):
            async with connect() as one, connect() as other:
                await one.send_json({'type': 'look', 'index': 3})
                await other.send_json({'type': 'look', 'index': 9})
                pictures = [await receive(each, 'picture') for each in (one, other)]
                await one.send_json({'type': 'look', 'index': 10**6})
                await one.send_json({'type': 'look', 'index': 5})
                while (last := await receive(one, 'picture'))['stamp'] != '5':
                    assert last['stamp'] == str(COUNT - 1)
                return [picture['stamp'] for picture in pictures]

        assert with_client(desk.server, work) == ['3', '9']


def test_an_image_that_cannot_be_shown_is_told():
    with labelling() as desk:

        async def work(session, connect):
            async with connect() as page:
                await page.send_json({'type': 'look', 'index': TORN})
                return (await receive(page, 'notice'))['text']

        assert with_client(desk.server, work) == 'picture not shown: image 39 is torn'


def test_a_page_hears_of_the_film_and_of_all_that_was_corrected_on_others():
    with labelling() as desk:

        async def work(session, connect):
            async with connect() as one:
                correction = {'type': 'correct', 'request': 8, 'index': 3, 'box': list(BOX)}
                await one.send_json(correction)
                reply = await receive(one, 'reply')
                assert (reply['request'], reply['good']) == (8, True)
                async with connect() as other:
                    film = await receive(other, 'film')
                    assert (film['name'], len(film['times'])) == ('clip_hall', COUNT)
                    assert (await receive(other, 'labels'))['given'] == {'3': list(BOX)}
                    await one.send_json({'type': 'take_back', 'request': 9, 'index': 3})
                    assert (await receive(other, 'labels'))['given'] == {}
                desk.server.progress(wire.Progress('Filling in', 2, 5))
                while (news := await receive(one, 'progress'))['total'] != 5:
                    pass
                async with connect() as late:
                    assert await receive(late, 'progress') == news

        with_client(desk.server, work)


def test_orders_reach_the_desk_and_its_objections_the_page():
    with labelling() as desk:
        desk.objection = 'not now'

        async def work(session, connect):
            async with connect() as page:
                await page.send_json({'type': 'order', 'request': 1, 'what': 'save'})
                return await receive(page, 'reply')

        reply = with_client(desk.server, work)
        assert (reply['good'], reply['text'], desk.ordered) == (False, 'not now', ['save'])


OF_THE_PICKER = {'type': 'follow', 'request': 1, 'stamp': '7', 'box': [1, 2, 30, 40]}


@pytest.mark.parametrize('message', [OF_THE_PICKER, {'type': 'forget', 'request': 1}, {}])
def test_what_the_other_page_sends_is_refused(message):
    async def work(session, connect):
        async with connect() as page:
            await page.send_str(json.dumps(message))
            return await closed(page)

    with labelling() as desk:
        assert with_client(desk.server, work) == BAD_MESSAGE


def test_the_picker_refuses_what_the_page_of_labels_sends():
    async def work(session, connect):
        async with connect() as page:
            await page.send_json({'type': 'order', 'request': 1, 'what': 'save'})
            return await closed(page)

    with serving() as (picker, _):
        assert with_client(picker, work) == BAD_MESSAGE


def test_the_page_says_what_it_is_for():
    async def work(session, connect):
        async with session.get(desk.server.address) as answer:
            return await answer.text()

    with labelling() as desk:
        assert '<html lang="en" data-mode="label">' in with_client(desk.server, work)
