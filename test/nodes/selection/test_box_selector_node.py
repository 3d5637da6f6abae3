# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The box selector over real DDS: clicks of every kind in, boxes and markers out."""

import math
import time

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2: run make setup, or source a distribution')

from aiatrack_ros.msg import TrackerStatus
from aiatrack_ros.nodes.common import messages
from aiatrack_ros.nodes.selection.box_selector_node import BoxSelectorNode
from aiatrack_ros.nodes.selection.picture_plane import PicturePlane
from aiatrack_ros.tracking.drawing import COLORS
from geometry_msgs.msg import Point
from geometry_msgs.msg import Point32
from geometry_msgs.msg import PointStamped
from geometry_msgs.msg import PolygonStamped
import numpy as np
from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.parameter import Parameter
from ros_harness import image_message
from ros_harness import Ros
from ros_harness import stamp_of
from ros_harness import wait_for
from rviz_scene import Scene
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2D
from vision_msgs.msg import Detection2DArray
from visualization_msgs.msg import MarkerArray

SECOND = 10**9
PLANE = PicturePlane(64, 48, 1.6)  # for images of the size that the harness makes
QUIET = 0.3  # seconds in which nothing more shall come


class Person(Node):
    """Stands for camera, tracker and all tools to click with; keeps the boxes that come."""

    def __init__(self, **options):
        super().__init__('person', **options)
        self.boxes, self.scene, self.pictures = [], Scene(), []
        self.create_subscription(Detection2D, 'tracker/init_box', self.boxes.append, 10)
        self.rviz = None
        self.images = self.create_publisher(Image, 'image', 10)
        self.compressed = self.create_publisher(CompressedImage, 'image/compressed', 10)
        self.tracks = self.create_publisher(Detection2DArray, 'tracker/tracks', 10)
        self.status = self.create_publisher(TrackerStatus, 'tracker/status', 10)
        self.publish_point = self.create_publisher(PointStamped, '/clicked_point', 5)
        self.rqt = self.create_publisher(Point, 'image_mouse_left', 10)
        self.rqt_overlay = self.create_publisher(Point, 'tracker/overlay_mouse_left', 10)
        self.mouse_click = self.create_publisher(PointStamped, 'image/mouse_click', 10)
        self.rectangle = self.create_publisher(PolygonStamped, 'image/screenrectangle', 10)
        self.clicking = (
            self.tracks,
            self.publish_point,
            self.rqt,
            self.rqt_overlay,
            self.mouse_click,
            self.rectangle,
        )

    def open_rviz(self):
        self.rviz = self.create_subscription(
            MarkerArray, 'box_selector/markers', self.on_markers, 50
        )

    def on_markers(self, message):
        self.scene.take(message)
        self.pictures += [
            messages.nanoseconds(marker.texture.header.stamp)
            for marker in message.markers
            if marker.ns == 'picture' and marker.scale.x == 1
        ]

    def drawn(self, namespace):
        found = [
            drawn.message for (ns, _), drawn in list(self.scene.markers.items()) if ns == namespace
        ]
        return found[0] if found else None

    def text(self):
        marker = self.drawn('text')
        return marker.text if marker else ''


