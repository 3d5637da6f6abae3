# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The recorder over real DDS."""

import math
from pathlib import Path
import time

from aiatrack_ros.errors import InputError
from aiatrack_ros.msg import TrackerStatus
from aiatrack_ros.nodes.common import messages
from aiatrack_ros.nodes.playback.track_recorder import Summary
from aiatrack_ros.nodes.playback.track_recorder import TrackRecorder
from aiatrack_ros.nodes.playback.video_player import VideoPlayer
from aiatrack_ros.tracking.video import Video
from aiatrack_ros.tracking.video import VideoWriter
import numpy as np
import pytest
import rclpy
from rclpy.node import Node
from rclpy.parameter import Parameter
from ros_harness import image_message
from ros_harness import Ros
from ros_harness import stamp_of
from ros_harness import wait_for
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

STATES = (TrackerStatus.IDLE, TrackerStatus.TRACKING, TrackerStatus.LOST)


class Performer(Node):
    """A camera and a tracker in one."""

    def __init__(self, **options):
        super().__init__('performer', **options)
        self.images = self.create_publisher(Image, 'image', 50)
        self.tracks = self.create_publisher(Detection2DArray, 'tracks', 50)
        self.status = self.create_publisher(TrackerStatus, 'status', 50)

    def heard(self):
        return all(
            publisher.get_subscription_count()
            for publisher in (self.images, self.tracks, self.status)
        )

    def answer(self, stamp, state):
        header = Header(stamp=stamp_of(stamp))
        found = state == TrackerStatus.TRACKING
        self.tracks.publish(
            messages.make_detections(
                header, [messages.make_detection(header, (60, 60, 40, 30), 0.5)] if found else []
            )
        )
        self.status.publish(TrackerStatus(header=header, state=state, score=0.5, latency=0.02))


def discovered(performer, recorder):
    """Wait until performer and recorder each know that they hear the other."""
    wait_for(
        lambda: (
            performer.heard()
            and recorder.count_publishers('image')
            and recorder.count_publishers('tracks')
            and recorder.count_publishers('status')
            and all(
                subscription.get_publisher_count()
                for subscription in recorder.subscriptions
                if not subscription.topic_name.endswith(('/parameter_events', '/clock'))
            )
        ),
        'discovery',
    )


@pytest.fixture
def ros():
    ros = Ros()
    yield ros
    ros.close()


def test_records_and_sums_up(ros, tmp_path, capfd):
    performer = ros.spin(Performer)
    output = tmp_path / 'out.mp4'
    recorder = ros.spin(
        TrackRecorder,
        parameters={
            'output': str(output),
            'fps': 10.0,
            'idle_timeout': 1.0,
            'use_sim_time': True,  # simulated time never begins here
            'qos_overrides./image.subscription.reliability': 'reliable',
        },
    )
    discovered(performer, recorder)
    for number in range(1, 7):
        stamp = number * 10**8
        performer.images.publish(image_message(number, stamp, 160, 120))
        if number != 5:  # the fifth is dropped
            performer.answer(stamp, STATES[number % 3])  # tracking lost idle tracking - idle
    wait_for(recorder.done.done, 'the end of the images')
    recorder.close()
    pictures = list(Video(output))
    assert len(pictures) == 6
    assert Video(output).fps == pytest.approx(10)
    framed = [np.ptp(picture[70:80, 55:65].astype(int)) > 60 for picture in pictures]
    assert framed == [True, False, False, True, True, False]  # the fifth shows the fourth's box
    table = capfd.readouterr().out
    for row in (
        'frames published 6',
        'before the target was set 2',
        'tracked 2',
        'target lost 1',
        'dropped for a newer one 1',
        'median 20 ms',
        '0.50',
    ):
        assert row in ' '.join(table.split()), table


