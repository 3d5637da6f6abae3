# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A real tracker loses a real target, and what the recorder makes of it."""

import errno
import resource
import shutil

from aiatrack_ros.clips.clip import Clip
from aiatrack_ros.clips.clip_writer import ClipWriter
from aiatrack_ros.clips.clip_writer import MessageTypes
from aiatrack_ros.clips.events import FORMAT
from aiatrack_ros.clips.picture import Picture
from aiatrack_ros.clips.replay import Differences
from aiatrack_ros.clips.replay import replay
from aiatrack_ros.tracking import State
from aiatrack_ros.tracking import TrackResult
from moving_square import moving_square
import numpy as np
import pytest
from recorded_clips import film
from recorded_clips import make_recorder
from recorded_clips import make_tracker
from small_disks import SMALL_DISKS

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope='module')
def tracker():
    return make_tracker()


def compared(clip: Clip, tracker) -> Differences:
    differences = Differences()
    for replayed in replay(clip, tracker):
        differences.add(replayed)
    return differences


@pytest.mark.parametrize('quality', [0, 90])
def test_a_loss_becomes_a_clip_that_replays(tmp_path, tracker, quality):
    pictures = moving_square(40, hidden=range(20, 30))
    recorder = make_recorder(tmp_path, seconds=600.0, quality=quality)
    boxes = film(recorder, tracker, pictures)
    recorder.stop()
    (path,) = tmp_path.iterdir()
    assert path.name.endswith('_lost.mcap')
    clip = Clip(path)
    assert (clip.problems, clip.images, clip.header['reason']) == ([], 40, 'lost')
    assert clip.header['format'] == FORMAT
    shots = [shot for shot in clip.shots() if shot.message is not None]
    assert [shot.box for shot in shots] == [pytest.approx(box) for box in boxes]
    assert [shot.is_exact for shot in shots] == [quality == 0] * 40
    assert np.array_equal(shots[7].picture, pictures[7]) == (quality == 0)
    assert np.abs(shots[7].picture.astype(int) - pictures[7]).mean() < 8
    states = [shot.event.get('state') for shot in shots]
    reason = next(index for index, event in enumerate(clip.events) if event['kind'] == 'reason')
    assert clip.events[reason]['reason'] == 'lost'
    assert 'lost' in states
    differences = compared(clip, tracker)
    assert differences.images == 39
    if quality == 0:
        assert differences.same, differences.text()
    else:
        assert differences.compressed == 39
        assert differences.overlap > 0.8
        assert 'record_quality 0' in differences.text() or differences.same


def test_a_clip_that_begins_in_mid_track_replays_to_the_same_boxes(tmp_path, tracker):
    recorder = make_recorder(tmp_path, seconds=0.8, quality=0)
    replies = []
    film(
        recorder,
        tracker,
        moving_square(50),
        at={45: lambda: recorder.save(lambda *reply: replies.append(reply))},
        pause=0.03,
    )
    recorder.stop()
    ((good, path),) = replies
    assert good
    clip = Clip(path)
    assert clip.snapshot is not None
    first = next(shot for shot in clip.shots() if shot.message is not None)
    assert first.event['number'] == clip.snapshot.number + 1 > 1
    references = clip.references()
    assert set(references) == {origin.number for origin in clip.snapshot.memory}
    assert np.array_equal(references[0], moving_square(1)[0])
    differences = compared(clip, tracker)
    assert differences.images == clip.images > 1
    assert differences.same, differences.text()


def test_a_reset_by_the_user_becomes_a_clip_and_the_end_of_the_node_does_not(tmp_path, tracker):
    recorder = make_recorder(tmp_path, quality=0)
    film(recorder, tracker, moving_square(4))
    recorder.forgotten(by_user=False)
    film(recorder, tracker, moving_square(4))
    recorder.forgotten(by_user=True)
    recorder.forgotten(by_user=True)  # there is none any more
    recorder.stop()
    (path,) = tmp_path.iterdir()
    assert path.name.endswith('_reset.mcap')
    clip = Clip(path)
    assert [event['kind'] for event in clip.events].count('began') == 2
    assert compared(clip, tracker).same


def doubt(recorder, identities):
    box = (1.0, 2.0, 30.0, 30.0)
    pixels = np.zeros((48, 64, 3), np.uint8)
    recorder.began(Picture(1, 'camera', pixels=pixels), box, {'id': 'a', 'class_id': 'b'})
    for number, (identity, state) in enumerate(identities, 1):
        result = TrackResult(box, 0.9, 0.8, False, state, {}, identity, number)
        recorder.tracked(Picture(number + 1, 'camera', pixels=pixels), result, lambda: None)
    recorder.stop()


def test_doubt_that_passes_becomes_a_clip_and_doubt_that_ends_in_a_loss_is_a_loss(tmp_path):
    sure, doubtful = (1.0, State.TRACKING), (0.2, State.TRACKING)
    for name, identities in (
        ('doubtful', [sure, doubtful, doubtful, sure]),
        ('doubtful', [sure, *[doubtful] * 10]),
        ('lost', [sure, doubtful, (0.2, State.LOST)]),
        ('', [sure, doubtful]),
    ):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        doubt(make_recorder(folder), identities)
        written = [path.stem.split('_')[2] for path in folder.iterdir()]
        assert written == ([name] if name else [])


