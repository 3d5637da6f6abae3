# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
A node that makes a box of clicks for the tracker, and gives RViz a picture to click on.

Two clicks are opposite corners. The box is published with the stamp of the image on which its
**second** corner was clicked: on a live picture it is the last click that puts the box right, and
the image of the first is often gone, because the tracker keeps only about a second of images. In
RViz that image is the newest one on the picture plane. Other tools show the camera, or the overlay
of the tracker, without saying which image a click is on; for them it is the newest image that the
tracker has answered, unless the click carries the stamp of an image.
"""

from collections import deque
from collections.abc import Callable
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
from aiatrack_ros.nodes.common.parameters import Setting
from aiatrack_ros.nodes.common.run_node import run_node
from aiatrack_ros.nodes.common.surviving import reason
from aiatrack_ros.nodes.common.surviving import surviving
from aiatrack_ros.nodes.selection import plane_markers
from aiatrack_ros.nodes.selection.picture_plane import PicturePlane
from aiatrack_ros.nodes.selection.selection_parameters import shown_picture
from aiatrack_ros.nodes.selection.selection_parameters import smallest_box
from aiatrack_ros.picker.corner_pair import Corner
from aiatrack_ros.picker.corner_pair import CornerPair
from aiatrack_ros.picker.corner_pair import enclosing_box
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.drawing import COLORS
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point
from geometry_msgs.msg import PointStamped
from geometry_msgs.msg import PolygonStamped
from rclpy.clock import Clock
from rclpy.clock import ClockType
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from rclpy.subscription import Subscription
from std_msgs.msg import Header
from vision_msgs.msg import Detection2D
from vision_msgs.msg import Detection2DArray
from visualization_msgs.msg import Marker
from visualization_msgs.msg import MarkerArray

BOX_SELECTOR = (
    Setting(
        'picture_frame',
        '',
        'tf frame of the picture plane, which needs no tf: make it the '
        'fixed frame of RViz; empty for picture, after the namespace if there is one: '
        'front_picture',
        pattern=r'[A-Za-z0-9_/.-]*',
        read_only=True,
    ),
    IMAGE_TRANSPORT,
    Setting('picture_width', 1.6, 'width of the picture plane in metres', (0.1, 100.0)),
    *shown_picture(columns=640, rate=10.0, quality=80),
    Setting(
        'click_timeout', 10.0, 'seconds that the first corner waits for the second', (0.5, 600.0)
    ),
    smallest_box(),
)

WAITING_COLOR = (255, 200, 0)  # RGB, of the first corner and of words
TROUBLE_SECONDS = 4.0  # a complaint is shown above the picture for so long,
GOOD_NEWS_SECONDS = 1.0  # and good news are shown for so long
SILENCE_SECONDS = 2.0  # after so long without an image, the plane says so

_IMAGE_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
_QOS = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)


class BoxSelectorNode(Node):
    """
    The node that docs/rviz.md describes.

    It subscribes to the image and to the status of the tracker only while somebody subscribes to
    ~/markers.
    """

    def __init__(self, **node_options: Any) -> None:
        super().__init__('box_selector', **node_options)
        declare(self, BOX_SELECTOR)
        namespace = self.get_namespace().strip('/').replace('/', '_')
        default_frame = f'{namespace}_picture' if namespace else 'picture'
        self.picture_frame = self._get('picture_frame') or default_frame
        self._decoder = images.ImageDecoder(images.load_bridge(self.get_logger().info))
        self._pictures = plane_markers.PictureMarkers(self.picture_frame)
        self._corners = CornerPair()

        self._watched: list[Any] = []  # subscriptions, while somebody looks
        self._viewers = 0
        self._newest: images.ImageMessage | None = None
        self._shown: images.ImageMessage | None = None  # the one that is on the plane
        self._plane: PicturePlane | None = None  # None while there is no picture
        self._last_image = 0.0  # when an image came last, monotonic
        self._words, self._words_until = '', 0.0

        self._stamps: deque[int] = deque(maxlen=300)  # ns, of images that the tracker has answered
        self._box: Box | None = None  # of the newest track
        self._status: TrackerStatus | None = None

        self._boxes = self.create_publisher(Detection2D, 'tracker/init_box', _QOS)
        self._markers = self.create_publisher(MarkerArray, '~/markers', _QOS)
        self._listen(Detection2DArray, 'tracker/tracks', self._on_tracks)
        self._listen(PointStamped, '/clicked_point', self._on_clicked_point)
        image = self.resolve_topic_name('image')
        overlay = self.resolve_topic_name('tracker/overlay')
        for shown in (image, overlay):
            self._listen(Point, f'{shown}_mouse_left', self._on_mouse_left)
            self._listen(PointStamped, f'{shown}/mouse_click', self._on_mouse_click)
            self._listen(PolygonStamped, f'{shown}/screenrectangle', self._on_rectangle)
        self._image_topic, self._image_type, _ = image_input(self)
        # It goes by real time, because a bag that is paused must not stop the person.
        self._timer = self.create_timer(
            1 / self._get('picture_rate'),
            self._tick,
            clock=Clock(clock_type=ClockType.STEADY_TIME),
        )
        self.get_logger().info(
            f"picture plane of {self._image_topic} in the frame '{self.picture_frame}'"
        )

    def _get(self, name: str) -> Any:
        return self.get_parameter(name).value

    def _listen(
        self,
        message_type: type,
        topic: str,
        callback: Callable[[Any], None],
        qos: QoSProfile = _QOS,
    ) -> Subscription:
        survivor = surviving(callback, f'message on {topic} not used', self._complain)
        return self.create_subscription(message_type, topic, survivor, qos)

    # --- what people click ---

    def _on_clicked_point(self, message: PointStamped) -> None:
        frame = message.header.frame_id.lstrip('/')
        if frame != self.picture_frame:
            # It may be on the plane of another camera, so there is no warning on this one.
            self.get_logger().info(
                f"a point in the frame '{frame}' is not on the picture plane; to click on it, set "
                f"RViz's fixed frame to '{self.picture_frame}'",
                throttle_duration_sec=10.0,
            )
            return
        if self._shown is None or self._plane is None:
            self._complain('click ignored: no picture has been shown yet')
            return
        point = message.point
        pixel = self._plane.pick(point.x, point.y, point.z)
        if pixel is None:
            self._complain(
                f'click ignored: ({point.x:.3f}, {point.y:.3f}, {point.z:.3f}) m is '
                'off the picture'
            )
            return
        self._add_corner(pixel, 'RViz', self._shown.header.stamp)

    def _on_mouse_left(self, message: Point) -> None:
        self._add_pixel(message, 'rqt_image_view', Time())

    def _on_mouse_click(self, message: PointStamped) -> None:
        self._add_pixel(message.point, 'mouse_click', message.header.stamp)

    def _on_rectangle(self, message: PolygonStamped) -> None:
        try:
            box = enclosing_box(
                [(point.x, point.y) for point in message.polygon.points], self._get('smallest_box')
            )
        except InputError as error:
            self._complain(f'rectangle ignored: {error}')
            return
        self._corners.clear()
        self._give(box, self._image_stamp(message.header.stamp))

    def _add_pixel(self, point: Point, source: str, stamp: Time) -> None:
        # How large the image is, is known only while the plane is shown; the tracker judges as
        # well.
        columns, rows = float('inf'), float('inf')
        if self._plane:
            columns, rows = self._plane.columns, self._plane.rows
        if not (0 <= point.x <= columns and 0 <= point.y <= rows):
            self._complain(f'click ignored: pixel ({point.x:g}, {point.y:g}) is off the image')
            return
        self._add_corner((point.x, point.y), source, self._image_stamp(stamp))

    def _add_corner(self, pixel: tuple[float, float], source: str, stamp: Time) -> None:
        self._expire()
        try:
            box = self._corners.add(
                Corner(*pixel, source, time.monotonic()), self._get('smallest_box')
            )
        except InputError as error:
            self._complain(f'both clicks ignored: {error}')
            return
        if box is None:
            self._words_until = 0.0  # so that the plane says what to do next
            self.get_logger().info(
                f'first corner at pixel ({pixel[0]:.1f}, {pixel[1]:.1f}); '
                'click the opposite corner of the target'
            )
            return
        self._give(box, stamp)

    def _give(self, box: Box, stamp: Time) -> None:
        # The stamp is enough: by it the tracker finds the image, and with it the camera's frame.
        self._boxes.publish(messages.make_detection(Header(stamp=stamp), box, score=1.0))
        x, y, w, h = box
        self._say(f'box {w:.0f} x {h:.0f} at ({x:.0f}, {y:.0f})', GOOD_NEWS_SECONDS)
        self.get_logger().info(
            f'box {w:.1f} x {h:.1f} at ({x:.1f}, {y:.1f}) for the image of '
            f'{messages.seconds_text(messages.nanoseconds(stamp))}'
        )
        if not self._boxes.get_subscription_count():
            self._complain(f'nobody takes the box: no tracker on {self._boxes.topic_name}')

    def _image_stamp(self, stamp: Time) -> Time:
        """Return `stamp` if an image has it; else that of the newest image, or 0 without one."""
        if messages.nanoseconds(stamp) in self._stamps:
            return stamp
        newest = self._stamps[-1] if self._stamps else 0
        return Time(sec=newest // 10**9, nanosec=newest % 10**9)

    def _expire(self) -> None:
        age = self._corners.expire(time.monotonic(), self._get('click_timeout'))
        if age is not None:
            self._complain(f'first corner forgotten: no second within {age:.1f} s')

    # --- what the tracker says ---

    def _on_tracks(self, message: Detection2DArray) -> None:
        stamp = messages.nanoseconds(message.header.stamp)
        if self._stamps and stamp < self._stamps[-1]:
            self._stamps.clear()  # a bag began again
        self._stamps.append(stamp)
        if message.detections:
            self._box = None  # what follows may raise, and then there is none to draw
            self._box = messages.first_box(message.detections)

    def _on_status(self, message: TrackerStatus) -> None:
        self._status = message

    # --- the plane ---

    def _on_image(self, message: images.ImageMessage) -> None:
        self._newest = message
        self._last_image = time.monotonic()

    def _tick(self) -> None:
        self._expire()
        period = int(1e9 / self._get('picture_rate'))
        if self._timer.timer_period_ns != period:
            self._timer.timer_period_ns = period
        viewers, before = self._markers.get_subscription_count(), self._viewers
        self._viewers = viewers
        if bool(viewers) != bool(before):
            self._watch(bool(viewers))
        if not viewers:
            return
        markers = []
        if viewers > before:  # somebody came, who may still show an earlier run of this node
            markers.append(plane_markers.remove_all(self.picture_frame))
            self._shown = None
        markers += self._picture_markers()
        if self._plane:
            markers += self._line_markers()
        plane = self._plane or PicturePlane(4, 3, self._get('picture_width'))
        markers.append(plane_markers.text_marker(self.picture_frame, plane, *self._caption()))
        self._markers.publish(MarkerArray(markers=markers))

    def _watch(self, on: bool) -> None:
        """Subscribe to image and status, or end that."""
        if on:
            self._last_image = time.monotonic()
            self._watched = [
                self._listen(self._image_type, self._image_topic, self._on_image, _IMAGE_QOS),
                self._listen(TrackerStatus, 'tracker/status', self._on_status),
            ]
            return
        for subscription in self._watched:
            self.destroy_subscription(subscription)
        self._watched = []
        self._newest = self._shown = self._plane = self._status = None
        if self._corners.first and self._corners.first.source == 'RViz':
            self._corners.clear()

    def _picture_markers(self) -> list[Marker]:
        message = self._newest
        if message is None or message is self._shown:
            return []
        try:
            return self._show(message)
        except Exception as error:  # the message comes from another program
            self._complain(f'image on {self._image_topic} not used: {reason(error)}')
            return []

    def _show(self, message: images.ImageMessage) -> list[Marker]:
        """Put an image on the plane; decoding or encoding it may raise anything."""
        picture = self._decoder.decode(message)
        rows, columns = picture.shape[:2]
        plane = PicturePlane(columns, rows, self._get('picture_width'))
        if self._plane and (columns, rows) != (self._plane.columns, self._plane.rows):
            self._corners.clear()  # the pixel was one of an image of another size
        texture = plane_markers.compress(
            picture, self._get('picture_columns'), self._get('jpeg_quality'), message.header
        )
        self._shown, self._plane = message, plane
        return self._pictures.show(plane, texture)

    def _line_markers(self) -> list[Marker]:
        """Return the newest box of the tracker, and the first corner while it waits."""
        frame, plane = self.picture_frame, self._plane
        state = self._state()
        if self._box and plane and state in ('tracking', 'lost'):
            box = plane_markers.box_marker(frame, plane, self._box, COLORS[state])
        else:
            box = plane_markers.remove(frame, 'box')
        first = self._corners.first
        if first and plane:
            corner = plane_markers.cross_marker(
                frame, plane, first.column, first.row, WAITING_COLOR
            )
        else:
            corner = plane_markers.remove(frame, 'corner')
        return [box, corner]

    def _state(self) -> str:
        return STATE_NAMES.get(self._status.state, 'idle') if self._status else 'idle'

    def _caption(self) -> tuple[str, tuple[int, int, int]]:
        """Return what to say above the picture, and its colour."""
        now = time.monotonic()
        silence = now - self._last_image
        if now < self._words_until:
            return self._words, WAITING_COLOR
        if silence > SILENCE_SECONDS:
            return f'no image on {self._image_topic} for {silence:.0f} s', COLORS['lost']
        if self._corners.first:
            return 'click the opposite corner of the target', WAITING_COLOR
        state, status = self._state(), self._status
        if status and state == 'tracking':
            return f'tracking {status.id} {status.score:.2f}', COLORS[state]
        if status and state == 'lost':
            return f'lost {status.id}, searching', COLORS[state]
        # For RViz, a drag is a click at the place where the button is released.
        return "click two opposite corners of the target (don't drag)", COLORS[state]

    def _say(self, text: str, seconds: float) -> None:
        """Show words above the picture for a while."""
        self._words, self._words_until = text, time.monotonic() + seconds

    def _complain(self, text: str) -> None:
        self._say(text, TROUBLE_SECONDS)
        self.get_logger().warning(text, throttle_duration_sec=1.0)


def main(args: list[str] | None = None) -> int:
    """Run the node until Ctrl-C; return the exit code."""
    return run_node(BoxSelectorNode, args)


if __name__ == '__main__':
    sys.exit(main())
