# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The tracker node over real DDS, with a tracker that believes what the test says."""

from collections.abc import Iterator
import math
import re
import time
from typing import Any

from aiatrack_ros.errors import CheckpointError
from aiatrack_ros.model.checkpoint import shipped_weights
from aiatrack_ros.msg import TrackerStatus
from aiatrack_ros.nodes.common import messages
from aiatrack_ros.nodes.common.images import ImageDecoder
from aiatrack_ros.nodes.common.middleware import describe
from aiatrack_ros.nodes.tracker import tracking_worker
from aiatrack_ros.nodes.tracker.tracker_node import TrackerNode
from aiatrack_ros.srv import SetTarget
from aiatrack_ros.tracking import create_tracker
from aiatrack_ros.tracking import State
import cv2
from diagnostic_msgs.msg import DiagnosticStatus
from diagnostic_msgs.msg import KeyValue
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import GetState
import numpy as np
import pytest
from rcl_interfaces.msg import Log
import rclpy
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from ros_harness import image_message
from ros_harness import Ros
from ros_harness import ScriptedTracker
from ros_harness import stamp_of
from ros_harness import wait_for
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from sensor_msgs.msg import RegionOfInterest
from std_msgs.msg import Header
from std_srvs.srv import Trigger
from tracker_bench import Bench
from tracker_bench import BOX
from tracker_bench import FRAME
from tracker_bench import SECOND

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def ros() -> Iterator[Ros]:
    ros = Ros()
    yield ros
    ros.close()


@pytest.fixture
def bench(ros: Ros) -> Bench:
    return Bench(ros)


def test_box_in_tracks_out(bench: Bench) -> None:
    bench.start().activate()
    idle = bench.show(1)
    assert bench.tracks(idle) == []
    assert bench.status(idle).state == TrackerStatus.IDLE

    target = messages.make_detection(Header(), BOX, 1.0, 'cup', class_id='mug')
    bench.operator.boxes.publish(target)
    wait_for(lambda: bench.tracker.seen, 'initialisation')
    assert bench.tracker.seen == [('initialize', 1, BOX)]

    stamp = bench.show(2)
    (track,) = wait_for(lambda: bench.operator.heard['tracker/track'], 'a track')
    assert bench.tracks(stamp) == [track]
    assert messages.nanoseconds(track.header.stamp) == stamp
    assert track.header.frame_id == 'camera'
    assert messages.box_from_bounding_box(track.bbox) == bench.tracker.box
    assert (track.id, track.results[0].hypothesis.class_id) == ('cup', 'mug')
    assert track.results[0].hypothesis.score == 0.75
    array = bench.operator.heard['tracker/tracks'][-1]
    status = bench.status(stamp)
    assert array.header == track.header == status.header
    assert (status.state, status.id, status.memory_fill) == (TrackerStatus.TRACKING, 'cup', 7)
    assert status.score == pytest.approx(0.75)
    assert (status.frames_received, status.frames_tracked, status.frames_dropped) == (2, 1, 0)
    assert (status.image_width, status.image_height) == (64, 48)
    assert bench.status(idle).image_width == 64

    assert bench.ros.call(bench.operator.reset, Trigger.Request()).success
    after = bench.show(3)
    assert bench.tracks(after) == []
    assert bench.status(after).state == TrackerStatus.IDLE
    assert len(bench.operator.heard['tracker/track']) == 1


def test_second_box_takes_over(bench: Bench) -> None:
    bench.start().activate()
    bench.show(1)
    first = bench.point_at()
    bench.show(2)
    second = bench.point_at((1.0, 2.0, 5.0, 5.0))
    stamp = bench.show(3)
    assert first.success and second.success and first.message != second.message
    assert bench.tracks(stamp)[0].id == second.message
    assert ('initialize', 2, (1.0, 2.0, 5.0, 5.0)) in bench.tracker.seen