def test_another_box_in_place_of_a_target_becomes_a_clip(tmp_path, tracker):
    recorder = make_recorder(tmp_path)
    film(recorder, tracker, moving_square(3))
    film(recorder, tracker, moving_square(3))
    recorder.stop()
    (path,) = tmp_path.iterdir()
    assert path.name.endswith('_retargeted.mcap')
    assert Clip(path).images == 6


def test_a_missing_folder_is_said_once_and_a_clip_is_written_when_it_is_there(tmp_path, tracker):
    said, replies = [], []
    folder = tmp_path / 'clips'
    recorder = make_recorder(folder, lambda good, text: said.append((good, text)), seconds=0.2)

    def save() -> None:
        recorder.save(lambda *reply: replies.append(reply))

    save()
    film(recorder, tracker, moving_square(8), at={2: save, 4: save, 6: folder.mkdir}, pause=0.15)
    save()
    recorder.stop()
    assert replies[0] == (False, 'there is nothing to save: no target was followed of late')
    assert [good for good, _ in replies] == [False, False, False, True]
    assert [good for good, _ in said] == [False, True]
    assert said[0][1] == (
        f"no clip is written into '{folder}': there is no such folder; make it, or change "
        'record_to'
    )
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize(('small_disk', 'reason'), SMALL_DISKS)
def test_a_full_disk_is_said_once_and_leaves_nothing_behind(tmp_path, tracker, small_disk, reason):
    said, held = [], []
    # More than 1 MB is written at once, of which Python may keep back 128 KiB (3.14) unwritten.
    with small_disk(tmp_path, 2**19) as make_room:
        recorder = make_recorder(tmp_path, lambda good, text: said.append((good, text)), quality=0)

        def save() -> None:
            recorder.save(lambda *_: None)

        def look() -> None:
            held.append(list(tmp_path.iterdir()))

        # A picture takes 230 kB, so that the first clip fails at once and none of them fits.
        at = {6: save, 9: look, 10: save, 13: look, 14: make_room, 15: save}
        film(recorder, tracker, moving_square(18), at=at, pause=0.12)
        recorder.stop()
        complaint = f"no clip is written into '{tmp_path}': {reason}; "
        assert said[0] == (False, complaint + 'make room there, or change record_to')
        assert held == [[], []]
        (path,) = tmp_path.iterdir()
        assert said[1:] == [(True, f"clip '{path}': 18 images")]
        clip = Clip(path)
        assert (clip.problems, clip.images) == ([], 18)


def test_what_a_disk_says_late_leaves_no_clip(tmp_path, tracker, monkeypatch):
    said = []
    recorder = make_recorder(tmp_path, lambda good, text: said.append((good, text)))

    def full(_):
        raise OSError(errno.EDQUOT, 'Disk quota exceeded')

    monkeypatch.setattr('os.fsync', full)
    film(recorder, tracker, moving_square(4), at={3: lambda: recorder.save(lambda *_: None)})
    recorder.stop()
    assert [good for good, _ in said] == [False]
    assert 'Disk quota exceeded; make room there' in said[0][1]
    assert not list(tmp_path.iterdir())


def test_a_clip_that_can_not_be_begun_leaves_no_folder(tmp_path):
    types = MessageTypes()
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))  # a folder can be made, no file
    try:
        with pytest.raises(OSError, match='Too many open files'):
            ClipWriter(tmp_path / 'clip.mcap', types, '/image', '/tracker')
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert not list(tmp_path.iterdir())


def test_the_oldest_clips_make_room_and_other_files_stay(tmp_path, tracker):
    for name in ('clip_20200101T000000_lost', 'clip_20200102T000000_lost'):
        (tmp_path / f'{name}.mcap').write_bytes(bytes(4_000_000))
    (tmp_path / 'clip_of_mine.mcap').write_bytes(bytes(9_000_000))
    recorder = make_recorder(tmp_path, limit=6_000_000)
    film(recorder, tracker, moving_square(4), at={3: lambda: recorder.save(lambda *_: None)})
    recorder.stop()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names[0] == 'clip_20200102T000000_lost.mcap'
    assert 'clip_of_mine.mcap' in names
    assert len(names) == 3


def test_what_a_power_cut_leaves_is_read(tmp_path, tracker):
    recorder = make_recorder(tmp_path, quality=0)
    film(recorder, tracker, moving_square(30), at={29: lambda: recorder.save(lambda *_: None)})
    recorder.stop()
    (whole,) = tmp_path.iterdir()
    part = tmp_path / 'clip_20200101T000000_lost.part'
    part.mkdir()
    content = whole.read_bytes()
    (part / f'{part.name}.mcap').write_bytes(content[: len(content) // 2])
    clip = Clip(part)
    assert 5 < clip.images < 30
    assert any('ends early' in problem for problem in clip.problems)
    differences = compared(clip, tracker)
    assert clip.images - 2 <= differences.images
    assert differences.same


def test_a_slow_disk_leaves_steps_out_and_memory_stays_bounded(tmp_path, tracker, monkeypatch):
    monkeypatch.setattr('aiatrack_ros.clips.recorder._MAX_WAITING', 3 * 240 * 320 * 3)
    recorder = make_recorder(tmp_path, quality=0)
    film(recorder, tracker, moving_square(12), pause=0.0)
    assert recorder._taken - recorder._done <= 3 * 240 * 320 * 3
    recorder.stop()
    shutil.rmtree(tmp_path)
