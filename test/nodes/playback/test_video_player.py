# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The player over real DDS."""

from aiatrack_ros.errors import InputError
from aiatrack_ros.nodes.common import messages
from aiatrack_ros.nodes.common.images import ImageDecoder
from aiatrack_ros.nodes.playback import video_player
from aiatrack_ros.nodes.playback.video_player import VideoPlayer
from aiatrack_ros.srv import SetTarget
from bag_files import write_bag
import cv2
import numpy as np
import pytest
import rclpy
from rclpy.node import Node
from rclpy.parameter import Parameter
from ros_harness import Ros
from ros_harness import wait_for
from sensor_msgs.msg import Image


@pytest.fixture
def ros():
    ros = Ros()
    yield ros
    ros.close()


@pytest.fixture
def film(tmp_path):
    """Return a folder of ten pictures; the red of each is its number."""
    for number in range(10):
        picture = np.full((24, 32, 3), 90, np.uint8)
        picture[..., 2] = number
        cv2.imwrite(str(tmp_path / f'{number}.png'), picture)
    return tmp_path


class Audience(Node):
    """Looks at the images and takes targets, or refuses them."""

    def __init__(self, answers=(), **options):
        super().__init__('audience', **options)
        self.answers = list(answers)  # (success, message), None gives no answer in time
        self.images, self.targets = [], []
        self.create_subscription(Image, 'image', self.images.append, 50)
        self.create_service(SetTarget, 'set_target', self.on_target)

    def on_target(self, request, response):
        self.targets.append(request.target)
        response.success, response.message = self.answers.pop(0)
        return response

    def reds(self):
        decoder = ImageDecoder()
        return [int(decoder.decode(image)[0, 0, 0]) for image in self.images]


def test_plays_a_part_of_the_video_at_its_pace(ros, film):
    audience = ros.spin(Audience)
    player = ros.spin(
        VideoPlayer,
        parameters={
            'path': str(film),
            'first_frame': 2,
            'last_frame': 7,
            'rate': 20.0,
            'frame_id': 'eye',
            'wait_for_subscribers': 1,
        },
    )
    wait_for(player.done.done, 'the end of the video')
    wait_for(lambda: len(audience.images) == 6, 'all frames')
    assert player.done.result() == 0
    assert audience.reds() == [2, 3, 4, 5, 6, 7]
    assert {image.header.frame_id for image in audience.images} == {'eye'}
    stamps = [messages.nanoseconds(image.header.stamp) for image in audience.images]
    assert stamps == sorted(stamps)
    assert 0.2 < (stamps[-1] - stamps[0]) / 1e9 < 2  # 0.25 s on a machine that is not busy


def test_plays_a_clip_without_the_references_in_it(ros, tmp_path):
    camera, references = '/camera/image/compressed', '/tracker/references/compressed'
    kind = 'sensor_msgs/msg/CompressedImage'
    write_bag(tmp_path / 'clip', topics=((camera, kind), (references, kind)))
    audience = ros.spin(Audience)
    player = ros.spin(
        VideoPlayer, parameters={'path': str(tmp_path / 'clip'), 'wait_for_subscribers': 1}
    )
    wait_for(player.done.done, 'the player goes on')
    wait_for(lambda: len(audience.images) == 5, 'not all images came')


def test_a_loop_begins_again_with_stamps_that_go_on(ros, film):
    audience = ros.spin(Audience)
    ros.spin(
        VideoPlayer,
        parameters={
            'path': str(film),
            'first_frame': 2,
            'last_frame': 4,
            'rate': 50.0,
            'loop': True,
            'wait_for_subscribers': 1,
        },
    )
    wait_for(lambda: len(audience.images) >= 8, 'more frames than there are')
    assert audience.reds()[:8] == [2, 3, 4, 2, 3, 4, 2, 3]
    stamps = [messages.nanoseconds(image.header.stamp) for image in audience.images]
    assert stamps == sorted(set(stamps))


def test_goes_on_when_the_target_is_taken(ros, film):
    audience = ros.spin(Audience, [(False, 'the image has not arrived'), (True, 'target_1')])
    player = ros.spin(
        VideoPlayer,
        parameters={
            'path': str(film),
            'rate': 100.0,
            'box': '1,2,3,4.5',
            'wait_for_subscribers': 1,
        },
    )
    wait_for(player.done.done, 'the end of the video')
    wait_for(lambda: len(audience.images) == 11, 'all frames')
    assert player.done.result() == 0
    assert audience.reds() == [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]  # the first one twice
    assert [target.header.stamp for target in audience.targets] == [
        image.header.stamp for image in audience.images[:2]
    ]
    assert messages.box_from_bounding_box(audience.targets[0].bbox) == (1.0, 2.0, 3.0, 4.5)


def test_ends_when_the_target_is_refused(ros, film):
    audience = ros.spin(Audience, [(False, 'outside')] * 5)
    player = ros.spin(
        VideoPlayer, parameters={'path': str(film), 'box': '100,2,3,4', 'wait_for_subscribers': 1}
    )
    wait_for(player.done.done, 'the end')
    assert player.done.result() == 2
    assert len(audience.targets) == video_player.REFUSALS


def test_waits_for_its_audience(ros, film):
    player = ros.spin(VideoPlayer, parameters={'path': str(film), 'wait_for_subscribers': 1})
    audience = ros.spin(Audience)
    wait_for(lambda: audience.images, 'the first frame')
    assert audience.reds()[0] == 0
    assert not player.done.done()


@pytest.mark.parametrize(
    'values, word',
    [
        ({}, 'path'),
        ({'path': 'no/such/film.mp4'}, 'film.mp4'),
        ({'box': '1,2,3'}, '1,2,3'),
        ({'first_frame': 10}, 'no frame 10'),
    ],
)
def test_bad_values_are_told(film, values, word):
    context = rclpy.Context()
    rclpy.init(context=context)
    if values and 'path' not in values:
        values = {'path': str(film), **values}
    with pytest.raises(InputError, match=word):
        VideoPlayer(
            context=context,
            parameter_overrides=[Parameter(name, value=value) for name, value in values.items()],
        )
    rclpy.shutdown(context=context)
