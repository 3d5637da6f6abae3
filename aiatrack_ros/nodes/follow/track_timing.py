# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Whether tracks come often enough to be followed, with stamps that pass as time does.

A robot must not drive on what it saw a while ago, be it that nothing comes any more or that the
same image, or an image without a stamp, comes again and again. And who set it up has to be told.
"""

# Stamps that pass slower than this share of real time stand. A simulation may be slow.
STANDING = 0.01


class TrackTiming:
    """
    Watches the stamps of tracks and when they come.

    All times are in seconds; `now` is of a steady clock, stamps may be of any.
    """

    def __init__(self, now: float) -> None:
        self._heard = now  # the last tracks
        self._stamp: float | None = None  # theirs
        self._passed = now  # when a stamp last was later than the one before,
        self._passed_stamp = 0.0  # that one
        self._late = 0  # tracks in a row that came too late

    def silence(self, now: float) -> float:
        """Return how long no tracks have come."""
        return now - self._heard

    def standstill(self, now: float) -> float:
        """Return for how long the stamps have not passed."""
        return now - self._passed

    def hear(self, stamp: float, now: float, limit: float) -> str:
        """
        Take the stamp of tracks that came; return what keeps a robot from following, '' if naught.

        `limit` is the longest time between two tracks.
        """
        before, self._stamp = self._stamp, stamp
        by_clock, self._heard = now - self._heard, now
        if before is None:
            self._passed, self._passed_stamp = now, stamp
            return ''
        by_stamp = stamp - before
        self._late = self._late + 1 if max(by_stamp, by_clock) >= limit else 0
        progress = stamp - self._passed_stamp
        if by_stamp < 0 or progress > STANDING * (now - self._passed):
            self._passed, self._passed_stamp = now, stamp
        if by_stamp < 0:
            return (
                f'the stamps of the tracks jumped back by {-by_stamp:.3f} s: the robot stops; '
                'a bag began again, the clock was set, or two cameras share a topic'
            )
        if self.standstill(now) >= limit:
            return self.standstill_text()
        if self._late > 1:  # one gap may be an accident
            slow, how = max((by_clock, ''), (by_stamp, ' by their stamps'))
            return (
                f'tracks come once in {slow:.2f} s{how}, which is slower than stop_after '
                f'({limit:g} s): the robot stands; raise the rate of the camera, or stop_after'
            )
        return ''

    def standstill_text(self) -> str:
        """Say that the stamps do not pass."""
        what = f'stand at {self._stamp:.3f} s' if self._stamp else 'are 0'
        return (
            f'the stamps of the tracks {what}: the robot stands; '
            'let the driver of the camera stamp its images'
        )
