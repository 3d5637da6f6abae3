# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The target picker between a real browser and a real tracker node, over DDS."""

import re
import signal
import socket
import subprocess
import sys
import time

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2: run make setup, or source a distribution')

from aiatrack_ros.nodes.common import images
from aiatrack_ros.nodes.common import messages
from aiatrack_ros.nodes.selection.target_picker_node import TARGET_PICKER
from aiatrack_ros.nodes.selection.target_picker_node import TargetPickerNode
from aiatrack_ros.nodes.tracker.tracker_node import TrackerNode
from aiatrack_ros.tracking import State
from aiatrack_ros.tracking.boxes import box_iou
from browser import chromium
from browser import LongLink
from browser import open_page
from browser import shown_stamp
import numpy as np
from playwright.sync_api import expect
from rclpy.node import Node
from ros_harness import ROOT
from ros_harness import Ros
from ros_harness import ScriptedTracker
from ros_harness import stamp_of
from ros_harness import wait_for
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2D
from vision_msgs.msg import Detection2DArray
import yaml

pytestmark = pytest.mark.timeout(180)

WIDTH, HEIGHT = 320, 240
SECOND = 10**9


class Camera(Node):
    """Shows a bright square that moves, 20 times a second; its first pixel counts the images."""

    def __init__(self, **options):
        super().__init__('camera', **options)
        self.publisher = self.create_publisher(Image, 'image', 1)
        self.compressed = self.create_publisher(CompressedImage, 'image/compressed', 1)
        self.numbers = {}  # stamp: number
        self.count = 0
        self.silent = False
        self.create_timer(0.05, self.show)

    def show(self):
        if self.silent:
            return
        self.count = self.count % 250 + 1
        stamp = self.get_clock().now().nanoseconds
        self.numbers[stamp] = self.count
        picture = np.full((HEIGHT, WIDTH, 3), 60, np.uint8)
        x, y, w, h = map(int, square(self.count))
        picture[y : y + h, x : x + w] = 250
        picture[0, 0] = self.count
        header = Header(stamp=stamp_of(stamp), frame_id='camera')
        self.publisher.publish(images.encode(picture, header, 'bgr8'))
        if self.compressed.get_subscription_count():
            import cv2

            data = cv2.imencode('.png', picture)[1].tobytes()
            self.compressed.publish(CompressedImage(header=header, format='png', data=data))


def square(number):
    """Return the box of the square in the image of this number; every 40 images it starts anew."""
    return (20.0 + 5 * (number % 40), 80.0, 60.0, 70.0)


@pytest.fixture(scope='module')
def browser():
    with chromium() as started:
        yield started


@pytest.fixture
def ros():
    bench = Ros()
    yield bench
    bench.close()


@pytest.fixture
def scripted():
    return ScriptedTracker()


@pytest.fixture
def tracker(ros, scripted):
    node = ros.spin(lambda **options: TrackerNode(lambda **_: scripted, **options), parameters={})
    node.trigger_configure()
    node.trigger_activate()
    scripted.seen.clear()  # the node has tried the tracker out
    return node


@pytest.fixture
def camera(ros):
    return ros.spin(Camera)


def spin_picker(ros, **parameters):
    return ros.spin(TargetPickerNode, parameters={'port': 0, **parameters})


@pytest.fixture
def picker(ros, tracker, camera):
    node = spin_picker(ros)
    wait_for(node._set_target.service_is_ready, 'the tracker')
    wait_for(node._reset.service_is_ready, 'the tracker')
    return node


def on_page(page, x, y):
    edge = page.locator('#frame').bounding_box()
    return edge['x'] + x * edge['width'] / WIDTH, edge['y'] + y * edge['height'] / HEIGHT


def draw(page, box):
    x, y, w, h = box
    page.mouse.move(*on_page(page, x, y))
    page.mouse.down()
    page.mouse.move(*on_page(page, x + w, y + h), steps=3)
    page.mouse.up()


def draw_what_is_seen(page, camera):
    """Freeze the picture, draw a box around the square, and return the number of the image."""
    page.wait_for_selector('#frame[data-stamp]')
    page.mouse.move(*on_page(page, 1, 1))
    page.click('#freeze')
    expect(page.locator('#freeze')).to_have_text('Go live')
    number = camera.numbers[shown_stamp(page)]
    draw(page, square(number))
    return number


def initialized(scripted, count=1):
    def calls():
        return [call for call in scripted.seen if call[0] == 'initialize']

    wait_for(lambda: len(calls()) >= count, 'the tracker has a target')
    return calls()[-1][1:]


