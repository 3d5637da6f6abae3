# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Pictures written into a folder, one file each."""

from pathlib import Path
from types import TracebackType

from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking.pixel_order import to_bgr
import cv2
import numpy as np


class PictureWriter:
    """Writes 000000.jpg, 000001.jpg and so on into a folder; a context manager.

    The folder is made if it is missing; the one that it is to lie in must be there.

    Raises:
        InputError: The folder cannot be made, or a picture cannot be written.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).expanduser()
        self._count = 0
        try:
            self.path.mkdir(exist_ok=True)
        except OSError as error:
            raise InputError(
                f"output '{self.path}' can't be written: {error.strerror}; give a folder, or a "
                'name that ends in .mp4'
            ) from error

    def __enter__(self) -> 'PictureWriter':
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def write(self, picture: np.ndarray) -> None:
        """Write a picture (H, W, 3) uint8, RGB, as the next file.

        Raises:
            InputError: It cannot be written.
        """
        path = self.path / f'{self._count:06d}.jpg'
        good, jpeg = cv2.imencode('.jpg', to_bgr(picture))
        try:
            if not good:
                raise InputError(f"picture '{path}' can't be made a JPEG")
            path.write_bytes(jpeg.tobytes())
        except OSError as error:
            raise InputError(f"picture '{path}' can't be written: {error.strerror}") from error
        self._count += 1

    def close(self) -> None:
        """Do nothing: every picture is whole when it is written."""
