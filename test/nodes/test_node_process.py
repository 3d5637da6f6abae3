# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The tracker as a process, with the real network: its camera ends, and it ends in mid-work."""

import os
import signal

from aiatrack_ros.model.checkpoint import shipped_weights
from aiatrack_ros.msg import TrackerStatus
from processes import start
from processes import stop
from processes import stopping
import pytest
from watcher import START_SECONDS
from watcher import watching

pytestmark = pytest.mark.timeout(200)


@pytest.mark.parametrize('end', [signal.SIGINT, signal.SIGTERM])
def test_outlives_its_camera_and_ends_cleanly_in_mid_track(tmp_path, end):
    if shipped_weights('aiatrack_lite') is None:
        pytest.skip('no weights come with aiatrack_lite in this checkout')
    parts = []
    with stopping(parts):
        tracker = start('tracker.tracker_node', tmp_path, autostart=True)
        parts.append(tracker)
        camera = start('steady_camera.py', tmp_path, rate=30.0)
        parts.append(camera)
        watched = [tracker]
        with watching(watched) as watcher:

            def state(wanted):
                watcher.newest = None
                watcher.expect(
                    lambda: watcher.newest and watcher.newest.state == wanted,
                    f'state {wanted}',
                    START_SECONDS,
                )

            state(TrackerStatus.IDLE)
            watcher.point_at_target()
            state(TrackerStatus.TRACKING)
            stop(camera)
            assert camera.process.returncode == 0  # killed, it would leave shared memory behind
            smaller = start('steady_camera.py', tmp_path, rate=30.0, width=320, height=240)
            parts.append(smaller)
            state(TrackerStatus.IDLE)  # the box has no meaning in other pictures
            watcher.point_at_target()
            state(TrackerStatus.TRACKING)
            log = tracker.log.read_text()
            assert 'the images were 640x480 and are 320x240 now' in log
            watched.clear()
            tracker.process.send_signal(end)
            watcher.watch(0.05)
            tracker.process.send_signal(end)  # under ros2 launch it comes twice
            assert tracker.process.wait(30) == 0
        stop(smaller)
        assert smaller.process.returncode == 0
    log = tracker.log.read_text()
    assert 'Traceback' not in log and 'rror' not in log
    assert not os.path.exists(f'/proc/{tracker.process.pid}')
