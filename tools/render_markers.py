#!/usr/bin/env python3
# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Draw the markers of the picture plane as RViz 2 draws them, without RViz.

Starts box_selector_node and tracker_node, plays a video to them, clicks two corners as RViz's
Publish Point does, and writes what RViz would show at each step. The pictures of docs/rviz.md are
made with it.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
import shutil
import subprocess
import sys
import time

from aiatrack_ros.nodes.common import images
from aiatrack_ros.nodes.common.messages import nanoseconds
from aiatrack_ros.nodes.selection.picture_plane import PicturePlane
import cv2
from geometry_msgs.msg import PointStamped
import numpy as np
import rclpy
from rclpy.node import Node
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray
from visualization_msgs.msg import Marker
from visualization_msgs.msg import MarkerArray

ROOT = Path(__file__).resolve().parent.parent
BACKGROUND = 48  # grey, RViz's own
SLOWDOWN = 4  # the video is played at a quarter of its speed: any machine keeps up
PATIENCE = 60.0
# Quick to give up: the van passes in front of the target in less than a second.
LOST_THRESHOLD, LOST_AFTER = 0.5, 2
VIEW, SCALE = (610, 300), 340  # size of the pictures, and their pixels per metre


@dataclass
class _Drawn:
    """A marker as RViz keeps it."""

    message: Marker
    textures: list[np.ndarray] = field(default_factory=list)  # (h, w, 3) RGB, in [0, 1]


