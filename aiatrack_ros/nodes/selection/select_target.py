# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Choose the target in a window: drag a box over the live image and press Enter.

  ros2 run aiatrack_ros select_target --ros-args -r image:=/camera/image_raw

The image stands still from the press of the mouse button until Enter, and the box goes to the
tracker with the stamp of that image. Enter gives it, r draws again, Esc goes back to the live
image and from there ends. Ends with 0 when the tracker has taken the box, with 1 when cancelled.
"""

import sys
import time
from typing import Any

from aiatrack_ros.errors import InputError
from aiatrack_ros.nodes.common import images
from aiatrack_ros.nodes.common import messages
from aiatrack_ros.nodes.common.image_transport import image_input
from aiatrack_ros.nodes.common.image_transport import IMAGE_TRANSPORT
from aiatrack_ros.nodes.common.parameters import declare
from aiatrack_ros.nodes.common.parameters import Setting
from aiatrack_ros.nodes.common.run_node import EXIT_FAILURE
from aiatrack_ros.nodes.common.run_node import EXIT_OK
from aiatrack_ros.nodes.common.run_node import run_node
from aiatrack_ros.nodes.common.surviving import surviving
from aiatrack_ros.nodes.selection.longer_memory import LongerMemory
from aiatrack_ros.nodes.selection.selection_parameters import smallest_box
from aiatrack_ros.picker.drag_selection import DragSelection
from aiatrack_ros.picker.selection_window import ACCEPT
from aiatrack_ros.picker.selection_window import CANCEL
from aiatrack_ros.picker.selection_window import REDRAW
from aiatrack_ros.picker.selection_window import SelectionWindow
from aiatrack_ros.srv import SetTarget
import numpy as np
import rclpy
from rclpy.client import Client
from rclpy.clock import Clock
from rclpy.clock import ClockType
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from rclpy.task import Future
from std_msgs.msg import Header

SELECT_TARGET = (
    IMAGE_TRANSPORT,
    Setting(
        'window_columns',
        1280,
        'width of the window in pixels, at most',
        (64, 8192),
        read_only=True,
    ),
    smallest_box(),
    Setting(
        'keep_seconds',
        10.0,
        "what the tracker's frame_buffer_seconds is raised to while the "
        'image stands still, so that it still has that image at Enter; 0 leaves it alone',
        (0.0, 10.0),
    ),
)

ANSWER_SECONDS = 5.0  # The tracker may take so long to answer a box.
LAST_SECONDS = 1.0  # At the end, it may take so long to confirm that it has its own memory back.
_TICK = 1 / 50  # seconds; the window is redrawn and its keys are read so often
_IMAGE_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


class SelectTarget(Node):
    """
    Shows images in a window, and gives the box that a person drags there to the tracker.

    Attributes:
        done: Gets the exit code: EXIT_OK once the tracker has taken a box, EXIT_FAILURE if the
            person cancels.

    Raises:
        DeviceError: No window can be opened here.
    """

    def __init__(self, **node_options: Any) -> None:
        super().__init__('select_target', **node_options)
        declare(self, SELECT_TARGET)
        self.done: Future = Future()
        self._selection = DragSelection()
        self._newest: images.ImageMessage | None = None
        # The picture that the window shows, (H, W, 3) uint8 RGB, and the header of its message.
        self._picture: np.ndarray | None = None
        self._header = Header()
        self._verdict = ''  # tells the person what came of the last box
        # The tracker's answer to a box is awaited until this time, in seconds of time.monotonic().
        self._answer: Future | None = None
        self._answer_until = 0.0
        # Before it ends, the node awaits, until this time, that the tracker has its memory back.
        self._ending: Future | None = None
        self._ending_until = 0.0
        self._code: int | None = None  # the exit code, None until it is known
        self._topic, kind, _ = image_input(self)
        self._memory = LongerMemory(self)
        self._tracker: Client = self.create_client(SetTarget, 'tracker/set_target')
        self._window = SelectionWindow(
            'select target', self.get_parameter('window_columns').value, self._on_mouse
        )
        self._decoder = images.ImageDecoder(images.load_bridge(self.get_logger().info))
        self.create_subscription(kind, self._topic, self._on_image, _IMAGE_QOS)
        self.create_timer(_TICK, self._tick, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def destroy_node(self) -> None:
        """Close the window, give the tracker its own memory back and destroy the node."""
        if hasattr(self, '_window'):
            self._window.close()
            ending = self._memory.want(0.0)
            if ending is not None:
                rclpy.spin_until_future_complete(self, ending, timeout_sec=LAST_SECONDS)
        super().destroy_node()

    def _on_image(self, message: images.ImageMessage) -> None:
        self._newest = message

    def _on_mouse(self, kind: str, position: tuple[float, float]) -> None:
        if self._picture is None or self._answer or self._code is not None:
            return
        rows, columns = self._picture.shape[:2]
        self._selection.mouse(kind, position, columns, rows)
        if kind == 'press':
            self._verdict = ''
            self._memory.want(self.get_parameter('keep_seconds').value)

    def _tick(self) -> None:
        if self._code is not None:
            self._end_when_ready()
            return
        self._take_picture()
        self._check_answer()
        picture, outline = self._picture, None
        if picture is None:
            picture = np.zeros((120, 640, 3), np.uint8)
        if self._selection.active:
            outline = self._selection.outline()
        self._window.show(picture, [self._hint(), self._verdict], outline)
        key = self._window.poll()
        if key == ACCEPT and not self._answer:
            self._give()
        elif key == REDRAW and not self._answer:
            self._go_live('')
        elif key == CANCEL:
            if self._selection.active:
                self._go_live('')
            else:
                self.get_logger().info('no target chosen')
                self._finish(EXIT_FAILURE)

    def _take_picture(self) -> None:
        """Show the newest image, unless a box is being drawn on the one that is shown."""
        message, self._newest = self._newest, None
        if message is None or self._selection.active:
            return
        surviving(self._show, f'image on {self._topic} not used', self._refuse_picture)(message)

    def _show(self, message: images.ImageMessage) -> None:
        self._picture, self._header = self._decoder.decode(message), message.header

    def _refuse_picture(self, text: str) -> None:
        self._verdict = text
        self.get_logger().warning(text, throttle_duration_sec=5.0)

    def _give(self) -> None:
        try:
            box = self._selection.box(self.get_parameter('smallest_box').value)
        except InputError as error:
            self._go_live(str(error))
            return
        if not self._tracker.service_is_ready():
            self._verdict = f'no tracker serves {self._tracker.srv_name}'
            return  # The box stays, so that Enter tries again.
        # The stamp is enough: by it the tracker finds the image, and with it the frame_id.
        target = messages.make_detection(Header(stamp=self._header.stamp), box, score=1.0)
        self._answer = self._tracker.call_async(SetTarget.Request(target=target))
        self._answer_until = time.monotonic() + ANSWER_SECONDS
        self._verdict = 'waiting for the tracker'

    def _check_answer(self) -> None:
        answer = self._answer
        if answer is None:
            return
        if answer.done():
            self._answer = None
            reply: Any = answer.result()
            if reply.success:
                self.get_logger().info(f"tracking '{reply.message}'")
                self._finish(EXIT_OK)
            else:
                self.get_logger().warning(f'box refused: {reply.message}')
                self._go_live(f'refused: {reply.message}')
        elif time.monotonic() > self._answer_until:
            self._tracker.remove_pending_request(answer)
            self._answer = None
            self._go_live(f'{self._tracker.srv_name} gave no answer in {ANSWER_SECONDS:g} s')

    def _hint(self) -> str:
        if self._picture is None:
            return f'waiting for an image on {self._topic}'
        return self._selection.advice

    def _go_live(self, verdict: str) -> None:
        self._selection.clear()
        self._verdict = verdict
        self._memory.want(0.0)

    def _finish(self, code: int) -> None:
        self._code = code
        self._selection.clear()
        self._ending = self._memory.want(0.0)
        self._ending_until = time.monotonic() + LAST_SECONDS

    def _end_when_ready(self) -> None:
        """End once the tracker has its own memory back, or LAST_SECONDS have passed."""
        if self._ending is None or self._ending.done() or time.monotonic() > self._ending_until:
            if not self.done.done():
                self.done.set_result(self._code)


def main(args: list[str] | None = None) -> int:
    """Run the window until a target is taken or the person cancels; return the exit code."""
    return run_node(SelectTarget, args, last_words=True)


if __name__ == '__main__':
    sys.exit(main())
