# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A tracker node over real DDS with a camera, a person and ears around it, for the tests."""

from collections.abc import Callable
import gc
from typing import Any

from aiatrack_ros.msg import TrackerStatus
from aiatrack_ros.nodes.common import images
from aiatrack_ros.nodes.common import messages
from aiatrack_ros.nodes.tracker.tracker_node import TrackerNode
from aiatrack_ros.srv import SetTarget
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from lifecycle_msgs.srv import GetState
import numpy as np
from rcl_interfaces.srv import SetParameters
from rclpy.node import Node
from rclpy.parameter import Parameter
from ros_harness import image_message
from ros_harness import Ros
from ros_harness import ScriptedTracker
from ros_harness import stamp_of
from ros_harness import wait_for
from sensor_msgs.msg import Image
from sensor_msgs.msg import RegionOfInterest
from std_msgs.msg import Header
from std_srvs.srv import Trigger
from vision_msgs.msg import Detection2D
from vision_msgs.msg import Detection2DArray

SECOND = 10**9
FRAME = SECOND // 30
BOX = (10.0, 12.0, 20.0, 16.0)


class Operator(Node):
    """Stands for a camera and a person with a box, and listens to every output."""

    def __init__(self, **options: Any) -> None:
        super().__init__('operator', **options)
        self.images = self.create_publisher(Image, 'image', 10)
        self.boxes = self.create_publisher(Detection2D, 'tracker/init_box', 10)
        self.regions = self.create_publisher(RegionOfInterest, 'tracker/init_roi', 10)
        self.heard: dict[str, list[Any]] = {}
        self.ears: list[Any] = []
        for topic, message_type in (
            ('tracker/track', Detection2D),
            ('tracker/tracks', Detection2DArray),
            ('tracker/status', TrackerStatus),
            ('/diagnostics', DiagnosticArray),
        ):
            self.listen(topic, message_type)
        self.change = self.create_client(ChangeState, 'tracker/change_state')
        self.state = self.create_client(GetState, 'tracker/get_state')
        self.set_target = self.create_client(SetTarget, 'tracker/set_target')
        self.set_parameters = self.create_client(SetParameters, 'tracker/set_parameters')
        self.stamp = 1000 * SECOND
        self.reset = self.create_client(Trigger, 'tracker/reset')  # created last, see Ros.settle

    def listen(self, topic: str, message_type: type) -> None:
        """Collect what is published."""
        self.heard[topic] = []
        self.ears.append(
            self.create_subscription(message_type, topic, self.heard[topic].append, 50)
        )

    def stamps(self, topic: str) -> list[int]:
        """Return the stamps of what was published."""
        return [messages.nanoseconds(message.header.stamp) for message in self.heard[topic]]


class Bench:
    """A tracker node, its scripted tracker, and an operator, ready to work."""

    def __init__(self, ros: Ros) -> None:
        self.ros = ros
        self.tracker = ScriptedTracker()
        self.operator: Operator = ros.spin(Operator)
        self.node: TrackerNode | None = None

    def make(self, **parameters: Any) -> str:
        """Keep the parameters of the new tracker, and return the scripted one for it."""
        self.tracker.settings = parameters['settings']
        self.tracker.names = parameters
        return self.tracker

    def start(self, make_tracker: Callable | None = None, **parameters: Any) -> 'Bench':
        """Start the node without configuring it."""
        # An earlier node of this name that still waits for the garbage collector would take the
        # logs of this one.
        gc.collect()
        self.node = self.ros.spin(TrackerNode, make_tracker or self.make, parameters=parameters)
        self.ros.settle(self.operator.reset, Trigger.Request())
        return self

    def change(self, transition: int) -> bool:
        """Ask for a transition over the service."""
        request = ChangeState.Request(transition=Transition(id=transition))
        return self.ros.call(self.operator.change, request).success

    def activate(self) -> 'Bench':
        """Bring the node up and wait until it and the operator hear each other."""
        assert self.change(Transition.TRANSITION_CONFIGURE)
        self.tracker.seen.clear()  # the node has warmed the tracker up
        assert self.change(Transition.TRANSITION_ACTIVATE)
        self.discovered()
        return self

    def discovered(self) -> None:
        """Wait until the node and the operator each know that they hear the other."""
        operator, node = self.operator, self.node
        raw = node._settings['image_transport'] == 'raw'
        wait_for(
            lambda: all(
                [publisher.get_subscription_count() for publisher in node._outputs[:3]]
                + [
                    subscription.get_publisher_count()
                    for subscription in node._inputs[0 if raw else 1 :]
                ]
                + [
                    publisher.get_subscription_count()
                    for publisher in (
                        operator.boxes,
                        operator.regions,
                        *([operator.images] if raw else []),
                    )
                ]
                + [subscription.get_publisher_count() for subscription in operator.ears]
            ),
            'discovery',
        )

    def show(self, number: int, wait: bool = True, **size: int) -> int:
        """Publish an image 1/30 s after the one before; wait for its answer; return its stamp."""
        self.operator.stamp += FRAME
        return self.publish(image_message(number, self.operator.stamp, **size), wait)

    def show_picture(self, picture: np.ndarray) -> int:
        """Do as `show` does, with a picture (H, W, 3) uint8 RGB."""
        self.operator.stamp += FRAME
        header = Header(stamp=stamp_of(self.operator.stamp), frame_id='camera')
        return self.publish(images.encode(picture, header))

    def publish(self, message: Image, wait: bool = True) -> int:
        """Publish an image; wait for its answer; return its stamp."""
        stamp = messages.nanoseconds(message.header.stamp)
        self.operator.images.publish(message)
        if wait:
            self.answered(stamp)
        return stamp

    def answered(self, stamp: int) -> None:
        """Wait until the status of an image has come, and with it everything else of it."""
        wait_for(
            lambda: (
                stamp in self.operator.stamps('tracker/status')
                and stamp in self.operator.stamps('tracker/tracks')
            ),
            f'status of image {stamp}',
        )

    def status(self, stamp: int) -> TrackerStatus:
        """Return the status of an image."""
        return self.operator.heard['tracker/status'][
            self.operator.stamps('tracker/status').index(stamp)
        ]

    def tracks(self, stamp: int) -> list[Detection2D]:
        """Return the tracks of an image."""
        return self.operator.heard['tracker/tracks'][
            self.operator.stamps('tracker/tracks').index(stamp)
        ].detections

    def point_at(
        self, box: tuple[float, ...] = BOX, stamp: int = 0, track_id: str = ''
    ) -> SetTarget.Response:
        """Give a target over the service."""
        header = Header(stamp=stamp_of(stamp))
        return self.ros.call(
            self.operator.set_target,
            SetTarget.Request(
                target=messages.make_detection(header, box, 1.0, track_id, class_id='')
            ),
        )

    def set(self, name: str, value: Any) -> str:
        """Set a parameter; return the reason of a refusal, '' if there is none."""
        request = SetParameters.Request(
            parameters=[Parameter(name, value=value).to_parameter_msg()]
        )
        result = self.ros.call(self.operator.set_parameters, request).results[0]
        assert result.successful == (not result.reason)
        return result.reason
