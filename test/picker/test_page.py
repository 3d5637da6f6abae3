# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The page in a real browser: what mouse, finger and keys do, and what it says."""

import re
import time

from aiatrack_ros.picker.wire import TargetState
from browser import chromium
from browser import LongLink
from browser import open_page
from page_acts import contrast
from page_acts import drag_on_picture
from page_acts import Finger
from page_acts import middle
from page_acts import on_picture
from page_acts import PHONE
from picker_bench import grey_picture
from picker_bench import serving
from picker_bench import wait_for
from playwright.sync_api import expect
import pytest

WIDTH, HEIGHT = 640, 480
STAMP = 1_790_000_000_123_456_789
BOX = (100.0, 120.0, 200.0, 160.0)


@pytest.fixture(scope='module')
def browser():
    with chromium() as started:
        yield started


@pytest.fixture
def served():
    with serving() as (picker, requests):
        yield picker, requests


@pytest.fixture
def page(browser, served):
    with open_page(browser, served[0].address) as opened:
        show(opened, served[0])
        yield opened


def show(page, picker, stamp=STAMP, level=128):
    """Show a picture and wait until the page has drawn it."""
    picker.show(stamp, lambda: grey_picture(WIDTH, HEIGHT, level))
    page.wait_for_selector(f'#frame[data-stamp="{stamp}"]')


def on_page(page, x, y):
    """Return where a pixel of the image is in the window."""
    return on_picture(page, (WIDTH, HEIGHT), x, y)


def drag(page, *points):
    """Go through points of the image with the mouse pressed."""
    drag_on_picture(page, (WIDTH, HEIGHT), *points)


def draw(page, box=BOX):
    x, y, w, h = box
    drag(page, (x, y), (x + w, y + h))


def followed(requests, count=1):
    wait_for(lambda: len(requests.followed) >= count, 'the box')
    stamp, box = requests.followed[-1]
    return stamp, pytest.approx(box, abs=2.0)


def text(page, name):
    return page.locator(f'#{name}').inner_text()


def test_a_box_is_drawn_and_followed_on_the_picture_that_it_was_drawn_on(page, served):
    picker, requests = served
    expect(page.locator('#follow')).to_be_disabled()
    draw(page)
    # The picture stands still from the press on, whatever comes.
    picker.show(STAMP + 1, lambda: grey_picture(WIDTH, HEIGHT, 200))
    expect(page.locator('#still')).to_be_visible()
    page.click('#follow')
    stamp, box = followed(requests)
    assert (stamp, BOX) == (STAMP, box)
    expect(page.locator('#hint')).to_have_text('Following target_1.')
    page.wait_for_selector(f'#frame[data-stamp="{STAMP + 1}"]')  # live again
    expect(page.locator('#draft')).to_be_hidden()


@pytest.mark.parametrize(
    ('grip', 'by', 'becomes'),
    [
        ((300, 280), (20, 10), (100, 120, 220, 170)),
        ((100, 120), (-20, 10), (80, 130, 220, 150)),
        ((300, 120), (-20, -10), (100, 110, 180, 170)),
        ((100, 200), (30, 50), (130, 120, 170, 160)),
        ((200, 280), (30, 40), (100, 120, 200, 200)),
        ((200, 200), (30, 40), (130, 160, 200, 160)),  # the inside moves it
        ((200, 200), (900, 0), (440, 120, 200, 160)),  # the box stays in the picture
        ((100, 200), (250, 0), (300, 120, 50, 160)),  # a side beyond the opposite one
        ((500, 50), (50, 30), (500, 50, 50, 30)),  # a press outside begins a new box
    ],
)
def test_corners_sides_and_place_are_corrected(page, served, grip, by, becomes):
    draw(page)
    drag(page, grip, (grip[0] + by[0], grip[1] + by[1]))
    page.click('#follow')
    assert followed(served[1])[1] == becomes


def test_a_click_is_explained_and_a_speck_as_well(page, served):
    page.mouse.click(*on_page(page, 100, 100))
    expect(page.locator('#hint')).to_contain_text('A click is not enough')
    expect(page.locator('#still')).to_be_hidden()
    drag(page, (100, 100), (200, 101))
    expect(page.locator('#hint')).to_contain_text('too small')
    expect(page.locator('#follow')).to_be_disabled()
    draw(page)
    page.mouse.click(*on_page(page, 500, 400))  # this keeps the box that was there
    page.click('#follow')
    assert followed(served[1])[1] == BOX


def test_a_drag_out_of_the_picture_ends_at_its_rim(page, served):
    drag(page, (500, 400), (900, 700))
    page.click('#follow')
    assert followed(served[1])[1] == (500, 400, 140, 80)


