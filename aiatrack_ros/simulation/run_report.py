# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""How well the robot followed, and whom, by the truth that only a simulation knows."""

from collections.abc import Callable
from dataclasses import asdict
from dataclasses import dataclass
import json
import math
import statistics

from aiatrack_ros.simulation.world import Pose
from aiatrack_ros.simulation.world import WALK_SECONDS

DISTANCE = 1.5  # metres that the robot is to keep from the target

# The limits that a good run keeps.
MAX_ERROR = 0.4  # metres that the distance is off
MAX_STOP_SECONDS = 1.0  # from when the target has left until the robot stands
MAX_ASTRAY_SECONDS = 2.0  # for which the robot follows, without a break, what is not the target

# Whom the robot follows: the target, the other person, a thing that is no person, or no one.
TARGET, OTHER, SCENERY, NOBODY = WHOM = ('target', 'other', 'scenery', 'nobody')

# The target is gone when less than this share of it is visible, and back from that share on.
_GONE, _BACK = 0.05, 0.5
_STANDING = 1e-4  # a robot that moves no more, in metres or radians from frame to frame, stands


@dataclass(frozen=True)
class Record:
    """
    One frame of a run.

    Attributes:
        time: Seconds since the target started.
        robot: Where the robot is.
        target: Where the target is.
        visible: Share of the target that the camera sees, in [0, 1].
        track_id: The id of the track; empty where there is none.
        score: The tracker's score, a predicted IoU in [0, 1].
        state: 'idle', 'tracking' or 'lost'.
        speed: What the robot was told, in m/s.
        turn_rate: What the robot was told, in rad/s.
        followed: Whom the track shows, one of WHOM.
        other: Where the other person is; None where there is no other.
    """

    time: float
    robot: Pose
    target: Pose
    visible: float
    track_id: str
    score: float
    state: str
    speed: float
    turn_rate: float
    followed: str
    other: Pose | None = None

    @property
    def distance(self) -> float:
        """Return the true distance between robot and target, in metres."""
        return self.robot.distance(self.target)


@dataclass(frozen=True)
class Report:
    """
    The figures of a run, in metres and seconds; None for what did not happen in it.

    Attributes:
        frames: How many there were.
        seconds: Simulated time.
        walk_seconds: Simulated time of the walk before the target leaves.
        mean_error: Mean deviation from the distance to keep, during the walk.
        max_error: The largest one.
        seconds_to_stop: From the target's leaving to the last motion of the robot.
        seconds_to_resume: From the target's return to the first motion of the robot.
        ids: The ids that the target had, in order.
        final_error: Deviation from the distance to keep, at the end.
        followed: Share of the time in which the robot followed each of WHOM.
        followed_in_sight: Share of the time with the target in sight in which it was followed.
        longest_astray: The longest time in a row of another, or of scenery, being followed.
        seconds_to_find: From each return of the target into sight until it was followed again.
    """

    frames: int
    seconds: float
    walk_seconds: float
    mean_error: float | None
    max_error: float | None
    seconds_to_stop: float | None
    seconds_to_resume: float | None
    ids: tuple[str, ...]
    final_error: float | None
    followed: dict[str, float | None]
    followed_in_sight: float | None
    longest_astray: float
    seconds_to_find: tuple[float | None, ...]

    def shortcomings(self) -> list[str]:
        """Return a line for each thing that was not as it should be."""
        found = []
        if self.walk_seconds < WALK_SECONDS - 0.5:
            found.append(f'the run ended after {self.walk_seconds:.1f} s of the walk')
        if self.max_error is None or self.max_error > MAX_ERROR:
            found.append(
                f'the distance was off by {_text(self.max_error, "m")}, more than {MAX_ERROR:g} m'
            )
        if self.seconds_to_stop is None or self.seconds_to_stop > MAX_STOP_SECONDS:
            found.append(
                f'the robot stood {_text(self.seconds_to_stop, "s")} after the target '
                f'had left, later than {MAX_STOP_SECONDS:g} s'
            )
        if self.seconds_to_resume is None:
            found.append('the robot did not move again when the target returned')
        if len(self.ids) != 1:
            found.append(f'the target had {len(self.ids)} ids, not one')
        if self.longest_astray > MAX_ASTRAY_SECONDS:
            found.append(
                f'the robot followed what is not the target for {self.longest_astray:.1f} s, '
                f'longer than {MAX_ASTRAY_SECONDS:g} s'
            )
        if self.seconds_to_find and self.seconds_to_find[-1] is None:
            found.append('the target was not found again')
        return found

    def table(self) -> str:
        """Return the figures as text, a line for each of them."""
        rows = [
            ('frames', f'{self.frames}'),
            ('simulated time', f'{self.seconds:.1f} s'),
            (
                f'distance error over {self.walk_seconds:.0f} s of walk, mean',
                _text(self.mean_error, 'm'),
            ),
            (f'{"maximum":>41}', _text(self.max_error, 'm')),
            ('robot stands after the target left', _text(self.seconds_to_stop, 's')),
            ('robot moves after the target returned', _text(self.seconds_to_resume, 's')),
            ('distance error at the end', _text(self.final_error, 'm')),
            ('ids of the target', ', '.join(self.ids) or 'none'),
            ('followed the target', _percent(self.followed[TARGET])),
            (f'{"of the time with it in sight":>41}', _percent(self.followed_in_sight)),
            ('followed the other person', _percent(self.followed[OTHER])),
            ('followed what is nobody', _percent(self.followed[SCENERY])),
            ('followed nobody', _percent(self.followed[NOBODY])),
            ('longest time behind what is not the target', _text(self.longest_astray, 's')),
            *(
                (f'found again after it was out of sight, {number}.', _text(seconds, 's'))
                for number, seconds in enumerate(self.seconds_to_find, 1)
            ),
        ]
        return '\n'.join(f'{name:<43}{value:>10}' for name, value in rows)

    def json(self) -> str:
        """Return the figures as JSON."""
        return json.dumps(asdict(self), indent=2)


