# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Who is where: the robot goes where its commands say, people as a scene says, and walls stand.

Lengths are in metres, times in seconds, angles in radians. Places on the ground are x and y, and
headings are counterclockwise from x.
"""

from dataclasses import dataclass
import math

# So many seconds after the start the target goes out of sight, in all scenes.
WALK_SECONDS = 30.0

_TURN_SECONDS = 0.3  # a person takes so long to turn on the spot, before it goes another way


@dataclass(frozen=True)
class Pose:
    """A place on the ground and a heading."""

    x: float = 0.0
    y: float = 0.0
    heading: float = 0.0

    def moved(self, speed: float, turn_rate: float, seconds: float) -> 'Pose':
        """Return the pose after driving along an arc, by the exact model of a unicycle.

        Args:
            speed: In m/s.
            turn_rate: In rad/s, positive to the left.
            seconds: How long.
        """
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
        """Return the distance to another pose, in metres."""
        return math.hypot(other.x - self.x, other.y - self.y)


@dataclass(frozen=True)
class Leg:
    """A part of a walk, at a constant speed in m/s and turn rate in degrees/s."""

    seconds: float
    speed: float = 0.0
    turn_rate: float = 0.0


@dataclass(frozen=True)
class Wall:
    """A wall as high as the room between two points, in metres."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True)
class Walk:
    """The way of one person: where it starts, and its legs."""

    start: Pose
    legs: tuple[Leg, ...]

    @property
    def duration(self) -> float:
        """Return how many seconds the legs take."""
        return sum(leg.seconds for leg in self.legs)

    @property
    def end(self) -> Pose:
        """Return the pose in which it ends."""
        return self.at(self.duration)

    def at(self, time: float) -> Pose:
        """Return where the person is `time` seconds after the start; it stays at the end."""
        pose = self.start
        for leg in self.legs:
            seconds = min(max(time, 0.0), leg.seconds)
            pose = pose.moved(leg.speed, math.radians(leg.turn_rate), seconds)
            time -= leg.seconds
        return pose

    def then(self, *legs: Leg) -> 'Walk':
        """Return this walk with more legs at its end."""
        return Walk(self.start, (*self.legs, *legs))

    def to(self, x: float, y: float, speed: float) -> 'Walk':
        """Return this walk with a turn towards a place and the straight way there at its end.

        Args:
            x: Of the place, in metres.
            y: Of the place, in metres.
            speed: On the way there, in m/s.
        """
        end = self.end
        turn = math.degrees(math.atan2(y - end.y, x - end.x) - end.heading)
        turn = (turn + 180) % 360 - 180  # the shorter way round
        way = math.hypot(x - end.x, y - end.y)
        return self.then(Leg(_TURN_SECONDS, 0, turn / _TURN_SECONDS), Leg(way / speed, speed))

    def until(self, time: float) -> 'Walk':
        """Return this walk with a rest at its end, until `time` seconds after its start."""
        return self.then(Leg(time - self.duration))


@dataclass(frozen=True)
class Scene:
    """What happens: the walk of the target, and that of another person where there is one."""

    target: Walk
    other: Walk | None = None

    @property
    def duration(self) -> float:
        """Return how many seconds the scene takes: as long as the target walks."""
        return self.target.duration

    def people(self, time: float) -> list[Pose]:
        """Return where everybody is `time` seconds after the start, the target first."""
        return [walk.at(time) for walk in (self.target, self.other) if walk]


ROOM = (Wall(-4, -5, 9, -5), Wall(9, -5, 9, 5), Wall(9, 5, -4, 5), Wall(-4, 5, -4, -5))
SCREEN = Wall(3.75, 0.6, 3.75, 2.2)
WALLS = (*ROOM, SCREEN)

# In all scenes the target faces the robot, turns, walks in bends, turns again, comes nearer, and
# walks on. Then, ...
_WALK = Walk(
    Pose(1.5, 0.0, math.pi),
    (
        Leg(2),
        Leg(3, 0, 60),
        Leg(6, 0.15, 5),
        Leg(5, 0.15, -12),
        Leg(2, 0, -45),
        Leg(3, 0.1),
        Leg(2, 0, 60),
        Leg(5, 0.15, 6),
        Leg(2),
    ),
)
# ... after 30 s, it hurries behind a screen, waits, returns the same way and walks on;
_ALONE = Scene(
    _WALK.then(
        *(Leg(0.5, 0, 60), Leg(2, 0.6)),
        *(Leg(4), Leg(0.5, 0, 360), Leg(2, 0.6), Leg(1.5, 0, 60), Leg(7, 0.12, 5)),
    )
)
# or it runs out of the picture to the right, goes round behind the robot, which stands by then
# near (2.1, 0.1), and comes back from the left, farther away. Before that, the other person
# crosses twice between the two; and while the target is away, that person stands about where it
# was.
_COMPANY = Scene(
    _WALK.to(2.2, -1.0, 1.6)
    .to(0.9, -1.0, 0.8)
    .to(0.3, 0.2, 0.8)
    .until(38.0)
    .to(0.9, 1.4, 0.8)
    .to(3.0, 1.1, 0.8)
    .to(4.4, -0.2, 0.7)
    .then(Leg(1.5, 0, 60), Leg(7, 0.12, 5)),
    Walk(Pose(2.05, 1.7, -math.pi / 2), ())
    .until(11.0)
    .to(2.05, -1.0, 0.6)
    .until(22.5)
    .to(2.5, 1.6, 0.6)
    .until(32.0)
    .to(3.5, -0.6, 0.8),
)
SCENES = {'alone': _ALONE, 'company': _COMPANY}
