# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The tracker node records over real DDS, with a real tracker that loses a real target."""

from collections.abc import Iterator
from pathlib import Path
import time

from aiatrack_ros.clips.clip import Clip
from aiatrack_ros.clips.explanation import explain
from aiatrack_ros.clips.replay import Differences
from aiatrack_ros.clips.replay import recorded_settings
from aiatrack_ros.clips.replay import replay
from aiatrack_ros.nodes.common import messages
from aiatrack_ros.tracking import create_tracker
from aiatrack_ros.tracking.bags import Bag
from aiatrack_ros.tracking.bags import BagVideo
import cv2
from moving_square import BOX
from moving_square import moving_square
import numpy as np
import pytest
from rcl_interfaces.msg import Log
from ros_harness import Ros
from ros_harness import stamp_of
from ros_harness import wait_for
from sensor_msgs.msg import CompressedImage
from small_disks import SMALL_DISKS
from std_msgs.msg import Header
from std_srvs.srv import Trigger
from tracker_bench import Bench
from tracker_bench import FRAME

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def bench() -> Iterator[Bench]:
    ros = Ros()
    yield Bench(ros)
    ros.close()


def start(bench: Bench, folder: Path, **parameters) -> Bench:
    bench.start(
        create_tracker,
        engine='eager',
        threads=1,
        record_to='' if folder == Path() else str(folder),
        lost_after=2,
        regain_after=2,
        record_seconds=60.0,  # even few images take long on a busy machine
        **parameters,
    )
    bench.save = bench.operator.create_client(Trigger, 'tracker/save_clip')
    return bench.activate()


def clips(folder: Path) -> list[Path]:
    return sorted(folder.glob('*.mcap'))


def test_a_loss_is_recorded_opens_as_a_bag_and_replays_to_the_same_boxes(bench, tmp_path):
    start(bench, tmp_path, record_quality=0)
    pictures = moving_square(24, hidden=range(14, 24))
    bench.show_picture(pictures[0])
    assert bench.point_at(BOX, track_id='square').success
    stamps = [bench.show_picture(picture) for picture in pictures[1:]]
    assert bench.ros.call(bench.operator.reset, Trigger.Request()).success
    wait_for(lambda: clips(tmp_path), 'the clip')
    (path,) = clips(tmp_path)
    assert path.name.endswith('_lost.mcap')

    with Bag(path) as bag:  # any tool of ROS sees the clip so
        assert bag.topics['/image'] == 'sensor_msgs/msg/Image'
        assert bag.topics['/tracker/status'] == 'aiatrack_ros/msg/TrackerStatus'
        assert bag.topics['/tracker/tracks'] == 'vision_msgs/msg/Detection2DArray'
        said = list(bag.messages('/tracker/status'))
        assert [messages.nanoseconds(status.header.stamp) for _, _, status in said] == stamps
        ((_, _, given),) = bag.messages('/tracker/init_box')
        assert (given.id, given.bbox.size_x) == ('square', BOX[2])
        tracks = [message for _, _, message in bag.messages('/tracker/tracks')]
    assert len(list(BagVideo(path))) == 24

    clip = Clip(path)
    assert clip.problems == []
    reasons = [event['reason'] for event in clip.events if event['kind'] == 'reason']
    assert reasons == ['lost', 'reset']
    assert clip.header['parameters']['record_to'] == str(tmp_path)
    shots = [shot for shot in clip.shots() if shot.event['kind'] == 'image']
    center = tracks[0].detections[0].bbox.center.position
    assert center.x == pytest.approx(shots[0].box[0] + shots[0].box[2] / 2)
    tracker = create_tracker(engine='eager', threads=1, settings=recorded_settings(clip))
    differences = Differences()
    for each in replay(clip, tracker):
        differences.add(each)
    assert differences.images == 23
    assert differences.same, differences.text()
    assert explain(clip).cause.name == 'hidden'


