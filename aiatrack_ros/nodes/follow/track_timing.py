# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Whether tracks come often enough for a robot to follow them, and whether their stamps go on.

A robot must not drive by what it saw a while ago, neither when nothing comes any more, nor when
the same image, or an image without a stamp, comes again and again. And the person who set the
robot up has to be told.
"""

# Stamps that go on at less than this share of the speed of real time count as standing. It is so
# small because a simulation may be slow.
STANDING = 0.01


class TrackTiming:
    """
    Watches when tracks come, and their stamps.

    All times are in seconds. `now` is of a steady clock; stamps may be of any clock.
    """

    def __init__(self, now: float) -> None:
        self._heard = now  # when the last tracks came
        self._stamp: float | None = None  # of the last tracks
        self._passed = now  # when a stamp was last later than those before,
        self._passed_stamp = 0.0  # and that stamp
        self._late = 0  # how many tracks in a row came too late

    def silence(self, now: float) -> float:
        """Return for how long no tracks have come."""
        return now - self._heard

    def standstill(self, now: float) -> float:
        """Return for how long the stamps have not gone on."""
        return now - self._passed

    def hear(self, stamp: float, now: float, limit: float) -> str:
        """
        Take the stamp of tracks that came.

        Args:
            stamp: Of the tracks.
            now: When they came.
            limit: The longest time that may be between two tracks.

        Returns:
            What keeps a robot from following them, in one line; '' if nothing does.
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
        if self._late > 1:  # a single gap may be an accident
            slow, how = max((by_clock, ''), (by_stamp, ' by their stamps'))
            return (
                f'tracks come once in {slow:.2f} s{how}, which is slower than stop_after '
                f'({limit:g} s): the robot stands; raise the rate of the camera, or stop_after'
            )
        return ''

    def standstill_text(self) -> str:
        """Return the sentence that the stamps stand."""
        what = f'stand at {self._stamp:.3f} s' if self._stamp else 'are 0'
        return (
            f'the stamps of the tracks {what}: the robot stands; '
            'let the driver of the camera stamp its images'
        )
