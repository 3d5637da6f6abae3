# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
The geometry of a camera picture that lies flat in space, where a click on a point means a pixel.

Pixel coordinates are continuous: (0, 0) is the outer corner of the first pixel, and (columns,
rows) that of the last. Points are in metres: x points to the right of the picture, y up, z towards
the viewer, and the origin is the middle of the picture.
"""

from dataclasses import dataclass

from aiatrack_ros.tracking.boxes import Box

# A point that is no farther from the plane than this, in metres, counts as on it. RViz reads
# points from its depth buffer: in RViz 14.3 clicks were from 1.4 mm below the plane to 6.5 mm
# above it. The lines that are drawn on the plane are 1 cm above it.
TOLERANCE = 0.03

Point2D = tuple[float, float]


@dataclass(frozen=True)
class PicturePlane:
    """The plane of a picture of `columns` x `rows` pixels; `width` is its extent in metres."""

    columns: int
    rows: int
    width: float

    @property
    def pixel(self) -> float:
        """Return the side of a pixel in metres; pixels are square."""
        return self.width / self.columns

    @property
    def height(self) -> float:
        """Return the extent of the picture along y in metres."""
        return self.rows * self.pixel

    def to_plane(self, column: float, row: float) -> Point2D:
        """Return x, y in metres of a pixel position."""
        return ((column - self.columns / 2) * self.pixel, (self.rows / 2 - row) * self.pixel)

    def to_pixel(self, x: float, y: float) -> Point2D:
        """Return the pixel position (column, row) of a point x, y in metres."""
        return (self.columns / 2 + x / self.pixel, self.rows / 2 - y / self.pixel)

    def pick(self, x: float, y: float, z: float) -> Point2D | None:
        """
        Return the pixel position under a clicked point in metres; None if it is off the picture.

        A click up to half a pixel outside counts as one on the edge. NaN is off the picture.
        """
        column, row = self.to_pixel(x, y)
        inside = (
            -0.5 <= column <= self.columns + 0.5
            and -0.5 <= row <= self.rows + 0.5
            and -TOLERANCE <= z <= TOLERANCE
        )
        if not inside:
            return None
        return min(max(column, 0.0), float(self.columns)), min(max(row, 0.0), float(self.rows))

    def outline(self, box: Box) -> list[Point2D]:
        """Return the corners of a box of pixels (x, y, w, h) as a closed line of five points."""
        x, y, w, h = box
        corners = ((x, y), (x + w, y), (x + w, y + h), (x, y + h), (x, y))
        return [self.to_plane(*corner) for corner in corners]

    def texture_triangles(self) -> list[tuple[Point2D, Point2D]]:
        """
        Return the six corners of the two triangles that carry the picture.

        Each is a point x, y in metres with its texture coordinate u, v in [0, 1]; u, v = 0, 0 is
        the upper left corner of the picture. The corners go round counterclockwise seen from +z,
        which makes RViz light the triangles.
        """
        right, top = self.width / 2, self.height / 2
        top_left = ((-right, top), (0.0, 0.0))
        top_right = ((right, top), (1.0, 0.0))
        bottom_left = ((-right, -top), (0.0, 1.0))
        bottom_right = ((right, -top), (1.0, 1.0))
        return [top_left, bottom_left, bottom_right, top_left, bottom_right, top_right]
