# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The page that labels a film, in a real browser: what mouse, finger and keys do."""

import re

from aiatrack_ros.picker import wire
from browser import chromium
from browser import LongLink
from browser import open_page
from label_bench import BOX
from label_bench import COUNT
from label_bench import labelling
from label_bench import SIZE
from label_bench import TORN
from page_acts import contrast
from page_acts import drag_on_picture
from page_acts import Finger
from page_acts import on_picture
from page_acts import PHONE
from picker_bench import wait_for
from playwright.sync_api import expect
import pytest


@pytest.fixture(scope='module')
def browser():
    with chromium() as started:
        yield started


@pytest.fixture
def desk():
    with labelling() as served:
        yield served


@pytest.fixture
def page(browser, desk):
    with open_page(browser, desk.server.address) as opened:
        seen(opened, 0)
        yield opened


def seen(page, index):
    page.wait_for_selector(f'#frame[data-stamp="{index}"]')


def go(page, index):
    page.locator('#scrub').fill(str(index))
    seen(page, index)


def given(desk, index):
    wait_for(lambda: index in desk.given, f'a correction of image {index}')
    return desk.given[index]


def near(box):
    return pytest.approx(box, abs=2.0)


def fill_in(desk, last, unsure=()):
    """Have all images up to `last` filled in, but for those that are unsure."""
    desk.filled = {
        index: BOX for index in range(last + 1) if index not in desk.given and index not in unsure
    }
    desk.blank = [(last + 1, COUNT - 1)]
    desk.tell()


def test_the_recorded_box_is_offered_and_taken_as_it_is(page, desk):
    expect(page.locator('#tag')).to_have_text('recorded')
    expect(page.locator('#draft')).to_be_visible()
    expect(page.locator('#recorded')).to_have_text('the box of the user')
    expect(page.locator('#state')).to_have_text('Image 0: not filled in')
    page.click('#right')
    assert given(desk, 0) == BOX
    expect(page.locator('#tag')).to_have_text('corrected')
    expect(page.locator('#right')).to_be_disabled()
    go(page, 30)  # it was lost there
    expect(page.locator('#draft')).to_be_hidden()
    expect(page.locator('#recorded')).to_have_text('lost')
    expect(page.locator('#right')).to_be_disabled()


@pytest.mark.parametrize(
    ('grip', 'to', 'becomes'),
    [
        ((300, 280), (320, 290), (100, 120, 220, 170)),  # a corner
        ((200, 200), (230, 240), (130, 160, 200, 160)),  # its inside moves it
        ((400, 300), (500, 400), (400, 300, 100, 100)),  # outside another is drawn
    ],
)
def test_a_drag_corrects_what_was_recorded(page, desk, grip, to, becomes):
    drag_on_picture(page, SIZE, grip, to)
    assert given(desk, 0) == near(becomes)
    expect(page.locator('#state')).to_have_text('Image 0: corrected')
    drag_on_picture(page, SIZE, (20, 400), (90, 470))  # and again
    wait_for(lambda: desk.given[0] == near((20, 400, 70, 70)), 'the other box')


def test_a_suggestion_in_the_way_is_removed_to_draw_in_it(page, desk):
    page.click('#clear')
    expect(page.locator('#draft')).to_be_hidden()
    drag_on_picture(page, SIZE, (150, 150), (200, 210))
    assert given(desk, 0) == near((150, 150, 50, 60))


def test_absent_and_a_correction_that_is_taken_back(page, desk):
    go(page, 12)
    page.click('#absent')
    assert given(desk, 12) is None
    expect(page.locator('#still')).to_have_text('Not there')
    expect(page.locator('#draft')).to_be_hidden()
    expect(page.locator('#state')).to_have_text('Image 12: not there')
    expect(page.get_by_role('button', name='Image 12, not there')).to_have_count(1)
    page.click('#clear')
    wait_for(lambda: 12 not in desk.given, 'the correction is taken back')
    expect(page.locator('#tag')).to_have_text('recorded')
    expect(page.locator('#given button')).to_have_count(0)