class Desk:
    """A selector and a person at it."""

    def __init__(self, ros):
        self.ros = ros
        self.person = ros.spin(Person)
        self.node = None

    def start(self, namespace='', **parameters):
        options = {'namespace': namespace} if namespace else {}
        self.node = self.ros.spin(
            BoxSelectorNode, parameters={'picture_rate': 50.0, **parameters}, **options
        )
        if not namespace:
            wait_for(
                lambda: (
                    all(
                        publisher.get_subscription_count()
                        for publisher in (*self.person.clicking, self.node._boxes)
                    )
                    and all(
                        subscription.get_publisher_count()
                        for subscription in self.node.subscriptions
                        if 'overlay/' not in subscription.topic_name
                        and 'parameter' not in subscription.topic_name
                    )
                ),
                'discovery',
            )
        return self

    def look(self):
        self.person.open_rviz()
        wait_for(self.person.text, 'markers')
        return self

    def show(self, stamp, message=None):
        """Publish an image until it is on the plane, for best-effort QoS may lose it."""
        message = message or image_message(1, stamp)

        def shown():
            self.person.images.publish(message)
            end = time.monotonic() + 0.2
            while time.monotonic() < end and stamp not in self.person.pictures:
                time.sleep(0.01)
            return stamp in self.person.pictures

        wait_for(shown, 'the picture on the plane')

    def answer(self, *stamps):
        """Say as the tracker that these images are done."""
        for stamp in stamps:
            self.person.tracks.publish(Detection2DArray(header=Header(stamp=stamp_of(stamp))))
        wait_for(lambda: self.node._stamps and self.node._stamps[-1] == stamps[-1], 'tracks')

    def believe(self, state, box=None):
        """Publish a state and a box as the tracker does."""
        header = Header(stamp=stamp_of(50 * SECOND))
        found = [messages.make_detection(header, box, 0.75)] if box else []
        self.person.tracks.publish(messages.make_detections(header, found))
        status = TrackerStatus(header=header, state=state, id='cup', score=0.75)
        wait_for(self.person.status.get_subscription_count, 'the node watches the status')

        def heard():
            self.person.status.publish(status)
            time.sleep(0.02)
            return self.node._status == status

        wait_for(heard, 'the status')

    def click(self, column, row, z=0.0, frame='picture', plane=PLANE):
        x, y = (float(np.float32(value)) for value in plane.to_plane(column, row))
        self.person.publish_point.publish(
            PointStamped(header=Header(frame_id=frame), point=Point(x=x, y=y, z=z))
        )

    def first_waits(self):
        wait_for(lambda: self.node._corners.first, 'the first corner')

    def box(self):
        """Return the stamp and the box of the only detection that came."""
        wait_for(lambda: self.person.boxes, 'a box')
        time.sleep(0.05)
        (detection,) = self.person.boxes
        self.person.boxes.clear()
        return (
            messages.nanoseconds(detection.header.stamp),
            messages.box_from_bounding_box(detection.bbox),
        )

    def says(self, words):
        wait_for(
            lambda: words in self.person.text(),
            f'"{words}" above the picture, where now is "{self.person.text()}"',
        )


@pytest.fixture
def ros():
    ros = Ros()
    yield ros
    ros.close()


@pytest.fixture
def desk(ros):
    return Desk(ros)


def test_two_clicks_on_the_plane(desk):
    desk.start().look()
    desk.show(7 * SECOND)
    desk.says('click two opposite corners')
    assert desk.person.drawn('corner') is None
    desk.click(50.2, 40.7)
    desk.says('click the opposite corner')
    cross = wait_for(lambda: desk.person.drawn('corner'), 'the waiting corner')
    x, y = PLANE.to_plane(50.2, 40.7)
    assert [(cross.points[2].x, cross.points[2].y)] == [pytest.approx((x, y), abs=1e-6)]
    assert not desk.person.boxes

    desk.show(8 * SECOND)  # the target has moved on when the second corner is clicked
    desk.click(10.1, 20.3, z=0.01)
    stamp, box = desk.box()
    assert stamp == 8 * SECOND
    assert box == pytest.approx((10.1, 20.3, 40.1, 20.4), abs=0.01)
    wait_for(lambda: desk.person.drawn('corner') is None, 'the corner gone')
    desk.says('box 40 x 20 at (10, 20)')


def test_clicks_that_make_no_box_are_said(desk):
    desk.start(click_timeout=0.6, picture_width=3.2).look()
    plane = PicturePlane(64, 48, 3.2)
    desk.click(10, 10)
    desk.says('no picture has been shown yet')
    desk.show(SECOND)
    desk.click(70, 10, plane=plane)
    desk.says('off the picture')
    desk.click(10, 10, z=0.5, plane=plane)
    desk.says('0.500) m is off the picture')
    desk.click(10, 10, plane=plane)
    desk.first_waits()
    desk.click(13, 30, plane=plane)
    desk.says('a box of 3.0 x 20.0 pixels is too small')
    desk.click(10, 10, plane=plane)
    desk.first_waits()
    desk.says('first corner forgotten')
    desk.click(20, 20, frame='map', plane=plane)
    time.sleep(QUIET)
    assert not desk.node._corners.first
    desk.click(20, 20, frame='/picture', plane=plane)  # tf1's way to write a frame
    desk.first_waits()
    assert not desk.person.boxes


