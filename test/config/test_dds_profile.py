# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
config/fastdds.xml: images reach another process whole, sent best effort as cameras do.

So do they over Cyclone DDS with config/cyclonedds.xml, if that is what runs here and the kernel
allows it the room.
"""

import os
import re
import subprocess
import sys
import time
from xml.etree import ElementTree

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2: run make setup, or source a distribution')

import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from ros_harness import ROOT
from sensor_msgs.msg import Image

TOPIC = f'image_{os.getpid()}'  # another session may have drawn the same domain

# A camera: waits for its subscriber, then sends numbered frames at 30 Hz.
CAMERA = """
import array, sys, time
import rclpy
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
topic, frames, width, height = sys.argv[1], *map(int, sys.argv[2:])
rclpy.init()
node = rclpy.create_node('camera')
publisher = node.create_publisher(
    Image, topic, QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT))
end = time.monotonic() + 20
while not publisher.get_subscription_count():
    assert time.monotonic() < end, 'no subscriber'
    time.sleep(.01)
time.sleep(.5)  # matched here is not yet matched there
for number in range(frames):
    image = Image(width=width, height=height, encoding='rgb8', step=3 * width)
    image.header.frame_id = str(number)
    image.data = array.array('B', bytes([number])) * (3 * width * height)
    publisher.publish(image)
    time.sleep(1 / 30)
time.sleep(.5)  # so that the last ones can be taken
rclpy.shutdown()
"""


@pytest.mark.parametrize(
    ('width', 'height', 'frames'), [(640, 480, 30), (1920, 1080, 30), (3840, 2160, 10)]
)
def test_best_effort_images_arrive(width, height, frames):
    received = []

    def take(image):
        assert len(image.data) == 3 * width * height
        received.append((int(image.header.frame_id), image.data[0], image.data[-1]))

    context = Context()
    rclpy.init(context=context)
    try:
        node = rclpy.create_node('viewer', context=context)
        node.create_subscription(
            Image, TOPIC, take, QoSProfile(depth=frames, reliability=ReliabilityPolicy.BEST_EFFORT)
        )
        executor = SingleThreadedExecutor(context=context)
        executor.add_node(node)
        command = [sys.executable, '-c', CAMERA, TOPIC, *map(str, (frames, width, height))]
        with subprocess.Popen(command) as camera:
            end = time.monotonic() + 40
            while camera.poll() is None and time.monotonic() < end:
                executor.spin_once(timeout_sec=0.1)
            camera.kill()
        # On a busy machine several may still wait to be taken.
        end = time.monotonic() + 2
        while len(received) < frames and time.monotonic() < end:
            executor.spin_once(timeout_sec=0.1)
        node.destroy_node()
    finally:
        context.shutdown()

    assert received == [(number, number, number) for number in range(frames)]


def test_cyclone_asks_for_the_room_that_its_file_and_the_document_have_the_kernel_allow():
    file = ROOT / 'config' / 'cyclonedds.xml'
    names = {'': 'https://cdds.io/config'}
    (asked,) = ElementTree.parse(file).iterfind('.//SocketReceiveBufferSize', names)
    # With a `min` a process would not start where the kernel allows less.
    assert asked.attrib == {'max': '64MiB'}
    assert 64 << 20 > 2 * 3 * 3840 * 2160
    for text in (file.read_text(), (ROOT / 'docs' / 'middleware.md').read_text()):
        assert re.findall(r'net\.core\.rmem_max=(\d+)', text) == [str(64 << 20)]
