# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Boxes filled in between those that were given, by a tracker that goes as a test says."""

from types import SimpleNamespace

from aiatrack_ros.clips.clip import Shot
from aiatrack_ros.clips.labelling import fill
from aiatrack_ros.clips.labelling import read_boxes
from aiatrack_ros.clips.labelling import write_boxes
from aiatrack_ros.clips.labelling import write_training_clip
from aiatrack_ros.datasets.archives import Folder
from aiatrack_ros.datasets.sequences import find_sequences
from aiatrack_ros.datasets.video_folders import find_videos
from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.target_state import State
import cv2
import numpy as np
import pytest


class Walker:
    """A tracker whose target stands still, and is lost in some images."""

    def __init__(self, lost: range = range(0), shift: float = 0.0) -> None:
        self.lost, self.shift = lost, shift

    def initialize(self, image, box):
        self.box = box

    def track(self, image):
        x, y, w, h = self.box
        self.box = (x + self.shift, y, w, h)
        lost = int(image) in self.lost
        state = State.LOST if lost else State.TRACKING
        return SimpleNamespace(box=self.box, score=0.1 if lost else 0.9, state=state)


def filled(keys, tracker=None, count=11):
    return fill(count, lambda index: np.array(index), keys, tracker or Walker())


def test_between_two_boxes_that_agree_the_label_is_in_between():
    labels = filled({0: (0.0, 0.0, 50.0, 50.0), 10: (4.0, 0.0, 50.0, 55.0)})
    assert labels[0] == (0.0, 0.0, 50.0, 50.0)
    assert labels[5] == pytest.approx((2.0, 0.0, 50.0, 52.5))
    assert labels[2] == pytest.approx((0.8, 0.0, 50.0, 51.0))
    assert len(labels) == 11


def test_where_both_ways_differ_there_is_no_label():
    labels = filled({0: (0.0, 0.0, 50.0, 50.0), 10: (100.0, 0.0, 50.0, 50.0)})
    assert sorted(labels) == [0, 10]


def test_between_two_absences_it_is_absent():
    labels = filled({0: (0.0, 0.0, 9.0, 9.0), 4: None, 8: None}, Walker(lost=range(2, 11)))
    assert labels == {0: (0.0, 0.0, 9.0, 9.0), 1: (0.0, 0.0, 9.0, 9.0)} | dict.fromkeys(
        range(4, 9)
    )


def test_before_the_first_box_and_after_the_last_it_goes_on_while_it_is_sure():
    labels = filled({5: (0.0, 0.0, 50.0, 50.0)}, Walker(lost=range(8, 11)))
    assert sorted(labels) == [0, 1, 2, 3, 4, 5, 6, 7]


def test_bad_keys_are_told():
    with pytest.raises(InputError, match='in one image at least'):
        filled({3: None})
    with pytest.raises(InputError, match='there is no image 11; the clip has 11'):
        filled({11: (0.0, 0.0, 5.0, 5.0)})


def test_what_is_written_is_read_for_training_and_for_evaluation(tmp_path):
    picture = np.full((20, 30, 3), 77, np.uint8)
    jpeg = cv2.imencode('.jpg', picture)[1]
    compressed = SimpleNamespace(format='jpeg', data=jpeg)
    raw = SimpleNamespace(
        encoding='rgb8', height=20, width=30, step=90, is_bigendian=0, data=picture.reshape(-1)
    )
    shots = [Shot({}, message) for message in (compressed, raw, compressed, raw)]
    labels = {0: None, 1: (1.0, 2.0, 5.5, 6.0), 3: None}
    write_training_clip(tmp_path / 'set' / 'hall', shots, labels)
    assert (tmp_path / 'set' / 'hall' / '000000.jpg').read_bytes() == jpeg.tobytes()

    (video,) = find_videos(Folder(tmp_path / 'set'))
    assert [entry.box for entry in video.entries] == [(1.0, 2.0, 5.5, 6.0)]
    assert video.problems == ()

    (sequence,) = find_sequences(tmp_path / 'set')
    assert (sequence.name, sequence.layout, len(sequence)) == ('hall', 'clip', 2)
    assert sequence.visible.tolist() == [True, False]
    assert np.array_equal(sequence.image(0), picture)
    with pytest.raises(InputError, match='is there already'):
        write_training_clip(tmp_path / 'set' / 'hall', shots, labels)
    write_training_clip(tmp_path / 'set' / 'hall', shots, {1: None, 2: None}, replace=True)
    names = sorted(path.name for path in (tmp_path / 'set' / 'hall').iterdir())
    assert names == ['000001.png', '000002.jpg', 'boxes.csv']


def test_what_fails_to_be_written_leaves_nothing_and_spares_what_was_there(tmp_path):
    torn = SimpleNamespace(encoding='rgb8', height=0, width=0, step=0, is_bigendian=0, data=b'')
    folder = tmp_path / 'set' / 'hall'
    with pytest.raises(InputError):
        write_training_clip(folder, [Shot({}, torn)], {0: None})
    assert list((tmp_path / 'set').iterdir()) == []
    folder.mkdir()
    (folder / 'mine').touch()
    with pytest.raises(InputError):
        write_training_clip(folder, [Shot({}, torn)], {0: None}, replace=True)
    assert (folder / 'mine').exists()


def test_boxes_are_read_as_they_were_written(tmp_path):
    labels = {0: (1.0, -2.5, 3.25, 4.0), 12: None}
    write_boxes(tmp_path / 'boxes.csv', labels)
    assert read_boxes(tmp_path / 'boxes.csv') == labels
    for garbage in ('frame,x,y,w,h\n0,1,2\n', 'frame,x\n0,1\n', 'frame,x,y,w,h\na,1,2,3,4\n'):
        (tmp_path / 'boxes.csv').write_text(garbage)
        with pytest.raises(InputError, match='is damaged; remove it to begin anew'):
            read_boxes(tmp_path / 'boxes.csv')
    with pytest.raises(InputError, match="can't be read"):
        read_boxes(tmp_path / 'away.csv')


def test_a_damaged_table_of_a_clip_is_told(tmp_path):
    folder = tmp_path / 'hall'
    folder.mkdir()
    (folder / 'boxes.csv').write_text('frame,x,y,w,h\n000000,1,2,3,4\n')
    with pytest.raises(InputError, match='no such picture'):
        find_sequences(tmp_path)
    (folder / 'boxes.csv').write_text('frame,x,y,w,h\nboxes\n')
    with pytest.raises(InputError, match='expected FRAME,x,y,w,h'):
        find_sequences(tmp_path)
    (tmp_path / 'a.mcap').touch()
    with pytest.raises(InputError, match='label it first'):
        find_sequences(tmp_path / 'a.mcap')