def test_rqt_image_view(desk):
    """Nobody views the plane here, so the node does not even subscribe to the images."""
    desk.start()
    for publisher, tracked in (
        (desk.person.rqt, (3 * SECOND, 4 * SECOND)),
        (desk.person.rqt_overlay, (5 * SECOND, 6 * SECOND)),
    ):
        desk.answer(tracked[0])
        publisher.publish(Point(x=30.0, y=10.0))
        desk.first_waits()
        desk.answer(tracked[1])
        publisher.publish(Point(x=12.0, y=35.0))
        assert desk.box() == (tracked[1], (12, 10, 18, 25))
    assert desk.person.images.get_subscription_count() == 0
    desk.person.rqt.publish(Point(x=-3.0, y=10.0))
    desk.person.rqt.publish(Point(x=float('nan'), y=10.0))
    time.sleep(QUIET)
    assert not desk.node._corners.first


def test_mouse_click_names_its_image(desk):
    desk.start()
    desk.answer(3 * SECOND, 4 * SECOND, 5 * SECOND)
    for stamp, expected in ((4 * SECOND, 4 * SECOND), (4 * SECOND + 1, 5 * SECOND)):
        for x, y in ((10.0, 10.0), (30.0, 40.0)):
            desk.person.mouse_click.publish(
                PointStamped(header=Header(stamp=stamp_of(stamp)), point=Point(x=x, y=y))
            )
        assert desk.box() == (expected, (10, 10, 20, 30))
    desk.answer(SECOND)  # the bag begins again
    for x, y in ((10.0, 10.0), (30.0, 40.0)):
        desk.person.mouse_click.publish(
            PointStamped(header=Header(stamp=stamp_of(4 * SECOND)), point=Point(x=x, y=y))
        )
    assert desk.box() == (SECOND, (10, 10, 20, 30))


def test_rectangles(desk):
    desk.start()
    corners = [Point32(x=5.0, y=6.0), Point32(x=25.0, y=46.0)]
    message = PolygonStamped()
    message.polygon.points = corners
    desk.person.rectangle.publish(message)
    assert desk.box() == (0, (5, 6, 20, 40))  # no image is known, so 0 means the newest
    desk.answer(2 * SECOND)
    message.polygon.points = [*corners, Point32(x=5.0, y=46.0), Point32(x=25.0, y=6.0)]
    desk.person.rectangle.publish(message)
    assert desk.box() == (2 * SECOND, (5, 6, 20, 40))
    for points in (
        [],
        corners[:1],
        [corners[0], Point32(x=7.0, y=46.0)],
        [corners[0], Point32(x=float('nan'), y=46.0)],
    ):
        message.polygon.points = points
        desk.person.rectangle.publish(message)
    time.sleep(QUIET)
    assert not desk.person.boxes


def test_tracked_box_is_drawn_in_the_color_of_its_state(desk):
    desk.start().look()
    desk.show(SECOND)
    assert desk.person.drawn('box') is None
    desk.believe(TrackerStatus.TRACKING, (10.0, 12.0, 20.0, 16.0))
    desk.says('tracking cup 0.75')

    def color_and_box():
        line = wait_for(lambda: desk.person.drawn('box'), 'the box')
        columns, rows = zip(*(PLANE.to_pixel(point.x, point.y) for point in line.points))
        return (line.color.r, line.color.g, line.color.b), (
            min(columns),
            min(rows),
            max(columns),
            max(rows),
        )

    color, box = color_and_box()
    assert color == pytest.approx([value / 255 for value in COLORS['tracking']], abs=1e-6)
    assert box == pytest.approx((10, 12, 30, 28), abs=1e-6)
    desk.believe(TrackerStatus.LOST)  # the box stays where the target was last
    desk.says('lost cup')
    color, box = color_and_box()
    assert color == pytest.approx([value / 255 for value in COLORS['lost']], abs=1e-6)
    assert box == pytest.approx((10, 12, 30, 28), abs=1e-6)
    desk.believe(TrackerStatus.IDLE)
    wait_for(lambda: desk.person.drawn('box') is None, 'the box gone')