def test_region_of_interest(bench: Bench) -> None:
    bench.start().activate()
    bench.show(1)
    bench.operator.regions.publish(RegionOfInterest(x_offset=3, y_offset=4, width=5, height=6))
    wait_for(lambda: bench.tracker.seen, 'initialisation')
    assert bench.tracker.seen == [('initialize', 1, (3.0, 4.0, 5.0, 6.0))]


@pytest.mark.parametrize(
    'box, reason',
    [
        ((math.nan, 1.0, 5.0, 5.0), 'not finite'),
        ((1.0, 1.0, 0.0, 5.0), 'empty'),
        ((500.0, 1.0, 5.0, 5.0), 'outside'),
    ],
)
def test_bad_box_is_refused_and_the_target_kept(bench: Bench, box: tuple, reason: str) -> None:
    bench.start().activate()
    bench.show(1)
    assert bench.point_at(track_id='kept').success
    answer = bench.point_at(box)
    assert not answer.success
    assert reason in answer.message
    assert bench.tracks(bench.show(2))[0].id == 'kept'


def test_rotated_box_is_refused(bench: Bench) -> None:
    bench.start().activate()
    bench.show(1)
    target = messages.make_detection(Header(), BOX, 1.0)
    target.bbox.center.theta = 0.3
    answer = bench.ros.call(bench.operator.set_target, SetTarget.Request(target=target))
    assert not answer.success
    assert 'theta' in answer.message


def test_box_for_an_older_image_catches_up(bench: Bench) -> None:
    bench.start().activate()
    stamps = [bench.show(number) for number in range(1, 6)]
    assert bench.point_at(stamp=stamps[1]).success
    wait_for(lambda: len(bench.tracker.seen) == 4, 'catching up')
    assert bench.tracker.seen == [('initialize', 2, BOX), ('track', 3), ('track', 4), ('track', 5)]
    last = bench.show(6)
    # Images that went by without a target were answered at the time, and get no second answer.
    assert bench.operator.stamps('tracker/tracks') == [*stamps, last]
    assert bench.operator.stamps('tracker/track') == [last]


def test_catching_up_is_faster_than_the_camera(bench: Bench) -> None:
    bench.start().activate()
    stamps = [bench.show(number) for number in range(1, 21)]
    bench.tracker.seconds = 1.5 / 30  # slower than the camera
    assert bench.point_at(stamp=stamps[0]).success
    wait_for(lambda: ('track', 20) in bench.tracker.seen, 'catching up')
    assert 3 <= len(bench.tracker.seen) <= 8  # every third or fourth of 19 frames


def test_box_may_come_before_its_image(bench: Bench) -> None:
    bench.start().activate()
    bench.show(1)
    stamp = bench.operator.stamp + FRAME
    bench.operator.boxes.publish(
        messages.make_detection(Header(stamp=stamp_of(stamp)), BOX, 1.0, 'early')
    )
    assert bench.show(2) == stamp
    wait_for(lambda: bench.tracker.seen, 'initialisation')
    assert bench.tracker.seen == [('initialize', 2, BOX)]
    assert bench.tracks(bench.show(3))[0].id == 'early'


def test_box_too_old_or_from_the_future_is_refused(bench: Bench) -> None:
    bench.start(frame_buffer_seconds=0.1).activate()
    answer = bench.point_at()
    assert not answer.success and 'no image has arrived' in answer.message
    stamps = [bench.show(number) for number in range(1, 9)]
    answer = bench.point_at(stamp=stamps[0])
    assert not answer.success and 'frame_buffer_seconds' in answer.message
    answer = bench.point_at(stamp=stamps[-1] + SECOND)
    assert not answer.success and 'has not arrived' in answer.message
    assert bench.tracker.seen == []


