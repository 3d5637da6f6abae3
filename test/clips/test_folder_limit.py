# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The oldest clips make room, and nothing else does."""

from aiatrack_ros.clips.folder_limit import clips_in
from aiatrack_ros.clips.folder_limit import make_room

NAMES = (
    'clip_20260101T000000_lost.mcap',
    'clip_20260102T000000_reset.part',
    'clip_20260103T000000_lost_2.mcap',
)


def fill(folder):
    for name in NAMES:
        if name.endswith('.part'):
            (folder / name).mkdir()
            (folder / name / f'{name}.mcap').write_bytes(bytes(100))
        else:
            (folder / name).write_bytes(bytes(100))
    (folder / 'clip_backup').mkdir()
    (folder / 'clip_backup' / 'mine').write_bytes(bytes(1000))
    (folder / 'notes.txt').write_bytes(bytes(1000))


def test_clips_are_told_by_their_names(tmp_path):
    fill(tmp_path)
    assert [path.name for path in clips_in(tmp_path)] == [*NAMES]


def test_the_oldest_go_first_and_no_more_than_must(tmp_path):
    fill(tmp_path)
    assert make_room(tmp_path, 300) == []
    assert [path.name for path in make_room(tmp_path, 150)] == [*NAMES[:2]]
    assert [path.name for path in clips_in(tmp_path)] == [NAMES[2]]
    assert make_room(tmp_path, 0, keep=tmp_path / NAMES[2]) == []
    assert (tmp_path / 'clip_backup' / 'mine').exists()
    assert (tmp_path / 'notes.txt').exists()