def test_survives_tracks_and_images_that_are_none(desk):
    desk.start().look()
    desk.show(40 * SECOND)
    desk.believe(TrackerStatus.TRACKING, (16.0, 12.0, 20.0, 15.0))
    wait_for(lambda: desk.person.drawn('box'), 'a box')
    header = Header(stamp=stamp_of(51 * SECOND))
    for spoil, word in (
        (lambda bbox: setattr(bbox.center, 'theta', 0.1), 'theta 0.1'),
        (lambda bbox: setattr(bbox, 'size_x', math.nan), 'not finite'),
        (lambda bbox: setattr(bbox.center.position, 'y', -math.inf), '-inf'),
    ):
        track = messages.make_detection(header, (1.0, 2.0, 3.0, 4.0), 0.5)
        spoil(track.bbox)
        desk.person.tracks.publish(messages.make_detections(header, [track]))
        wait_for(lambda word=word: word in desk.node._words, 'the complaint')
    assert 'message on tracker/tracks not used' in desk.node._words
    wait_for(lambda: not desk.person.drawn('box'), 'no box')  # the earlier box is not kept
    # No JPEG is as high as this.
    tall = image_message(1, 61 * SECOND, 1, 70000)
    wait_for(
        lambda: desk.person.images.publish(tall) or 'image on /image not used' in desk.node._words,
        'a complaint',
    )
    desk.show(62 * SECOND)
    desk.click(1, 2)
    desk.first_waits()
    desk.click(30, 20)
    assert desk.box() is not None


def test_works_only_while_somebody_looks(desk):
    desk.start(picture_rate=5.0)
    assert desk.person.images.get_subscription_count() == 0
    desk.look()
    desk.show(SECOND)
    begin, before = time.monotonic(), len(desk.person.pictures)
    for number in range(60):
        desk.person.images.publish(image_message(number, (2 + number) * SECOND))
        time.sleep(0.02)
    seconds = time.monotonic() - begin
    assert 2 <= len(desk.person.pictures) - before <= 5 * seconds + 2
    desk.person.destroy_subscription(desk.person.rviz)
    wait_for(lambda: desk.person.images.get_subscription_count() == 0, 'the end of the work')
    assert desk.node._newest is None
    # A second look begins with a clean view.
    desk.person.scene, desk.person.pictures = Scene(), []
    desk.look()
    desk.show(100 * SECOND)


def test_new_image_size_forgets_the_corner(desk):
    desk.start().look()
    desk.show(SECOND)
    desk.click(10, 10)
    desk.first_waits()
    desk.show(2 * SECOND, image_message(1, 2 * SECOND, width=128, height=96))
    wait_for(lambda: desk.node._corners.first is None, 'the corner forgotten')
    larger = PicturePlane(128, 96, 1.6)
    desk.click(10, 10, plane=larger)
    desk.click(100, 90, plane=larger)
    stamp, box = desk.box()
    assert stamp == 2 * SECOND
    assert box == pytest.approx((10, 10, 90, 80), abs=0.01)


def test_missing_and_broken_images_are_said(desk):
    desk.start(image_transport='compressed').look()
    desk.says('no image on /image/compressed for')
    wait_for(desk.person.compressed.get_subscription_count, 'the camera heard')
    message = CompressedImage(format='jpeg', data=b'\xff\xd8nothing')

    def said():
        desk.person.compressed.publish(message)
        return 'not used' in desk.person.text()

    wait_for(said, 'the broken image named')


def test_each_camera_has_a_plane_of_its_own(desk):
    assert desk.start().node.picture_frame == 'picture'
    other = desk.ros.spin(BoxSelectorNode, namespace='/robot/front')
    assert other.picture_frame == 'robot_front_picture'
    assert other._boxes.topic_name == '/robot/front/tracker/init_box'
    assert (
        desk.ros.spin(BoxSelectorNode, parameters={'picture_frame': 'wall'}).picture_frame
        == 'wall'
    )


def test_parameters_are_held_to_their_ranges(desk):
    desk.start()
    (result,) = desk.node.set_parameters([Parameter('picture_rate', value=1000.0)])
    assert not result.successful and 'picture_rate' in result.reason
    (result,) = desk.node.set_parameters([Parameter('picture_frame', value='other')])
    assert not result.successful
    (result,) = desk.node.set_parameters([Parameter('smallest_box', value=10.0)])
    assert result.successful
    for name, value in (
        ('picture_frame', 'no spaces'),
        ('image_transport', 'theora'),
        ('jpeg_quality', 0),
    ):
        with pytest.raises(ParameterException):
            desk.ros.spin(BoxSelectorNode, parameters={name: value})
