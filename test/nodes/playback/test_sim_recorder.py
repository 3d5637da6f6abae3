# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The recorder brings together what is said of an image, once each, into figures and a video."""

import json
import math

from aiatrack_ros.errors import InputError
from aiatrack_ros.msg import TrackerStatus
from aiatrack_ros.nodes.common import images
from aiatrack_ros.nodes.common import messages
from aiatrack_ros.nodes.playback.sim_recorder import SimRecorder
from aiatrack_ros.tracking.video import Video
from geometry_msgs.msg import Pose
from geometry_msgs.msg import PoseArray
from geometry_msgs.msg import TwistStamped
import numpy as np
import pytest
from rclpy.node import Node
from ros_harness import Ros
from ros_harness import stamp_of
from ros_harness import wait_for
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

BOX = (200.0, 100.0, 80.0, 200.0)
OTHER_BOX = (230.0, 90.0, 160.0, 300.0)


class Stage(Node):
    """Says what all the nodes say in a run."""

    def __init__(self, **options):
        super().__init__('stage', **options)
        self.out = {
            topic: self.create_publisher(kind, topic, 100)
            for topic, kind in (
                ('image', Image),
                ('sim/truth', PoseArray),
                ('sim/people', Detection2DArray),
                ('cmd_vel', TwistStamped),
                ('tracker/tracks', Detection2DArray),
                ('tracker/status', TrackerStatus),
            )
        }

    def show(self, number, robot_x, tracked=True, box=BOX, spoil=lambda topic, message: None):
        header = Header(stamp=stamp_of(5 * 10**9 + number * 10**8))
        robot, target, other = Pose(), Pose(), Pose()
        robot.position.x, target.position.x = robot_x, robot_x + 1.6
        robot.orientation.z, robot.orientation.w = math.sin(0.2), math.cos(0.2)
        detection = messages.make_detection(header, box, 0.8, 'walker')
        people = [
            messages.make_detection(header, BOX, 0.8, 'walker'),
            messages.make_detection(header, OTHER_BOX, 1.0, 'other'),
        ]
        command = TwistStamped(header=header)
        command.twist.linear.x = 0.1
        picture = np.full((480, 640, 3), 90, np.uint8)
        for topic, message in (
            ('sim/truth', PoseArray(header=header, poses=[robot, target, other])),
            ('sim/people', messages.make_detections(header, people)),
            ('image', images.encode(picture, header, 'bgr8')),
            ('tracker/tracks', messages.make_detections(header, [detection] * tracked)),
            (
                'tracker/status',
                TrackerStatus(header=header, state=1 if tracked else 2, score=0.8, id='walker'),
            ),
            ('cmd_vel', command),
        ):
            spoil(topic, message)
            self.out[topic].publish(message)


@pytest.fixture
def ros():
    ros = Ros()
    yield ros
    ros.close()


def discovered(stage, recorder):
    wait_for(
        lambda: (
            all(out.get_subscription_count() for out in stage.out.values())
            and all(
                subscription.get_publisher_count()
                for subscription in recorder.subscriptions
                if not subscription.topic_name.endswith('parameter_events')
            )
        ),
        'discovery',
    )


def test_figures_and_video(ros, tmp_path, capfd):
    stage = ros.spin(Stage)
    recorder = ros.spin(
        SimRecorder,
        parameters={'video': str(tmp_path / 'run.mp4'), 'report': str(tmp_path / 'run.json')},
    )
    discovered(stage, recorder)
    for number in range(6):
        stage.show(number, 0.01 * number, tracked=number != 5)
        stage.show(number, 9.0)  # said again; the first time counts
    wait_for(lambda: len(recorder._records) == 6, 'six records')
    record = recorder._records[3]
    assert record.time == pytest.approx(0.3)
    assert (record.robot.x, record.robot.heading) == pytest.approx((0.03, 0.4))
    assert (record.track_id, record.state) == ('walker', 'tracking')
    assert record.score == pytest.approx(0.8)
    assert (recorder._records[5].track_id, recorder._records[5].state) == ('', 'lost')
    ros.close()
    ros._spinning.clear()
    report = json.loads((tmp_path / 'run.json').read_text())
    assert report['frames'] == 6
    assert report['mean_error'] == pytest.approx(0.1)
    assert 'walker' in capfd.readouterr().out
    frames = list(Video(tmp_path / 'run.mp4'))
    assert len(frames) == 6
    assert frames[0].shape == (480, 640 + 480, 3)
    green = frames[3][100:300, 200].astype(int)  # the left side of the box
    assert np.median(green[:, 1] - green[:, 0]) > 40


def test_tells_whom_the_track_shows(ros):
    def hide(topic, message):
        if topic == 'sim/people':
            message.detections[0].results[0].hypothesis.score = 0.0

    stage = ros.spin(Stage)
    recorder = ros.spin(SimRecorder)
    discovered(stage, recorder)
    half = (200.0, 100.0, 40.0, 200.0)  # what is seen of the target beside the other one
    nowhere = (500.0, 10.0, 80.0, 200.0)
    both = (200.0, 90.0, 190.0, 300.0)
    for number, (box, spoil) in enumerate(
        (
            (BOX, None),
            (half, None),
            (OTHER_BOX, None),
            (both, None),
            (nowhere, None),
            (BOX, hide),  # the box is where the target is, which is out of sight
        )
    ):
        stage.show(number, 0.0, box=box, spoil=spoil or (lambda topic, message: None))
    stage.show(6, 0.0, tracked=False)
    wait_for(lambda: len(recorder._records) == 7, 'seven records')
    assert [record.followed for record in recorder._records] == [
        *('target', 'target', 'other', 'other', 'scenery', 'scenery', 'nobody')
    ]
    assert recorder._records[0].other is not None


def test_answers_that_are_none_are_left_out(ros, tmp_path):
    def theta(topic, message):
        if topic == 'tracker/tracks':
            message.detections[0].bbox.center.theta = 0.1

    def no_target(topic, message):
        if topic == 'sim/truth':
            del message.poses[1:]

    def no_place(topic, message):
        if topic == 'sim/truth':
            message.poses[0].position.x = math.nan

    def no_result(topic, message):
        if topic == 'sim/people':
            message.detections[0].results.clear()

    def no_state(topic, message):
        if topic == 'tracker/status':
            message.state = 9

    stage = ros.spin(Stage)
    report = tmp_path / 'run.json'
    recorder = ros.spin(SimRecorder, parameters={'report': str(report)})
    discovered(stage, recorder)
    spoilers = (theta, no_target, no_place, no_result, no_state)
    for number, spoil in enumerate(spoilers):
        stage.show(number, 0.1, spoil=spoil)
    stage.show(len(spoilers), 0.2)
    wait_for(lambda: recorder._records, 'a record')
    assert [record.robot.x for record in recorder._records] == [0.2]
    ros.close()
    ros._spinning.clear()
    assert json.loads(report.read_text())['frames'] == 1


def test_no_such_folder(ros, tmp_path):
    with pytest.raises(InputError, match='no such folder'):
        ros.spin(SimRecorder, parameters={'report': str(tmp_path / 'none' / 'run.json')})
