# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What the tests of the web page do on it: drags of the mouse and of a finger, and looks at it."""

import time

from playwright.sync_api import Page


def on_picture(page: Page, size: tuple[int, int], x: float, y: float) -> tuple[float, float]:
    """Return where a pixel of an image of `size` (width, height) is in the window."""
    edge = page.locator('#frame').bounding_box()
    return edge['x'] + x * edge['width'] / size[0], edge['y'] + y * edge['height'] / size[1]


def drag_on_picture(page: Page, size: tuple[int, int], *points: tuple[float, float]) -> None:
    """Go through points of an image of `size` (width, height) with the mouse pressed."""
    page.mouse.move(*on_picture(page, size, *points[0]))
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*on_picture(page, size, *point), steps=4)
    page.mouse.up()


PHONE = {
    'viewport': {'width': 390, 'height': 844},
    'has_touch': True,
    'is_mobile': True,
    'device_scale_factor': 2,
}


class Finger:
    """One finger on a page, in pixels of the window."""

    def __init__(self, page):
        self._devtools = page.context.new_cdp_session(page)

    def _send(self, kind, *points):
        points = [{'x': x, 'y': y} for x, y in points]
        self._devtools.send('Input.dispatchTouchEvent', {'type': kind, 'touchPoints': points})

    def go(self, first, *others, seconds=0.0):
        """Put the finger down, move it, leave it there for a while, and lift it."""
        self._send('touchStart', first)
        for point in others:
            self._send('touchMove', point)
        time.sleep(seconds)
        self._send('touchEnd')


def middle(page, name):
    box = page.locator(f'#{name}').bounding_box()
    return box['x'] + box['width'] / 2, box['y'] + box['height'] / 2


def contrast(page, name):
    """Return the contrast ratio of WCAG between an element's text and what is behind it."""
    return page.evaluate(
        """name => {
             const light = color => {
               const [r, g, b] = color.match(/[\\d.]+/g).map(value => {
                 const part = value / 255;
                 return part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4;
               });
               return .2126 * r + .7152 * g + .0722 * b;
             };
             let behind = document.getElementById(name);
             const ink = getComputedStyle(behind).color;
             const ground = () => getComputedStyle(behind).backgroundColor;
             while (ground() === 'rgba(0, 0, 0, 0)') behind = behind.parentElement;
             const pair = [light(ink), light(ground())];
             return (Math.max(...pair) + .05) / (Math.min(...pair) + .05);
           }""",
        name,
    )
