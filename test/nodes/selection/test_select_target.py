# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The selection window as its own process: a real display, mouse and DDS."""

import signal
import subprocess
import sys
import time

from aiatrack_ros.nodes.common import messages
from aiatrack_ros.nodes.selection.select_target import main
from aiatrack_ros.srv import SetTarget
import pytest
from rcl_interfaces.msg import SetParametersResult
from rclpy.node import Node
from ros_harness import image_message
from ros_harness import Ros
from ros_harness import wait_for
from sensor_msgs.msg import Image
from x_display import display

pytestmark = pytest.mark.timeout(120)

SECOND = 10**9
CAPTION = 44  # rows of text above the picture
MODULE = 'aiatrack_ros.nodes.selection.select_target'
PROGRAM = f'import sys; from {MODULE} import main; sys.exit(main())'


class Tracker(Node):
    """A camera at 20 Hz, and a tracker that answers as the test says."""

    def __init__(self, **options):
        super().__init__('tracker', **options)
        self.declare_parameter('frame_buffer_seconds', 1.5)
        self.memories = []  # values of frame_buffer_seconds
        self.add_on_set_parameters_callback(self.on_set)
        self.camera = self.create_publisher(Image, 'image', 1)
        self.create_service(SetTarget, 'tracker/set_target', self.on_target)
        self.targets = []
        self.refusals = []
        self.stamp = 0
        self.create_timer(0.05, self.show)

    def show(self):
        self.stamp += SECOND // 20
        self.camera.publish(image_message(1, self.stamp, width=320, height=240))

    def on_set(self, parameters):
        self.memories += [parameter.value for parameter in parameters]
        return SetParametersResult(successful=True)

    def on_target(self, request, response):
        self.targets.append(request.target)
        response.success = not self.refusals
        response.message = self.refusals.pop() if self.refusals else 'target_1'
        return response


class Bench:
    """Runs the window, and works its mouse and keyboard."""

    def __init__(self, screen, log, *arguments):
        self.screen, self.log = screen, log
        self.process = subprocess.Popen(
            [sys.executable, '-c', PROGRAM, *arguments],
            env=screen.environment,
            stdout=log.open('w'),
            stderr=subprocess.STDOUT,
        )

    def ready(self, tracker):
        """Wait until the window shows a picture, which gives the window its size."""
        self.window = self.screen.window('select target')
        wait_for(
            lambda: f'320x{240 + CAPTION}' in self.screen.do('getwindowgeometry', self.window),
            f'a picture: {self.log.read_text()}',
        )
        wait_for(lambda: tracker.count_clients('tracker/set_target'), 'the client')
        time.sleep(0.3)  # the window has to discover the tracker as well

    def drag(self, *corners):
        first, *others = [(x, y + CAPTION) for x, y in corners]
        self.screen.mouse(self.window, first, 'down', *others, 'up')


@pytest.fixture
def tracker():
    ros = Ros()
    yield ros.spin(Tracker)
    ros.close()


def test_dragged_box_goes_to_the_tracker_with_its_stamp(tracker, tmp_path):
    tracker.refusals = ['too old']
    with display() as screen:
        bench = Bench(screen, tmp_path / 'log')
        try:
            bench.ready(tracker)
            # When a box is refused, the window says so and stays.
            bench.drag((200, 150), (40, 30))
            screen.key('Return')
            (target,) = wait_for(lambda: tracker.targets, 'a target')
            assert messages.box_from_bounding_box(target.bbox) == (40.5, 30.5, 160, 120)
            wait_for(lambda: 'box refused: too old' in bench.log.read_text(), 'the refusal')
            # A drag that is only 2 pixels wide makes no box.
            bench.drag((100, 100), (102, 150))
            screen.key('Return')
            # A box that is drawn again after r, and given a second later, has the stamp of the
            # image of the press.
            bench.drag((10, 10), (300, 200))
            screen.key('r')
            time.sleep(0.2)
            earliest = tracker.stamp - SECOND
            bench.drag((50, 60), (90, 70), (150, 160))
            latest = tracker.stamp
            time.sleep(1.0)
            screen.key('Return')
            wait_for(lambda: len(tracker.targets) == 2, 'the second target')
            assert bench.process.wait(20) == 0
            target = tracker.targets[1]
            assert messages.box_from_bounding_box(target.bbox) == (50.5, 60.5, 100, 100)
            stamp = messages.nanoseconds(target.header.stamp)
            assert earliest <= stamp <= latest < tracker.stamp - SECOND // 2
            assert stamp % (SECOND // 20) == 0
            # The tracker was asked to keep its images longer meanwhile, and has the old value now.
            assert tracker.memories[0] == 10.0
            assert tracker.get_parameter('frame_buffer_seconds').value == 1.5
            assert "tracking 'target_1'" in bench.log.read_text()
        finally:
            bench.process.kill()


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_mid_drag_leaves_the_tracker_as_it_was(tracker, tmp_path, number):
    with display() as screen:
        bench = Bench(screen, tmp_path / 'log')
        try:
            bench.ready(tracker)
            bench.drag((10, 10), (100, 100))
            wait_for(lambda: tracker.memories == [10.0], 'the longer memory')
            bench.process.send_signal(number)
            assert bench.process.wait(20) == 0
            assert tracker.memories == [10.0, 1.5]
            assert 'Traceback' not in bench.log.read_text()
        finally:
            bench.process.kill()


def test_escape_goes_back_and_then_ends(tracker, tmp_path):
    """The window leaves the tracker's memory alone if told to; test_run_node.py tests Ctrl-C."""
    with display() as screen:
        bench = Bench(screen, tmp_path / 'log', '--ros-args', '-p', 'keep_seconds:=0.0')
        try:
            bench.ready(tracker)
            bench.drag((10, 10), (100, 100))
            screen.key('Escape')
            time.sleep(0.5)
            assert bench.process.poll() is None
            screen.key('Escape')
            assert bench.process.wait(20) == 1
            assert not tracker.targets and not tracker.memories
            assert 'Traceback' not in bench.log.read_text()
        finally:
            bench.process.kill()


def test_without_a_display_one_line_says_what_to_do(monkeypatch, capfd):
    monkeypatch.delenv('DISPLAY', raising=False)
    monkeypatch.delenv('WAYLAND_DISPLAY', raising=False)
    assert main([]) == 2
    assert capfd.readouterr().err.startswith('error: there is no display (DISPLAY is not set)')