def test_a_finger_draws_as_well(browser, served):
    picker, requests = served
    with open_page(browser, picker.address, **PHONE) as page:
        show(page, picker)
        Finger(page).go(*(on_page(page, *point) for point in ((100, 120), (150, 200), (300, 280))))
        expect(page.locator('#follow')).to_be_enabled()
        page.tap('#follow')
        assert followed(requests)[1] == BOX
        # Nothing is wider than the phone, and the buttons are large enough for a finger.
        assert page.evaluate('document.documentElement.scrollWidth') == 390
        for name in ('follow', 'freeze', 'forget'):
            box = page.locator(f'#{name}').bounding_box()
            assert box['height'] >= 44 and box['y'] + box['height'] <= 844


def test_a_finger_presses_once_however_it_does_and_not_when_it_slides_off(browser, served):
    picker, _ = served
    with open_page(browser, picker.address, **PHONE) as page:
        show(page, picker)
        finger, button = Finger(page), page.locator('#freeze')
        for wobble, seconds in ((0, 0.0), (25, 0.0), (0, 1.0)):
            becomes = {'Freeze': 'Go live', 'Go live': 'Freeze'}[button.inner_text()]
            x, y = middle(page, 'freeze')
            finger.go((x, y), (x + wobble, y + wobble / 10), seconds=seconds)
            expect(button).to_have_text(becomes)
            page.wait_for_timeout(700)  # a click may follow, and must not undo it
            expect(button).to_have_text(becomes)
        finger.go(middle(page, 'freeze'), middle(page, 'state'))
        page.wait_for_timeout(700)
        expect(button).to_have_text('Go live')
        button.press('Enter')
        expect(button).to_have_text('Freeze')


@pytest.mark.parametrize('viewport', [(1280, 800), (390, 844), (844, 390), (320, 480)])
def test_everything_needed_is_in_view_at_any_size(browser, served, viewport):
    size = dict(zip(('width', 'height'), viewport))
    with open_page(browser, served[0].address, viewport=size) as page:
        show(page, served[0])
        served[0].tell(TargetState(1, 'lost', 'target_1_ab12', None, 0.3, 15.0, 0.02, 'x ' * 80))
        draw(page)
        expect(page.locator('#problem')).to_be_visible()
        for name in ('frame', 'follow', 'freeze', 'forget', 'state'):
            box = page.locator(f'#{name}').bounding_box()
            assert box['width'] > 30 and box['height'] > 10, name
            assert box['x'] >= 0 and box['x'] + box['width'] <= viewport[0], name
            assert box['y'] >= 0 and box['y'] + box['height'] <= viewport[1], name


def test_keys_alone_suffice(page, served):
    page.keyboard.press('Tab')
    assert page.evaluate('document.activeElement.id') == 'stage'
    page.keyboard.press('Enter')  # a box in the middle, a quarter as wide and high as the picture
    for key in ('ArrowLeft', 'ArrowUp', 'Shift+ArrowRight', 'Shift+ArrowDown', 'ArrowUp'):
        page.keyboard.press(key)
    step = 6
    page.keyboard.press('Enter')
    expected = (240 - step, 180 - 2 * step, 160 + step, 120 + step)
    assert followed(served[1])[1] == expected
    expect(page.locator('#hint')).to_have_text('Following target_1.')  # keys wait for that
    page.keyboard.press('Enter')
    expect(page.locator('#still')).to_be_visible()
    page.keyboard.press('Escape')
    expect(page.locator('#still')).to_be_hidden()
    served[0].tell(TargetState(1, 'tracking', 'a', BOX, 0.9))
    expect(page.locator('#forget')).to_be_enabled()
    order = []
    for _ in range(2):
        page.keyboard.press('Tab')
        order.append(page.evaluate('document.activeElement.id'))
    assert order == ['freeze', 'forget']  # Tab skips Follow, for there is no box
    page.keyboard.press('Enter')
    wait_for(lambda: served[1].forgotten, 'forget')


def test_freeze_stands_still_until_go_live(page, served):
    picker, requests = served
    page.click('#freeze')
    expect(page.locator('#freeze')).to_have_text('Go live')
    wait_for(lambda: requests.holding == 1, 'the hold')
    picker.show(STAMP + 1, lambda: grey_picture(WIDTH, HEIGHT))
    draw(page)
    page.click('#follow')
    assert followed(requests)[0] == STAMP
    page.wait_for_selector(f'#frame[data-stamp="{STAMP + 1}"]')
    wait_for(lambda: requests.holding == 0, 'its end')
    page.click('#freeze')
    page.click('#freeze')
    expect(page.locator('#freeze')).to_have_text('Freeze')