def test_steps_number_list_and_strip_go_to_an_image(page, desk):
    page.click('#on')
    seen(page, 1)
    page.click('#tens')
    seen(page, 11)
    page.click('#absent')
    page.click('#back')
    seen(page, 10)
    page.click('#tens-back')
    seen(page, 0)
    page.fill('#number', '17')
    page.press('#number', 'Enter')
    seen(page, 17)
    page.fill('#number', '99999')
    page.press('#number', 'Enter')
    expect(page.locator('#number')).to_have_value(str(COUNT - 1))
    page.locator('#given button').click()
    seen(page, 11)
    strip = page.locator('#scrub').bounding_box()
    page.mouse.click(strip['x'] + strip['width'] / 2, strip['y'] + strip['height'] / 2)
    expect(page.locator('#frame')).to_have_attribute('data-stamp', re.compile('19|20'))


def test_a_fast_scrub_ends_at_the_image_that_is_wanted_and_the_server_bears_it(page, desk):
    strip = page.locator('#scrub').bounding_box()
    middle = strip['y'] + strip['height'] / 2
    page.mouse.move(strip['x'] + 8, middle)
    page.mouse.down()
    for _ in range(4):
        for end in (0.95, 0.05):
            page.mouse.move(strip['x'] + end * strip['width'], middle, steps=80)
    page.mouse.up()
    wanted = page.locator('#scrub').input_value()
    seen(page, wanted)
    expect(page.locator('body')).not_to_have_class('offline')


def test_keys_alone_suffice(page, desk):
    assert page.evaluate('document.activeElement.id') == 'stage'
    page.keyboard.press('ArrowRight')
    seen(page, 1)
    page.keyboard.press('Shift+ArrowRight')
    seen(page, 11)
    page.keyboard.press('ArrowLeft')
    seen(page, 10)
    page.keyboard.press('Enter')  # the box that is shown is taken to keys
    for key in ('ArrowLeft', 'ArrowUp', 'Shift+ArrowRight', 'Shift+ArrowDown', 'ArrowUp'):
        page.keyboard.press(key)
    page.keyboard.press('Enter')
    step = 6
    assert given(desk, 10) == (100 - step, 120 - 2 * step, 200 + step, 160 + step)
    for key, index in (('PageUp', 20), ('PageDown', 10), ('Home', 0), ('ArrowUp', 1)):
        page.keyboard.press(key)
        seen(page, index)
    page.keyboard.press('ArrowDown')
    seen(page, 0)
    page.keyboard.press('Enter')
    page.keyboard.press('ArrowDown')
    page.keyboard.press('Escape')  # drops it
    page.keyboard.press('ArrowRight')
    seen(page, 1)
    assert 0 not in desk.given
    page.keyboard.press('a')
    assert given(desk, 1) is None
    page.keyboard.press('Delete')
    wait_for(lambda: 1 not in desk.given, 'the correction is taken back')
    page.keyboard.press('n')
    seen(page, 13)
    page.keyboard.press('f')
    wait_for(lambda: desk.ordered == ['fill'], 'the order')


def test_a_box_that_keys_moved_is_kept_when_one_goes_on(page, desk):
    page.keyboard.press('Enter')
    page.keyboard.press('ArrowRight')
    page.click('#on')
    seen(page, 1)
    assert given(desk, 0) == (106, 120, 200, 160)


def test_letters_act_only_where_the_film_has_the_focus(page, desk):
    page.focus('#save')
    for key in 'anf':
        page.keyboard.press(key)
    page.keyboard.press('ArrowRight')
    seen(page, 1)
    assert (desk.given, desk.ordered) == ({}, [])
    page.focus('#scrub')
    page.keyboard.press('Shift+ArrowRight')
    seen(page, 11)
    page.keyboard.press('a')
    assert given(desk, 11) is None


