# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The messages between server and page: what is taken and what is not."""

import json
import struct

from aiatrack_ros.errors import InputError
from aiatrack_ros.picker import wire
from hypothesis import given
from hypothesis import strategies as st
import pytest

STAMP = 1_790_000_000_123_456_789  # more than JavaScript's numbers hold


def text(**fields):
    return json.dumps(fields)


def test_what_the_page_sends_is_taken():
    box = text(type='follow', request=3, stamp=str(STAMP), box=[1, 2.5, 30, 40])
    assert wire.read_request(box) == wire.Follow(3, STAMP, (1.0, 2.5, 30.0, 40.0))
    assert wire.read_request(text(type='forget', request=4)) == wire.Forget(4)
    assert wire.read_request(text(type='hold', on=True)) == wire.Hold(True)
    assert wire.read_request(text(type='shown', number=9)) == wire.Shown(9)
    assert wire.read_request(text(type='look', index=5)) == wire.Look(5)
    box = text(type='correct', request=3, index=5, box=[1, 2.5, 30, 40])
    assert wire.read_request(box) == wire.Correct(3, 5, (1.0, 2.5, 30.0, 40.0))
    absent = text(type='correct', request=3, index=5, box=None)
    assert wire.read_request(absent) == wire.Correct(3, 5, None)
    assert wire.read_request(text(type='take_back', request=3, index=5)) == wire.TakeBack(3, 5)
    assert wire.read_request(text(type='order', request=3, what='fill')) == wire.Order(3, 'fill')


GOOD = {'type': 'follow', 'request': 3, 'stamp': '7', 'box': [1, 2, 3, 4]}


@pytest.mark.parametrize(
    'garbage',
    [
        '',
        'box',
        '[]',
        '7',
        'null',
        '[' * 900,
        text(),
        text(type='shutdown'),
        text(type=['follow']),
        text(type='forget'),
        text(type='forget', request=1, more=2),
        text(type='forget', request=True),
        text(type='forget', request=-1),
        text(type='forget', request=1.5),
        text(type='forget', request=10**400),
        text(type='hold', on=1),
        text(type='look', index=-1),
        text(type='look', index='5'),
        text(type='correct', request=3, index=5),
        text(type='correct', request=3, index=5, box=[]),
        text(type='correct', request=3, index=-5, box=None),
        text(type='take_back', request=3, index=5, box=None),
        text(type='order', request=3, what='erase'),
        text(type='order', request=3, what=['fill']),
        text(type='shown', number='7'),
        *(text(**GOOD | {'stamp': stamp}) for stamp in (7, '', '-1', '7.0', '٧', '9' * 19, ' 7')),
        *(
            text(**GOOD | {'box': box})
            for box in (
                [1, 2, 3],
                [1, 2, 3, 4, 5],
                [1, 2, 0, 4],
                [1, 2, 3, -4],
                [1, 2, 3, '4'],
                [1, 2, 3, True],
                [1, 2, 3, None],
                [1e7, 2, 3, 4],
                [10**400, 2, 3, 4],
                {'x': 1},
                float('nan'),
            )
        ),
        '{"type": "follow", "request": 3, "stamp": "7", "box": [NaN, 1, 2, 3]}',
        '{"type": "follow", "request": 3, "stamp": "7", "box": [1, 1, Infinity, 3]}',
        '{"type": "follow", "request": 3, "stamp": "7", "box": [1, 1, 1e999, 3]}',
    ],
)
def test_garbage_is_not(garbage):
    with pytest.raises(InputError):
        wire.read_request(garbage)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
)


@given(
    st.text()
    | JSON.map(json.dumps)
    | st.fixed_dictionaries(dict.fromkeys(GOOD, JSON)).map(json.dumps)
)
def test_whatever_comes_is_a_request_or_an_input_error(garbage):
    try:
        request = wire.read_request(garbage)
    except InputError:
        return
    assert isinstance(request, wire.Request)


def test_pictures_carry_their_header():
    data = wire.picture_bytes(5, STAMP, 640, 480, b'\xff\xd8 jpeg')
    (length,) = struct.unpack('>I', data[:4])
    header = json.loads(data[4 : 4 + length])
    assert header == {'number': 5, 'stamp': str(STAMP), 'columns': 640, 'rows': 480}
    assert data[4 + length :] == b'\xff\xd8 jpeg'


def test_states_are_json_that_every_browser_reads():
    state = wire.TargetState(STAMP, 'tracking', 'a', (1.0, 2.0, 3.0, 4.0), 0.5, float('nan'))
    message = json.loads(wire.state_text(state), parse_constant=pytest.fail)
    assert message['stamp'] == str(STAMP)
    assert message['box'] == [1, 2, 3, 4]
    assert message['score'] == 0.5
    assert message['rate'] is None and message['latency'] is None


def test_a_box_that_cannot_be_drawn_is_none():
    for box in (None, (1.0, 2.0, float('nan'), 4.0), (1.0, 2.0, float('inf'), 4.0)):
        text = wire.state_text(wire.TargetState(box=box))
        assert json.loads(text, parse_constant=pytest.fail)['box'] is None


def test_what_is_labelled_is_json_that_every_browser_reads():
    nan = float('nan')
    film = wire.Film('hall', [0.0, 0.04], [(1.0, 2.0, 3.0, 4.0), None], [None, nan], [0])
    message = json.loads(wire.film_text(film), parse_constant=pytest.fail)
    assert message['boxes'] == [[1, 2, 3, 4], None]
    assert message['scores'] == [None, None]
    labels = wire.Labels({0: (1.0, 2.0, 3.004, 4.0), 7: None}, {1: None}, [(2, 6)], False)
    message = json.loads(wire.labels_text(labels), parse_constant=pytest.fail)
    assert message['given'] == {'0': [1, 2, 3, 4], '7': None}
    assert (message['filled'], message['blank']) == ({'1': None}, [[2, 6]])
    progress = json.loads(wire.progress_text(wire.Progress('Filling in', 3, 9)))
    assert progress == {'type': 'progress', 'doing': 'Filling in', 'done': 3, 'total': 9}