def test_state_score_rate_latency_box_and_problem_are_shown(page, served):
    picker, _ = served
    assert text(page, 'state') == 'no tracker yet'
    picker.tell(TargetState(STAMP, 'tracking', 'target_3', BOX, 0.876, 24.94, 0.0141))
    expect(page.locator('#state')).to_have_text('tracking')
    shown = [text(page, name) for name in ('score', 'rate', 'latency', 'name', 'where')]
    assert shown == ['0.88', '24.9 Hz', '14 ms', 'target_3', '200 × 160 at 100, 120']
    expect(page.locator('#label')).to_have_text('tracking 0.88')
    edge = page.locator('#track').bounding_box()
    assert (edge['x'], edge['y']) == pytest.approx(on_page(page, 100, 120), abs=1.5)
    assert page.title().startswith('tracking')
    picker.tell(TargetState(STAMP, 'lost', 'target_3', None, 0.2, 24.9, 0.01, 'no image for 3 s'))
    expect(page.locator('#problem')).to_have_text('No image for 3 s')
    expect(page.locator('#state')).to_have_text('lost, searching')
    expect(page.locator('#track')).to_be_hidden()
    picker.tell(TargetState(STAMP, 'idle'))
    expect(page.locator('#problem')).to_be_hidden()


def test_the_box_on_a_picture_is_the_one_of_that_picture(page, served):
    picker, _ = served
    picker.tell(TargetState(STAMP, 'tracking', 'a', BOX, 0.9))
    expect(page.locator('#track')).to_be_visible()
    picker.tell(TargetState(STAMP + 5, 'tracking', 'a', (400.0, 300.0, 50.0, 50.0), 0.9))
    expect(page.locator('#where')).to_have_text('50 × 50 at 400, 300')
    edge = page.locator('#track').bounding_box()
    assert (edge['x'], edge['y']) == pytest.approx(on_page(page, 100, 120), abs=1.5)


def test_forget_and_what_a_screen_reader_hears(page, served):
    picker, requests = served
    expect(page.locator('#forget')).to_be_disabled()
    picker.tell(TargetState(STAMP, 'tracking', 'a', BOX, 0.9))
    expect(page.locator('#announce')).to_have_text('tracking')
    page.click('#forget')
    wait_for(lambda: requests.forgotten == 1, 'forget')
    expect(page.get_by_role('status').filter(has_text='Forgotten.')).to_have_count(1)
    expect(page.get_by_role('meter', name='Score')).to_have_attribute('aria-valuenow', '0.90')
    for name in ('Follow', 'Freeze', 'Forget'):
        expect(page.get_by_role('button', name=name, exact=True)).to_have_count(1)
    stage = page.get_by_role('application', name='Camera picture')
    assert 'Arrow keys' in page.locator(f'#{stage.get_attribute("aria-describedby")}').inner_text()


def test_a_refusal_keeps_the_box_and_says_why(page, served):
    served[1].answer = (False, 'the box is for an image of long ago')
    draw(page)
    page.click('#follow')
    expect(page.locator('#hint')).to_have_text(
        'Not followed: the box is for an image of long ago.'
    )
    expect(page.locator('#draft')).to_be_visible()
    served[1].answer = (True, 'target_2')
    page.click('#follow')
    expect(page.locator('#hint')).to_have_text('Following target_2.')


def test_two_viewers_see_the_newest_box(browser, page, served):
    picker, requests = served
    with open_page(browser, picker.address) as other:
        show(other, picker, STAMP + 1)
        draw(page)
        draw(other, (300, 200, 100, 100))
        page.click('#follow')
        followed(requests)
        other.click('#follow')
        assert followed(requests, 2)[1] == (300, 200, 100, 100)
        expect(page.locator('#hint')).to_have_text('Another viewer chose a target.')
        picker.tell(TargetState(1, 'tracking', 'b', (300.0, 200.0, 100.0, 100.0), 0.9))
        for each in (page, other):
            expect(each.locator('#where')).to_have_text('100 × 100 at 300, 200')


def test_a_lost_connection_comes_back_with_the_box_still_there(browser, served):
    picker, requests = served
    link = LongLink(int(re.search(r':(\d+)/', picker.address)[1]))
    try:
        with open_page(browser, f'http://127.0.0.1:{link.port}/') as page:
            show(page, picker)
            draw(page)
            link.cut()
            expect(page.locator('#state')).to_have_text('not connected')
            expect(page.locator('#follow')).to_be_disabled()
            wait_for(lambda: requests.viewers == 0, 'the server has seen it')
            link.mend()
            expect(page.locator('#follow')).to_be_enabled()
            wait_for(lambda: requests.holding == 1, 'the picture still stands still')
            page.click('#follow')
            stamp, box = followed(requests)
            assert (stamp, BOX) == (STAMP, box)
    finally:
        link.close()


