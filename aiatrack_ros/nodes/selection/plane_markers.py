# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
The picture plane as markers of RViz: the live picture, and boxes and words on it.

All markers are in the frame of the plane and have the stamp 0, which stands for any time. So the
frame needs no tf as long as it is the fixed frame of RViz.
"""

from array import array
from collections.abc import Iterable

from aiatrack_ros.nodes.selection.picture_plane import PicturePlane
from aiatrack_ros.tracking.boxes import Box
import cv2
from geometry_msgs.msg import Point
from geometry_msgs.msg import Vector3
import numpy as np
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import ColorRGBA
from std_msgs.msg import Header
from visualization_msgs.msg import Marker
from visualization_msgs.msg import UVCoordinate

# Metres that lines are above the picture, so that the depth buffer of RViz tells the two apart.
LIFT = 0.01
Color = tuple[int, int, int]  # RGB, 0 to 255

# The number of ids that pictures take in turn, see PictureMarkers.
_IDS = 4


def compress(picture: np.ndarray, columns: int, quality: int, header: Header) -> CompressedImage:
    """
    Return a picture as a JPEG.

    Args:
        picture: (H, W, 3) uint8, RGB.
        columns: The most that it may have; a wider picture is shrunk.
        quality: Of the JPEG, 1 to 100.
        header: Of the message.
    """
    height, width = picture.shape[:2]
    if width > columns:
        size = (columns, max(1, round(height * columns / width)))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode('.jpg', picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    data = array('B')
    data.frombytes(jpeg.tobytes())
    return CompressedImage(header=header, format='jpeg', data=data)


class PictureMarkers:
    """
    Makes the markers that show a stream of pictures in RViz.

    At each update of a marker, RViz (14.3) adds a texture to its material and never removes one: a
    picture that is updated in place is multiplied with all those before it, and turns black. So
    each picture is a new marker, and older ones are deleted. The last texture of a deleted marker
    stays in the memory of RViz: so before it is deleted, each marker gets a texture of one pixel,
    and only that stays. It is also scaled to nothing, because the new picture is at the same
    place. There are four ids in turn, so that all is well even if a message is lost.
    """

    def __init__(self, frame: str) -> None:
        self._frame = frame
        self._count = 0
        self._last: PicturePlane | None = None
        pixel = np.full((1, 1, 3), 255, np.uint8)
        self._blank = compress(pixel, 1, 50, Header())

    def show(self, plane: PicturePlane, texture: CompressedImage) -> list[Marker]:
        """Return the markers that show a picture made by `compress` in place of the last one."""
        number = self._count
        self._count += 1
        markers = [self._textured(number, plane, texture)]
        if self._last is not None:
            retired = self._textured(number - 1, self._last, self._blank)
            retired.scale = Vector3(x=1e-6, y=1e-6, z=1e-6)
            markers.append(retired)
        self._last = plane
        return markers + [
            remove(self._frame, 'picture', (number - back) % _IDS)
            for back in (2, 3)
            if number >= back
        ]

    def _textured(self, number: int, plane: PicturePlane, texture: CompressedImage) -> Marker:
        marker = _marker(self._frame, 'picture', number % _IDS, Marker.TRIANGLE_LIST)
        marker.scale = Vector3(x=1.0, y=1.0, z=1.0)
        marker.color = ColorRGBA(r=1.0, g=1.0, b=1.0, a=1.0)
        for (x, y), (u, v) in plane.texture_triangles():
            marker.points.append(Point(x=x, y=y))
            marker.uv_coordinates.append(UVCoordinate(u=u, v=v))
        marker.texture_resource = 'embedded://picture'
        marker.texture = texture
        return marker


def box_marker(frame: str, plane: PicturePlane, box: Box, color: Color) -> Marker:
    """Return the outline of a box x, y, w, h in pixels."""
    return _line(frame, 'box', plane, plane.outline(box), color)


def cross_marker(
    frame: str, plane: PicturePlane, column: float, row: float, color: Color
) -> Marker:
    """Return a cross at a pixel position."""
    x, y = plane.to_plane(column, row)
    arm = plane.width / 50
    points = [(x - arm, y), (x + arm, y), (x, y), (x, y + arm), (x, y - arm)]
    return _line(frame, 'corner', plane, points, color)


def text_marker(frame: str, plane: PicturePlane, text: str, color: Color) -> Marker:
    """Return a line of text above the picture."""
    marker = _marker(frame, 'text', 0, Marker.TEXT_VIEW_FACING)
    marker.pose.position.y = plane.height / 2 + plane.width / 25
    marker.pose.position.z = LIFT
    # z is the height of the letters, x the space between words; for 0 RViz would leave half a
    # metre between words, whatever the height is.
    height = plane.width / 25
    marker.scale = Vector3(x=0.4 * height, z=height)
    marker.color = _rgba(color)
    marker.text = text
    return marker


def remove(frame: str, namespace: str, number: int = 0) -> Marker:
    """Return the marker that removes the one of this namespace and number."""
    marker = _marker(frame, namespace, number, Marker.TRIANGLE_LIST)
    marker.action = Marker.DELETE
    return marker


def remove_all(frame: str) -> Marker:
    """Return the marker that removes everything, also what an earlier run of the node has left."""
    marker = remove(frame, '')
    marker.action = Marker.DELETEALL
    return marker


def _line(
    frame: str,
    namespace: str,
    plane: PicturePlane,
    points: Iterable[tuple[float, float]],
    color: Color,
) -> Marker:
    marker = _marker(frame, namespace, 0, Marker.LINE_STRIP)
    marker.scale = Vector3(x=plane.width / 250, y=0.0, z=0.0)  # x is the width of the line
    marker.color = _rgba(color)
    marker.points = [Point(x=x, y=y, z=LIFT) for x, y in points]
    return marker


def _marker(frame: str, namespace: str, number: int, kind: int) -> Marker:
    marker = Marker(
        header=Header(frame_id=frame), ns=namespace, id=number, type=kind, action=Marker.ADD
    )
    marker.pose.orientation.w = 1.0
    return marker


def _rgba(color: Color) -> ColorRGBA:
    red, green, blue = (value / 255 for value in color)
    return ColorRGBA(r=red, g=green, b=blue, a=1.0)
