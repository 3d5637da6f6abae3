# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Folders and tar files read alike, and pictures decoded from either."""

from collections.abc import Iterator
from pathlib import Path
import tarfile
import threading
from typing import TypeAlias

from aiatrack_ros.errors import InputError
import cv2
import numpy as np

Image: TypeAlias = np.ndarray  # (H, W, 3), RGB, or (H, W), a mask; uint8

# The suffixes of pictures. A frame that is named by its number alone may have any of them.
PICTURES = ('.jpg', '.jpeg', '.png', '.webp', '.bmp')


class BrokenPictureError(ValueError):
    """A file that should hold a picture, a mask or boxes and does not; the text names it."""


class Folder:
    """The files below a folder or inside an uncompressed tar file, by their relative names.

    Files may be read from several threads at once.
    """

    def __init__(self, path: str | Path, listed: bool = True) -> None:
        """Open a folder or a tar file.

        Args:
            path: The folder or the file.
            listed: Whether its names will be listed. If not, it is taken for a folder, which need
                not exist until something is read from it.

        Raises:
            InputError: It does not exist, or is a file and not an uncompressed tar file.
        """
        self.path = Path(path)
        self._tar: tarfile.TarFile | None = None
        self._members: dict[str, tarfile.TarInfo] = {}
        self._lock = threading.Lock()
        if self.path.is_dir() or not listed:
            return
        if not self.path.is_file():
            raise InputError(
                f'training data {self.path} does not exist; give a folder or a tar file'
            )
        try:
            self._tar = tarfile.open(self.path, 'r:')
            members = self._tar.getmembers()
        except tarfile.TarError as error:
            raise InputError(
                f'training data {self.path} is not a plain tar file: {error}'
            ) from error
        self._members = {member.name.removeprefix('./'): member for member in members}

    def __iter__(self) -> Iterator[str]:
        """Yield the names of all files, sorted."""
        if self._tar is not None:
            yield from sorted(name for name, member in self._members.items() if member.isfile())
        else:
            yield from sorted(
                path.relative_to(self.path).as_posix()
                for path in self.path.rglob('*')
                if path.is_file()
            )

    def read(self, name: str) -> bytes:
        """Return a file's content; raise BrokenPictureError if it cannot be read."""
        try:
            if self._tar is None:
                return (self.path / name).read_bytes()
            with self._lock:
                content = self._tar.extractfile(self._members[name])
                return content.read() if content is not None else b''
        except (OSError, KeyError, tarfile.TarError) as error:
            raise BrokenPictureError(f'{self.path}/{name}: {error}') from error

    def picture(self, stem: str) -> str:
        """Return the name of the picture `stem` with whichever suffix of PICTURES it has.

        Raises:
            BrokenPictureError: There is none.
        """
        for suffix in PICTURES:
            name = stem + suffix
            if name in self._members if self._tar is not None else (self.path / name).is_file():
                return name
        others = ', '.join(PICTURES[1:])
        raise BrokenPictureError(
            f'{self.path}/{stem}{PICTURES[0]}: there is no such picture (nor {others})'
        )

    def image(self, name: str, longest: int = 0) -> Image:
        """Return an RGB picture (H, W, 3) uint8.

        Args:
            name: The name of the file.
            longest: The most pixels that its longer side may have, for which it is shrunk; 0
                leaves it as it is.

        Raises:
            BrokenPictureError: There is no such file, or it is no picture.
        """
        pixels = self.pixels(name, cv2.IMREAD_COLOR)
        if longest:
            pixels, _ = shrink(pixels, longest)
        return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)

    def pixels(self, name: str, flags: int) -> Image:
        """Return a picture as OpenCV decodes it with its IMREAD `flags`; colours are BGR.

        Raises:
            BrokenPictureError: There is no such file, or it is no picture.
        """
        data = np.frombuffer(self.read(name), np.uint8)
        try:
            pixels = cv2.imdecode(data, flags) if data.size else None
        except cv2.error:
            pixels = None
        if pixels is None:
            raise BrokenPictureError(f'{self.path}/{name}: not a picture that OpenCV can decode')
        return pixels


def shrink(pixels: Image, longest: int) -> tuple[Image, float]:
    """Return a picture with its longer side at most `longest` pixels, and the factor, 1 at most.

    Args:
        pixels: (H, W) or (H, W, C) uint8.
        longest: In pixels.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, longest / max(height, width))
    if scale < 1.0:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return pixels, scale
