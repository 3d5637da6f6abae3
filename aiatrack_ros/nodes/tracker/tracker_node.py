# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
The tracker as a managed node: images and a box come in, tracks go out.

Callbacks only hand things over: images, which are read on a thread of their own, go to the frame
buffer, and everything else goes to the tracking thread, which publishes. All outputs carry the
header of their image.
"""

from collections.abc import Callable
import dataclasses
import functools
import itertools
import math
from pathlib import Path
import sys
import time
from typing import Any
from typing import TYPE_CHECKING
import uuid

from aiatrack_ros.errors import InputError
from aiatrack_ros.msg import TrackerStatus
from aiatrack_ros.nodes.common import diagnostics
from aiatrack_ros.nodes.common import images
from aiatrack_ros.nodes.common import messages
from aiatrack_ros.nodes.common import middleware
from aiatrack_ros.nodes.common import qos_events
from aiatrack_ros.nodes.common.diagnostics import Monitor
from aiatrack_ros.nodes.common.frame_buffer import FrameBuffer
from aiatrack_ros.nodes.common.image_transport import image_input
from aiatrack_ros.nodes.common.image_transport import wrong_topic
from aiatrack_ros.nodes.common.managed_node import ReleasingNode
from aiatrack_ros.nodes.common.messages import STATE_NAMES
from aiatrack_ros.nodes.common.run_node import run_node
from aiatrack_ros.nodes.common.subscription_reader import ReaderCallbackGroup
from aiatrack_ros.nodes.common.subscription_reader import SubscriptionReader
from aiatrack_ros.nodes.common.surviving import surviving
from aiatrack_ros.nodes.tracker.latest_only import LatestOnly
from aiatrack_ros.nodes.tracker.tracker_parameters import TrackerParameters
from aiatrack_ros.nodes.tracker.tracking_worker import Outcome
from aiatrack_ros.nodes.tracker.tracking_worker import Reply
from aiatrack_ros.nodes.tracker.tracking_worker import Target
from aiatrack_ros.nodes.tracker.tracking_worker import TrackingWorker
from aiatrack_ros.nodes.tracker.tracking_worker import warm_up
from aiatrack_ros.srv import SetTarget
from aiatrack_ros.tracking import create_tracker
from aiatrack_ros.tracking import State
from aiatrack_ros.tracking import Tracker
from aiatrack_ros.tracking.drawing import draw
from aiatrack_ros.tracking.pixel_range import PixelRange
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray
from diagnostic_msgs.msg import KeyValue
from rclpy.clock import Clock
from rclpy.clock import ClockType
from rclpy.lifecycle import LifecycleState
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.subscription import Subscription
from rclpy.task import Future
from rclpy.utilities import get_rmw_implementation_identifier
from sensor_msgs.msg import Image
from sensor_msgs.msg import RegionOfInterest
from std_msgs.msg import Header
from std_srvs.srv import Trigger
from vision_msgs.msg import Detection2D
from vision_msgs.msg import Detection2DArray

if TYPE_CHECKING:  # it needs rosbags, which only who records has to have
    from aiatrack_ros.nodes.tracker.clip_recording import ClipRecording

FAILURE = TransitionCallbackReturn.FAILURE

_STATES = {State.TRACKING: TrackerStatus.TRACKING, State.LOST: TrackerStatus.LOST}

_QOS = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)


def _ends_with_ros(method: Callable[..., None]) -> Callable[..., None]:
    """Return a method that raises nothing once ROS has ended.

    On Ctrl-C, ROS may end while a thread other than the executor's is still using it.
    """

    @functools.wraps(method)
    def until_then(self: 'TrackerNode', *args: Any) -> None:
        try:
            method(self, *args)
        except Exception:
            if self.context.ok():
                raise

    return until_then


class TrackerNode(ReleasingNode):
    """
    The node that the README describes.

    While it is unconfigured it has only parameters and services. Inactive, it has loaded the
    weights and made its publishers. Active, it takes images and answers them. Deactivation forgets
    the target, which will have moved on by the time that the node looks again.

    `make_tracker` is called with the parameters model, checkpoint, device, precision, threads,
    engine and settings by name.
    """

    def __init__(
        self, make_tracker: Callable[..., Tracker] = create_tracker, **node_options: Any
    ) -> None:
        super().__init__('tracker', **node_options)
        self._make_tracker = make_tracker
        self._pixel_range = PixelRange()
        # Track ids of two runs of the node must differ, for others may remember those of the
        # first.
        self._run = uuid.uuid4().hex[:4]
        self._track_numbers = itertools.count(1)
        self._monitor = Monitor()
        self._tracker: Tracker | None = None
        self._worker: TrackingWorker | None = None
        self._reader: SubscriptionReader | None = None  # reads the images, while active
        self._overlay: LatestOnly | None = None
        self._recording: ClipRecording | None = None  # while active, if clips are asked for
        self._buffer = FrameBuffer(0.0)
        self._state = TrackerStatus.IDLE
        self._inputs: list[Any] = []  # subscriptions, while active
        self._outputs: list[Any] = []  # publishers, from configure to cleanup
        self._image_topic = ''
        self._latency_is_known = True  # False once the log has said that it is not
        self._middleware = middleware.describe(get_rmw_implementation_identifier())
        # This may raise; run_node then destroys what there is by destroy_node().
        self._settings = TrackerParameters(self, self._apply_parameters)
        self._apply_parameters()
        self._decoder = images.ImageDecoder(
            images.load_bridge(self.get_logger().info), self._pixel_range
        )
        self._health = self.create_publisher(DiagnosticArray, '/diagnostics', 10)
        # Real time may be set, and simulated time may stand, which is when a report matters most.
        self.create_timer(1.0, self._diagnose, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self.create_service(SetTarget, '~/set_target', self._on_set_target)
        self.create_service(Trigger, '~/save_clip', self._on_save_clip)
        self.create_service(Trigger, '~/reset', self._on_reset)

    # --- lifecycle ---

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load and try the network, and make the publishers.

        Returns FAILURE, with the reason in the log, if that cannot be done.
        """
        get = self._settings
        try:
            self._tracker = self._make_tracker(
                model=get['model'],
                checkpoint=get['checkpoint'],
                device=get['device'],
                precision=get['precision'],
                threads=get['threads'],
                engine=get['engine'],
                settings=get.tracker_settings(),
            )
            warm_up(self._tracker)
            self._monitor = Monitor()
            self._track = self._output(Detection2D, '~/track')
            self._tracks = self._output(Detection2DArray, '~/tracks')
            self._status = self._output(TrackerStatus, '~/status')
            self._pictures = self._output(Image, '~/overlay')
        except Exception as error:
            # Without this line, rclpy would only say that it failed, and not why.
            self.get_logger().error(f'cannot configure: {error}')
            self._monitor.problem('configure', f'cannot configure: {error}')
            self._release()
            return FAILURE
        self.get_logger().info(f'tracker: {self._tracker.description}')
        self.get_logger().info(f'middleware: {self._middleware}')
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Take images and boxes from now on."""
        if self._tracker is None:
            self.get_logger().error(
                'cannot activate: the tracker hangs; clean the node up and configure it again'
            )
            return FAILURE
        result = super().on_activate(state)
        try:
            self._monitor.restart()
            self._latency_is_known = True
            self._buffer.clear()
            self._overlay = LatestOnly(self._publish_overlay, self._overlay_failed)
            self._recording = self._make_recording(self._tracker)
            self._worker = TrackingWorker(
                self._tracker,
                self._buffer,
                self._decoder,
                self._publish,
                self._complain,
                self._image_clock,
                self._recording,
            )
            self._subscribe()
        except Exception as error:  # a QoS override may not exist
            self.get_logger().error(f'cannot activate: {error}')
            self.on_deactivate(state)  # because the publishers have been activated
            return FAILURE
        return result

    def _make_recording(self, tracker: Tracker) -> 'ClipRecording | None':
        get = self._settings
        if not get['record_to']:
            return None
        try:
            from aiatrack_ros.clips.recorder import RecorderSettings
            from aiatrack_ros.nodes.tracker.clip_recording import ClipRecording
        except ImportError as error:
            self._complain('recorder', f'no clips, {error}: pip install rosbags')
            return None
        folder = Path(get['record_to']).expanduser()
        settings = RecorderSettings(
            folder=folder,
            seconds=get['record_seconds'],
            limit=get['record_limit_mb'] * 10**6,
            quality=get['record_quality'],
            image_topic=self.resolve_topic_name('image'),
            node=self.get_fully_qualified_name(),
        )
        header = {
            'model': get['model'],
            'checkpoint': get['checkpoint'],
            'description': tracker.description,
            'settings': dataclasses.asdict(get.tracker_settings()),
            'parameters': get.values(),
        }
        return ClipRecording(settings, tracker, header, self._recorder_says)

    def _recorder_says(self, good: bool, text: str) -> None:
        if not good:
            self._complain('recorder', text)
        elif self.context.ok():
            self.get_logger().info(text)

    def _output(self, message_type: type, topic: str) -> Any:
        publisher: Any = self.create_lifecycle_publisher(
            message_type,
            topic,
            _QOS,
            event_callbacks=qos_events.of_publisher(topic, self._complain),
        )
        self._outputs.append(publisher)
        return publisher

    def _subscribe(self) -> None:
        camera_input = image_input(self)
        # The profile is a new one each time, because overrides are written into it.
        image_qos = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
        overrides = QoSOverridingOptions.with_default_policies()
        # The reader survives by itself what a callback raises; an executor does not.
        complain = functools.partial(self._complain, 'image')
        camera = self._input(
            camera_input.message_type,
            camera_input.topic,
            surviving(self._on_image, f'image on {camera_input.topic} not used', complain),
            image_qos,
            qos_overriding_options=overrides,
            callback_group=ReaderCallbackGroup(),
        )
        self._image_topic = camera.topic_name  # because image/compressed may be remapped by itself
        for message_type, topic, callback in (
            (Detection2D, '~/init_box', self._on_init_box),
            (RegionOfInterest, '~/init_roi', self._on_init_roi),
        ):
            complain = functools.partial(self._complain, 'target')
            survivor = surviving(callback, f'box on {topic} not used', complain)
            self._input(message_type, topic, survivor, _QOS)
        self._reader = SubscriptionReader(self, [camera], self._image_failed)

    def _input(
        self,
        message_type: type,
        topic: str,
        callback: Callable[[Any], None],
        qos: QoSProfile,
        **options: Any,
    ) -> Subscription:
        subscription = self.create_subscription(
            message_type,
            topic,
            callback,
            qos,
            event_callbacks=qos_events.of_subscription(topic, self._complain),
            **options,
        )
        self._inputs.append(subscription)
        return subscription

    def _stop(self) -> None:
        """Leave the active state; in other states this does nothing."""
        if self._reader:
            self._reader.stop()
            self._reader = None
        for subscription in self._inputs:
            self.destroy_subscription(subscription)
        self._inputs.clear()
        if self._worker:
            if not self._worker.stop():
                self._complain('thread', 'the tracking thread hangs and is left behind')
                self._tracker = None  # because that thread may still use it
            self._worker = None
        if self._overlay:
            self._overlay.stop()
            self._overlay = None
        if self._recording:
            self._recording.recorder.stop()
            self._recording = None
        self._buffer.clear()
        self._state = TrackerStatus.IDLE

    def _release(self) -> None:
        """Give back everything that on_configure has made."""
        self._stop()
        for publisher in self._outputs:
            self.destroy_lifecycle_publisher(publisher)
        self._outputs.clear()
        self._tracker = None

    def _apply_parameters(self) -> None:
        self._buffer.seconds = self._settings['frame_buffer_seconds']
        self._pixel_range.give(*self._settings.levels())
        if self._worker:
            self._worker.apply(self._settings.tracker_settings())
        elif self._tracker:
            try:
                self._tracker.settings = self._settings.tracker_settings()
            except Exception as error:  # there may be no memory for an ensemble of that size
                self._complain('tracker', f'parameters not applied: {error}')

    # --- inputs ---

    def _on_image(self, message: images.ImageMessage) -> None:
        sequence = self._monitor.image_received()
        try:
            images.check(message)
        except InputError as error:
            self._complain('image', f'image on {self._image_topic} not used: {error}')
            return
        if not self._buffer.add(sequence, message):
            self._complain(
                'time',
                'the stamps of the images jumped back (a bag began again, or '
                'the clock was set); the older images are forgotten',
            )
        if self._worker is not None:
            self._worker.wake()

    def _image_failed(self, error: Exception) -> None:
        self._complain('image', f'image on {self._image_topic} not used: {error}')

    def _on_init_box(self, message: Detection2D) -> None:
        self._set_target(message, self._log_reply)

    def _on_init_roi(self, message: RegionOfInterest) -> None:
        box = messages.box_from_region(message)
        self._set_target(messages.make_detection(Header(), box, score=1.0), self._log_reply)

    async def _on_set_target(
        self, request: SetTarget.Request, response: SetTarget.Response
    ) -> SetTarget.Response:
        future: Any = Future(executor=self.executor)
        self._set_target(request.target, self._reply_to(future))
        response.success, response.message = await future
        return response

    async def _on_reset(
        self, request: Trigger.Request, response: Trigger.Response
    ) -> Trigger.Response:
        if self._worker is None:
            response.success, response.message = True, 'there was no target'
            return response
        fault = self._worker.fault()
        if fault:
            response.success, response.message = False, fault
            return response
        future: Any = Future(executor=self.executor)
        self._worker.reset(self._reply_to(future))
        response.success, response.message = await future
        return response

    async def _on_save_clip(
        self, request: Trigger.Request, response: Trigger.Response
    ) -> Trigger.Response:
        recording = self._recording
        if recording is None:
            response.success = False
            response.message = (
                'nothing is recorded: name a folder in record_to'
                if not self._settings['record_to']
                else 'nothing is recorded: the node is not active, or the log says why'
            )
            return response
        future: Any = Future(executor=self.executor)
        recording.recorder.save(self._reply_to(future))
        response.success, response.message = await future
        return response

    def _set_target(self, detection: Detection2D, reply: Reply) -> None:
        worker = self._worker
        fault = worker.fault() if worker else 'the node is not active; activate it first'
        if worker is None or fault:
            reply(False, fault)
            return
        try:
            box = messages.box_from_bounding_box(detection.bbox)
        except InputError as error:
            reply(False, str(error))
            return
        worker.set_target(
            Target(
                box=box,
                stamp=messages.nanoseconds(detection.header.stamp),
                track_id=detection.id or f'target_{next(self._track_numbers)}_{self._run}',
                class_id=messages.class_of(detection),
            ),
            reply,
        )

    def _log_reply(self, success: bool, text: str) -> None:
        if success:
            self.get_logger().info(f"tracking '{text}'")
        else:
            self._complain('target', f'box refused: {text}')

    def _reply_to(self, future: Future) -> Reply:
        """Return a reply that sets the future of a service call; any thread may call it."""

        def reply(success: bool, text: str) -> None:
            future.set_result((success, text))
            if self.executor:
                self.executor.wake()

        return reply

    # --- outputs; called on the tracking thread ---

    @_ends_with_ros
    def _publish(self, outcome: Outcome) -> None:
        header = outcome.frame.message.header
        result, target = outcome.result, outcome.target
        self._state = TrackerStatus.IDLE if result is None else _STATES[result.state]
        detections = []
        if result and target and self._state == TrackerStatus.TRACKING:
            detections.append(
                messages.make_detection(
                    header, result.box, result.score, target.track_id, target.class_id
                )
            )
        for detection in detections:
            self._track.publish(detection)
        tracks = messages.make_detections(header, detections)
        self._tracks.publish(tracks)
        latency = self._latency(outcome.frame.stamp)
        compute_time = None if result is None else result.times['total']
        self._monitor.image_answered(outcome.frame.sequence, latency, compute_time)
        width, height = outcome.image_size
        status = TrackerStatus(
            header=header,
            state=self._state,
            image_width=width,
            image_height=height,
            latency=latency,
            frames_received=self._monitor.received,
            frames_tracked=self._monitor.tracked,
            frames_dropped=self._monitor.dropped,
        )
        if result is not None and target is not None:
            status.id, status.score = target.track_id, result.score
            status.memory_fill, status.compute_time = outcome.memory_fill, compute_time
        self._status.publish(status)
        if self._recording:
            self._recording.published(tracks, status)
        overlay = self._overlay if self._settings['publish_overlay'] else None
        if overlay is not None and self._pictures.get_subscription_count():
            overlay.put(outcome)

    def _latency(self, stamp: int) -> float:
        """Return the seconds since a stamp; NaN, with a line in the log once, if not known."""
        latency = diagnostics.latency_of(stamp, self.get_clock().now().nanoseconds)
        if math.isnan(latency) and self._latency_is_known:
            self._latency_is_known = False
            self.get_logger().warning(
                f'the images are stamped {messages.seconds_text(stamp)}, which is no time of the '
                "clock of this node: their latency is unknown; let the camera's driver stamp them "
                'by that clock (a bag: use_sim_time, and play it with --clock)'
            )
        return latency

    @_ends_with_ros
    def _publish_overlay(self, outcome: Outcome) -> None:
        message, result = outcome.frame.message, outcome.result
        picture = outcome.picture
        if picture is None:
            picture = self._decoder.decode(message)
        if result is None:
            drawn = draw(picture, 'idle')
        elif result.state is State.TRACKING:
            drawn = draw(picture, 'tracking', result.box, result.score)
        else:
            drawn = draw(picture, 'lost', score=result.score)
        self._pictures.publish(images.encode(drawn, message.header))

    def _overlay_failed(self, error: Exception) -> None:
        self._complain('overlay', f'no overlay: {error}')

    # --- reports ---

    def _complain(
        self, kind: str, text: str, log_seconds: float = diagnostics.LOG_SECONDS
    ) -> None:
        if self._monitor.problem(kind, text, log_seconds) and self.context.ok():
            self.get_logger().warning(text)

    def _image_clock(self) -> float:
        """Return the seconds by which images grow old; while a bag is paused, they don't."""
        if self.get_parameter('use_sim_time').value:
            return self.get_clock().now().nanoseconds / 1e9
        return time.monotonic()

    def _diagnose(self) -> None:
        active = self._worker is not None
        fault = self._worker.fault() if self._worker else ''
        waited = self._monitor.unanswered()
        if fault:
            self._complain('thread', fault, diagnostics.LONG_LOG_SECONDS)
        elif active and waited > diagnostics.SILENCE_SECONDS:
            text = diagnostics.unanswered_text(waited)
            self._complain('answers', text, diagnostics.LONG_LOG_SECONDS)
        if active and self._monitor.silence() > diagnostics.SILENCE_SECONDS:
            self._complain('silence', self._silence_text(), diagnostics.LONG_LOG_SECONDS)
        if active:
            state = STATE_NAMES[self._state]
        else:
            state = 'inactive' if self._tracker else 'unconfigured'
        device = self._tracker.description if self._tracker else 'none'
        status = self._monitor.status(
            f'{self.get_fully_qualified_name()}: tracker', device, state, active, fault
        )
        status.values.append(KeyValue(key='middleware', value=self._middleware))
        stamp: Time = self.get_clock().now().to_msg()  # there is no image that it belongs to
        self._health.publish(diagnostics.make_array(Header(stamp=stamp), status))

    def _silence_text(self) -> str:
        text = f'no image on {self._image_topic} for {self._monitor.silence():.0f} s: '
        mistake = wrong_topic(self, self._image_topic)
        if mistake:
            return text + mistake
        return text + (
            'its publisher is silent, or its QoS does not fit, or its images do not fit through '
            f'the middleware ({self._middleware}; see docs/middleware.md), or they are larger '
            'than 3840x2160 and have to be published smaller, or compressed'
        )


def main(args: list[str] | None = None) -> int:
    """Run the node until Ctrl-C; return the exit code."""
    return run_node(TrackerNode, args)


if __name__ == '__main__':
    sys.exit(main())
