# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
What the camera of the robot sees: picture and depth, and where people truly are in them.

The camera looks level and all walls are upright, so that a column of the picture sees one wall
only. It is looked for once in each column, and textures are looked up with OpenCV.
"""

from collections.abc import Sequence
from dataclasses import astuple
from dataclasses import dataclass
import math

from aiatrack_ros.simulation import textures
from aiatrack_ros.simulation.world import Pose
from aiatrack_ros.simulation.world import ROOM
from aiatrack_ros.simulation.world import Wall
from aiatrack_ros.simulation.world import WALLS
import cv2
import numpy as np

WIDTH, HEIGHT = 640, 480  # pixels
FOCAL = WIDTH / 2 / math.tan(math.radians(70) / 2)  # pixels, for a picture 70 degrees wide
CENTER_X, CENTER_Y = (WIDTH - 1) / 2, (HEIGHT - 1) / 2
CAMERA_HEIGHT = 0.5  # metres above the floor

_NEAREST = 0.1  # metres; nothing nearer is seen
_EDGE = 2  # rows of ceiling above the texture of the walls
_CEILING = (226, 224, 218)  # RGB
_LIGHT_NOISE = 2.0  # standard deviation of the sensor's noise, in grey values
_DEPTH_NOISE = 0.005  # standard deviation of a depth over the depth
_DEPTH_HOLES = 0.03  # share of pixels of unknown depth


@dataclass(frozen=True)
class Outline:
    """
    Where a person is in a picture.

    Attributes:
        box: x, y, w, h in pixels, clipped to the picture; None if outside of it.
        visible: Share of the person's outline that is inside the picture and not hidden.
    """

    box: tuple[float, float, float, float] | None
    visible: float


@dataclass(frozen=True)
class View:
    """
    One picture and the truth about it.

    Attributes:
        picture: (H, W, 3) uint8, RGB.
        depth: (H, W) float32 in metres along the optical axis; 0 where it is not known.
        people: Where each person is, in the order in which they were given.
    """

    picture: np.ndarray
    depth: np.ndarray
    people: tuple[Outline, ...]


class CameraView:
    """Renders views of the world: the same seed and arguments give the same view."""

    def __init__(self, seed: int = 0, walls: Sequence[Wall] = WALLS) -> None:
        rng = np.random.default_rng(seed)
        self._seed = seed
        self._walls = np.array([astuple(wall) for wall in walls], np.float32)
        self._lengths = np.hypot(
            self._walls[:, 2] - self._walls[:, 0], self._walls[:, 3] - self._walls[:, 1]
        )
        skins = [textures.wall(rng, length) for length in self._lengths]
        self._offsets = np.cumsum([0] + [skin.shape[1] for skin in skins[:-1]]).astype(np.float32)
        skin = np.concatenate(skins, axis=1)
        # Whatever is looked up above a wall gets the colour at the edge of the texture, the
        # ceiling's.
        self._wall_skin = cv2.copyMakeBorder(
            skin, _EDGE, 0, 0, 0, cv2.BORDER_CONSTANT, value=_CEILING
        )
        xs = [x for wall in ROOM for x in (wall.x1, wall.x2)]
        ys = [y for wall in ROOM for y in (wall.y1, wall.y2)]
        self._corner = (min(xs), min(ys))
        self._floor_skin = textures.floor(rng, max(xs) - min(xs), max(ys) - min(ys))
        skin, self._radius = textures.figure(rng, textures.TARGET_OUTFIT)
        self._noise = rng.normal(0, 1, (2 * HEIGHT, 2 * WIDTH)).astype(np.float32)
        # The other person is drawn last, so that a seed gives the same room with and without one.
        self._figure_skins = (skin, textures.figure(rng, textures.OTHER_OUTFIT)[0])
        self._right = ((np.arange(WIDTH) - CENTER_X) / FOCAL).astype(np.float32)  # x/z of columns
        self._down = ((np.arange(HEIGHT) - CENTER_Y) / FOCAL).astype(np.float32)  # y/z of rows

    def render(self, camera: Pose, people: Sequence[Pose], frame: int = 0) -> View:
        """
        Return what the camera sees; the same arguments give the same view.

        Args:
            camera: Where the robot is, with the camera on it.
            people: The target and, if there is one, the other person.
            frame: Number of the frame, which decides on the noise of the sensor.
        """
        rng = np.random.default_rng((self._seed, frame))
        picture, depth = self._room(camera)
        owner = np.full(depth.shape, -1, np.int8)  # number of the person in a pixel, -1 for none
        boxes, sizes = [], []
        for number, person in enumerate(people):
            box, size = self._draw_figure(picture, depth, owner, camera, person, number)
            boxes.append(box)
            sizes.append(size)
        outlines = tuple(
            Outline(box, float((owner == number).sum() / size) if size else 0.0)
            for number, (box, size) in enumerate(zip(boxes, sizes))
        )
        picture = cv2.GaussianBlur(picture, (3, 3), 0)
        noise = cv2.merge([_LIGHT_NOISE * self._noise_tile(rng)] * 3)
        picture = cv2.add(picture, noise, dtype=cv2.CV_8U)
        depth *= 1 + _DEPTH_NOISE * self._noise_tile(rng)
        depth[rng.random(depth.shape, np.float32) < _DEPTH_HOLES] = 0
        return View(picture, depth, outlines)

    def _room(self, camera: Pose) -> tuple[np.ndarray, np.ndarray]:
        """Return picture and exact depth of walls, floor and ceiling."""
        cos, sin = np.float32(math.cos(camera.heading)), np.float32(math.sin(camera.heading))
        # A column looks along (dx, dy) on the ground, which is one metre deep: z times that far
        # away the depth is z.
        dx, dy = cos + sin * self._right, sin - cos * self._right
        x1, y1, x2, y2 = (column[:, None] for column in self._walls.T)
        ex, ey = x2 - x1, y2 - y1
        with np.errstate(divide='ignore', invalid='ignore'):
            cross = dx * ey - dy * ex  # (walls, W)
            z = ((x1 - camera.x) * ey - (y1 - camera.y) * ex) / cross
            along = ((x1 - camera.x) * dy - (y1 - camera.y) * dx) / cross
        z = np.where((z > _NEAREST) & (along >= 0) & (along <= 1), z, np.inf)
        seen = z.argmin(axis=0)
        columns = np.arange(WIDTH)
        z = z[seen, columns]
        across = self._offsets[seen] + np.clip(
            along[seen, columns] * self._lengths[seen] * textures.WALL_SCALE,
            0.5,
            self._lengths[seen] * textures.WALL_SCALE - 1.5,
        )
        z = np.where(np.isfinite(z), z, 50).astype(np.float32)
        height = CAMERA_HEIGHT - self._down[:, None] * z  # metres, of the point in a pixel
        row = (textures.WALL_HEIGHT - height) * textures.WALL_SCALE + _EDGE
        picture = cv2.remap(
            self._wall_skin,
            np.tile(across.astype(np.float32), (HEIGHT, 1)),
            row,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        depth = np.tile(z, (HEIGHT, 1))
        self._draw_floor(picture, depth, height < 0, camera, dx, dy)
        return picture, depth

    def _draw_floor(
        self,
        picture: np.ndarray,
        depth: np.ndarray,
        on_floor: np.ndarray,
        camera: Pose,
        dx: np.ndarray,
        dy: np.ndarray,
    ) -> None:
        """Draw the floor and its depth where a column, which looks along (dx, dy), sees it."""
        below = slice(HEIGHT // 2 + 1, HEIGHT)
        z = (CAMERA_HEIGHT / self._down[below])[:, None]
        x = (z * dx + np.float32(camera.x - self._corner[0])) * textures.FLOOR_SCALE
        y = (z * dy + np.float32(camera.y - self._corner[1])) * textures.FLOOR_SCALE
        floor = cv2.remap(self._floor_skin, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        mask = on_floor[below].view(np.uint8)
        cv2.copyTo(floor, mask, picture[below])
        cv2.copyTo(np.tile(z, (1, WIDTH)), mask, depth[below])

    def _draw_figure(
        self,
        picture: np.ndarray,
        depth: np.ndarray,
        owner: np.ndarray,
        camera: Pose,
        person: Pose,
        number: int,
    ) -> tuple[tuple[float, float, float, float] | None, int]:
        """Draw a person in front of what is farther away.

        Returns:
            The box of the person in the picture, None if outside of it, and how many pixels the
            outline has, those outside of the picture and those hidden included.
        """
        east, north = person.x - camera.x, person.y - camera.y
        cos, sin = math.cos(camera.heading), math.sin(camera.heading)
        z, x = cos * east + sin * north, sin * east - cos * north
        if z < _NEAREST + textures.FIGURE_RADIUS:
            return None, 0
        scale = FOCAL / z
        left, right = (CENTER_X + scale * (x + side * textures.FIGURE_RADIUS) for side in (-1, 1))
        top = CENTER_Y - scale * (textures.FIGURE_HEIGHT - CAMERA_HEIGHT)
        bottom = CENTER_Y + scale * CAMERA_HEIGHT
        columns = np.arange(math.floor(left), math.ceil(right) + 1)
        rows = np.arange(math.floor(top), math.ceil(bottom) + 1)
        skin_rows = (rows - top) / scale * textures.FIGURE_SCALE
        radius = np.interp(skin_rows, np.arange(len(self._radius)), self._radius, left=0, right=0)
        aside = (columns - CENTER_X) / scale - x  # metres from the person's axis
        with np.errstate(divide='ignore', invalid='ignore'):
            share = aside[None] / radius[:, None]
        outline = np.abs(share) < 1
        if not outline.any():
            return None, 0
        # The angle around the person's axis: 0 towards the camera, positive to the right.
        angle = np.arcsin(np.clip(np.nan_to_num(share), -1, 1))
        facing = math.atan2(-north, -east) - person.heading
        turns = (angle + facing) / (2 * math.pi) + 0.5
        figure_skin = self._figure_skins[number]
        texels = figure_skin.shape[1]
        skin = cv2.remap(
            figure_skin,
            (turns % 1.0 * texels).astype(np.float32),
            np.broadcast_to(skin_rows[:, None], angle.shape).astype(np.float32).copy(),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_WRAP,
        )
        skin = (skin * (0.6 + 0.4 * np.cos(angle))[..., None]).astype(np.uint8)

        x0, x1 = np.clip([columns[0], columns[-1] + 1], 0, WIDTH)
        y0, y1 = np.clip([rows[0], rows[-1] + 1], 0, HEIGHT)
        part = (slice(y0 - rows[0], y1 - rows[0]), slice(x0 - columns[0], x1 - columns[0]))
        place = (slice(y0, y1), slice(x0, x1))
        inside = outline[part]
        shown = inside & (depth[place] > z)
        picture[place][shown] = skin[part][shown]
        depth[place][shown] = z
        owner[place][shown] = number
        if not inside.any():
            return None, 0
        across, down = np.flatnonzero(inside.any(axis=0)), np.flatnonzero(inside.any(axis=1))
        box = (
            float(x0 + across[0]),
            float(y0 + down[0]),
            float(across[-1] - across[0] + 1),
            float(down[-1] - down[0] + 1),
        )
        return box, int(outline.sum())

    def _noise_tile(self, rng: np.random.Generator) -> np.ndarray:
        """Return normal noise (H, W), a random part of a larger field made once."""
        row, column = rng.integers(0, (HEIGHT, WIDTH))
        return self._noise[row : row + HEIGHT, column : column + WIDTH]