def test_only_the_newest_image_is_worked_on(bench: Bench) -> None:
    bench.start().activate()
    bench.show(1)
    assert bench.point_at().success
    bench.tracker.gate.clear()
    first = bench.show(2, wait=False)
    monitor = bench.node._monitor
    wait_for(lambda: monitor.received == 2, 'the second image')
    for number in range(3, 8):
        last = bench.show(number, wait=False)
        wait_for(lambda count=number: monitor.received == count, 'an image')
    bench.tracker.gate.set()
    bench.answered(last)
    assert bench.tracker.seen == [('initialize', 1, BOX), ('track', 2), ('track', 7)]
    assert bench.operator.stamps('tracker/track') == [first, last]
    status = bench.status(last)
    assert (status.frames_received, status.frames_tracked, status.frames_dropped) == (7, 2, 4)


def test_lost_is_silent_and_the_id_returns(bench: Bench) -> None:
    bench.start().activate()
    bench.show(1)
    assert bench.point_at(track_id='mine').success
    bench.show(2)
    bench.tracker.state, bench.tracker.score = State.LOST, 0.1
    stamp = bench.show(3)
    assert bench.tracks(stamp) == []
    status = bench.status(stamp)
    assert (status.state, status.id) == (TrackerStatus.LOST, 'mine')
    assert status.score == pytest.approx(0.1)
    assert len(bench.operator.heard['tracker/track']) == 1
    bench.tracker.state = State.TRACKING
    assert bench.tracks(bench.show(4))[0].id == 'mine'


def test_parameters_are_refused_or_applied(bench: Bench) -> None:
    bench.start(lost_after=7).activate()
    assert bench.tracker.settings.lost_after == 7
    assert bench.tracker.names['model'] == 'aiatrack_lite'
    bench.show(1)
    assert bench.point_at().success
    assert 'update_threshold' in bench.set('update_threshold', 1.5)
    assert 'short_term_memory_size' in bench.set('short_term_memory_size', 0)
    assert 'read-only' in bench.set('model', 'aiatrack_r50')
    assert 'search_factor' in bench.set('search_factor', 0.5)  # 0 or at least 1
    assert bench.set('update_threshold', 0.5) == ''
    assert bench.set('memory_capacity', 30) == ''
    bench.show(2)
    assert bench.tracker.settings.update_threshold == 0.5
    assert bench.tracker.settings.memory_capacity == 30
    assert bench.tracker.settings.lost_after == 7
    assert bench.set('frame_buffer_seconds', 0.05) == ''
    assert bench.node._buffer.seconds == 0.05


def test_unfitting_checkpoint_fails_configure(bench: Bench) -> None:
    def refuse(**parameters: Any) -> ScriptedTracker:
        raise CheckpointError(f'{parameters["checkpoint"]} is torn')

    bench.start(refuse, checkpoint='a.pth')
    assert not bench.change(Transition.TRANSITION_CONFIGURE)
    state = bench.ros.call(bench.operator.state, GetState.Request())
    assert state.current_state.label == 'unconfigured'
    wait_for(
        lambda: any(
            'a.pth is torn' in array.status[0].message
            for array in bench.operator.heard['/diagnostics']
        ),
        'the reason',
    )


def test_health_is_told_while_simulated_time_stands(bench: Bench) -> None:
    bench.start(use_sim_time=True)
    wait_for(lambda: bench.operator.heard['/diagnostics'], 'a report')


def test_up_and_down_again(bench: Bench) -> None:
    bench.start().activate()
    bench.show(1)
    assert bench.point_at().success
    bench.show(2)
    assert bench.change(Transition.TRANSITION_DEACTIVATE)
    answer = bench.point_at()
    assert not answer.success and 'not active' in answer.message
    assert bench.ros.call(bench.operator.reset, Trigger.Request()).success
    assert bench.change(Transition.TRANSITION_ACTIVATE)
    bench.discovered()
    assert bench.tracks(bench.show(3)) == []  # the target is forgotten
    assert bench.change(Transition.TRANSITION_DEACTIVATE)
    assert bench.change(Transition.TRANSITION_CLEANUP)
    bench.activate()
    assert bench.status(bench.show(4)).frames_received == 1
    assert bench.change(Transition.TRANSITION_ACTIVE_SHUTDOWN)