def test_a_server_that_begins_again_is_found(browser):
    with serving() as (picker, _):
        port = int(re.search(r':(\d+)/', picker.address)[1])
        context = open_page(browser, picker.address)
        page = context.__enter__()
        show(page, picker)
        show(page, picker, STAMP + 1)
    try:
        expect(page.locator('#state')).to_have_text('not connected')
        with serving(port=port) as (picker, _):
            expect(page.locator('#state')).to_have_text('no tracker yet')
            show(page, picker, STAMP - 5)  # the new server counts its pictures from 1 again
    finally:
        context.__exit__(None, None, None)


def test_a_wrong_token_opens_nothing_and_says_so(browser):
    with serving(token='correct-horse') as (picker, requests):
        with open_page(browser, picker.address.replace('correct', 'wrongly')) as page:
            assert 'The token of this address is missing or not the right one' in page.content()
            assert page.locator('#stage').count() == 0
        with open_page(browser, picker.address) as page:
            expect(page.locator('#state')).to_have_text('no tracker yet')
            wait_for(lambda: requests.viewers == 1, 'the viewer')


def test_a_token_that_has_changed_is_explained(browser):
    with serving(token='correct-horse') as (picker, _):
        port = int(re.search(r':(\d+)/', picker.address)[1])
        context = open_page(browser, picker.address)
        page = context.__enter__()
        expect(page.locator('#state')).to_have_text('no tracker yet')
    try:
        with serving(token='another-horse', port=port):
            expect(page.locator('#hint')).to_contain_text('not the right one')
    finally:
        context.__exit__(None, None, None)


def test_a_page_of_another_origin_gets_nothing(browser, served):
    picker, requests = served
    context = browser.new_context()
    page = context.new_page()
    page.route(
        'http://evil.example/',
        lambda route: route.fulfill(body='<h1>evil</h1>', content_type='text/html'),
    )
    try:
        page.goto('http://evil.example/')
        address = picker.address.replace('http', 'ws') + 'socket'
        outcome = page.evaluate(
            """address => new Promise(done => {
                 const socket = new WebSocket(address);
                 socket.onopen = () => done('open');
                 socket.onmessage = () => done('message');
                 socket.onclose = event => done('closed ' + event.code);
               })""",
            address,
        )
        assert outcome == 'closed 1006'
        frame = page.evaluate(
            """address => new Promise(done => {
                 const frame = document.createElement('iframe');
                 frame.onload = () => {
                   try { done(frame.contentDocument ? 'read' : 'refused'); }
                   catch (error) { done('refused'); }
                 };
                 frame.src = address;
                 document.body.append(frame);
               })""",
            picker.address,
        )
        assert frame == 'refused'
        assert requests.viewers == 0
    finally:
        context.close()


def test_one_viewer_too_many_is_told_and_let_in_later(browser):
    with serving(max_viewers=1) as (picker, requests):
        with open_page(browser, picker.address) as first:
            expect(first.locator('#state')).to_have_text('no tracker yet')
            with open_page(browser, picker.address) as second:
                expect(second.locator('#hint')).to_contain_text('max_viewers')
                first.goto('about:blank')
                expect(second.locator('#state')).to_have_text('no tracker yet')


def test_a_still_picture_too_old_for_the_tracker_is_told(browser):
    with serving(keep_seconds=0.5) as (picker, _):
        with open_page(browser, picker.address) as page:
            show(page, picker)
            page.click('#freeze')
            expect(page.locator('#hint')).to_contain_text('older than the tracker keeps')


@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_words_stand_out_from_their_ground(browser, served, scheme):
    with open_page(browser, served[0].address, color_scheme=scheme) as page:
        show(page, served[0])
        for state in ('idle', 'tracking', 'lost'):
            served[0].tell(TargetState(1, state, 'a', None, 0.5, problem='trouble'))
            page.wait_for_selector(f'#state[data-state={state}]')
            for name in ('state', 'score', 'hint', 'problem', 'freeze', 'keys'):
                assert contrast(page, name) >= 4.5, (state, name)
        draw(page)
        assert contrast(page, 'follow') >= 4.5


def test_a_hidden_page_takes_no_pictures_and_goes_on_when_it_is_seen(page, served):
    picker, _ = served
    page.evaluate(
        "Object.defineProperty(document, 'hidden', {configurable: true, get: () => true})"
    )
    for number in range(1, 7):
        picker.show(STAMP + number, lambda: grey_picture(WIDTH, HEIGHT))
        time.sleep(0.1)
    assert page.locator('#frame').get_attribute('data-stamp') == str(STAMP)
    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_selector(f'#frame[data-stamp="{STAMP + 6}"]')
