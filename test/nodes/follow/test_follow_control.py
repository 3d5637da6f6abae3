# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The follower moves only for what it sees well, and never beyond its limits."""

import dataclasses
import math
import random

from aiatrack_ros.nodes.follow.follow_control import Command
from aiatrack_ros.nodes.follow.follow_control import Follower
from aiatrack_ros.nodes.follow.follow_control import FollowSettings
from aiatrack_ros.nodes.follow.follow_control import Sighting
from aiatrack_ros.nodes.follow.follow_control import STOP
import pytest

PERIOD = 0.1


class Ride:
    """A follower and its camera's clock."""

    def __init__(self, **settings):
        self.follower = Follower(FollowSettings(**settings))
        self.time = 50.0

    def see(self, distance=3.0, bearing=0.0, score=0.9, count=1, period=PERIOD):
        for _ in range(count):
            self.time += period
            command = self.follower.update(self.time, Sighting(bearing, distance, score))
        return command

    def miss(self, period=PERIOD):
        self.time += period
        return self.follower.update(self.time, None)


def test_five_good_frames_before_it_moves():
    ride = Ride()
    assert [ride.see() for _ in range(4)] == [STOP] * 4
    assert ride.see().speed > 0


@pytest.mark.parametrize(
    'bad', [{'score': 0.59}, {'score': math.nan}, {'bearing': math.nan}, {'bearing': math.inf}]
)
def test_a_bad_frame_starts_the_count_anew(bad):
    ride = Ride()
    ride.see(count=4)
    assert ride.see(**bad) == STOP
    assert ride.see(count=4) == STOP
    assert ride.see().speed > 0


def test_no_track_stops_at_once_and_needs_five_good_frames_again():
    ride = Ride()
    ride.see(count=20)
    assert ride.miss() == STOP
    assert not ride.follower.following
    assert ride.see(count=4) == STOP
    assert ride.see().speed > 0


def test_a_bad_frame_in_between_slows_down_and_a_second_of_them_stops():
    ride = Ride()
    assert ride.see(count=20).speed == pytest.approx(0.2)
    slower = ride.see(score=0.1)
    assert slower.speed == pytest.approx(0.2 - 0.5 * PERIOD)
    assert ride.see().speed == pytest.approx(0.2)
    for _ in range(4):
        ride.see(score=0.1)
    assert ride.see(score=0.1) == STOP
    assert ride.follower.following
    ride.see(score=0.1, count=5)
    assert not ride.follower.following
    assert ride.see(count=4) == STOP


def test_a_gap_or_a_jump_back_in_time_stops():
    for period in (1.0, 60.0, -0.01, -500.0, math.nan):
        ride = Ride()
        ride.see(count=20)
        assert ride.see(period=period) == STOP
        assert not ride.follower.following


def test_the_same_image_again_is_no_reason_to_move():
    ride = Ride()
    assert ride.see(count=100, period=0.0) == STOP
    assert ride.see(count=3) == STOP
    moving = ride.see(count=20)
    assert ride.see(distance=1.0, count=20, period=0.0) == moving


def test_keeps_its_limits_whatever_comes():
    rng = random.Random(3)
    ride = Ride()
    settings = ride.follower.settings
    values = [math.nan, math.inf, -math.inf, 0.0, -5.0, 1e300, None]
    last = STOP
    for _ in range(3000):
        distance = rng.choice([rng.uniform(0.2, 4)] * 6 + values)
        bearing = rng.choice([rng.uniform(-1.5, 1.5)] * 6 + values[:-1])
        period = rng.choice([PERIOD] * 30 + [0.0, 2.0, -3.0])
        command = ride.see(distance, bearing, rng.uniform(0.5, 1), period=period)
        assert -settings.max_reverse_speed <= command.speed <= settings.max_speed
        assert abs(command.turn_rate) <= settings.max_turn_rate
        if period == PERIOD and command != STOP and abs(bearing) <= settings.max_bearing:
            assert abs(command.speed - last.speed) <= settings.max_acceleration * PERIOD + 1e-9
        last = command


def test_drives_towards_and_away_and_turns_to_the_side_of_the_target():
    assert Ride().see(distance=3.0, count=20).speed == pytest.approx(0.2)
    assert Ride().see(distance=0.5, count=20).speed == pytest.approx(-0.1)
    assert Ride().see(distance=1.6, count=20).speed == pytest.approx(0.1)
    assert Ride(max_reverse_speed=0.0).see(distance=0.5, count=20) == Command(0.0, 0.0)
    assert Ride().see(bearing=0.2, count=20).turn_rate == pytest.approx(0.3)
    assert Ride().see(bearing=-1.0, count=20).turn_rate == pytest.approx(-0.5)


def test_only_turns_where_the_distance_is_unknown():
    for distance in (None, math.nan, math.inf):
        command = Ride().see(distance=distance, bearing=0.2, count=20)
        assert command.speed == 0
        assert command.turn_rate > 0


def test_does_not_drive_towards_what_is_far_aside():
    ride = Ride()
    assert ride.see(bearing=math.radians(44), count=20).speed > 0
    command = ride.see(bearing=math.radians(46))
    assert command.speed == 0
    assert command.turn_rate == pytest.approx(0.5)


def test_lower_limits_hold_at_once():
    ride = Ride()
    ride.see(count=20)
    ride.follower.settings = dataclasses.replace(ride.follower.settings, max_speed=0.05)
    assert ride.see().speed == pytest.approx(0.05)


@pytest.mark.parametrize('spec', dataclasses.fields(FollowSettings), ids=lambda spec: spec.name)
def test_settings_keep_to_their_ranges(spec):
    low, high = spec.metadata['range']
    for value in (low - 1, high + 1, math.nan):
        with pytest.raises(ValueError, match=spec.name):
            FollowSettings(**{spec.name: value})
    assert spec.metadata['help']
