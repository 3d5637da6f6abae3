# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The newest picture, encoded once for all and only if somebody takes it."""

import asyncio

from aiatrack_ros.errors import InputError
from aiatrack_ros.picker import picture_feed
from aiatrack_ros.picker.picture_feed import ANSWER_SECONDS
from aiatrack_ros.picker.picture_feed import encode_picture
from aiatrack_ros.picker.picture_feed import PictureFeed
import cv2
import numpy as np
from picker_bench import grey_picture
from picker_bench import split_picture
import pytest


def in_loop(work):
    """Run a test of a feed of 20 pictures a second; `work` takes the feed and what it told."""

    async def run():
        told = []
        feed = PictureFeed(64, 80, 0.05, lambda: told.append('fresh'), told.append)
        try:
            await work(feed, told)
        finally:
            feed.close()

    asyncio.run(asyncio.wait_for(run(), 20))


async def until(condition):
    while not condition():
        await asyncio.sleep(0.005)


def test_nothing_is_decoded_unless_it_is_taken_and_then_once_for_all():
    async def work(feed, told):
        decoded = []

        def decode():
            decoded.append(1)
            return grey_picture()

        feed.offer(7, decode)
        await until(lambda: feed.number == 1)
        assert not decoded
        taken = await asyncio.gather(*(feed.take() for _ in range(5)))
        assert len(decoded) == 1
        assert len({id(data) for _, data in taken}) == 1
        header, _ = split_picture(taken[0][1])
        assert header == {'number': 1, 'stamp': '7', 'columns': 64, 'rows': 48}
        assert 7 in feed.stamps

    in_loop(work)


def test_only_the_newest_is_taken_and_no_more_often_than_allowed():
    async def work(feed, told):
        begin = asyncio.get_running_loop().time()
        stamp = 0
        while asyncio.get_running_loop().time() < begin + 0.5:
            stamp += 1
            feed.offer(stamp, grey_picture)
            await asyncio.sleep(0.002)
        await asyncio.sleep(0.1)
        assert 2 <= feed.number <= 12  # 10 in that time, and one at each end
        # The last picture is not forgotten.
        _, data = await feed.take()
        assert split_picture(data)[0]['stamp'] == str(stamp)

    in_loop(work)


def test_a_picture_waits_for_what_the_tracker_says_of_it():
    async def work(feed, told):
        clock = asyncio.get_running_loop().time
        feed.answered(1)
        feed.offer(2, grey_picture)
        await asyncio.sleep(ANSWER_SECONDS / 2)
        assert not feed.number
        feed.answered(2)
        assert feed.number == 1 and 2 in feed.stamps
        # It said nothing of this one, which may be dropped.
        await asyncio.sleep(0.06)
        begin = clock()
        feed.offer(3, grey_picture)
        assert feed.number == 1
        await until(lambda: feed.number == 2)
        assert clock() - begin >= 0.9 * ANSWER_SECONDS

    in_loop(work)


def test_a_picture_that_waits_is_taken_before_a_newer_one_and_neither_is_forgotten():
    async def work(feed, told):
        feed.answered(1)
        for stamp in (2, 3, 4):
            feed.offer(stamp, grey_picture)
        feed.answered(2)
        assert feed.number == 1 and feed.stamps == {2}
        await until(lambda: feed.number == 2)
        assert feed.stamps == {2, 4}

    in_loop(work)


def test_no_picture_waits_for_a_tracker_that_is_silent(monkeypatch):
    monkeypatch.setattr(picture_feed, 'SILENCE_SECONDS', 0.02)

    async def work(feed, told):
        feed.answered(1)
        await asyncio.sleep(0.03)
        feed.offer(2, grey_picture)
        assert feed.number == 1

    in_loop(work)


def test_a_film_that_begins_again_goes_on_on_the_page():
    async def work(feed, told):
        feed.answered(9)
        feed.offer(1, grey_picture)  # its stamp is older than what was answered
        assert feed.number == 1

    in_loop(work)


def test_a_picture_that_cannot_be_made_is_told_and_the_next_one_shown():
    async def work(feed, told):
        def broken():
            raise InputError('step 3 is too small')

        feed.offer(1, broken)
        await until(lambda: feed.number == 1)
        assert await feed.take() == (1, None)
        assert told[-1] == 'picture not shown: step 3 is too small'
        feed.offer(2, grey_picture)
        await until(lambda: feed.number == 2)
        assert (await feed.take())[1]
        assert told[-1] == ''

    in_loop(work)


def test_a_viewer_that_leaves_takes_no_picture_from_the_others():
    async def work(feed, told):
        feed.offer(1, grey_picture)
        await until(lambda: feed.number == 1)
        leaver, stayer = (asyncio.ensure_future(feed.take()) for _ in range(2))
        await asyncio.sleep(0)
        leaver.cancel()
        assert (await stayer)[1]

    in_loop(work)


def test_large_pictures_are_made_smaller_and_count_in_their_own_pixels():
    picture = grey_picture(640, 480)
    picture[:, :320] = (250, 10, 10)  # red, for RGB and BGR would show
    header, jpeg = split_picture(encode_picture(picture, 160, 90, 1, 2))
    assert (header['columns'], header['rows']) == (640, 480)
    small = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert small.shape == (120, 160, 3)
    assert small[60, 20, 2] > 230 and small[60, 20, 0] < 30


def test_what_no_jpeg_can_be_is_refused():
    with pytest.raises(InputError, match='70000x1'):
        encode_picture(np.zeros((1, 70000, 3), np.uint8), 100000, 80, 1, 2)
