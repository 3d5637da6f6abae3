# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Which numbers of a deep picture are black and which are white, chosen so that it stays steady.

Deep pictures, of 16 bits or of floats, rarely use what their type holds: cameras count to 1023 or
4095, thermal ones report centi-kelvins round 29000. Scaled from the whole type to 8 bits, little
or nothing would be left of them.
"""

import threading

import cv2
import numpy as np

Range = tuple[float, float]  # what is black, and what is white, in the numbers of the picture

_WHOLE = 65535.0  # the largest number of 16 bits
# The largest numbers of cameras that count with 10 and with 12 of the 16 bits.
_DEPTHS = (1023.0, 4095.0)
# A thermal camera counts far from zero, in a span narrower than _NARROW. Such numbers, and floats
# outside of [0, 1], range from the least to the greatest of the picture itself, with a share of
# _ROOM of that span added at either end.
_NARROW, _ROOM = 16384.0, 0.05
# Numbers in a narrower span than this come from a covered lens, or are noise.
_LEAST_SPAN = 16.0

# The percentiles of a picture that are taken for its darkest and its brightest number, and how
# many of its numbers they are taken from, roughly.
_DARK, _BRIGHT, _LOOKED_AT = 0.1, 99.9, 20_000
# A range is kept until a picture reaches beyond it by this share of it ...
_OUTSIDE = 0.1
# ... or until the range chosen from a picture alone is smaller than the share _SMALL of it, for
# _PATIENCE pictures in a row, or smaller than the share _TINY of it, even once.
_SMALL, _PATIENCE, _TINY = 0.3, 30, 0.125


class PixelRange:
    """Turns pictures of uint16 or floats into uint8.

    A range that is given is used for all pictures. Without one it is chosen from the first
    picture: 0 to 1023 or 4095 where no number is larger, else 0 to 65535; for floats 0 to 1; and
    for numbers in a narrow span away from zero, that span. It is chosen anew when pictures reach
    beyond it, or when a small part of it has been enough for a while, and at no other time: a
    range that followed every picture would make them flicker. Methods may be called from any
    thread.
    """

    def __init__(self, low: float = 0.0, high: float = 0.0) -> None:
        self._lock = threading.Lock()
        self._given: Range | None = None
        self._chosen: Range | None = None
        self._kind = ''  # of the numbers that it was chosen for
        self._small = 0  # pictures in a row that would do with little of it
        self.give(low, high)

    def give(self, low: float, high: float) -> None:
        """Take `low` for black and `high` for white from now on; with a `high` of 0, choose them.

        Raises:
            ValueError: `high` is neither 0 nor above `low`.
        """
        if high and not high > low:
            raise ValueError(f'white at {high:g} must be above black at {low:g}')
        with self._lock:
            self._given = (low, high) if high else None

    def of(self, pixels: np.ndarray) -> Range:
        """Return what is black and what is white in the next picture of a camera.

        Args:
            pixels: (H, W) or (H, W, C), uint16 or floats, which may be NaN.
        """
        kind = pixels.dtype.kind
        used = _used(pixels)
        with self._lock:
            if self._given:
                return self._given
            chosen = self._chosen
            if (
                chosen is None
                or kind != self._kind
                or (used and self._is_over(chosen, used, kind))
            ):
                self._kind, self._small = kind, 0
                self._chosen = chosen = _choose(used or (0.0, 0.0), kind)
            return chosen

    def to_8_bits(self, pixels: np.ndarray) -> np.ndarray:
        """Return uint8 of the same shape; what is outside of the range is black or white.

        Args:
            pixels: (H, W) or (H, W, C). uint8 is returned as it is.
        """
        if pixels.dtype == np.uint8:
            return pixels
        low, high = self.of(pixels)
        scale = 255 / (high - low)
        if pixels.dtype != np.uint16:
            scaled = (pixels - np.float32(low)) * np.float32(scale)
            # A pixel that was not measured is NaN, and becomes black.
            return np.rint(np.clip(np.nan_to_num(scaled, nan=0.0), 0, 255)).astype(np.uint8)
        flat = pixels.reshape(len(pixels), -1)
        if low:
            # OpenCV's difference of unsigned numbers ends at 0.
            flat = cv2.subtract(flat, (low, 0, 0, 0))  # type: ignore[call-overload]
        return cv2.convertScaleAbs(flat, alpha=scale).reshape(pixels.shape)

    def _is_over(self, chosen: Range, used: Range, kind: str) -> bool:
        """Tell whether a range has to be chosen anew, for a picture that uses `used` of it."""
        black, white = chosen
        span = white - black
        if used[0] < black - _OUTSIDE * span or used[1] > white + _OUTSIDE * span:
            return True
        if kind == 'u' and used[1] - used[0] < _LEAST_SPAN:
            return False  # a shutter may be closed, as thermal cameras do; it teaches nothing
        fresh = _choose(used, kind)
        share = (fresh[1] - fresh[0]) / span
        self._small = self._small + 1 if share < _SMALL else 0
        return share < _TINY or self._small >= _PATIENCE


def _used(pixels: np.ndarray) -> Range | None:
    """Return the least and the greatest number, outliers left out; None if none is finite."""
    step = max(1, int((pixels.size / _LOOKED_AT) ** 0.5))
    step += step % 2 == 0  # an even step would see only one colour of a Bayer mosaic
    seen = pixels[::step, ::step]
    if pixels.dtype.kind == 'f':
        seen = seen[np.isfinite(seen)]
    if not seen.size:
        return None
    low, high = np.percentile(seen, (_DARK, _BRIGHT))
    return float(low), float(high)


def _choose(used: Range, kind: str) -> Range:
    """Return the range for pictures of which the numbers, of NumPy's `kind`, reach so far."""
    low, high = used
    span = high - low
    own = (low - _ROOM * span, high + _ROOM * span)
    if kind != 'u':
        return (0.0, 1.0) if span == 0 or (low >= 0 and high <= 1) else own
    if low > high / 2 and _LEAST_SPAN <= span < _NARROW:
        return own
    return 0.0, next((white for white in _DEPTHS if high <= white), _WHOLE)