def make_report(records: list[Record]) -> Report:
    """Return the figures of a run from its frames, in order of time."""
    errors = [abs(record.distance - DISTANCE) for record in records]
    walk = [error for record, error in zip(records, errors) if record.time <= WALK_SECONDS]
    seconds = records[-1].time if records else 0.0
    ids = tuple(dict.fromkeys(record.track_id for record in records if record.track_id))
    left = _first(records, lambda record: record.time > WALK_SECONDS and record.visible < _GONE)
    back = left and _first(records, lambda record: record.time > left and record.visible >= _BACK)
    return Report(
        frames=len(records),
        seconds=seconds,
        walk_seconds=min(seconds, WALK_SECONDS),
        mean_error=statistics.fmean(walk) if walk else None,
        max_error=max(walk, default=None),
        seconds_to_stop=_to_stop(records, left, back or math.inf),
        seconds_to_resume=_to_resume(records, back),
        ids=ids,
        final_error=errors[-1] if errors else None,
        followed={whom: _share(records, whom) for whom in WHOM},
        followed_in_sight=_share(
            [record for record in records if record.visible >= _BACK], TARGET
        ),
        longest_astray=_longest_astray(records),
        seconds_to_find=_to_find(records),
    )


def _share(records: list[Record], whom: str) -> float | None:
    """Return the share of frames in which somebody is followed; None if there are no frames."""
    return statistics.fmean(record.followed == whom for record in records) if records else None


def _longest_astray(records: list[Record]) -> float:
    """Return the longest time in a row behind the other person or scenery."""
    longest, since = 0.0, None
    for record in records:
        if record.followed not in (OTHER, SCENERY):
            since = None
            continue
        since = record.time if since is None else since
        longest = max(longest, record.time - since)
    return longest


def _to_find(records: list[Record]) -> tuple[float | None, ...]:
    """Return, for each time the target came back, the seconds until it was followed, or None."""
    found: list[float | None] = []
    gone, back = False, None
    for record in records:
        if record.visible < _GONE:
            gone = True
        elif gone and record.visible >= _BACK:
            gone = False
            back = record.time if back is None else back
        if back is not None and record.followed == TARGET:
            found.append(record.time - back)
            back = None
    return (*found, None) if back is not None else tuple(found)


def _moves(before: Record, after: Record) -> bool:
    """Tell whether the robot moved between two frames."""
    return (
        before.robot.distance(after.robot) > _STANDING
        or abs(after.robot.heading - before.robot.heading) > _STANDING
    )


def _to_stop(records: list[Record], left: float | None, back: float) -> float | None:
    """Return how long after `left` the robot still moved; None if it never stood before `back`."""
    if left is None:
        return None
    absent = [pair for pair in zip(records, records[1:]) if left <= pair[0].time < back]
    moving = [after.time for before, after in absent if _moves(before, after)]
    if not absent or (moving and moving[-1] == absent[-1][1].time):
        return None
    return moving[-1] - left if moving else 0.0


def _to_resume(records: list[Record], back: float | None) -> float | None:
    """Return how long after `back` the robot moved for the first time; None if it never did."""
    if back is None:
        return None
    return next(
        (
            before.time - back
            for before, after in zip(records, records[1:])
            if before.time >= back and _moves(before, after)
        ),
        None,
    )


def _first(records: list[Record], condition: Callable[[Record], bool]) -> float | None:
    """Return the time of the first frame that meets a condition; None if there is none."""
    return next((record.time for record in records if condition(record)), None)


def _percent(share: float | None) -> str:
    return 'never' if share is None else f'{100 * share:.1f} %'


def _text(value: float | None, unit: str) -> str:
    return 'never' if value is None else f'{value:.2f} {unit}'