@dataclass
class Scene:
    """
    The markers of one MarkerArray display of RViz 2, drawn as by its view TopDownOrtho.

    It copies RViz's treatment of textures too (triangle_list_marker.cpp of 14.3): each update of a
    marker adds one, all are multiplied, and the last one of a deleted marker is never freed.
    """

    markers: dict[tuple[str, int], _Drawn] = field(default_factory=dict)
    leaked_bytes: int = 0

    def take(self, array: MarkerArray) -> None:
        """Carry out what a message asks for."""
        names = [(marker.ns, marker.id) for marker in array.markers]
        if len(set(names)) != len(names):
            raise ValueError('a marker is there twice; RViz shows an error for that')
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
                # OpenCV puts integers on pixel centres, and takes 1/16 pixels.
                points = np.rint(16 * (place(message.points) - 0.5)).astype(np.int32)
                thickness = max(1, round(scale * message.scale.x))
                cv2.polylines(canvas, [points], False, color, thickness, cv2.LINE_AA, shift=4)
            elif message.type == Marker.TEXT_VIEW_FACING:
                font, size = cv2.FONT_HERSHEY_SIMPLEX, scale * message.scale.z / 30
                (across, tall), _ = cv2.getTextSize(message.text, font, size, 1)
                x, y = place([message.pose.position])[0]
                cv2.putText(
                    canvas,
                    message.text,
                    (round(x - across / 2), round(y + tall / 2)),
                    font,
                    size,
                    color,
                    1,
                    cv2.LINE_AA,
                )
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
            # Both counted from pixel corners; OpenCV counts from pixel centres.
            warp = cv2.getAffineTransform(
                (source - 0.5).astype(np.float32), (corners - 0.5).astype(np.float32)
            )
            light *= cv2.warpAffine(
                texture, warp, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
        mask = np.zeros(canvas.shape[:2], np.uint8)
        cv2.fillConvexPoly(mask, np.rint(16 * (corners - 0.5)).astype(np.int32), 1, shift=4)
        canvas[mask > 0] = np.rint(255 * light[mask > 0])


class Showing(Node):
    """A camera that plays a video, a person who clicks, and RViz that draws."""

    def __init__(self, frames: list[np.ndarray]) -> None:
        super().__init__('render_markers')
        self._frames = frames
        self._position = 0
        self.playing = False
        self.scene = Scene()
        self.shown = 0  # stamp of the picture on the plane, ns
        self.states: dict[int, bool] = {}  # stamp: whether a target is tracked in that image
        self._camera = self.create_publisher(Image, 'image', 1)
        self._clicks = self.create_publisher(PointStamped, '/clicked_point', 5)
        self.create_subscription(MarkerArray, 'box_selector/markers', self._on_markers, 100)
        self.create_subscription(Detection2DArray, 'tracker/tracks', self._on_tracks, 10)
        self.create_timer(SLOWDOWN / 25, self._play)

    def ready(self) -> bool:
        """Return whether the nodes listen."""
        return bool(
            self._camera.get_subscription_count() >= 2
            and self.states
            and self._clicks.get_subscription_count()
            and self.shown
        )

    def click(self, pixel: tuple[float, float]) -> None:
        """Click on a pixel of the plane as RViz's Publish Point does."""
        rows, columns = self._frames[0].shape[:2]
        message = PointStamped(
            header=Header(frame_id='picture', stamp=self.get_clock().now().to_msg())
        )
        picture = next(
            drawn.message
            for drawn in self.scene.markers.values()
            if drawn.message.ns == 'picture' and drawn.message.scale.x == 1
        )
        width = 2 * max(point.x for point in picture.points)
        message.point.x, message.point.y = PicturePlane(columns, rows, width).to_plane(*pixel)
        self._clicks.publish(message)

    def text(self) -> str:
        """Return the words above the picture."""
        return ''.join(drawn.message.text for drawn in self.scene.markers.values())

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Spin until a condition holds."""
        end = time.monotonic() + PATIENCE
        while not condition():
            rclpy.spin_once(self, timeout_sec=0.1)
            if time.monotonic() > end:
                raise TimeoutError(f'not within {PATIENCE:g} s: {what}')

    def _play(self) -> None:
        frame = self._frames[self._position]
        header = Header(frame_id='camera', stamp=self.get_clock().now().to_msg())
        self._camera.publish(images.encode(frame, header, 'bgr8'))
        if self.playing and self._position + 1 < len(self._frames):
            self._position += 1

    def _on_markers(self, message: MarkerArray) -> None:
        self.scene.take(message)
        for marker in message.markers:
            if marker.ns == 'picture' and marker.scale.x == 1:
                self.shown = nanoseconds(marker.texture.header.stamp)

    def _on_tracks(self, message: Detection2DArray) -> None:
        self.states[nanoseconds(message.header.stamp)] = bool(message.detections)


def read_frames(video: Path, first: int, count: int) -> list[np.ndarray]:
    """Return frames (H, W, 3) uint8 BGR of a video."""
    capture = cv2.VideoCapture(str(video))
    frames = []
    for number in range(first + count):
        good, frame = capture.read()
        if not good:
            raise SystemExit(f'error: {video} has no frame {number}')
        if number >= first:
            frames.append(frame)
    return frames


def play(
    showing: Showing,
    corners: tuple[tuple[float, float], tuple[float, float]],
    keep: Callable[[str], None],
) -> None:
    """Go through the steps of docs/rviz.md; `keep` is called with a name at each."""
    showing.wait(showing.ready, 'the nodes are up')
    showing.wait(lambda: showing.text().startswith('click two'), 'the plane asks for clicks')
    settled = time.monotonic() + 2  # the nodes find each other out of our sight
    showing.wait(lambda: time.monotonic() > settled, 'two seconds')
    keep('rviz_live')
    showing.click(corners[0])
    showing.wait(lambda: showing.text().startswith('click the opposite'), 'the first corner')
    keep('rviz_first_corner')
    showing.click(corners[1])
    showing.wait(lambda: any(showing.states.values()), 'the tracker tracks')
    showing.playing = True
    showing.wait(lambda: showing.text().startswith('tracking'), 'the plane says so')
    keep('rviz_tracking')
    showing.wait(lambda: showing.text().startswith('lost'), 'the van hides the target')
    keep('rviz_lost')


def main() -> int:
    """Run the nodes and write the pictures; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.strip().split('\n')[0])
    parser.add_argument('--video', type=Path, default=ROOT / 'build' / 'data' / 'bikes.mp4')
    parser.add_argument('--first', type=int, default=76, help='frame to begin with (%(default)s)')
    parser.add_argument('--out', type=Path, default=ROOT / 'docs' / 'images')
    arguments = parser.parse_args()
    missing = [name for name in ('box_selector_node', 'tracker_node') if not shutil.which(name)]
    if missing:
        print(f'error: {missing[0]} is not on the path; source scripts/env.sh', file=sys.stderr)
        return 2
    arguments.out.mkdir(parents=True, exist_ok=True)
    frames = read_frames(arguments.video, arguments.first, 61)
    nodes = [
        subprocess.Popen(['box_selector_node']),
        subprocess.Popen(
            [
                'tracker_node',
                '--ros-args',
                '-p',
                'autostart:=true',
                '-p',
                f'lost_threshold:={LOST_THRESHOLD}',
                '-p',
                f'lost_after:={LOST_AFTER}',
            ]
        ),
    ]
    rclpy.init()
    showing = Showing(frames)

    kept: dict[str, np.ndarray] = {}

    def keep(name: str) -> None:
        # Written at the end: a camera that stops for a second makes the tracker forget.
        kept[name] = showing.scene.draw(*VIEW, SCALE)
        print(f'{name}: "{showing.text()}"')

    try:
        play(showing, ((406, 54), (512, 272)), keep)
    except TimeoutError as error:
        print(f'error: {error}; the plane says "{showing.text()}"', file=sys.stderr)
        return 1
    finally:
        showing.destroy_node()
        rclpy.shutdown()
        for node in nodes:
            node.terminate()
        for node in nodes:
            node.wait(10)
        for name, picture in kept.items():
            path = arguments.out / f'{name}.png'
            cv2.imwrite(str(path), picture[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])
            print(f'{path}: {path.stat().st_size / 1024:.0f} KB')
    return 0


if __name__ == '__main__':
    sys.exit(main())
