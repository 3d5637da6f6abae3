# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The markers of the picture plane, kept and drawn as RViz 2 keeps and draws them."""

from dataclasses import dataclass
from dataclasses import field

import cv2
import numpy as np
from visualization_msgs.msg import Marker
from visualization_msgs.msg import MarkerArray

BACKGROUND = 48  # grey, RViz's own


@dataclass
class _Drawn:
    """A marker as RViz keeps it."""

    message: Marker
    textures: list[np.ndarray] = field(default_factory=list)  # (h, w, 3) RGB, in [0, 1]


@dataclass
class Scene:
    """
    The markers of one MarkerArray display of RViz 2, as its view TopDownOrtho draws them.

    It copies RViz's treatment of textures too (triangle_list_marker.cpp of 14.3): each update of a
    marker adds one, all are multiplied, and the last one of a deleted marker is never freed. It
    also copies how RViz spaces words: by the marker's `scale.x`, or half a metre where that is 0.
    """

    markers: dict[tuple[str, int], _Drawn] = field(default_factory=dict)
    leaked_bytes: int = 0

    def take(self, array: MarkerArray) -> None:
        """Carry out what a message asks for."""
        names = [(marker.ns, marker.id) for marker in array.markers]
        if len(set(names)) != len(names):
            raise ValueError('a marker is there twice; RViz shows an error for that')
        for marker in array.markers:
            if marker.type == Marker.TEXT_VIEW_FACING and not marker.scale.x and marker.text:
                raise ValueError('text without scale.x: RViz puts half a metre between its words')
        for marker in array.markers:
            if marker.action == Marker.DELETEALL:
                for name in list(self.markers):
                    self._delete(name)
            elif marker.action == Marker.DELETE:
                self._delete((marker.ns, marker.id))
            else:
                self._add(marker)

    def _add(self, marker: Marker) -> None:
        drawn = self.markers.setdefault((marker.ns, marker.id), _Drawn(marker))
        drawn.message = marker
        if marker.texture_resource.startswith('embedded://'):
            data = np.frombuffer(marker.texture.data, np.uint8)
            drawn.textures.append(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1] / 255)

    def _delete(self, name: tuple[str, int]) -> None:
        drawn = self.markers.pop(name, None)
        if drawn and drawn.textures:
            self.leaked_bytes += drawn.textures[-1].size

    def draw(self, width: int, height: int, scale: float) -> np.ndarray:
        """Return the view, (height, width, 3) uint8 RGB, with `scale` pixels a metre."""
        canvas = np.full((height, width, 3), BACKGROUND, np.uint8)

        def place(points: list) -> np.ndarray:
            """Return the pixel positions (N, 2) of points of the plane."""
            return np.array(
                [(width / 2 + scale * point.x, height / 2 - scale * point.y) for point in points],
                np.float32,
            )

        for drawn in sorted(
            self.markers.values(), key=lambda drawn: drawn.message.type, reverse=True
        ):
            message = drawn.message
            color = [255 * value for value in (message.color.r, message.color.g, message.color.b)]
            if message.type == Marker.TRIANGLE_LIST and message.scale.x == 1:
                _draw_texture(canvas, place(message.points), message, drawn.textures)
        for drawn in self.markers.values():
            message = drawn.message
            color = [255 * value for value in (message.color.r, message.color.g, message.color.b)]
            if message.type == Marker.LINE_STRIP:
                # OpenCV puts integers on pixel centres, and counts in 1/16 pixels with shift=4.
                points = np.rint(16 * (place(message.points) - 0.5)).astype(np.int32)
                thickness = max(1, round(scale * message.scale.x))
                cv2.polylines(canvas, [points], False, color, thickness, cv2.LINE_AA, shift=4)
            elif message.type == Marker.TEXT_VIEW_FACING:
                _draw_text(canvas, place([message.pose.position])[0], message, scale)
        return canvas


def _draw_texture(
    canvas: np.ndarray, places: np.ndarray, message: Marker, textures: list[np.ndarray]
) -> None:
    """Draw textured triangles; `places` (N, 2) are their corners in pixels of the canvas."""
    size = (canvas.shape[1], canvas.shape[0])
    uv = np.array([(corner.u, corner.v) for corner in message.uv_coordinates], np.float32)
    for start in range(0, len(places), 3):
        corners = places[start : start + 3]
        light = np.ones((size[1], size[0], 3))
        for texture in textures:
            source = uv[start : start + 3] * (texture.shape[1], texture.shape[0])
            # Both positions count from pixel corners, but OpenCV counts from pixel centres.
            warp = cv2.getAffineTransform(
                (source - 0.5).astype(np.float32), (corners - 0.5).astype(np.float32)
            )
            light *= cv2.warpAffine(
                texture, warp, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
        mask = np.zeros(canvas.shape[:2], np.uint8)
        cv2.fillConvexPoly(mask, np.rint(16 * (corners - 0.5)).astype(np.int32), 1, shift=4)
        canvas[mask > 0] = np.rint(255 * light[mask > 0])


def _draw_text(canvas: np.ndarray, middle: np.ndarray, message: Marker, scale: float) -> None:
    """Draw words in a line around a pixel position, with the space that the marker gives."""
    font, size = cv2.FONT_HERSHEY_SIMPLEX, scale * message.scale.z / 30
    space = scale * message.scale.x
    words = message.text.split(' ')
    sizes = [cv2.getTextSize(word, font, size, 1)[0] for word in words]
    across = sum(width for width, _ in sizes) + space * (len(words) - 1)
    left = middle[0] - across / 2
    base = round(middle[1] + max(height for _, height in sizes) / 2)
    color = [255 * value for value in (message.color.r, message.color.g, message.color.b)]
    for word, (width, _) in zip(words, sizes):
        cv2.putText(canvas, word, (round(left), base), font, size, color, 1, cv2.LINE_AA)
        left += width + space
