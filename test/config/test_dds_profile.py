# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""config/fastdds.xml: images reach another process whole, sent best effort as cameras do."""

import os
import subprocess
import sys
import time

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2: run make setup, or source a distribution')

import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
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
        executor.spin_once(timeout_sec=0.1)
        node.destroy_node()
    finally:
        context.shutdown()

    assert received == [(number, number, number) for number in range(frames)]