def test_draw_follow_and_forget(browser, picker, camera, scripted):
    with open_page(browser, picker.address) as page:
        expect(page.locator('#state')).to_have_text('idle')
        number = draw_what_is_seen(page, camera)
        page.click('#follow')
        first_pixel, box = initialized(scripted)
        assert first_pixel == number
        assert box_iou(np.array(box), np.array(square(number))) >= 0.95
        expect(page.locator('#state')).to_have_text('tracking')
        expect(page.locator('#score')).to_have_text('0.75')
        expect(page.locator('#where')).to_have_text('8 × 7 at 11, 20')
        expect(page.locator('#rate')).to_have_text(re.compile(r'^\d+\.\d Hz$'))
        expect(page.locator('#latency')).to_have_text(re.compile(r'^\d+ ms$'))
        scripted.state, scripted.score = State.LOST, 0.2
        expect(page.locator('#state')).to_have_text('lost, searching')
        page.click('#forget')
        expect(page.locator('#state')).to_have_text('idle')
        assert ('reset',) in scripted.seen


def test_a_box_begins_in_its_picture_over_a_link_of_300_ms_each_way(
    browser, picker, camera, scripted
):
    link = LongLink(int(re.search(r':(\d+)/', picker.address)[1]), 0.3)
    try:
        with open_page(browser, f'http://127.0.0.1:{link.port}/') as page:
            expect(page.locator('#state')).to_have_text('idle')
            # The picture stands still from a press on the live picture on.
            edge = on_page(page, 0, 0)
            page.mouse.move(edge[0] + 2, edge[1] + 2)
            page.mouse.down()
            number = camera.numbers[shown_stamp(page)]
            page.mouse.move(edge[0] + 60, edge[1] + 60)
            page.mouse.up()
            time.sleep(1.5)  # a person looks, and draws again where the square is
            assert camera.numbers[shown_stamp(page)] == number
            page.keyboard.press('Escape')
            number = draw_what_is_seen(page, camera)
            time.sleep(1.5)
            page.click('#follow')
            first_pixel, box = initialized(scripted)
            assert first_pixel == number
            assert box_iou(np.array(box), np.array(square(number))) >= 0.95
            # The picture on the page was more than a second and a half old.
            behind = (camera.count - number) % 250 / 20
            assert behind > 1.5
    finally:
        link.close()


def test_the_newest_of_two_boxes_wins_and_both_see_it(browser, picker, camera, scripted):
    with open_page(browser, picker.address) as first, open_page(browser, picker.address) as second:
        for page in (first, second):
            expect(page.locator('#state')).to_have_text('idle')
            draw_what_is_seen(page, camera)
        first.click('#follow')
        initialized(scripted)
        second.click('#follow')
        number, _ = initialized(scripted, 2)
        expect(first.locator('#hint')).to_have_text('Another viewer chose a target.')
        names = {page.locator('#name').inner_text() for page in (first, second)}
        wait_for(
            lambda: len({p.locator('#name').inner_text() for p in (first, second)}) == 1,
            f'one name for both, not {names}',
        )


def test_images_are_taken_and_kept_only_while_somebody_looks(browser, picker, camera, tracker):
    def takers():
        return camera.publisher.get_subscription_count()

    def kept():
        return tracker.get_parameter('frame_buffer_seconds').value

    wait_for(lambda: takers() == 1, 'the tracker alone')
    with open_page(browser, picker.address) as page:
        wait_for(lambda: takers() == 2, 'the page too')
        expect(page.locator('#state')).to_have_text('idle')
        wait_for(lambda: kept() == 3.0, 'what a long link needs')
        page.click('#freeze')
        wait_for(lambda: kept() == 10.0, 'what a person needs')
        page.click('#freeze')
        wait_for(lambda: kept() == 3.0, 'no more than a long link needs')
    wait_for(lambda: takers() == 1, 'the tracker alone again')
    wait_for(lambda: kept() == 1.0, 'its own memory')


def test_a_refusal_comes_with_the_trackers_reason(browser, picker, camera):
    with open_page(browser, picker.address) as page:
        expect(page.locator('#state')).to_have_text('idle')
        page.click('#freeze')
        page.evaluate("picture.stamp = '5'")
        draw(page, (50, 50, 100, 100))
        page.click('#follow')
        expect(page.locator('#hint')).to_contain_text('Not followed: the box is for the image of')


def test_silence_of_the_camera_is_told_and_its_return_seen(browser, picker, camera):
    with open_page(browser, picker.address) as page:
        expect(page.locator('#state')).to_have_text('idle')
        camera.silent = True
        expect(page.locator('#problem')).to_contain_text('No image on /image for')
        camera.silent = False
        expect(page.locator('#problem')).to_be_hidden()
        expect(page.locator('#state')).to_have_text('idle')


def test_compressed_images_are_shown_too(browser, ros, tracker, camera):
    node = spin_picker(ros, image_transport='compressed')
    with open_page(browser, node.address) as page:
        page.wait_for_selector('#frame[data-stamp]')
        assert shown_stamp(page) in camera.numbers


