# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Which numbers of a deep picture are black and which are white, chosen so that it stays steady.

Deep pictures, of 16 bits or of floats, rarely use what their type holds: cameras count to 1023 or
4095, thermal ones report centi-kelvins round 29000. Scaled from the whole type to 8 bits, little
or nothing would be left of them.
"""

import threading

import cv2
import numpy as np

Range = tuple[float, float]

_WHOLE = 65535.0
# What cameras of 10 and 12 bits count to in 16.
_DEPTHS = (1023.0, 4095.0)
# Counts far from zero, in a narrower span than this, are measured from their own least and
# greatest, as are floats outside of [0, 1]: a thermal camera's. A share of the span is left free
# at either end.
_NARROW, _ROOM = 16384.0, 0.05
# A narrower span is a covered lens, or noise.
_LEAST_SPAN = 16.0

# Percentiles of a picture that are taken for its darkest and its brightest, from about so many of
# its numbers.
_DARK, _BRIGHT, _LOOKED_AT = 0.1, 99.9, 20_000
# A range is kept until a picture leaves it by this share of it ...
_OUTSIDE = 0.1
# ... or would do with so small a share of it, for so many pictures in a row or at once.
_SMALL, _PATIENCE, _TINY = 0.3, 30, 0.125


class PixelRange:
    """Takes pictures of uint16 or floats to uint8.

    A range that is given holds. Without one it is chosen from the first picture: what the type
    holds by definition (0 to 65535, floats 0 to 1), or 10 or 12 bits where the picture has no
    more, or for a narrow span away from zero that span. It is chosen anew when pictures leave it
    or have done with little of it for a while, and at no other time, for a range that followed
    every picture would make them flicker. Methods may be called from any thread.
    """

    def __init__(self, low: float = 0.0, high: float = 0.0) -> None:
        self._lock = threading.Lock()
        self._given: Range | None = None
        self._chosen: Range | None = None
        self._kind = ''  # of the numbers that it was chosen for
        self._small = 0  # pictures in a row that would do with little of it
        self.give(low, high)

    def give(self, low: float, high: float) -> None:
        """Take `low` for black and `high` for white from now on; a `high` of 0 has it chosen.

        Raises:
            ValueError: `high` is neither 0 nor above `low`.
        """
        if high and not high > low:
            raise ValueError(f'white at {high:g} must be above black at {low:g}')
        with self._lock:
            self._given = (low, high) if high else None

    def of(self, pixels: np.ndarray) -> Range:
        """Return what is black and what is white in this picture, the next of its camera."""
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
            # What was not measured is NaN; it is to be black.
            return np.rint(np.clip(np.nan_to_num(scaled, nan=0.0), 0, 255)).astype(np.uint8)
        flat = pixels.reshape(len(pixels), -1)
        if low:
            flat = cv2.subtract(flat, (low, 0, 0, 0))  # type: ignore[call-overload]  # not below 0
        return cv2.convertScaleAbs(flat, alpha=scale).reshape(pixels.shape)

    def _is_over(self, chosen: Range, used: Range, kind: str) -> bool:
        black, white = chosen
        span = white - black
        if used[0] < black - _OUTSIDE * span or used[1] > white + _OUTSIDE * span:
            return True
        if kind == 'u' and used[1] - used[0] < _LEAST_SPAN:
            return False  # the shutter of a thermal camera, for one; nothing is learned from it
        fresh = _choose(used, kind)
        share = (fresh[1] - fresh[0]) / span
        self._small = self._small + 1 if share < _SMALL else 0
        return share < _TINY or self._small >= _PATIENCE


def _used(pixels: np.ndarray) -> Range | None:
    """Return the least and the greatest number, but for outliers; None where there is none."""
    step = max(1, int((pixels.size / _LOOKED_AT) ** 0.5))
    step += step % 2 == 0  # an even one would see one colour of a Bayer mosaic only
    seen = pixels[::step, ::step]
    if pixels.dtype.kind == 'f':
        seen = seen[np.isfinite(seen)]
    if not seen.size:
        return None
    low, high = np.percentile(seen, (_DARK, _BRIGHT))
    return float(low), float(high)


def _choose(used: Range, kind: str) -> Range:
    low, high = used
    span = high - low
    own = (low - _ROOM * span, high + _ROOM * span)
    if kind != 'u':
        return (0.0, 1.0) if span == 0 or (low >= 0 and high <= 1) else own
    if low > high / 2 and _LEAST_SPAN <= span < _NARROW:
        return own
    return 0.0, next((white for white in _DEPTHS if high <= white), _WHOLE)