def test_what_was_filled_in_is_looked_at_and_corrected(page, desk):
    page.click('#right')
    given(desk, 0)
    page.click('#next')  # of the images that are proposed
    seen(page, 13)
    page.click('#right')
    given(desk, 13)
    page.click('#fill')
    wait_for(lambda: desk.ordered == ['fill'], 'the order')
    desk.server.progress(wire.Progress('Filling in', 4, 24))
    bar = page.get_by_role('progressbar', name='Progress')
    expect(bar).to_have_attribute('value', '4')
    expect(page.locator('#amount')).to_have_text('4 of 24')
    expect(page.locator('#save')).to_be_disabled()
    page.click('#fill')
    wait_for(lambda: desk.ordered == ['fill', 'stop'], 'the order to stop')
    fill_in(desk, 25, unsure=(6, 7, 8))
    desk.server.progress(wire.Progress())
    expect(bar).to_be_hidden()
    expect(page.locator('#tally')).to_have_text('23 of 40')
    go(page, 3)
    expect(page.locator('#state')).to_have_text('Image 3: filled in')
    expect(page.locator('#tag')).to_have_text('filled in')
    page.click('#next')  # in the middle of where both ways don't agree
    seen(page, 7)
    expect(page.locator('#state')).to_have_text('Image 7: no label')
    expect(page.locator('#hint')).to_contain_text('don’t agree')
    expect(page.locator('#tag')).to_have_text('recorded')
    drag_on_picture(page, SIZE, (200, 200), (210, 200))
    assert given(desk, 7) == near((110, 120, 200, 160))


def test_play_shows_every_image_up_to_the_last_that_can_be_shown(page, desk):
    go(page, 28)
    desk.looked.clear()
    page.click('#play')
    wait_for(lambda: TORN in desk.looked, 'the last image')
    assert desk.looked == [*range(29, COUNT)]
    expect(page.locator('#play')).to_have_text('Play')


def test_play_ends_when_one_stops_or_steps_or_draws(page, desk):
    button = page.locator('#play')
    page.keyboard.press(' ')
    expect(button).to_have_text('Pause')
    page.keyboard.press(' ')
    expect(button).to_have_text('Play')
    page.click('#play')
    page.keyboard.press('ArrowLeft')
    expect(button).to_have_text('Play')
    page.click('#play')
    drag_on_picture(page, SIZE, (400, 300), (500, 400))
    expect(button).to_have_text('Play')


def test_an_image_that_cannot_be_shown_is_a_line_and_the_others_are_shown(page, desk):
    page.locator('#scrub').fill(str(TORN))
    expect(page.locator('#hint')).to_have_text('Picture not shown: image 39 is torn.')
    go(page, 5)


def test_objections_and_problems_are_lines(page, desk):
    desk.objection = 'give the box of the target in one image at least'
    page.click('#fill')
    hint = page.locator('#hint')
    expect(hint).to_have_text('Give the box of the target in one image at least.')
    desk.objection = 'that box is none'
    page.click('#right')
    expect(hint).to_have_text('Image 0 not corrected: that box is none.')
    expect(page.locator('#tag')).to_have_text('recorded')
    desk.tell(problem='corrections are not kept')
    expect(page.get_by_role('alert')).to_have_text('Corrections are not kept')


def test_save_and_done(page, desk):
    expect(page.locator('#done')).to_be_disabled()
    page.click('#right')
    given(desk, 0)
    page.click('#save')
    wait_for(lambda: desk.ordered == ['save'], 'the order')
    desk.tell(saved=True)
    expect(page.locator('#save')).to_be_disabled()
    page.click('#done')
    wait_for(lambda: desk.ordered == ['save', 'done'], 'the order')
    expect(page.locator('#hint')).to_have_text(re.compile('All is saved.*can be closed'))
    desk.server.stop()
    expect(page.locator('#state')).to_have_text('Done')
    expect(page.locator('#absent')).to_be_disabled()


def test_nothing_is_lost_while_the_connection_is(browser, desk):
    link = LongLink(int(re.search(r':(\d+)/', desk.server.address)[1]))
    try:
        with open_page(browser, f'http://127.0.0.1:{link.port}/') as page:
            seen(page, 0)
            link.cut()
            expect(page.locator('#hint')).to_contain_text('Trying again')
            drag_on_picture(page, SIZE, (400, 300), (500, 400))
            expect(page.locator('#state')).to_have_text('Image 0: corrected')
            expect(page.locator('#hint')).to_contain_text('1 correction waits on this page')
            expect(page.locator('#fill')).to_be_disabled()
            page.keyboard.press('ArrowRight')
            assert desk.given == {}
            link.mend()
            assert given(desk, 0) == near((400, 300, 100, 100))
            seen(page, 1)
            expect(page.locator('#fill')).to_be_enabled()
    finally:
        link.close()


