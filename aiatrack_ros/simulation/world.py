# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Who is where: the robot by its commands, the target by its script, walls that stand.

Metres, seconds, radians. On the ground x and y, headings counterclockwise from x.
"""

from dataclasses import dataclass
import math

# Somebody walks out of sight after this time.
WALK_SECONDS = 30.0


@dataclass(frozen=True)
class Pose:
    """A place on the ground and a heading."""

    x: float = 0.0
    y: float = 0.0
    heading: float = 0.0

    def moved(self, speed: float, turn_rate: float, seconds: float) -> 'Pose':
        """Return the pose after driving along an arc: the unicycle model, exactly."""
        turn = turn_rate * seconds
        # The chord of the arc points half way between the headings at its ends.
        half = turn / 2
        chord = speed * seconds * (math.sin(half) / half if half else 1.0)
        direction = self.heading + half
        return Pose(
            self.x + chord * math.cos(direction),
            self.y + chord * math.sin(direction),
            self.heading + turn,
        )

    def distance(self, other: 'Pose') -> float:
        """Return the distance to another pose."""
        return math.hypot(other.x - self.x, other.y - self.y)


@dataclass(frozen=True)
class Leg:
    """A part of a walk, at a constant speed in m/s and turn rate in degrees/s."""

    seconds: float
    speed: float = 0.0
    turn_rate: float = 0.0


@dataclass(frozen=True)
class Wall:
    """A wall of room height between two points."""

    x1: float
    y1: float
    x2: float
    y2: float


# The target faces the robot, turns, walks in bends, turns again and comes nearer, walks on ...
_WALK = (
    Leg(2),
    Leg(3, 0, 60),
    Leg(6, 0.15, 5),
    Leg(5, 0.15, -12),
    Leg(2, 0, -45),
    Leg(3, 0.1),
    Leg(2, 0, 60),
    Leg(5, 0.15, 6),
    Leg(2),
)
# ... and after 30 s hurries behind a screen, waits, returns the same way and walks on.
_HIDE = (Leg(0.5, 0, 60), Leg(2, 0.6))
_RETURN = (Leg(4), Leg(0.5, 0, 360), Leg(2, 0.6), Leg(1.5, 0, 60), Leg(7, 0.12, 5))
LEGS = (*_WALK, *_HIDE, *_RETURN)

TARGET_START = Pose(1.5, 0.0, math.pi)
ROOM = (Wall(-4, -5, 9, -5), Wall(9, -5, 9, 5), Wall(9, 5, -4, 5), Wall(-4, 5, -4, -5))
SCREEN = Wall(3.75, 0.6, 3.75, 2.2)
WALLS = (*ROOM, SCREEN)
DURATION = sum(leg.seconds for leg in LEGS)


def target_pose(time: float) -> Pose:
    """Return where the target is `time` seconds after it started; it stays at its last place."""
    pose = TARGET_START
    for leg in LEGS:
        seconds = min(max(time, 0.0), leg.seconds)
        pose = pose.moved(leg.speed, math.radians(leg.turn_rate), seconds)
        time -= leg.seconds
    return pose
