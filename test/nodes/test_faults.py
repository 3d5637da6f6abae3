# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Two thousand broken messages, parameters and transitions at the node; then it must still track.

The network is the real one with random weights. What is sent is drawn from a seed, so a failure
comes again.
"""

from array import array
import math
import os
import random
import threading

from aiatrack_ros.nodes.common import images
from aiatrack_ros.nodes.common import messages
from aiatrack_ros.nodes.tracker.tracker_node import TrackerNode
from aiatrack_ros.nodes.tracker.tracker_parameters import TRACKER_NODE
from aiatrack_ros.tracking import create_tracker
from builtin_interfaces.msg import Time
import cv2
import numpy as np
import pytest
from rclpy.node import Node
from rclpy.parameter import Parameter
from ros_harness import Ros
from ros_harness import wait_for
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from sensor_msgs.msg import RegionOfInterest
from std_msgs.msg import Header
from std_srvs.srv import Trigger
from vision_msgs.msg import Detection2D
from vision_msgs.msg import Detection2DArray

pytestmark = pytest.mark.timeout(120)

COUNT = 1000  # of either transport
NUMBERS = (0.0, -1.0, 1e-300, 5.0, 30.0, 63.9, 1e6, 1e18, 1e308, math.inf, -math.inf, math.nan)
SIZES = (0, 1, 2, 3, 47, 48, 64, 65, 4096, 2**31, 2**32 - 1)
SECOND = 10**9


class Saboteur(Node):
    """Sends what it should not."""

    def __init__(self, transport, **options):
        super().__init__('saboteur', **options)
        self.dice = random.Random(20220710)
        topic, kind = {
            'raw': ('image', Image),
            'compressed': ('image/compressed', CompressedImage),
        }[transport]
        self.camera = self.create_publisher(kind, topic, 100)
        self.boxes = self.create_publisher(Detection2D, 'tracker/init_box', 100)
        self.regions = self.create_publisher(RegionOfInterest, 'tracker/init_roi', 100)
        self.tracks = []
        self.ear = self.create_subscription(
            Detection2DArray, 'tracker/tracks', self.tracks.append, 100
        )
        self.reset = self.create_client(Trigger, 'tracker/reset')
        picture = np.random.default_rng(3).integers(0, 256, (48, 64, 3), dtype=np.uint8)
        self.picture = np.kron(picture[:12, :16], np.ones((4, 4, 1), np.uint8))
        self.time = 1000 * SECOND
        self.sent = 0

    def good(self):
        """Return a message without fault, later than any before."""
        self.time += SECOND // 30
        header = Header(stamp=Time(sec=self.time // SECOND, nanosec=self.time % SECOND))
        if self.camera.msg_type is Image:
            return images.encode(self.picture, header)
        return CompressedImage(
            header=header, format='jpeg', data=cv2.imencode('.jpg', self.picture)[1].tobytes()
        )

    def bad(self):
        """Return a message with one to three faults."""
        message = self.good()
        for _ in range(self.dice.randint(1, 3)):
            self.dice.choice([self.spoil_stamp, self.spoil_data, self.spoil_layout])(message)
        return message

    def spoil_stamp(self, message):
        message.header.stamp = self.stamp()

    def stamp(self):
        return self.dice.choice(
            [
                Time(),
                Time(sec=-5),
                Time(sec=2**31 - 1, nanosec=2**32 - 1),
                Time(nanosec=2**31),
                Time(sec=self.time // SECOND - self.dice.randint(0, 3), nanosec=7),
            ]
        )

    def spoil_data(self, message):
        data = bytes(message.data)
        cut = self.dice.randint(0, len(data))
        message.data = array(
            'B',
            self.dice.choice(
                [data[:cut], data[cut:], data + data, b'', self.dice.randbytes(min(cut, 3000))]
            ),
        )

    def spoil_layout(self, message):
        if isinstance(message, CompressedImage):
            message.format = self.dice.choice(['', 'png', 'theora', 'x' * 500])
            return
        field = self.dice.choice(['height', 'width', 'step', 'encoding', 'is_bigendian'])
        setattr(
            message,
            field,
            {
                'encoding': self.dice.choice([*images.ENCODINGS, '', 'rgb', '64FC1', 'ü' * 99]),
                'is_bigendian': self.dice.randint(0, 255),
            }.get(field, self.dice.choice(SIZES)),
        )

    def box(self):
        target = Detection2D(id=self.dice.choice(['', 'a' * 999]))
        target.header.stamp = self.stamp()
        target.bbox.center.position.x = self.dice.choice(NUMBERS)
        target.bbox.center.position.y = self.dice.choice(NUMBERS)
        target.bbox.center.theta = self.dice.choice([0.0, 0.0, 0.0, math.nan, 1.0])
        target.bbox.size_x = self.dice.choice(NUMBERS)
        target.bbox.size_y = self.dice.choice(NUMBERS)
        return target

    def sabotage(self):
        """Send one thing."""
        kind = self.dice.random()
        if kind < 0.6:
            self.sent += 1
            self.camera.publish(self.bad())
        elif kind < 0.7:
            self.sent += 1
            self.camera.publish(self.good())
        elif kind < 0.8:
            self.boxes.publish(messages.make_detection(Header(), (20, 10, 24, 20), 1.0))
        elif kind < 0.95:
            self.boxes.publish(self.box())
        else:
            self.regions.publish(
                RegionOfInterest(
                    x_offset=self.dice.choice(SIZES),
                    y_offset=self.dice.choice(SIZES),
                    width=self.dice.choice(SIZES),
                    height=self.dice.choice(SIZES),
                )
            )

    def parameter(self):
        """Return a parameter with some value."""
        name = self.dice.choice([setting.name for setting in TRACKER_NODE])
        return Parameter(
            name,
            value=self.dice.choice(
                [
                    True,
                    '',
                    'cpu',
                    'fp16',
                    0,
                    1,
                    3,
                    50,
                    -1,
                    2**40,
                    0.0,
                    0.3,
                    0.9,
                    1.5,
                    4.0,
                    math.nan,
                    math.inf,
                    [1, 2],
                ]
            ),
        )


@pytest.fixture
def ros():
    ros = Ros()
    yield ros
    ros.close()


@pytest.fixture(scope='module')
def weights(tmp_path_factory):
    model = pytest.importorskip('aiatrack_ros.model')
    import safetensors.torch

    path = tmp_path_factory.mktemp('weights') / 'random.safetensors'
    network = model.AiATrack(model.VARIANTS['aiatrack_lite'])
    safetensors.torch.save_file(
        {name: tensor.contiguous() for name, tensor in network.state_dict().items()}, path
    )
    return path


@pytest.mark.parametrize('transport', ['raw', 'compressed'])
def test_still_tracks_after_a_thousand_broken_messages(ros, weights, transport):
    topic = '/image' if transport == 'raw' else '/image/compressed'
    # Reliable and deep, so that the node sees every one of them.
    overrides = {
        f'qos_overrides.{topic}.subscription.reliability': 'reliable',
        f'qos_overrides.{topic}.subscription.depth': 100,
    }
    node = ros.spin(
        TrackerNode,
        create_tracker,
        parameters={
            'checkpoint': str(weights),
            'image_transport': transport,
            'device': 'cpu',
            'threads': 1,
            **overrides,
        },
    )
    saboteur = ros.spin(Saboteur, transport)
    ros.settle(saboteur.reset, Trigger.Request())
    dice = saboteur.dice

    def up():
        """Bring the node up from wherever it is and wait until it is heard."""

        def change():
            state = node._state_machine.current_state[1]
            if state == 'unconfigured':
                node.trigger_configure()
            if node._state_machine.current_state[1] == 'inactive':
                node.trigger_activate()

        done(change)
        assert node._state_machine.current_state[1] == 'active'
        wait_for(
            lambda: (
                saboteur.camera.get_subscription_count()
                and saboteur.boxes.get_subscription_count()
                and all(subscription.get_publisher_count() for subscription in node._inputs)
                and node._tracks.get_subscription_count()
                and saboteur.ear.get_publisher_count()
            ),
            'discovery',
        )

    def done(work):
        """Carry out `work` where the node's callbacks run, as a transition is."""
        finished = threading.Event()

        def run():
            try:
                work()
            finally:
                finished.set()

        node.executor.create_task(run)
        node.executor.wake()
        wait_for(finished.is_set, 'a transition')

    up()
    threads = threading.active_count()
    files = len(os.listdir('/proc/self/fd')) if os.path.isdir('/proc/self/fd') else 0
    tracked = 0
    for number in range(1, COUNT + 1):
        saboteur.sabotage()
        if number % 10 == 0:
            wait_for(lambda: node._monitor.received == saboteur.sent, 'what was sent')
            done(lambda: node.set_parameters([saboteur.parameter()]))
        if number % 50 == 0:
            saboteur.reset.call_async(Trigger.Request())
        if number % 250 == 0:
            tracked += node._monitor.tracked
            done(node.trigger_deactivate)
            if dice.random() < 0.5:
                done(node.trigger_cleanup)
            up()
            saboteur.sent = node._monitor.received
    assert tracked > 0  # in part of what was sent there was a target
    assert threading.active_count() <= threads
    if files:
        assert len(os.listdir('/proc/self/fd')) <= files + 20

    # After the fault everything works as it did before.
    done(
        lambda: node.set_parameters(
            [
                Parameter(setting.name, value=setting.default)
                for setting in TRACKER_NODE
                if not setting.read_only
            ]
        )
    )

    def found():
        saboteur.camera.publish(saboteur.good())
        saboteur.boxes.publish(messages.make_detection(Header(), (20, 10, 24, 20), 1.0, 'at last'))
        return any(
            track.id == 'at last' for array in saboteur.tracks for track in array.detections
        )

    saboteur.time += 2**31 * SECOND // 10  # later than what the messages said
    wait_for(found, 'a track after all that')