def test_bad_images_are_passed_over(bench: Bench) -> None:
    bench.start().activate()
    bench.show(1)
    assert bench.point_at(track_id='kept').success
    bad = image_message(2, bench.operator.stamp + 1)
    bad.encoding = 'rgb9'
    bench.operator.images.publish(bad)
    wait_for(lambda: bench.node._monitor.received == 2, 'the bad image')
    stamp = bench.show(3)
    assert bench.tracks(stamp)[0].id == 'kept'
    assert bench.status(stamp).frames_dropped == 1
    wait_for(
        lambda: any(
            'rgb9' in array.status[0].message for array in bench.operator.heard['/diagnostics']
        ),
        'the complaint',
    )


def test_another_image_size_forgets_the_target(bench: Bench) -> None:
    bench.start().activate()
    bench.show(1)
    assert bench.point_at().success
    assert bench.tracks(bench.show(2, width=32, height=32)) == []
    assert bench.tracker.seen[-1] == ('reset',)
    assert bench.point_at((1.0, 1.0, 9.0, 9.0)).success


def test_failing_tracker_forgets_its_target_and_lives(bench: Bench) -> None:
    bench.start().activate()
    bench.show(1)
    assert bench.point_at().success
    bench.tracker.error = RuntimeError('out of memory')
    stamp = bench.show(2)
    assert bench.status(stamp).state == TrackerStatus.IDLE
    bench.tracker.error = None
    assert bench.point_at(track_id='again').success
    assert bench.tracks(bench.show(3))[0].id == 'again'


def test_stamps_that_jump_back(bench: Bench) -> None:
    bench.start().activate()
    old = bench.show(1)
    assert bench.point_at(track_id='kept').success
    bench.operator.stamp -= 500 * SECOND
    stamp = bench.show(2)
    assert bench.tracks(stamp)[0].id == 'kept'
    assert len(bench.node._buffer) == 1
    assert 'has not arrived' in bench.point_at(stamp=old).message


def test_overlay_is_drawn_while_somebody_looks(bench: Bench) -> None:
    bench.start().activate()
    bench.show(1)
    assert bench.point_at().success
    bench.operator.listen('tracker/overlay', Image)
    wait_for(
        lambda: (
            bench.node._pictures.get_subscription_count()
            and bench.operator.ears[-1].get_publisher_count()
        ),
        'discovery',
    )
    heard = bench.operator.heard['tracker/overlay']
    wait_for(lambda: bench.show(2) and heard, 'an overlay')
    assert messages.nanoseconds(heard[0].header.stamp) in bench.operator.stamps('tracker/track')
    picture = ImageDecoder().decode(heard[0])
    assert picture.shape == (48, 64, 3)
    assert np.ptp(picture[20:27, 9:20].astype(int)) > 50  # the frame of the box
    assert bench.set('publish_overlay', False) == ''
    bench.show(3)
    count = len(heard)
    bench.show(4)
    bench.show(5)
    assert len(heard) <= count + 1  # one may have been under way


def test_compressed_images(bench: Bench) -> None:
    bench.start(image_transport='compressed').activate()
    camera = bench.operator.create_publisher(CompressedImage, 'image/compressed', 10)
    wait_for(
        lambda: camera.get_subscription_count() and bench.node._inputs[0].get_publisher_count(),
        'discovery',
    )
    picture = np.full((48, 64, 3), 200, np.uint8)
    data = cv2.imencode('.png', picture)[1].tobytes()
    camera.publish(
        CompressedImage(header=Header(stamp=stamp_of(5 * SECOND)), format='png', data=data)
    )
    bench.answered(5 * SECOND)
    assert bench.status(5 * SECOND).image_width == 0  # not decoded without a target
    assert bench.point_at().success
    assert bench.tracker.seen == [('initialize', 200, BOX)]
    camera.publish(
        CompressedImage(header=Header(stamp=stamp_of(6 * SECOND)), format='png', data=data)
    )
    bench.answered(6 * SECOND)
    status = bench.status(6 * SECOND)
    assert (status.image_width, status.image_height) == (64, 48)


