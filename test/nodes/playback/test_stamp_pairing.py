# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Images and their answers, brought together by stamp."""

from aiatrack_ros.nodes.playback.stamp_pairing import StampPairing


def ready(pairing):
    return [(pair.stamp, pair.image, pair.answers) for pair in pairing.ready()]


def answer(pairing, stamp):
    pairing.add_answer('tracks', stamp, f't{stamp}')
    pairing.add_answer('status', stamp, f's{stamp}')
    return {'tracks': f't{stamp}', 'status': f's{stamp}'}


def test_waits_for_all_topics():
    pairing = StampPairing(('tracks', 'status'))
    pairing.add_image(1, 'one')
    pairing.add_answer('tracks', 1, 't1')
    assert ready(pairing) == []
    pairing.add_answer('status', 1, 's1')
    assert ready(pairing) == [(1, 'one', {'tracks': 't1', 'status': 's1'})]
    assert ready(pairing) == []


def test_an_answer_may_come_before_its_image():
    pairing = StampPairing(('tracks', 'status'))
    answers = answer(pairing, 5)
    assert ready(pairing) == []
    pairing.add_image(5, 'five')
    assert ready(pairing) == [(5, 'five', answers)]


def test_what_is_said_again_does_not_count():
    pairing = StampPairing(('tracks', 'status'))
    pairing.add_image(1, 'one')
    pairing.add_answer('tracks', 1, 'first')
    pairing.add_answer('tracks', 1, 'second')  # the second tracks come before the status
    pairing.add_answer('status', 1, 'first')
    assert ready(pairing) == [(1, 'one', {'tracks': 'first', 'status': 'first'})]


def test_images_passed_over_come_without_answers_and_in_order():
    pairing = StampPairing(('tracks', 'status'))
    for stamp in (1, 2, 3, 4):
        pairing.add_image(stamp, str(stamp))
    answers = answer(pairing, 3)
    assert ready(pairing) == [(1, '1', {}), (2, '2', {}), (3, '3', answers)]
    assert [pair.image for pair in pairing.rest()] == ['4']
    assert list(pairing.rest()) == []


def test_never_more_than_so_many_wait():
    pairing = StampPairing(('tracks', 'status'), max_waiting=10)
    seen = []
    for stamp in range(1, 101):
        pairing.add_image(stamp, stamp)
        seen += [pair.image for pair in pairing.ready()]
    assert seen == list(range(1, 91))


def test_answers_without_images_do_not_pile_up():
    pairing = StampPairing(('tracks', 'status'))
    for stamp in range(1, 1001):
        answer(pairing, stamp)
        if stamp % 10 == 0:
            pairing.add_image(stamp, stamp)
            assert [pair.image for pair in pairing.ready()] == [stamp]
    assert len(pairing._answers) == 0


def test_answers_to_no_image_at_all_do_not_pile_up():
    pairing = StampPairing(('tracks', 'status'), max_waiting=10)
    for stamp in range(1, 101):
        answer(pairing, stamp)
        assert ready(pairing) == []
    assert sorted(pairing._answers) == list(range(91, 101))
