# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The base of managed nodes, which start by themselves if asked, and always clean up."""

from aiatrack_ros.nodes.common.parameters import Setting
from rclpy.lifecycle import LifecycleNode
from rclpy.lifecycle import LifecycleState
from rclpy.lifecycle import TransitionCallbackReturn

AUTOSTART = Setting(
    'autostart', False, 'configure and activate the node by itself at start', read_only=True
)


class ReleasingNode(LifecycleNode):
    """
    Base of managed nodes, which has them release what they hold on every way out of a state.

    A derived node leaves the active state in `_stop`, and releases everything in `_release`. Both
    must be harmless in any state, and when they are called twice. Its parameters have AUTOSTART
    among them.
    """

    def start(self) -> bool:
        """
        Configure and activate the node if its parameter AUTOSTART, which it declares, says so.

        Returns False where a transition failed; the node has then logged why.
        """
        if not self.get_parameter(AUTOSTART.name).value:
            return True
        success = TransitionCallbackReturn.SUCCESS
        return self.trigger_configure() == success and self.trigger_activate() == success

    def _stop(self) -> None:
        raise NotImplementedError

    def _release(self) -> None:
        raise NotImplementedError

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Leave the active state."""
        self._stop()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release everything."""
        self._release()
        return super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release everything."""
        self._release()
        return super().on_shutdown(state)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release everything, so that the node can be configured again."""
        self._release()
        return super().on_error(state)

    def destroy_node(self) -> None:
        """Release everything and destroy the node."""
        self._release()
        super().destroy_node()