def reports(bench: Bench) -> list[DiagnosticStatus]:
    """Return what was said on /diagnostics."""
    return [array.status[0] for array in bench.operator.heard['/diagnostics']]


def test_a_stamp_of_no_clock_has_an_unknown_latency_and_that_is_said_once(bench: Bench) -> None:
    bench.operator.listen('/rosout', Log)
    bench.start().activate()
    for number in range(1, 4):
        bench.publish(image_message(number, number))
    assert all(math.isnan(status.latency) for status in bench.operator.heard['tracker/status'])
    wait_for(
        lambda: any(
            KeyValue(key='latency, median (ms)', value='unknown') in status.values
            for status in reports(bench)
        ),
        'the report',
    )
    said = [log.msg for log in bench.operator.heard['/rosout'] if 'latency' in log.msg]
    assert len(said) == 1 and 'stamped 0.000 s' in said[0]
    now = bench.publish(image_message(4, time.time_ns()))
    assert 0 <= bench.status(now).latency < 30


@pytest.mark.parametrize('meanwhile', ['nothing', 'images that are refused'])
def test_a_box_for_a_dead_camera_is_refused(bench: Bench, meanwhile: str) -> None:
    bench.start().activate()
    stamp = bench.show(1)
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        if meanwhile != 'nothing':
            bad = image_message(2, bench.operator.stamp + 1)
            bad.encoding = 'rgb9'
            bench.operator.images.publish(bad)
        time.sleep(0.1)
    for named in (0, stamp):
        answer = bench.point_at(stamp=named)
        assert not answer.success
        assert re.search(r'\d\.\d s old', answer.message)
    if meanwhile != 'nothing':
        wait_for(lambda: reports(bench)[-1].level == DiagnosticStatus.WARN, 'a warning')
    bench.show(3)
    assert bench.point_at().success


def test_a_bag_that_is_paused_takes_a_box(bench: Bench) -> None:
    bench.start(use_sim_time=True).activate()  # simulated time stands
    bench.show(1)
    time.sleep(2.5)
    assert bench.point_at().success


def test_images_without_an_answer_and_a_hung_thread_are_reported(bench: Bench) -> None:
    bench.start().activate()
    bench.show(1)
    assert bench.point_at().success
    bench.tracker.gate.clear()

    def warned() -> bool:
        bench.show(2, wait=False)
        time.sleep(0.1)
        status = [DiagnosticStatus(), *reports(bench)][-1]
        return status.level == DiagnosticStatus.WARN and 'none has been ans' in status.message

    wait_for(warned, 'a warning')
    wait_for(lambda: reports(bench)[-1].level == DiagnosticStatus.ERROR, 'an error')
    assert 'hangs' in reports(bench)[-1].message
    answer = bench.point_at()
    assert not answer.success and 'hangs' in answer.message
    assert not bench.ros.call(bench.operator.reset, Trigger.Request()).success
    bench.tracker.gate.set()
    wait_for(lambda: reports(bench)[-1].level != DiagnosticStatus.ERROR, 'its end')


