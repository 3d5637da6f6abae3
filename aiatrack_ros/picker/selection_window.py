# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Shows pictures in a desktop window of OpenCV, and tells what mouse and keyboard do there.

Where there is no display, OpenCV would end the whole process, so we look for one first.
"""

from collections.abc import Callable
import ctypes
import ctypes.util
import os
import re
import sys

from aiatrack_ros.errors import DeviceError
import cv2
import numpy as np

CANCEL, ACCEPT, REDRAW = 'cancel', 'accept', 'redraw'
_KEYS = {27: CANCEL, ord('q'): CANCEL, 10: ACCEPT, 13: ACCEPT, ord('r'): REDRAW}
_YELLOW = (0, 200, 255)  # in BGR, as OpenCV takes all colours
_LINE_HEIGHT = 20  # that of a line of the caption, in pixels


def check_display() -> None:
    """Raise DeviceError, which names the remedy, if no window can be opened here."""
    gui = re.search(r'GUI:\s*(\w+)', cv2.getBuildInformation())
    if gui and gui.group(1) == 'NONE':
        raise DeviceError(
            'this OpenCV cannot open windows (opencv-python-headless?); install opencv-python, or '
            'choose the target on the web page (docs/picker.md) or in RViz (docs/rviz.md)'
        )
    if not sys.platform.startswith('linux') or os.environ.get('WAYLAND_DISPLAY'):
        return
    display = os.environ.get('DISPLAY', '')
    if not display:
        raise DeviceError(
            'there is no display (DISPLAY is not set); run this on a desktop or with ssh -X, or '
            'choose the target on the web page (docs/picker.md) or in RViz on another machine '
            '(docs/rviz.md)'
        )
    library = ctypes.util.find_library('X11')
    if library is None:
        return  # OpenCV may bring its own X11, and we have none to ask with
    x11 = ctypes.CDLL(library)
    x11.XOpenDisplay.restype = ctypes.c_void_p
    connection = x11.XOpenDisplay(None)
    if connection is None:
        raise DeviceError(
            f"the display '{display}' does not answer; check DISPLAY and that you may use it "
            '(xhost, ssh -X)'
        )
    x11.XCloseDisplay(ctypes.c_void_p(connection))


class SelectionWindow:
    """
    A window, which has to be used from one thread.

    Args:
        title: The title of the window.
        columns: The most columns that the window may have; a wider picture is shown smaller.
        on_mouse: Takes 'press', 'move' or 'release' of the left button, and (column, row) of the
            mouse, in pixels of the picture even where it is shown smaller.

    Raises:
        DeviceError: No window can be opened here.
    """

    def __init__(
        self, title: str, columns: int, on_mouse: Callable[[str, tuple[float, float]], None]
    ) -> None:
        check_display()
        self._title = title
        self._columns = columns
        self._on_mouse = on_mouse
        self._scale = 1.0  # so many pixels of the picture make one of the window
        self._caption_rows = 0  # so many rows of pixels are above the picture
        cv2.namedWindow(title, cv2.WINDOW_AUTOSIZE | cv2.WINDOW_GUI_NORMAL)
        cv2.setMouseCallback(title, self._mouse)

    def show(
        self,
        picture: np.ndarray,
        caption: list[str],
        outline: tuple[tuple[float, float], tuple[float, float]] | None = None,
    ) -> None:
        """
        Show a picture under lines of text, and a box on it.

        Args:
            picture: (H, W, 3) uint8, RGB.
            caption: The lines of text.
            outline: Two opposite corners of the box, in pixels of the picture; None for no box.
        """
        rows, columns = picture.shape[:2]
        self._scale = max(1.0, columns / self._columns)
        size = (round(columns / self._scale), max(1, round(rows / self._scale)))
        self._caption_rows = _LINE_HEIGHT * len(caption) + 4
        canvas = np.zeros((self._caption_rows + size[1], size[0], 3), np.uint8)
        small = (
            picture
            if size == (columns, rows)
            else cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        )
        canvas[self._caption_rows :] = small[..., ::-1]
        for number, line in enumerate(caption):
            cv2.putText(
                canvas,
                line,
                (4, _LINE_HEIGHT * (number + 1) - 4),
                cv2.FONT_HERSHEY_SIMPLEX,
                0.45,
                (230, 230, 230),
                1,
                cv2.LINE_AA,
            )
        if outline:
            first, second = (
                (round(x / self._scale - 0.5), round(y / self._scale - 0.5) + self._caption_rows)
                for x, y in outline
            )
            cv2.rectangle(canvas, first, second, _YELLOW, 2)
        cv2.imshow(self._title, canvas)

    def poll(self) -> str:
        """Let the window draw and hear; return CANCEL, ACCEPT, REDRAW, or '' for no key."""
        key = _KEYS.get(cv2.waitKey(1) & 0xFF, '')
        if not key and cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) < 1:
            return CANCEL  # the person closed the window
        return key

    def close(self) -> None:
        """Close the window, if it is still open."""
        try:
            cv2.destroyWindow(self._title)
            cv2.waitKey(1)
        except cv2.error:  # the person has closed it already
            pass

    def _mouse(self, event: int, x: int, y: int, flags: int, _: object) -> None:
        kinds = {
            cv2.EVENT_LBUTTONDOWN: 'press',
            cv2.EVENT_MOUSEMOVE: 'move',
            cv2.EVENT_LBUTTONUP: 'release',
        }
        if event in kinds:
            # The mouse is taken to be at the middle of the window's pixel.
            position = (x + 0.5) * self._scale, (y - self._caption_rows + 0.5) * self._scale
            self._on_mouse(kinds[event], position)