def test_an_answer_that_is_none_costs_no_image(ros, tmp_path):
    performer = ros.spin(Performer)
    output = tmp_path / 'out.mp4'
    recorder = ros.spin(TrackRecorder, parameters={'output': str(output)})
    stamp = 10**8
    wait_for(performer.heard, 'discovery')

    def record(state, **changes):
        """Publish an image and its answers again and again until the image is recorded."""
        nonlocal stamp
        stamp += 10**8
        before = recorder._summary.frames
        header = Header(stamp=stamp_of(stamp))
        track = messages.make_detection(header, (60, 60, 40, 30), 0.5)
        track.bbox.center.theta = changes.get('theta', 0.0)
        track.bbox.size_x = changes.get('width', 40.0)
        tracks = messages.make_detections(header, [track])
        status = TrackerStatus(header=header, state=state)

        def recorded():
            performer.images.publish(image_message(1, stamp, 160, 120))
            performer.tracks.publish(tracks)
            performer.status.publish(status)
            time.sleep(0.1)
            return recorder._summary.frames > before

        wait_for(recorded, 'the image')

    record(TrackerStatus.TRACKING)
    record(TrackerStatus.TRACKING, theta=0.1)
    record(TrackerStatus.TRACKING, width=math.nan)
    record(7)
    record(TrackerStatus.TRACKING)
    frames = recorder._summary.frames
    recorder.close()
    pictures = list(Video(output))
    assert len(pictures) == frames >= 5
    framed = [np.ptp(picture[70:80, 55:65].astype(int)) > 60 for picture in pictures]
    assert framed[0] and framed[-1] and not all(framed)


def test_images_that_carry_no_stamp_are_told(ros, tmp_path, capfd):
    performer = ros.spin(Performer)
    recorder = ros.spin(TrackRecorder, parameters={'output': str(tmp_path / 'out.mp4')})

    def taken():
        performer.images.publish(image_message(1, 0, 160, 120))
        time.sleep(0.05)
        return recorder._stamp == 0

    wait_for(taken, 'an image')
    wait_for(lambda: taken() and 'carry the stamp 0.000 s' in capfd.readouterr().err, 'the word')


def test_a_video_that_is_played_is_not_recorded_over(ros, tmp_path):
    film = tmp_path / 'film.mp4'
    with VideoWriter(film, 30) as writer:
        for number in range(5):
            writer.write(np.full((48, 64, 3), 40 * number, np.uint8))
    before = film.read_bytes()
    (tmp_path / 'link.mp4').symlink_to(film)
    ros.spin(VideoPlayer, parameters={'path': str(film), 'wait_for_subscribers': 9})
    with pytest.raises(InputError, match='is being read or written by another program'):
        ros.spin(TrackRecorder, parameters={'output': str(tmp_path / 'link.mp4')})
    assert film.read_bytes() == before


def test_a_video_that_is_recorded_is_not_played(ros, tmp_path):
    film = tmp_path / 'film.mp4'
    with VideoWriter(film, 30) as writer:
        writer.write(np.zeros((48, 64, 3), np.uint8))
    before = film.read_bytes()
    ros.spin(TrackRecorder, parameters={'output': str(film)})
    with pytest.raises(InputError, match='is being written by another program'):
        ros.spin(VideoPlayer, parameters={'path': str(film)})
    assert film.read_bytes() == before


@pytest.mark.skipif(not Path('/dev/full').exists(), reason='needs the full device of Linux')
def test_a_full_disk_is_told(ros, tmp_path):
    (tmp_path / 'full.mp4').symlink_to('/dev/full')
    performer = ros.spin(Performer)
    recorder = ros.spin(
        TrackRecorder, parameters={'output': str(tmp_path / 'full.mp4'), 'idle_timeout': 1.0}
    )
    discovered(performer, recorder)
    for number in range(1, 9):
        performer.images.publish(image_message(number, number * 10**8, 160, 120))
    wait_for(recorder.done.done, 'the end of the images')
    assert recorder.done.result() == 1


def test_summary_by_hand():
    summary = Summary()
    assert 'mean score (predicted IoU) none' in ' '.join(summary.table().split())
    summary.add(TrackerStatus(state=TrackerStatus.IDLE, latency=9.0))
    for latency in range(101):
        state = TrackerStatus.TRACKING if latency % 2 else TrackerStatus.LOST
        summary.add(TrackerStatus(state=state, latency=latency / 1000, score=latency / 100))
    summary.add(None)
    summary.add(TrackerStatus(state=TrackerStatus.LOST, latency=math.nan))  # no latency is known
    text = ' '.join(summary.table().split())
    assert 'frames published 104' in text
    assert 'median 50 ms' in text
    assert '95th percentile 95 ms' in text
    assert '(predicted IoU) 0.50' in text  # the mean of the tracked ones: 0.01, 0.03, ... 0.99
    assert 'dropped for a newer one 1' in text


def test_an_output_that_cannot_be_written_is_told(tmp_path):
    context = rclpy.Context()
    rclpy.init(context=context)
    with pytest.raises(InputError, match='nowhere'):
        TrackRecorder(
            context=context,
            parameter_overrides=[Parameter('output', value=str(tmp_path / 'nowhere' / 'a.mp4'))],
        )
    rclpy.shutdown(context=context)
