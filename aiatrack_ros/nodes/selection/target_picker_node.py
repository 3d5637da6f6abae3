# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
A node that serves a web page to choose the target on, from any phone or laptop.

  ros2 run aiatrack_ros target_picker_node --ros-args -r image:=/camera/image_raw

It prints the address. A box goes to the tracker with the stamp of the picture on which it was
drawn. The node subscribes to images and to the tracker only while somebody has the page open, and
what comes for each image is then read by a thread of its own. The server has another one, and
hands what the pages ask for over to the executor's thread.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from queue import Empty
from queue import SimpleQueue
import sys
import time
from typing import Any

from aiatrack_ros.errors import InputError
from aiatrack_ros.msg import TrackerStatus
from aiatrack_ros.nodes.common import images
from aiatrack_ros.nodes.common import messages
from aiatrack_ros.nodes.common.image_transport import image_input
from aiatrack_ros.nodes.common.image_transport import IMAGE_TRANSPORT
from aiatrack_ros.nodes.common.messages import STATE_NAMES
from aiatrack_ros.nodes.common.parameters import declare
from aiatrack_ros.nodes.common.parameters import mirrored
from aiatrack_ros.nodes.common.parameters import settings_of
from aiatrack_ros.nodes.common.run_node import run_node
from aiatrack_ros.nodes.common.subscription_reader import ReaderCallbackGroup
from aiatrack_ros.nodes.common.subscription_reader import SubscriptionReader
from aiatrack_ros.nodes.common.surviving import reason
from aiatrack_ros.nodes.common.surviving import surviving
from aiatrack_ros.nodes.selection.longer_memory import LongerMemory
from aiatrack_ros.picker.page_server import Reply
from aiatrack_ros.picker.picker_settings import PickerSettings
from aiatrack_ros.picker.server import TargetPicker
from aiatrack_ros.picker.wire import TargetState
from aiatrack_ros.srv import SetTarget
from aiatrack_ros.tracking.boxes import Box
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray
from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.client import Client
from rclpy.clock import Clock
from rclpy.clock import ClockType
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from rclpy.subscription import Subscription
from rclpy.task import Future
from std_msgs.msg import Header
from std_srvs.srv import Trigger
from vision_msgs.msg import Detection2D
from vision_msgs.msg import Detection2DArray

TARGET_PICKER = (IMAGE_TRANSPORT, *mirrored(PickerSettings, read_only=True))

ANSWER_SECONDS = 5.0  # The tracker may take so long to answer a request.
LAST_SECONDS = 1.0  # At the end, it may take so long to confirm that it has its own memory back.
LOG_SECONDS = 5.0  # At least so much time lies between two complaints in the log.
SILENCE_SECONDS = 2.0  # The page warns of a camera or a tracker that has been silent for so long.
RATE_SECONDS = 3.0  # The rate of answers is counted over so much time.
# The tracker is to keep so many seconds of images while a page is open. A picture takes a while to
# reach the page, and when somebody begins to draw on it there, that news takes as long to come
# back.
LINK_SECONDS = 3.0
_TICK = 0.5  # seconds; so often the node looks for silence and for answers that are overdue

_IMAGE_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
_QOS = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)