def test_a_node_whose_thread_hangs_can_be_configured_again(bench: Bench, monkeypatch) -> None:
    monkeypatch.setattr(tracking_worker, 'END_SECONDS', 0.2)
    bench.start().activate()
    bench.show(1)
    assert bench.point_at().success
    bench.tracker.gate.clear()
    bench.show(2, wait=False)
    wait_for(lambda: bench.node._monitor.received == 2, 'the image')
    time.sleep(0.2)
    assert bench.change(Transition.TRANSITION_DEACTIVATE)
    assert not bench.change(Transition.TRANSITION_ACTIVATE)  # the old thread holds the tracker
    assert bench.change(Transition.TRANSITION_CLEANUP)
    hung, bench.tracker = bench.tracker, ScriptedTracker()
    bench.activate()
    stamp = bench.show(3)
    assert bench.status(stamp).state == TrackerStatus.IDLE
    hung.gate.set()
    wait_for(lambda: hung.seen[-1] == ('reset',), 'the end of the old thread')
    last = bench.show(4)
    assert bench.operator.stamps('tracker/tracks')[-2:] == [stamp, last]


def test_a_failed_activation_takes_its_publishers_back(bench: Bench) -> None:
    bench.start(**{'qos_overrides./image.subscription.reliability': 'perfect'})
    assert bench.change(Transition.TRANSITION_CONFIGURE)
    assert not bench.change(Transition.TRANSITION_ACTIVATE)
    state = bench.ros.call(bench.operator.state, GetState.Request())
    assert state.current_state.label == 'inactive'
    assert len(bench.node._outputs) == 4
    assert not any(publisher.is_activated for publisher in bench.node._outputs)


def test_compressed_images_with_a_trailer_and_an_orientation(bench: Bench) -> None:
    bench.start(image_transport='compressed').activate()
    camera = bench.operator.create_publisher(CompressedImage, 'image/compressed', 10)
    wait_for(
        lambda: camera.get_subscription_count() and bench.node._inputs[0].get_publisher_count(),
        'discovery',
    )
    picture = np.full((48, 64, 3), 200, np.uint8)
    jpeg = cv2.imencode('.jpg', picture)[1].tobytes()
    # These Exif data ask for a quarter turn, which would put the target outside of the picture.
    entry = bytes.fromhex('0112 0003 00000001 0006 0000')
    exif = b'Exif\0\0MM\0*\0\0\0\x08\0\x01' + entry + bytes(4)
    marked = jpeg[:2] + b'\xff\xe1' + (len(exif) + 2).to_bytes(2, 'big') + exif + jpeg[2:]
    for second, data in enumerate((jpeg + bytes(5000), marked, marked + b'\xff' * 5000), 5):
        stamp = stamp_of(second * SECOND)
        camera.publish(CompressedImage(header=Header(stamp=stamp), format='jpeg', data=data))
        bench.answered(second * SECOND)
        assert bench.point_at((50, 10, 10, 10)).success
    assert bench.tracker.seen.count(('initialize', 200, (50, 10, 10, 10))) == 3


def test_thermal_images_and_the_range_of_their_counts(bench: Bench) -> None:
    bench.start().activate()

    def show() -> None:
        bench.operator.stamp += FRAME
        counts = np.linspace(29500, 29000, 48 * 64).reshape(48, 64).astype('<u2')
        image = Image(width=64, height=48, step=128, encoding='mono16', data=counts.tobytes())
        image.header.stamp = stamp_of(bench.operator.stamp)
        bench.publish(image)

    show()
    assert bench.point_at().success  # black and white are chosen from the image
    assert bench.set('black_level', 28500.0) == ''
    assert 'white_level is 5; it must be 0 or above black_level' in bench.set('white_level', 5.0)
    assert bench.set('white_level', 30500.0) == ''
    show()
    (_, chosen, _), (_, given) = bench.tracker.seen
    assert 240 <= chosen <= 246  # a twentieth of the span is left free
    assert given == 128


@pytest.mark.parametrize('width, height', [(8, 8), (64, 5)])
def test_boxes_of_small_images_lie_in_them(bench: Bench, width: int, height: int) -> None:
    if shipped_weights('aiatrack_lite') is None:
        pytest.skip('no weights come with aiatrack_lite in this checkout')
    bench.start(create_tracker, engine='eager', threads=1, lost_threshold=0.0).activate()
    rng = np.random.default_rng(4)
    bench.show_picture(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))
    assert bench.point_at((1, 1, width - 2, height - 2)).success
    for _ in range(3):
        stamp = bench.show_picture(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))
        (found,) = bench.tracks(stamp)
        x, y, w, h = messages.box_from_bounding_box(found.bbox)
        assert x >= 0 and y >= 0 and w > 0 and h > 0
        assert x + w <= width and y + h <= height


