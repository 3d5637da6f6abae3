# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""An image that a tracker worked on, as a clip keeps it."""

from dataclasses import dataclass

import cv2
import numpy as np

# The `format` of pictures that the recorder compressed; their pixels changed a little by it.
RECORDED_FORM = 'jpeg compressed by the recorder'


@dataclass
class Picture:
    """An image on its way into a clip: as it came, or what the tracker saw of it.

    Attributes:
        stamp: The stamp in the image's header, in nanoseconds.
        frame_id: The frame in the image's header.
        data: The bytes of the compressed picture, uint8 (N,); None while it is not compressed.
        form: The `format` of a CompressedImage with these bytes, such as 'jpeg'.
        pixels: The picture while it is not compressed, (H, W, 3) uint8, RGB; else None.
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
        # OpenCV wants BGR: for pixels that came as BGR and are seen as RGB, this copies nothing.
        made, data = cv2.imencode(
            '.jpg', self.pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality]
        )
        if made:
            self.data, self.form, self.pixels = data, RECORDED_FORM, None
