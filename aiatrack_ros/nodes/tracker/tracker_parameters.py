# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The parameters of the tracker node, and how a change of them reaches the tracker."""

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

from aiatrack_ros.nodes.common.image_transport import IMAGE_TRANSPORT
from aiatrack_ros.nodes.common.managed_node import AUTOSTART
from aiatrack_ros.nodes.common.parameters import declare
from aiatrack_ros.nodes.common.parameters import mirrored
from aiatrack_ros.nodes.common.parameters import Setting
from aiatrack_ros.nodes.common.parameters import settings_of
from aiatrack_ros.tracking import TrackerSettings
from aiatrack_ros.tracking.settings import NetworkSettings
from rclpy.clock import Clock
from rclpy.clock import ClockType
from rclpy.node import Node
from rclpy.parameter import Parameter

TRACKER_NODE = (
    AUTOSTART,
    *mirrored(NetworkSettings, read_only=True),
    IMAGE_TRANSPORT,
    *mirrored(TrackerSettings),
    Setting(
        'frame_buffer_seconds',
        1.0,
        'how far back a box may name its image, in seconds; at most 256 MiB of images are kept',
        (0.0, 10.0),
    ),
    Setting(
        'black_level',
        0.0,
        'what is black in images of 16 bits or floats; of no meaning while white_level is 0',
        (-1e6, 1e6),
    ),
    Setting(
        'white_level',
        0.0,
        'what is white in images of 16 bits or floats, above black_level; 0 has both chosen from '
        'the images',
        (0.0, 1e6),
    ),
    Setting(
        'record_to',
        '',
        'folder into which a clip is written when the target is lost, doubtful or reset; it has '
        'to be there; empty: none are written',
        read_only=True,
    ),
    Setting(
        'record_seconds',
        10.0,
        'how long before and after that a clip lasts, in seconds; at most 256 MiB of images are '
        'kept for it',
        (1.0, 60.0),
        read_only=True,
    ),
    Setting(
        'record_limit_mb',
        1024,
        'what the clips of the folder may take, in megabytes; the oldest make room',
        (10, 10_000_000),
        read_only=True,
    ),
    Setting(
        'record_quality',
        90,
        'quality of the JPEGs that a clip has of images that came raw; 0 keeps them raw, so that '
        'a replay gives the very same boxes',
        (0, 100),
        read_only=True,
    ),
    Setting('publish_overlay', True, 'draw ~/overlay while somebody subscribes to it'),
)


class TrackerParameters:
    """
    The parameters of the tracker node; parameters[NAME] is the value.

    Args:
        node: Gets the parameters.
        apply: Called after each change that was accepted; also in Humble, whose rclpy has no
            callback for that.

    Raises:
        ParameterException: A start value is not allowed.
        ValueError: Start values do not go together.
    """

    def __init__(self, node: Node, apply: Callable[[], None]) -> None:
        self._node = node
        self._apply = apply
        self._has_post_set = hasattr(node, 'add_post_set_parameters_callback')
        declare(node, TRACKER_NODE, self._check)
        if self._has_post_set:
            node.add_post_set_parameters_callback(lambda _: apply())

    def __getitem__(self, name: str) -> Any:
        return self._node.get_parameter(name).value

    def values(self) -> dict[str, Any]:
        """Return all of them by their names."""
        return {row.name: self[row.name] for row in TRACKER_NODE}

    def tracker_settings(self, changes: Sequence[Parameter] = ()) -> TrackerSettings:
        """Return the settings of the online loop, with changes that the node does not have yet.

        Raises:
            ValueError: They do not go together.
        """
        return settings_of(self._node, TrackerSettings, changes)

    def levels(self, changes: Sequence[Parameter] = ()) -> tuple[float, float]:
        """Return what is black and what is white in deep images, with changes as above.

        Raises:
            ValueError: White is neither 0 nor above black.
        """
        values = {change.name: change.value for change in changes}
        black, white = (values.get(name, self[name]) for name in ('black_level', 'white_level'))
        if white and not white > black:
            raise ValueError(
                f'white_level is {white:g}; it must be 0 or above black_level, {black:g}'
            )
        return black, white

    def _check(self, changes: Sequence[Parameter]) -> None:
        """Raise ValueError for values that do not go together."""
        self.tracker_settings(changes)
        self.levels(changes)
        if changes and not self._has_post_set:
            self._apply_soon()

    def _apply_soon(self) -> None:
        """Apply once the callback has returned and the values are in place."""

        def run() -> None:
            timer.cancel()
            self._node.destroy_timer(timer)
            self._apply()

        # It goes by a steady clock, because simulated time may stand.
        timer = self._node.create_timer(0.0, run, clock=Clock(clock_type=ClockType.STEADY_TIME))
