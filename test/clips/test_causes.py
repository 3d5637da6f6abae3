# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Why a target was lost, in made cases, one for each rule and those next to it."""

from dataclasses import replace

from aiatrack_ros.clips.causes import Fall
from aiatrack_ros.clips.causes import fall_to
from aiatrack_ros.clips.causes import find_loss
from aiatrack_ros.clips.causes import RULES
from aiatrack_ros.clips.causes import Seen
from aiatrack_ros.clips.causes import why
import pytest

WIDTH, HEIGHT = 640, 480


def case(scores=(0.1,) * 5, step=(1.0, 0.0), box=(300.0, 200.0, 40.0, 60.0), **changes) -> Fall:
    """Return a fall after 20 good images; `changes` are made to the images of the fall."""
    good = [0.85] * 20
    seen = []
    for index, score in enumerate((*good, *scores)):
        x, y, w, h = box
        moved = (x + step[0] * (index - 20), y + step[1] * (index - 20), w, h)
        seen.append(
            Seen(
                time=index / 30,
                box=moved,
                score=score,
                fit=score,
                number=index + 50,
                brightness=120.0,
                sharpness=1.0,
                lost=index == 19 + len(scores),
            )
        )
    seen[20:] = [replace(each, **changes) for each in seen[20:]]
    index = find_loss(seen)
    assert index == len(seen) - 1
    return fall_to(seen, index, WIDTH, HEIGHT)


def late(fall: Fall, seconds: float) -> Fall:
    return replace(
        fall, falling=[replace(each, time=each.time + seconds) for each in fall.falling]
    )


def young(scores: tuple[float, ...], box=(300.0, 200.0, 40.0, 60.0), given=None) -> Fall:
    seen = [
        Seen(index / 30, box, score, number=index) for index, score in enumerate((1.0, *scores))
    ]
    seen[-1] = replace(seen[-1], lost=True)
    return fall_to(seen, len(seen) - 1, WIDTH, HEIGHT, given=given)


CASES = {
    'images missing': late(case(), 0.5),
    'began wrongly': young((0.5, 0.35, 0.2, 0.2, 0.2, 0.1)),
    'left the picture': case(box=(596.0, 200.0, 40.0, 60.0), step=(4.0, 0.0)),
    'another like it': case(fit=0.8, identity=0.1),
    'too small': case(box=(300.0, 200.0, 8.0, 12.0)),
    'too fast': case(step=(-45.0, 10.0), box=(200.0, 240.0, 40.0, 60.0)),
    'dark': case(brightness=12.0),
    'blurred': case(sharpness=0.1),
    'hardly found': young((0.38, 0.54, 0.30, 0.33, 0.11, 0.23, 0.13)),
    'hidden': case(),
    'changed its look': case(scores=tuple(0.8 - 0.03 * k for k in range(24))),
}


@pytest.mark.parametrize('name', [*RULES])
def test_each_cause_is_told_by_its_case(name):
    cause = why(CASES[name])
    assert cause.name == name
    assert cause.sentence.endswith('.')
    assert 40 < len(cause.sentence) < 250


def test_the_numbers_are_in_the_sentence():
    assert 'for 0.53 s none was worked on' in why(CASES['images missing']).sentence
    assert 'right border' in why(CASES['left the picture']).sentence
    assert '(0.80)' in why(CASES['another like it']).sentence
    assert '8x12 pixels' in why(CASES['too small']).sentence
    assert 'the grey level in its box was 12 of 255, and 120 before' in why(CASES['dark']).sentence
    assert '10%' in why(CASES['blurred']).sentence
    assert 'from 0.85 to 0.10' in why(CASES['hidden']).sentence


def test_who_stands_at_the_border_and_walks_inwards_has_not_left():
    inwards = case(box=(598.0, 200.0, 40.0, 60.0), step=(-4.0, 0.0))
    assert why(inwards).name == 'hidden'


def test_a_guess_at_the_border_is_no_way_out():
    hidden = case()
    guesses = [replace(each, box=(596.0, 2.0, 40.0, 60.0), score=0.0) for each in hidden.falling]
    assert why(replace(hidden, falling=guesses)).name == 'hidden'


