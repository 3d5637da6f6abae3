# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What a benchmark looks at: a drawn target that moves, or a video of the user's own."""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.boxes import check_box
from aiatrack_ros.tracking.video import Video
import cv2
import numpy as np

TARGETS = ('small', 'large')  # the sizes of a drawn target
DRAWN_FRAMES = 24  # in a drawn scene
VIDEO_FRAMES = 300  # the most that are taken of a video
SMALLEST_SIZE = 64  # pixels; the least width and height of a drawn frame

_SMALL_HEIGHT = 36.0  # pixels; the square root of the area is then 30
_LARGE_SHARE = 0.5  # height of a large target over that of the frame
_ASPECT = 0.7  # width over height of the target
_STEP = 0.08  # motion from frame to frame, over the square root of the target's area
_JPEG_QUALITY = 90


@dataclass(frozen=True)
class Scene:
    """Frames that are shown to and fro, so that the target never jumps.

    Attributes:
        size: Width, height in pixels.
        target: How large the target is, as tables show it, such as 'small' or '60x150'.
        jpegs: The frames, encoded: a measurement decodes them as a camera driver would.
        boxes: x, y, w, h in pixels of the target in each frame, or only in the first.
    """

    size: tuple[int, int]
    target: str
    jpegs: tuple[bytes, ...]
    boxes: tuple[Box, ...]

    @property
    def frame(self) -> str:
        """Return the size as people write it."""
        return f'{self.size[0]}x{self.size[1]}'

    @property
    def has_truth(self) -> bool:
        """Return whether the target's box is known in every frame."""
        return len(self.boxes) == len(self.jpegs)

    def place(self, index: int) -> int:
        """Return which of the frames is shown as number `index`, from 0 on."""
        last = len(self.jpegs) - 1
        return last - abs(last - index % (2 * last)) if last else 0

    def image(self, index: int) -> np.ndarray:
        """Decode what is shown as number `index`: (H, W, 3) uint8 RGB, a reversed view of BGR."""
        data = np.frombuffer(self.jpegs[self.place(index)], np.uint8)
        return cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]


def texture(
    rng: np.random.Generator, width: int, height: int, colour: tuple[int, int, int]
) -> np.ndarray:
    """Return noise of several scales around a colour, as a picture (H, W, 3) uint8.

    Args:
        rng: Draws the noise.
        width: In pixels.
        height: In pixels.
        colour: The mean, in the order of the picture's channels.
    """
    total = np.empty((height, width, 3), np.float32)
    total[:] = colour
    for cell, depth in ((48, 50), (12, 30), (3, 15)):
        coarse = (height // cell + 2, width // cell + 2, 3)
        noise = rng.uniform(-depth, depth, coarse).astype(np.float32)
        total += cv2.resize(noise, (width, height), interpolation=cv2.INTER_LINEAR)
    return total.clip(0, 255).astype(np.uint8)


def draw_scene(size: tuple[int, int], target: str, frames: int = DRAWN_FRAMES) -> Scene:
    """Draw a target that drifts over a background, the same every time.

    Args:
        size: Width, height in pixels.
        target: 'small', about 30 px, or 'large', half as high as the frame.
        frames: How many; they are shown to and fro.

    Raises:
        InputError: The frame is smaller than SMALLEST_SIZE.
    """
    width, height = size
    if min(size) < SMALLEST_SIZE:
        raise InputError(f'size {width}x{height} is too small; draw {SMALLEST_SIZE} px or more')
    rng = np.random.default_rng(5)
    background = texture(rng, width, height, (90, 120, 110))
    tall = min(_SMALL_HEIGHT, height / 2) if target == 'small' else height * _LARGE_SHARE
    h, w = round(tall), round(tall * _ASPECT)
    patch = texture(rng, w, h, (60, 80, 200))
    mask = np.zeros((h, w), np.uint8)
    cv2.ellipse(mask, (w // 2, h // 2), (w // 2, h // 2), 0, 0, 360, (255,), -1)
    jpegs, boxes = [], []
    for index in range(frames):
        along = _STEP * (index - frames / 2)
        x = round((width - w) / 2 + along * (w * h) ** 0.5)
        y = round((height - h) / 2 + 0.2 * h * np.sin(along * 3))
        x, y = min(max(x, 0), width - w), min(max(y, 0), height - h)
        picture = background.copy()
        picture[y : y + h, x : x + w][mask > 0] = patch[mask > 0]
        jpegs.append(_encode(picture))
        boxes.append((float(x), float(y), float(w), float(h)))
    return Scene(size, target, tuple(jpegs), tuple(boxes))


def video_scene(path: str | Path, box: Box) -> Scene:
    """Take the first frames of a video or a folder of pictures, and the target in the first one.

    Raises:
        InputError: The video can't be read, or the box lies outside.
    """
    jpegs: list[bytes] = []
    for frame in islice(Video(path), VIDEO_FRAMES):
        height, width = frame.shape[:2]
        if not jpegs:
            box = check_box(box, width, height)
            size = (width, height)
        jpegs.append(_encode(np.ascontiguousarray(frame[..., ::-1])))
    return Scene(size, f'{box[2]:g}x{box[3]:g}', tuple(jpegs), (box,))


def _encode(picture: np.ndarray) -> bytes:
    """Return a BGR picture as JPEG."""
    _, data = cv2.imencode('.jpg', picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return data.tobytes()
