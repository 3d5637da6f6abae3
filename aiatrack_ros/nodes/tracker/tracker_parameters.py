# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The parameters of the tracker node, and the way of a change to the tracker."""

from collections.abc import Callable
from collections.abc import Sequence
import dataclasses
from typing import Any

from aiatrack_ros.nodes.common.parameters import declare
from aiatrack_ros.nodes.common.parameters import Setting
from aiatrack_ros.tracking import ENGINES
from aiatrack_ros.tracking import PRECISIONS
from aiatrack_ros.tracking import TrackerSettings
from aiatrack_ros.tracking import VARIANTS
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock
from rclpy.clock import ClockType
from rclpy.node import Node
from rclpy.parameter import Parameter

_ONLINE_LOOP = dataclasses.fields(TrackerSettings)

TRACKER_NODE = (
    Setting(
        'autostart', False, 'configure and activate the node by itself at start', read_only=True
    ),
    Setting(
        'model', 'aiatrack_lite', 'variant of the network', choices=tuple(VARIANTS), read_only=True
    ),
    Setting(
        'checkpoint',
        '',
        'weights file, .safetensors or .pth; empty for the weights that come with the model',
        read_only=True,
    ),
    Setting(
        'device',
        'auto',
        'auto, cpu, cuda or cuda:N, where the network runs',
        pattern=r'auto|cpu|cuda(:\d+)?',
        read_only=True,
    ),
    Setting(
        'precision',
        'auto',
        'arithmetic of the network',
        choices=('auto', *PRECISIONS),
        read_only=True,
    ),
    Setting('threads', 0, 'CPU threads of the network; 0 chooses', (0, 256), read_only=True),
    Setting(
        'engine',
        'auto',
        'what runs the network; auto is the fastest that is installed',
        choices=ENGINES,
        read_only=True,
    ),
    Setting(
        'image_transport',
        'raw',
        'raw takes sensor_msgs/Image on image, compressed takes '
        'sensor_msgs/CompressedImage on image/compressed',
        choices=('raw', 'compressed'),
        read_only=True,
    ),
    *(
        Setting(field.name, field.default, field.metadata['help'], field.metadata['range'])
        for field in _ONLINE_LOOP
    ),
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
    The parameters of the tracker node, as their values.

    `apply` is called after each change that was accepted, also in rclpy of Humble, which has no
    callback for that.
    """

    def __init__(self, node: Node, apply: Callable[[], None]) -> None:
        self._node = node
        self._apply = apply
        self._rows = {setting.name: setting for setting in TRACKER_NODE}
        declare(node, TRACKER_NODE)
        self.tracker_settings()
        self.levels()
        node.add_on_set_parameters_callback(self._validate)
        self._has_post_set = hasattr(node, 'add_post_set_parameters_callback')
        if self._has_post_set:
            node.add_post_set_parameters_callback(lambda _: apply())

    def __getitem__(self, name: str) -> Any:
        return self._node.get_parameter(name).value

    def values(self) -> dict[str, Any]:
        """Return all of them by their names."""
        return {name: self[name] for name in self._rows}

    def tracker_settings(self, changes: Sequence[Parameter] = ()) -> TrackerSettings:
        """Return the settings of the online loop, with `changes` if there are any."""
        values = {field.name: self[field.name] for field in _ONLINE_LOOP}
        values.update({change.name: change.value for change in changes if change.name in values})
        return TrackerSettings(**values)

    def levels(self, changes: Sequence[Parameter] = ()) -> tuple[float, float]:
        """Return what is black and what is white; raise ValueError where that cannot be."""
        values = {change.name: change.value for change in changes}
        black, white = (values.get(name, self[name]) for name in ('black_level', 'white_level'))
        if white and not white > black:
            raise ValueError(
                f'white_level is {white:g}; it must be 0 or above black_level, {black:g}'
            )
        return black, white

    def _validate(self, changes: list[Parameter]) -> SetParametersResult:
        for change in changes:
            row = self._rows.get(change.name)
            complaint = row.complaint(change.value) if row else ''
            if complaint:
                return SetParametersResult(successful=False, reason=complaint)
        try:
            self.tracker_settings(changes)
            self.levels(changes)
        except ValueError as error:
            return SetParametersResult(successful=False, reason=str(error))
        if not self._has_post_set:
            self._apply_soon()
        return SetParametersResult(successful=True)

    def _apply_soon(self) -> None:
        """Apply once the callback has returned and the values are in place."""

        def run() -> None:
            timer.cancel()
            self._node.destroy_timer(timer)
            self._apply()

        # Simulated time may stand.
        timer = self._node.create_timer(0.0, run, clock=Clock(clock_type=ClockType.STEADY_TIME))