def test_who_would_be_out_of_the_picture_by_now_has_left():
    assert why(case(box=(560.0, 200.0, 40.0, 60.0), step=(10.0, 0.0))).name == 'left the picture'


def test_a_late_image_long_before_the_loss_is_no_cause():
    fall = case()
    before = [
        replace(each, time=each.time - (0.6 if k < 10 else 0))
        for k, each in enumerate(fall.before)
    ]
    assert why(replace(fall, before=before)).name == 'hidden'


def test_a_box_that_began_well_did_not_begin_wrongly():
    assert why(young((0.9, 0.9, 0.9, 0.9, 0.1, 0.1, 0.1))).name == 'hidden'


def test_what_was_surely_found_once_did_not_begin_wrongly():
    cause = why(young((0.07, 0.71, 0.42, 0.13, 0.10)))
    assert cause.name == 'hardly found'
    assert 'between 0.07 and 0.71' in cause.sentence
    assert why(young((0.86, 0.74, 0.56, 0.31, 0.15, 0.14))).name == 'hidden'
    assert why(young((0.73, 0.69, 0.67, 0.23, 0.41, 0.18, 0.08))).name == 'hidden'


def test_a_target_that_is_too_small_did_not_begin_wrongly():
    cause = why(young((0.15, 0.08), (53.0, 37.0, 10.0, 10.0), given=(40.0, 41.0, 11.0, 8.0)))
    assert cause.name == 'too small'
    assert '11x8 pixels in the box that was given' in cause.sentence
    assert why(young((0.15, 0.08), (53.0, 37.0, 10.0, 10.0))).name == 'too small'
    assert why(young((0.15, 0.08), given=(40.0, 41.0, 40.0, 30.0))).name == 'began wrongly'


def test_who_goes_behind_something_near_the_border_has_not_left():
    # Its box shrinks towards one edge, which stands still, so that its centre moves.
    behind = case(box=(480.0, 200.0, 120.0, 60.0))
    before = [
        replace(each, box=(480.0 + 12 * max(k - 11, 0), 200.0, 120.0 - 12 * max(k - 11, 0), 60.0))
        for k, each in enumerate(behind.before)
    ]
    falling = [replace(each, box=(576.0, 200.0, 24.0, 50.0)) for each in behind.falling]
    behind = replace(behind, before=before, falling=falling)
    assert why(behind).name == 'hidden'
    # What comes in between may be plain.
    plain = [replace(each, sharpness=0.1) for each in falling]
    assert why(replace(behind, falling=plain)).name == 'hidden'


def test_what_shrinks_as_its_score_falls_is_hidden_bit_by_bit():
    fall = CASES['changed its look']
    falling = [
        replace(each, box=(300.0, 200.0, 40.0 - 1.5 * k, 60.0))
        for k, each in enumerate(fall.falling)
    ]
    cause = why(replace(fall, falling=falling))
    assert cause.name == 'hidden'
    assert 'bit by bit' in cause.sentence


def test_without_measures_of_the_picture_the_other_rules_hold():
    assert why(case(brightness=None, sharpness=None)).name == 'hidden'


def test_where_it_was_hardly_found_no_rule_tells():
    seen = [Seen(k / 30, (300.0, 200.0, 40.0, 60.0), 0.5, number=90 + k) for k in range(20)]
    seen[-1] = replace(seen[-1], lost=True, score=0.3)
    cause = why(fall_to(seen, 19, WIDTH, HEIGHT))
    assert cause.name == 'unknown'
    assert 'no rule tells why' in cause.sentence


def test_the_fall_begins_after_the_last_sure_image_of_this_target():
    seen = [
        Seen(k / 30, (300.0, 200.0, 40.0, 60.0), 0.9, number=k % 10, lost=k in (7, 8))
        for k in range(20)
    ]
    seen[18:] = [replace(each, score=0.2) for each in seen[18:]]
    seen[19] = replace(seen[19], lost=True)
    assert find_loss(seen) == 7
    fall = fall_to(seen, 19, WIDTH, HEIGHT)
    assert [each.time * 30 for each in fall.before] == pytest.approx(range(10, 18))
    assert len(fall.falling) == 2


def test_no_loss_is_none():
    assert find_loss([Seen(0.0, (0.0, 0.0, 1.0, 1.0), 0.9)]) is None