def test_compressed_images_are_kept_as_they_came(bench, tmp_path):
    start(bench, tmp_path, image_transport='compressed')
    camera = bench.operator.create_publisher(CompressedImage, 'image/compressed', 10)
    wait_for(camera.get_subscription_count, 'discovery')
    sent = []
    for number, picture in enumerate(moving_square(5)):
        data = cv2.imencode('.jpg', picture[..., ::-1])[1].tobytes()
        bench.operator.stamp += FRAME
        header = Header(stamp=stamp_of(bench.operator.stamp), frame_id='camera')
        camera.publish(CompressedImage(header=header, format='jpeg', data=data))
        bench.answered(bench.operator.stamp)
        sent.append(data)
        if number == 0:
            assert bench.point_at(BOX).success
    answer = bench.ros.call(bench.save, Trigger.Request())
    assert answer.success
    assert bench.ros.call(bench.operator.reset, Trigger.Request()).success
    wait_for(lambda: clips(tmp_path), 'the clip')
    clip = Clip(answer.message)
    shots = [shot for shot in clip.shots() if shot.message is not None]
    assert [bytes(shot.message.data) for shot in shots] == sent
    assert all(shot.is_exact for shot in shots)
    assert shots[0].message.header.frame_id == 'camera'


def test_without_a_folder_nothing_is_recorded_and_the_service_says_so(bench, tmp_path):
    start(bench, Path())
    answer = bench.ros.call(bench.save, Trigger.Request())
    assert not answer.success
    assert 'nothing is recorded' in answer.message


def test_a_folder_that_is_not_there_never_hurts_the_tracking(bench, tmp_path):
    start(bench, tmp_path / 'away')
    pictures = moving_square(4)
    bench.show_picture(pictures[0])
    assert bench.point_at(BOX).success
    stamp = bench.show_picture(pictures[1])
    answer = bench.ros.call(bench.save, Trigger.Request())
    assert not answer.success
    assert "can't be written into" in answer.message
    assert bench.tracks(stamp)
    assert bench.tracks(bench.show_picture(pictures[2]))
    assert not (tmp_path / 'away').exists()


@pytest.mark.parametrize(('small_disk', 'reason'), SMALL_DISKS)
def test_a_full_disk_never_hurts_the_tracking(bench, tmp_path, small_disk, reason):
    start(bench, tmp_path, record_quality=0)
    bench.operator.listen('/rosout', Log)
    wait_for(bench.operator.ears[-1].get_publisher_count, 'discovery')
    pictures = moving_square(40)
    bench.show_picture(pictures[0])
    assert bench.point_at(BOX).success

    def shown(numbers: range) -> float:
        """Show pictures that have to be tracked in; return the longest wait in seconds."""
        longest = 0.0
        for number in numbers:
            begun = time.monotonic()
            assert bench.tracks(bench.show_picture(pictures[number]))
            longest = max(longest, time.monotonic() - begun)
        return longest

    def save() -> tuple[bool, str]:
        answer = bench.ros.call(bench.save, Trigger.Request())
        return answer.success, answer.message

    def complaints() -> list[str]:
        return [log.msg for log in bench.operator.heard['/rosout'] if 'no clip' in log.msg]

    with small_disk(tmp_path, 2**20) as make_room:  # a picture takes 230 kB
        shown(range(1, 10))
        for _ in range(3):
            good, text = save()
            assert not good
            assert text == f"the clip can't be written into '{tmp_path}', see the log"
            assert not list(tmp_path.iterdir())
        assert shown(range(10, 25)) < 5  # on a busy machine; nothing waits for a disk
        wait_for(complaints, 'the complaint')
        make_room()
        good, path = save()
        assert good, path
        shown(range(25, 40))
        assert bench.ros.call(bench.operator.reset, Trigger.Request()).success
        wait_for(lambda: clips(tmp_path), 'the clip')
        assert [str(path) for path in tmp_path.iterdir()] == [path]
        assert (Clip(path).problems, Clip(path).images) == ([], 40)
    assert complaints() == [
        f"no clip is written into '{tmp_path}': {reason}; make room there, or change record_to"
    ]


def test_settings_that_change_are_in_the_clip(bench, tmp_path):
    start(bench, tmp_path, record_quality=0)
    pictures = moving_square(8)
    bench.show_picture(pictures[0])
    assert bench.point_at(BOX).success
    bench.show_picture(pictures[1])
    assert bench.set('memory_capacity', 5) == ''
    for picture in pictures[2:]:
        bench.show_picture(picture)
    answer = bench.ros.call(bench.save, Trigger.Request())
    assert answer.success, answer.message
    assert bench.ros.call(bench.operator.reset, Trigger.Request()).success
    wait_for(lambda: clips(tmp_path), 'the clip')
    clip = Clip(answer.message)
    assert recorded_settings(clip).memory_capacity == 5
    tracker = create_tracker(engine='eager', threads=1, settings=recorded_settings(clip))
    shifts = [each.shift for each in replay(clip, tracker)]
    assert len(shifts) >= 5
    assert np.max(shifts) < 1e-3