def test_two_viewers_see_each_others_corrections(browser, page, desk):
    with open_page(browser, desk.server.address) as other:
        seen(other, 0)
        go(page, 12)
        page.click('#absent')
        other.get_by_role('button', name='Image 12, not there').click()
        seen(other, 12)
        expect(other.locator('#still')).to_have_text('Not there')


def test_a_finger_corrects_and_scrubs(browser, desk):
    with open_page(browser, desk.server.address, **PHONE) as page:
        seen(page, 0)
        finger = Finger(page)
        points = ((400, 300), (450, 350), (500, 400))
        finger.go(*(on_picture(page, SIZE, *point) for point in points))
        assert given(desk, 0) == near((400, 300, 100, 100))
        page.tap('#next')
        seen(page, 13)
        page.tap('#absent')
        assert given(desk, 13) is None
        strip = page.locator('#scrub').bounding_box()
        finger.go((strip['x'] + strip['width'] - 10, strip['y'] + strip['height'] / 2))
        expect(page.locator('#number')).to_have_value(str(COUNT - 1))
        # Nothing is wider than the phone, and what is pressed is large enough for a finger.
        assert page.evaluate('document.documentElement.scrollWidth') == 390
        for name in ('right', 'absent', 'clear', 'fill', 'save', 'done', 'back', 'on', 'next'):
            box = page.locator(f'#{name}').bounding_box()
            assert box['height'] >= 44 and box['width'] >= 43, name


@pytest.mark.parametrize('viewport', [(1280, 800), (390, 844), (844, 390), (320, 480)])
def test_everything_needed_is_in_view_at_any_size(browser, desk, viewport):
    size = dict(zip(('width', 'height'), viewport))
    with open_page(browser, desk.server.address, viewport=size) as page:
        seen(page, 0)
        page.click('#right')
        desk.tell(problem='x ' * 80)
        expect(page.locator('#problem')).to_be_visible()
        names = 'frame scrub back number on play next state right absent clear fill save done'
        for name in names.split():
            box = page.locator(f'#{name}').bounding_box()
            assert box['width'] > 30 and box['height'] > 10, name
            assert box['x'] >= 0 and box['x'] + box['width'] <= viewport[0], name
            assert box['y'] >= 0 and box['y'] + box['height'] <= viewport[1], name
            assert page.locator(f'#{name}').evaluate(
                'each => each.scrollWidth <= each.clientWidth + 2'
            )


@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_words_stand_out_from_their_ground(browser, desk, scheme):
    with open_page(browser, desk.server.address, color_scheme=scheme) as page:
        seen(page, 0)
        desk.tell(problem='trouble')
        fill_in(desk, 20, unsure=(3,))
        for index, kind in ((30, ''), (2, 'filled'), (3, 'none'), (0, 'given')):
            go(page, index)
            if kind == 'given':
                page.click('#right')
            page.wait_for_selector(f'#state[data-state="{kind}"]')
            for name in ('state', 'moment', 'hint', 'problem', 'absent', 'play', 'of', 'legend'):
                assert contrast(page, name) >= 4.5, (kind, name)
        go(page, 2)
        assert contrast(page, 'right') >= 4.5


def test_what_a_screen_reader_hears(page, desk):
    scrub = page.get_by_role('slider', name='Image')
    expect(scrub).to_have_attribute('aria-valuetext', 'image 0 of 39, 0.00 s, not filled in')
    go(page, 12)
    expect(page.locator('#announce')).to_have_text('Image 12, not filled in')
    page.click('#absent')
    expect(page.locator('#announce')).to_have_text('Image 12, not there')
    names = (
        'Ten images back, One image back, One image on, Ten images on, Play, Next to look at, '
        'Box is right, Not there, Remove, Fill in, Save, Done'
    )
    for name in names.split(', '):
        expect(page.get_by_role('button', name=name, exact=True)).to_have_count(1)
    expect(page.get_by_role('spinbutton', name='Number of the image')).to_have_count(1)
    stage = page.get_by_role('application', name='Image of the clip')
    assert 'arrow keys' in page.locator(f'#{stage.get_attribute("aria-describedby")}').inner_text()
    for name in ('Follow', 'Freeze', 'Forget'):  # those are of the target picker
        expect(page.get_by_role('button', name=name, exact=True)).to_have_count(0)