@pytest.mark.parametrize(
    'transport, topic, kind, words',
    [
        (
            'raw',
            'image',
            CompressedImage,
            'it holds sensor_msgs/msg/CompressedImage, and Image is '
            'awaited; set image_transport to compressed and remap image/compressed to it',
        ),
        (
            'compressed',
            'image/compressed',
            Image,
            'it holds sensor_msgs/msg/Image, and '
            'CompressedImage is awaited; set image_transport to raw and remap image to it',
        ),
        (
            'raw',
            'image',
            Header,
            'it holds std_msgs/msg/Header, and Image is awaited; '
            'remap image to the topic of the camera',
        ),
        (
            'compressed',
            'image',
            Image,
            'nobody publishes it, but /image holds Image; set image_transport to raw',
        ),
        (
            'raw',
            'image/compressed',
            CompressedImage,
            'nobody publishes it, but /image/compressed holds CompressedImage; set '
            'image_transport to compressed',
        ),
    ],
)
def test_says_that_the_topic_holds_another_type(
    bench: Bench, transport: str, topic: str, kind: type, words: str
) -> None:
    bench.operator.destroy_publisher(bench.operator.images)
    # The publisher is in another participant, for one of Fast DDS keeps to the first type of a
    # topic.
    other: Node = bench.ros.spin(Node, 'other')
    other.create_publisher(kind, topic, 1)
    bench.start(image_transport=transport)
    assert bench.change(Transition.TRANSITION_CONFIGURE)
    assert bench.change(Transition.TRANSITION_ACTIVATE)
    health = bench.operator.heard['/diagnostics']
    wait_for(lambda: any(words in array.status[0].message for array in health), words)


def test_names_the_topic_that_it_listens_to(bench: Bench) -> None:
    arguments = ['--ros-args', '-r', 'image/compressed:=camera/jpeg']
    bench.node = bench.ros.spin(
        TrackerNode, bench.make, parameters={'image_transport': 'compressed'}, cli_args=arguments
    )
    bench.ros.settle(bench.operator.reset, Trigger.Request())
    assert bench.change(Transition.TRANSITION_CONFIGURE)
    assert bench.change(Transition.TRANSITION_ACTIVATE)
    health = bench.operator.heard['/diagnostics']
    wait_for(
        lambda: any(
            'no image on /camera/jpeg for' in array.status[0].message
            and 'nobody publishes it' in array.status[0].message
            for array in health
        ),
        'a word about the silence',
    )


def test_says_that_no_image_comes_and_why(bench: Bench) -> None:
    override = 'qos_overrides./image.subscription.reliability'
    bench.start(**{override: 'reliable'}).activate()
    bench.operator.create_publisher(
        Image, 'image', QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
    )

    def said(text: str) -> bool:
        return any(
            text in array.status[0].message and array.status[0].level == DiagnosticStatus.WARN
            for array in bench.operator.heard['/diagnostics']
        )

    wait_for(lambda: said('offers another RELIABILITY'), 'a word about the QoS')
    wait_for(lambda: said('no image on /image'), 'a word about the silence')
    status = bench.operator.heard['/diagnostics'][-1].status[0]
    assert status.name == '/tracker: tracker'
    values = {value.key: value.value for value in status.values}
    assert values['device'] == 'scripted on cpu'
    rmw = rclpy.get_rmw_implementation_identifier()
    assert values['middleware'] == describe(rmw)
    assert rmw != 'rmw_fastrtps_cpp' or 'profile /' in values['middleware']
    assert values['image rate (Hz)'] == '0.0'
