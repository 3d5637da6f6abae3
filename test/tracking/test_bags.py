# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Bags of both storages, whole and torn, as sources of pictures."""

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.bags import Bag
from aiatrack_ros.tracking.bags import BagVideo
from aiatrack_ros.tracking.sources import open_source
from bag_files import COMPRESSED
from bag_files import RAW
from bag_files import write_bag
import pytest
from rosbags.rosbag2 import StoragePlugin

pytestmark = pytest.mark.timeout(120)


def reds(source) -> list[int]:
    return [int(picture[0, 0, 0]) for picture in source]


@pytest.mark.parametrize('storage', [StoragePlugin.MCAP, StoragePlugin.SQLITE3])
@pytest.mark.parametrize('kind', [RAW, COMPRESSED])
def test_pictures_of_a_folder_come_in_their_order(tmp_path, storage, kind):
    write_bag(tmp_path / 'bag', topics=(('/camera/image', kind),), storage=storage)
    source = open_source(str(tmp_path / 'bag'), topic='/camera/image')
    assert (source.frame_count, source.live) == (5, False)
    assert source.fps == pytest.approx(10, rel=1e-3)
    assert reds(source) == [0, 10, 20, 30, 40]
    assert next(iter(source)).shape == (48, 64, 3)


def test_a_file_of_a_bag_is_a_source_and_its_only_topic_needs_no_name(tmp_path):
    write_bag(tmp_path / 'bag')
    assert reds(open_source(str(tmp_path / 'bag' / 'bag.mcap'))) == [0, 10, 20, 30, 40]


def test_a_topic_that_is_not_there_is_told_with_those_that_are(tmp_path):
    write_bag(tmp_path / 'bag', topics=(('/left', RAW), ('/right', COMPRESSED)))
    with pytest.raises(InputError, match="no topic '/middle'; topics of images: /left, /right"):
        open_source(str(tmp_path / 'bag'), topic='/middle')
    with pytest.raises(InputError, match='give the topic of the images; it has /left, /right'):
        open_source(str(tmp_path / 'bag'))
    with pytest.raises(InputError, match="'/chatter' holds std_msgs/msg/String, which is no imag"):
        open_source(str(tmp_path / 'bag'), topic='/chatter')
    assert reds(open_source(str(tmp_path / 'bag'), topic='right')) == [0, 10, 20, 30, 40]


def test_the_references_of_a_clip_are_no_camera(tmp_path):
    topics = (('/image', RAW), ('/tracker/references', RAW))
    write_bag(tmp_path / 'bag', topics=topics)
    assert open_source(str(tmp_path / 'bag')).topic == '/image'
    named = open_source(str(tmp_path / 'bag'), topic='/tracker/references')
    assert named.topic == '/tracker/references'


def test_a_topic_of_what_is_no_bag_is_refused(tmp_path):
    with pytest.raises(InputError, match='is no bag'):
        open_source(str(tmp_path), topic='/image')


@pytest.mark.parametrize('in_folder', [False, True])
def test_of_a_torn_file_is_read_what_there_is_and_that_is_said(tmp_path, in_folder):
    # The file has some chunks of a megabyte each, and the last of them is cut.
    write_bag(tmp_path / 'bag', count=20, side=6)
    file = tmp_path / 'bag' / 'bag.mcap'
    whole = file.read_bytes()
    file.write_bytes(whole[: int(0.7 * len(whole))])
    if in_folder:
        (tmp_path / 'bag' / 'metadata.yaml').unlink()
    said = []
    source = BagVideo(tmp_path / 'bag' if in_folder else file, '/camera/image', said.append)
    pictures = reds(source)
    assert 3 < len(pictures) < 20
    assert pictures == [10 * number for number in range(len(pictures))]
    assert any('ends early, as after a power cut' in line for line in said)
    assert any('was not closed' in line for line in said) == in_folder


def test_no_bag_at_all_is_one_line(tmp_path):
    (tmp_path / 'a.mcap').write_bytes(b'no recording')
    with pytest.raises(InputError, match="a.mcap' can't be read"):
        open_source(str(tmp_path / 'a.mcap'))
    (tmp_path / 'b.mcap').write_bytes(b'\x89MCAP0\r\n')
    with pytest.raises(InputError, match="b.mcap' can't be read"):
        open_source(str(tmp_path / 'b.mcap'))
    with pytest.raises(InputError, match='does not exist'):
        Bag(tmp_path / 'c.mcap')


def test_what_is_no_picture_is_left_out_and_said(tmp_path):
    write_bag(tmp_path / 'bag', topics=(('/image', COMPRESSED),))
    file = tmp_path / 'bag' / 'bag.mcap'
    content = bytearray(file.read_bytes())
    at = content.find(b'IHDR')
    content[at : at + 4] = b'XXXX'
    file.write_bytes(bytes(content))
    said = []
    assert reds(BagVideo(file, '', said.append)) == [10, 20, 30, 40]
    assert len(said) == 1
    assert 'is left out' in said[0]