class TargetPickerNode(Node):
    """
    Serves the page, and carries requests from it to the tracker and news back.

    Raises:
        InputError: The host, the port or the token cannot be used.
    """

    def __init__(self, **node_options: Any) -> None:
        super().__init__('target_picker', **node_options)
        declare(self, TARGET_PICKER)
        self._decoder = images.ImageDecoder(images.load_bridge(self.get_logger().info))
        self._watched: list[Any] = []  # the subscriptions; there are none while no page is open
        self._reader: SubscriptionReader | None = None  # reads those that hear of every image
        # When the last image came, and the last message of the tracker, by time.monotonic().
        self._last_image = self._last_word = 0.0
        self._status_heard = False  # whether this tracker publishes ~/status
        self._track = TargetState()  # what the newest message of ~/tracks says
        self._answers: deque[float] = deque(maxlen=200)  # when each message of ~/tracks came
        # What the diagnostics of the tracker complained of last, and until when the page shows it.
        self._problem, self._problem_until = '', 0.0
        # Each answer that is awaited, until when, and what to do if it has not come by then.
        self._waiting: list[tuple[Future, float, Callable[[], None]]] = []

        self._image_topic, self._image_type, _ = image_input(self)
        self._tracker_name = self.resolve_topic_name('tracker/status').rpartition('/')[0]
        self._boxes = self.create_publisher(Detection2D, 'tracker/init_box', _QOS)
        self._set_target: Client = self.create_client(SetTarget, 'tracker/set_target')
        self._reset: Client = self.create_client(Trigger, 'tracker/reset')
        self._memory = LongerMemory(self)
        self._keep = 0.0  # so many seconds of images the tracker is asked to keep

        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._wake = self.create_guard_condition(self._do_work)
        self.create_timer(_TICK, self._tick, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self._picker = TargetPicker(
            self,
            settings_of(self, PickerSettings),
        )
        self._picker.start()
        self.get_logger().info(f'choose the target at {self.address}')

    @property
    def address(self) -> str:
        """The address of the page, with its token."""
        return self._picker.address

    def destroy_node(self) -> None:
        """Close the pages, give the tracker its own memory back and destroy the node."""
        if hasattr(self, '_picker'):
            self._picker.stop()
            self._stop_reader()
            ending = self._memory.want(0.0)
            if ending is not None and self.context.ok():
                last = SingleThreadedExecutor(context=self.context)
                last.add_node(self)
                last.spin_until_future_complete(ending, timeout_sec=LAST_SECONDS)
        super().destroy_node()

    def _get(self, name: str) -> Any:
        return self.get_parameter(name).value

    # --- what the pages ask for; called on the thread of the server ---

    def follow(self, stamp: int, box: Box, reply: Reply) -> None:
        """Give a box, x, y, w, h in pixels of the image with this stamp in ns, to the tracker."""
        self._later(lambda: self._give(stamp, box, reply))

    def forget(self, reply: Reply) -> None:
        """Have the tracker forget its target; `reply` is told whether it did, or why not."""
        self._later(lambda: self._forget(reply))

    def viewers_changed(self, viewers: int, holding: int) -> None:
        """Subscribe while there are viewers, and have images kept while some are drawing."""
        self._later(lambda: self._watch(viewers, holding))

    def _later(self, work: Callable[[], None]) -> None:
        self._work.put(work)
        self._wake.trigger()

    # --- how that is done; called on the thread of the executor ---

    def _do_work(self) -> None:
        while True:
            try:
                work = self._work.get_nowait()
            except Empty:
                return
            work()

    def _give(self, stamp: int, box: Box, reply: Reply) -> None:
        # The stamp is enough: by it the tracker finds the image, and with it the camera's frame.
        header = Header(stamp=Time(sec=stamp // 10**9, nanosec=stamp % 10**9))
        target = messages.make_detection(header, box, score=1.0)
        x, y, w, h = box
        self.get_logger().info(
            f'box {w:.1f} x {h:.1f} at ({x:.1f}, {y:.1f}) for the image of '
            f'{messages.seconds_text(stamp)}'
        )
        if self._set_target.service_is_ready():
            self._ask(self._set_target, SetTarget.Request(target=target), reply)
        elif self._boxes.get_subscription_count():  # this tracker has the topic only
            self._boxes.publish(target)
            reply(True, 'what is in the box')
        else:
            reply(False, f'there is no tracker on {self._boxes.topic_name}; start one')

    def _forget(self, reply: Reply) -> None:
        if self._reset.service_is_ready():
            self._ask(self._reset, Trigger.Request(), reply)
        else:
            reply(False, f'no tracker serves {self._reset.srv_name}')

    def _ask(self, client: Any, request: Any, reply: Reply) -> None:
        future = client.call_async(request)

        def give_up() -> None:
            client.remove_pending_request(future)
            reply(False, f'{client.srv_name} gave no answer in {ANSWER_SECONDS:g} s')

        self._waiting.append((future, time.monotonic() + ANSWER_SECONDS, give_up))
        future.add_done_callback(lambda done: reply(done.result().success, done.result().message))

    def _watch(self, viewers: int, holding: int) -> None:
        """
        Subscribe while there are viewers, and have the tracker keep its images as long as needed.

        `viewers` is how many pages are open, `holding` on how many of them a picture stands still.
        """
        self._keep = self._get('keep_seconds')
        if not holding:
            self._keep = min(self._keep, LINK_SECONDS) if viewers else 0.0
        self._memory.want(self._keep)
        if bool(viewers) == bool(self._watched):
            return
        if not viewers:
            self._stop_reader()
            for subscription in self._watched:
                self.destroy_subscription(subscription)
            self._watched = []
            return
        self._last_image = self._last_word = time.monotonic()
        self._answers.clear()
        self._picker.tell(TargetState())
        # What an executor of rclpy does around three messages for each image costs more than all
        # else here. Tracks are named before the status, which takes the box from them.
        group = ReaderCallbackGroup()
        read = [
            self._heard(self._image_type, self._image_topic, self._on_image, _IMAGE_QOS, group),
            self._heard(Detection2DArray, 'tracker/tracks', self._on_tracks, _QOS, group),
            self._heard(TrackerStatus, 'tracker/status', self._on_status, _QOS, group),
        ]
        heard = self._heard(DiagnosticArray, '/diagnostics', self._on_diagnostics, _QOS)
        self._watched = [*read, heard]
        self._reader = SubscriptionReader(self, read, self._message_failed)

    def _stop_reader(self) -> None:
        if self._reader is not None:
            self._reader.stop()
            self._reader = None

    def _heard(
        self,
        kind: type,
        topic: str,
        callback: Callable[[Any], None],
        qos: QoSProfile,
        group: ReaderCallbackGroup | None = None,
    ) -> Subscription:
        survivor = surviving(callback, f'message on {topic} not used', self._complain)
        return self.create_subscription(kind, topic, survivor, qos, callback_group=group)

    def _message_failed(self, error: Exception) -> None:
        self._complain(f'message of the camera or the tracker not used: {reason(error)}')

    def _complain(self, text: str) -> None:
        self.get_logger().warning(text, throttle_duration_sec=LOG_SECONDS)

    # --- what comes from camera and tracker; all but diagnostics on the thread of the reader ---

    def _on_image(self, message: images.ImageMessage) -> None:
        self._last_image = time.monotonic()
        self._picker.show(
            messages.nanoseconds(message.header.stamp), lambda: self._decoder.decode(message)
        )

    def _on_tracks(self, message: Detection2DArray) -> None:
        self._last_word = time.monotonic()
        self._answers.append(self._last_word)
        stamp = messages.nanoseconds(message.header.stamp)
        self._track = TargetState(stamp, 'idle')
        if message.detections:
            detection = message.detections[0]
            try:
                box = messages.box_from_bounding_box(detection.bbox)
            except InputError:
                box = None  # another tracker may have rotated boxes, which are not drawn
            scores = [result.hypothesis.score for result in detection.results[:1]]
            self._track = TargetState(stamp, 'tracking', detection.id, box, *scores)
        if not self._status_heard:  # another tracker may publish nothing but its tracks
            self._picker.tell(self._with_rate(self._track))

    def _on_status(self, message: TrackerStatus) -> None:
        self._last_word, self._status_heard = time.monotonic(), True
        stamp = messages.nanoseconds(message.header.stamp)
        self._picker.tell(
            self._with_rate(
                TargetState(
                    stamp,
                    STATE_NAMES.get(message.state, ''),
                    message.id,
                    self._track.box if self._track.stamp == stamp else None,
                    message.score,
                    latency=message.latency,
                )
            )
        )

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name.startswith(f'{self._tracker_name}: ') and (
                status.level != DiagnosticStatus.OK and status.message not in STATE_NAMES.values()
            ):
                self._problem, self._problem_until = status.message, time.monotonic() + 2.0

    def _with_rate(self, state: TargetState) -> TargetState:
        """Return a state with the rate of answers in Hz and a recent problem of the tracker."""
        now = time.monotonic()
        recent = [when for when in self._answers if now - when < RATE_SECONDS]
        rate = None
        if len(recent) > 2:
            rate = (len(recent) - 1) / (recent[-1] - recent[0])
        problem = self._problem if now < self._problem_until else ''
        return replace(state, rate=rate, problem=problem)

    def _tick(self) -> None:
        now = time.monotonic()
        for future, until, give_up in self._waiting:
            if not future.done() and now > until:
                give_up()
        self._waiting = [each for each in self._waiting if not each[0].done() and now <= each[1]]
        if not self._watched:
            return
        self._memory.want(self._keep)
        silence, quiet = now - self._last_image, now - self._last_word
        if silence > SILENCE_SECONDS:
            reason = '' if self.count_publishers(self._image_topic) else ': nobody publishes it'
            self._picker.tell(
                TargetState(problem=f'no image on {self._image_topic} for {silence:.0f} s{reason}')
            )
        elif quiet > SILENCE_SECONDS:
            self._picker.tell(
                TargetState(
                    problem=f'nothing from {self._tracker_name} for {quiet:.0f} s: is it active?'
                )
            )


def main(args: list[str] | None = None) -> int:
    """Serve until Ctrl-C; return the exit code."""
    # A person sees no difference, and the tracker should not wait for a picture that is shown.
    return run_node(TargetPickerNode, args, last_words=True, gives_way=True)


if __name__ == '__main__':
    sys.exit(main())
