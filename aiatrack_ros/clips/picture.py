# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""An image that a tracker worked on, as a clip keeps it."""

from dataclasses import dataclass

import cv2
import numpy as np

# What the message of such a picture says of itself: its pixels are nearly those that came.
RECORDED_FORM = 'jpeg compressed by the recorder'


@dataclass
class Picture:
    """An image on its way into a clip: as it came, or what the tracker saw of it.

    Attributes:
        stamp: Of the image's header, in nanoseconds.
        frame_id: Of the image's header.
        data: The bytes of a compressed picture, uint8 (N,), None while it is not compressed.
        form: What a CompressedImage says of them, such as 'jpeg'.
        pixels: (H, W, 3) uint8, RGB, of one that is not compressed.
    """

    stamp: int
    frame_id: str
    data: np.ndarray | None = None
    form: str = ''
    pixels: np.ndarray | None = None

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return sum(each.nbytes for each in (self.data, self.pixels) if each is not None)

    def compress(self, quality: int) -> None:
        """Make a JPEG of one that is not compressed; quality 0 leaves it as it is."""
        if self.pixels is None or not quality:
            return
        # A reversed view of BGR turned round is what OpenCV takes, and nothing is copied.
        made, data = cv2.imencode(
            '.jpg', self.pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality]
        )
        if made:
            self.data, self.form, self.pixels = data, RECORDED_FORM, None
