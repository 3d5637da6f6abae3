# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A run seen from above: robot and people, their trails and distance, and who is followed."""

import math

from aiatrack_ros.simulation.run_report import DISTANCE
from aiatrack_ros.simulation.run_report import MAX_ERROR
from aiatrack_ros.simulation.run_report import NOBODY
from aiatrack_ros.simulation.run_report import OTHER
from aiatrack_ros.simulation.run_report import Record
from aiatrack_ros.simulation.run_report import SCENERY
from aiatrack_ros.simulation.run_report import TARGET
from aiatrack_ros.simulation.run_report import WHOM
from aiatrack_ros.simulation.world import Pose
from aiatrack_ros.simulation.world import SCREEN
import cv2
import numpy as np

SIZE = (480, 480)  # width, height in pixels

_SCALE = 80  # pixels per metre
_LEFT, _TOP = -0.6, 2.2  # x and y of the map's upper left corner, in metres
_PLOT = (48, 340, 470, 452)  # left, top, right, bottom of the plot
_PLOT_RANGE = (0.5, 3.5)  # metres from the bottom of the plot to its top
_STRIP = 10  # rows at the foot of the plot whose colour tells whom the robot follows

# Colours, RGB. A target that the camera does not see is drawn in _HIDDEN.
_PAPER, _INK, _GRID, _BAND = (250, 249, 246), (40, 40, 40), (222, 220, 214), (222, 238, 222)
_ROBOT, _TARGET, _HIDDEN = (20, 90, 200), (205, 40, 50), (235, 190, 190)
_OTHER = (120, 84, 160)
FOLLOWED = {TARGET: (50, 150, 70), OTHER: _OTHER, SCENERY: (230, 140, 20), NOBODY: (180, 178, 172)}


class MapView:
    """Draws the map of a scene of `duration` seconds, frame by frame; trails stay on it."""

    def __init__(self, duration: float) -> None:
        self._duration = duration
        self._canvas = np.full((SIZE[1], SIZE[0], 3), _PAPER, np.uint8)
        for metre in range(-1, 7):
            cv2.line(self._canvas, _pixel(metre, -1), _pixel(metre, 3), _GRID, 1)
            cv2.line(self._canvas, _pixel(-1, metre), _pixel(7, metre), _GRID, 1)
        cv2.rectangle(self._canvas, (0, 300), SIZE, _PAPER, -1)
        cv2.line(self._canvas, _pixel(SCREEN.x1, SCREEN.y1), _pixel(SCREEN.x2, SCREEN.y2), _INK, 4)
        _write(self._canvas, 'screen', (_pixel(SCREEN.x2, SCREEN.y2)[0] + 8, 14), _INK)
        self._draw_axes()
        self._last: Record | None = None

    def draw(self, record: Record) -> np.ndarray:
        """Return the map with one more frame, (480, 480, 3) uint8, RGB."""
        seen = _TARGET if record.visible >= 0.05 else _HIDDEN
        if self._last is not None:
            before = self._last
            moves = [
                (before.target, record.target, seen),
                (before.robot, record.robot, _ROBOT),
            ]
            if before.other and record.other:
                moves.insert(0, (before.other, record.other, _OTHER))
            for old, new, color in moves:
                cv2.line(
                    self._canvas, _pixel(old.x, old.y), _pixel(new.x, new.y), color, 2, cv2.LINE_AA
                )
            cv2.line(self._canvas, self._dot(before), self._dot(record), seen, 2, cv2.LINE_AA)
            corners = (
                (self._dot(before)[0], _PLOT[3] - _STRIP),
                (self._dot(record)[0], _PLOT[3] - 1),
            )
            cv2.rectangle(self._canvas, *corners, FOLLOWED[record.followed], -1)
        self._last = record
        picture = self._canvas.copy()
        _draw_robot(picture, record.robot)
        if record.other:
            _draw_person(picture, record.other, _OTHER)
        _draw_person(picture, record.target, seen)
        lines = (
            f'{record.time:5.1f} s   distance {record.distance:4.2f} m   {record.state}',
            f'speed {record.speed:+5.2f} m/s   turn {record.turn_rate:+5.2f} rad/s   '
            f'score {record.score:4.2f}',
        )
        for number, line in enumerate(lines):
            _write(picture, line, (8, 282 + 20 * number), _INK, 0.45)
        left = _write(picture, 'follows', (8, 326), _INK, 0.45)
        for whom in WHOM:
            right = _write(picture, whom, (left + 18, 326), FOLLOWED[whom], 0.45)
            if whom == record.followed:
                cv2.rectangle(picture, (left + 12, 311), (right + 5, 332), FOLLOWED[whom], 2)
            left = right
        return picture

    def _draw_axes(self) -> None:
        left, top, right, bottom = _PLOT
        band = [_plot_row(DISTANCE + side * MAX_ERROR) for side in (1, -1)]
        cv2.rectangle(self._canvas, (left, band[0]), (right, band[1]), _BAND, -1)
        cv2.line(self._canvas, (left, _plot_row(DISTANCE)), (right, _plot_row(DISTANCE)), _GRID, 1)
        cv2.rectangle(self._canvas, (left, top), (right, bottom), _INK, 1)
        for metres in (1, 1.5, 2, 3):
            _write(self._canvas, f'{metres:g} m', (6, _plot_row(metres) + 4), _INK)
        for seconds in range(0, int(self._duration) + 1, 10):
            column = round(left + (right - left) * seconds / self._duration)
            cv2.line(self._canvas, (column, bottom), (column, bottom + 4), _INK, 1)
            _write(self._canvas, f'{seconds} s', (column - 10, bottom + 18), _INK)

    def _dot(self, record: Record) -> tuple[int, int]:
        """Return column and row of a frame in the plot of the distance over time."""
        share = min(record.time / self._duration, 1.0)
        return round(_PLOT[0] + (_PLOT[2] - _PLOT[0]) * share), _plot_row(record.distance)


