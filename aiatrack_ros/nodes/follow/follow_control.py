# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
How a robot follows: what speed and turn rate it takes for where the target is seen; without ROS.

There are two proportional controllers, one for the distance and one for the bearing, within limits
that always hold, and a gate that lets the robot move only while the target is seen well.
"""

from dataclasses import dataclass
import math

from aiatrack_ros.settings import CheckedSettings
from aiatrack_ros.settings import setting


@dataclass(frozen=True)
class FollowSettings(CheckedSettings):
    """
    What may change while the robot follows, in metres, seconds and radians.

    Each field's `metadata` holds its `range` and a line of `help`, as in TrackerSettings.

    Raises:
        ValueError: A value is outside its range; the text names the setting.
    """

    distance: float = setting(1.5, 0.3, 20.0, 'distance to keep from the target, in m')
    max_speed: float = setting(0.2, 0.0, 3.0, 'fastest drive forward, in m/s')
    max_reverse_speed: float = setting(
        0.1, 0.0, 1.0, 'fastest drive backward, from a target that comes near, in m/s'
    )
    max_turn_rate: float = setting(0.5, 0.0, 3.0, 'fastest turn, in rad/s')
    max_acceleration: float = setting(
        0.5, 0.01, 10.0, 'fastest change of speed, in m/s^2; stops are at once'
    )
    max_turn_acceleration: float = setting(
        2.0, 0.01, 30.0, 'fastest change of turn rate, in rad/s^2; stops are at once'
    )
    distance_gain: float = setting(1.0, 0.0, 10.0, 'speed per distance error, in 1/s')
    bearing_gain: float = setting(1.5, 0.0, 10.0, 'turn rate per bearing, in 1/s')
    max_bearing: float = setting(
        math.radians(45),
        0.0,
        math.radians(80),
        'the robot only turns, and does not drive, while the target is further aside, in rad',
    )
    min_score: float = setting(0.6, 0.0, 1.0, 'a track of a lower score is no reason to move')
    good_frames: int = setting(5, 1, 1000, 'good tracks in a row before the robot moves (again)')
    stop_after: float = setting(1.0, 0.1, 10.0, 'stop so long after the last good track, in s')
    target_height: float = setting(
        0.0,
        0.0,
        10.0,
        'height of the target in m, for its distance where there is no depth '
        'image; 0 learns it from depth, or from initial_distance',
    )
    initial_distance: float = setting(
        1.5,
        0.1,
        50.0,
        'how far away the target is when tracking begins, in m; only used where '
        'neither depth nor target_height is there',
    )


@dataclass(frozen=True)
class Sighting:
    """
    Where the target is seen from the robot.

    Attributes:
        bearing: Direction in rad; 0 is ahead, positive to the left.
        distance: Over the ground in m; None if it is not known. Then the robot only turns.
        score: Of the track, in [0, 1].
    """

    bearing: float
    distance: float | None
    score: float


@dataclass(frozen=True)
class Command:
    """What the robot is to do: its speed forward in m/s, its turn rate to the left in rad/s."""

    speed: float = 0.0
    turn_rate: float = 0.0


STOP = Command()


class Follower:
    """
    Decides on a command for each image.

    The robot moves after `good_frames` good tracks in a row. It stops at an image without a track,
    or after `stop_after` seconds without a good one, and then has to see the target well again. A
    bad track in between slows it down. Tracks with the same time as those before change nothing,
    so it is for the caller to see that time goes on.

    Attributes:
        settings: They may change between two images.
        following: Whether the robot may move.
    """

    def __init__(self, settings: FollowSettings | None = None) -> None:
        self.settings = settings or FollowSettings()
        self.following = False
        self._command = STOP
        self._streak = 0
        self._time = -math.inf  # of the last image
        self._good_time = -math.inf  # of the last good track

    def stop(self) -> Command:
        """Stop at once, and follow again only after new good tracks; return STOP."""
        self.following = False
        self._command = STOP
        self._streak = 0
        return STOP

    def update(self, time: float, sighting: Sighting | None) -> Command:
        """
        Return the command for an image.

        Args:
            time: Of the image in seconds; if it jumps back, the robot stops.
            sighting: Where the target is seen in the image; None if it is not.
        """
        elapsed = time - self._time
        self._time = time
        if sighting is None or not 0 <= elapsed < self.settings.stop_after:
            self.stop()
        if sighting is None:
            return STOP
        if not self._is_good(sighting):
            if not self.following or time - self._good_time >= self.settings.stop_after:
                return self.stop()
            self._command = self._approach(STOP, elapsed)
            return self._command
        if elapsed > 0:  # the same image does not count twice
            self._streak += 1
        self._good_time = time
        if self._streak >= self.settings.good_frames:
            self.following = True
        if not self.following:
            return STOP
        command = self._approach(self._wanted(sighting), elapsed)
        if abs(sighting.bearing) > self.settings.max_bearing:
            command = Command(0.0, command.turn_rate)
        self._command = command
        return command

    def _is_good(self, sighting: Sighting) -> bool:
        return math.isfinite(sighting.bearing) and sighting.score >= self.settings.min_score

    def _wanted(self, sighting: Sighting) -> Command:
        """Return what the two controllers ask for, without any limits."""
        settings = self.settings
        speed = 0.0
        if sighting.distance is not None and math.isfinite(sighting.distance):
            speed = settings.distance_gain * (sighting.distance - settings.distance)
        return Command(speed, settings.bearing_gain * sighting.bearing)

    def _approach(self, wanted: Command, elapsed: float) -> Command:
        """Return the command nearest to `wanted` within the limits, `elapsed` s after the last."""
        limits, last = self.settings, self._command
        step = limits.max_acceleration * elapsed
        speed = _clamp(wanted.speed, last.speed - step, last.speed + step)
        step = limits.max_turn_acceleration * elapsed
        turn_rate = _clamp(wanted.turn_rate, last.turn_rate - step, last.turn_rate + step)
        return Command(
            _clamp(speed, -limits.max_reverse_speed, limits.max_speed),
            _clamp(turn_rate, -limits.max_turn_rate, limits.max_turn_rate),
        )


def _clamp(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