def test_broken_images_are_told(browser, ros):
    source = ros.spin(lambda **options: Node('source', **options))
    publisher = source.create_publisher(Image, 'image', 1)
    source.create_timer(
        0.1, lambda: publisher.publish(Image(width=4, height=4, encoding='x', step=4))
    )
    node = spin_picker(ros)
    with open_page(browser, node.address) as page:
        expect(page.locator('#problem')).to_contain_text("image encoding 'x' is not known")


class BareTracker(Node):
    """Speaks the standard topics alone: init_box in, tracks out."""

    def __init__(self, **options):
        super().__init__('another', **options)
        self.boxes = []
        self.create_subscription(Detection2D, 'tracker/init_box', self.boxes.append, 10)
        self.tracks = self.create_publisher(Detection2DArray, 'tracker/tracks', 10)
        self.create_subscription(Image, 'image', self.on_image, 1)

    def on_image(self, message):
        found = []
        if self.boxes:
            found = [
                messages.make_detection(message.header, (10.0, 20.0, 30.0, 40.0), 0.5, 'thing')
            ]
        self.tracks.publish(messages.make_detections(message.header, found))


def test_any_tracker_with_the_two_topics_will_do(browser, ros, camera):
    other = ros.spin(BareTracker)
    node = spin_picker(ros)
    wait_for(node._boxes.get_subscription_count, 'the topic')
    with open_page(browser, node.address) as page:
        expect(page.locator('#state')).to_have_text('idle')
        number = draw_what_is_seen(page, camera)
        page.click('#follow')
        (box,) = wait_for(lambda: other.boxes, 'the box')
        assert camera.numbers[messages.nanoseconds(box.header.stamp)] == number
        expect(page.locator('#state')).to_have_text('tracking')
        expect(page.locator('#where')).to_have_text('30 × 40 at 10, 20')


def test_without_a_tracker_the_page_says_so(browser, ros, camera):
    node = spin_picker(ros)
    with open_page(browser, node.address) as page:
        page.wait_for_selector('#frame[data-stamp]')
        expect(page.locator('#problem')).to_contain_text('Nothing from /tracker for')
        draw(page, (50, 50, 100, 100))
        page.click('#follow')
        expect(page.locator('#hint')).to_contain_text('there is no tracker on /tracker/init_box')


def test_a_tracker_that_does_not_answer_is_told(browser, ros, camera, monkeypatch):
    class Mute(Node):
        def __init__(self, **options):
            super().__init__('mute', **options)
            from aiatrack_ros.srv import SetTarget

            self.create_service(SetTarget, 'tracker/set_target', self.on_target)

        async def on_target(self, request, response):
            from rclpy.task import Future

            await Future()

    monkeypatch.setattr('aiatrack_ros.nodes.selection.target_picker_node.ANSWER_SECONDS', 1.0)
    ros.spin(Mute)
    node = spin_picker(ros)
    wait_for(node._set_target.service_is_ready, 'the service')
    with open_page(browser, node.address) as page:
        page.wait_for_selector('#frame[data-stamp]')
        draw(page, (50, 50, 100, 100))
        page.click('#follow')
        expect(page.locator('#hint')).to_contain_text('gave no answer in 1 s')


def run_process(*parameters, **options):
    arguments = [part for parameter in parameters for part in ('-p', parameter)]
    return subprocess.Popen(
        [
            sys.executable,
            '-m',
            'aiatrack_ros.nodes.selection.target_picker_node',
            '--ros-args',
            *arguments,
        ],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        **options,
    )


@pytest.mark.parametrize(
    ('parameter', 'words'),
    [
        ('port:={taken}', 'in use; give another port'),
        ('host:=203.0.113.9', 'is not an address of this machine'),
        ('token:=short', 'token is not usable'),
        ('port:=70000', 'port'),
    ],
)
def test_what_cannot_be_served_ends_with_one_line(parameter, words):
    with socket.create_server(('127.0.0.1', 0)) as taken:
        process = run_process(parameter.format(taken=taken.getsockname()[1]))
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert words in errors and 'Traceback' not in errors


def test_the_address_is_printed_and_ctrl_c_ends_it_cleanly():
    process = run_process('port:=0', 'host:=0.0.0.0')
    for line in process.stderr:
        if match := re.search(r'choose the target at (http://\S+:\d+/\?token=[\w-]{16})', line):
            break
    assert match
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert 'Traceback' not in errors


def test_parameter_file_has_all_parameters_with_their_defaults():
    text = (ROOT / 'config' / 'target_picker.yaml').read_text()
    given = yaml.safe_load(text)['/**']['ros__parameters']
    assert given == {setting.name: setting.default for setting in TARGET_PICKER}