def _pixel(x: float, y: float) -> tuple[int, int]:
    """Return column and row of a place, in metres, on the map."""
    return round((x - _LEFT) * _SCALE), round((_TOP - y) * _SCALE)


def _plot_row(metres: float) -> int:
    """Return the row of a distance in the plot."""
    low, high = _PLOT_RANGE
    share = (min(max(metres, low), high) - low) / (high - low)
    return round(_PLOT[3] - (_PLOT[3] - _PLOT[1]) * share)


def _draw_robot(picture: np.ndarray, robot: Pose) -> None:
    """Draw the robot as an arrow, with the edges of what its camera sees."""
    corners = []
    for angle, reach in ((0.0, 16), (2.4, 14), (-2.4, 14)):
        x, y = _pixel(robot.x, robot.y)
        corners.append(
            (
                round(x + reach * math.cos(robot.heading + angle)),
                round(y - reach * math.sin(robot.heading + angle)),
            )
        )
    cv2.fillPoly(picture, [np.array(corners)], _ROBOT, cv2.LINE_AA)
    view = math.radians(35)
    for side in (-view, view):
        x, y = _pixel(
            robot.x + 0.7 * math.cos(robot.heading + side),
            robot.y + 0.7 * math.sin(robot.heading + side),
        )
        cv2.line(picture, _pixel(robot.x, robot.y), (x, y), _ROBOT, 1, cv2.LINE_AA)


def _draw_person(picture: np.ndarray, person: Pose, color: tuple[int, int, int]) -> None:
    """Draw a person as a disk with a nose."""
    x, y = _pixel(person.x, person.y)
    cv2.circle(picture, (x, y), 10, color, -1, cv2.LINE_AA)
    nose = (
        round(x + 15 * math.cos(person.heading)),
        round(y - 15 * math.sin(person.heading)),
    )
    cv2.line(picture, (x, y), nose, color, 3, cv2.LINE_AA)


def _write(
    picture: np.ndarray,
    text: str,
    place: tuple[int, int],
    color: tuple[int, int, int],
    size: float = 0.4,
) -> int:
    """Write a text whose lower left corner is at a place; return the column where it ends."""
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, color, 1, cv2.LINE_AA)
    return place[0] + cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, 1)[0][0]
