#!/usr/bin/env python3
# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Make the moving picture of the README: a person draws a box on the page and it is followed.

Starts what `make try` starts, opens the page in Chromium, presses Freeze, drags a box around the
cyclist, presses Follow and keeps what the page shows. Where the cyclist is in the picture that
stands still, the tracker has found out before.

  python3 tools/record_picker.py --output docs/images/picker.webp
"""

import argparse
from base64 import b64decode
import io
from itertools import islice
from pathlib import Path
import shutil
import sys
import time

from aiatrack_ros.errors import AiATrackError
from aiatrack_ros.errors import InputError
from aiatrack_ros.tracking import create_tracker
from aiatrack_ros.tracking.boxes import Box
from aiatrack_ros.tracking.boxes import parse_box
from aiatrack_ros.tracking.video import Video
import cv2
from demo import DEMO_BOX
from demo import DEMO_FRAMES
from demo import DEMO_VIDEO
import numpy as np
from PIL import Image
from playwright.sync_api import Page
from playwright.sync_api import sync_playwright
from processes import exit_code
from try_picker import add_arguments
from try_picker import running

SIZE = {'width': 960, 'height': 520}  # of the page, in pixels
LEAST_SECONDS = 0.12  # between two pictures
AFTER_SECONDS = 6.0  # the film goes on for so long after Follow was pressed
# A dot follows the mouse, because pictures of a page do not show the pointer.
POINTER = """
const dot = document.createElement('div');
dot.setAttribute('aria-hidden', 'true');
Object.assign(dot.style, {position: 'fixed', width: '18px', height: '18px', margin: '-9px',
  borderRadius: '50%', background: '#fffb', border: '2px solid #000', pointerEvents: 'none',
  zIndex: 9});
document.body.append(dot);
addEventListener('pointermove', event => {
  dot.style.left = event.clientX + 'px'; dot.style.top = event.clientY + 'px';
}, true);
"""


class Film:
    """Pictures of a page, and the times at which they were taken."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._pictures: list[Image.Image] = []
        self._times: list[float] = []

    def keep(self) -> None:
        """Take a picture."""
        begin = time.monotonic()
        data = self._page.screenshot(type='png')
        self._pictures.append(Image.open(io.BytesIO(data)).convert('RGB'))
        self._times.append(begin)
        time.sleep(max(0.0, LEAST_SECONDS - (time.monotonic() - begin)))

    def keep_for(self, seconds: float) -> None:
        """Take pictures for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.keep()

    def write(self, path: Path) -> None:
        """Write the pictures as an animated WebP, as fast as they were taken."""
        lengths = [round(1000 * (b - a)) for a, b in zip(self._times, self._times[1:])] + [800]
        self._pictures[0].save(
            path,
            save_all=True,
            append_images=self._pictures[1:],
            duration=lengths,
            loop=0,
            quality=55,
            method=4,
        )


class Cyclist:
    """Knows where the cyclist is in each picture of the demonstration video."""

    def __init__(self) -> None:
        first, last = DEMO_FRAMES
        self._frames = list(islice(Video(DEMO_VIDEO), first, last + 1))
        tracker = create_tracker()
        tracker.initialize(self._frames[0], parse_box(DEMO_BOX))
        self._found = [tracker.track(frame) for frame in self._frames]

    def box(self, shown: np.ndarray) -> Box | None:
        """Return the cyclist's box, in pixels, in a picture of the page; None if he is hidden.

        `shown` is (H, W, 3) uint8, RGB. It was compressed, so it is the most similar frame that
        tells.
        """
        small = [cv2.resize(each, (64, 32)).astype(int) for each in (shown, *self._frames)]
        errors = [np.abs(small[0] - each).mean() for each in small[1:]]
        found = self._found[int(np.argmin(errors))]
        return found.box if found.score > 0.85 else None


def freeze(page: Page, cyclist: Cyclist) -> Box:
    """Have a picture in which the cyclist can be seen stand still; return his box."""
    while True:
        page.click('#freeze')
        data = page.evaluate("canvas.toDataURL('image/png')").partition(',')[2]
        box = cyclist.box(np.array(Image.open(io.BytesIO(b64decode(data))).convert('RGB')))
        if box is not None:
            return box
        page.click('#freeze')
        time.sleep(0.5)


def play(page: Page, film: Film, cyclist: Cyclist) -> None:
    """Do with the page what a person would do, and film it."""
    page.wait_for_selector('#frame[data-stamp]')
    page.wait_for_selector('#state[data-state=idle]')
    page.evaluate(POINTER)
    page.mouse.move(700, 400)
    film.keep_for(1.2)
    button = page.locator('#freeze').bounding_box()
    page.mouse.move(button['x'] + 40, button['y'] + 20)
    film.keep()
    x, y, w, h = freeze(page, cyclist)
    film.keep_for(0.4)
    edge = page.locator('#frame').bounding_box()
    scale = page.evaluate('frame.clientWidth / picture.columns')
    corners = [
        (edge['x'] + scale * column, edge['y'] + scale * row)
        for column, row in ((x, y), (x + w / 2, y + h / 2), (x + w, y + h))
    ]
    page.mouse.move(*corners[0])
    film.keep()
    page.mouse.down()
    for begin, end in zip(corners, corners[1:]):
        for step in (1, 2, 3):
            page.mouse.move(*(a + (b - a) * step / 3 for a, b in zip(begin, end)))
            film.keep()
    page.mouse.up()
    film.keep_for(0.6)
    button = page.locator('#follow').bounding_box()
    page.mouse.move(button['x'] + button['width'] / 2, button['y'] + button['height'] / 2)
    film.keep_for(0.4)
    page.click('#follow')
    page.wait_for_selector('#state[data-state=tracking]')
    film.keep_for(AFTER_SECONDS)
    for _ in range(40):  # so that the film ends with a good track
        film.keep()
        if page.evaluate('state.state === "tracking" && state.score > 0.9'):
            break
    film.keep_for(0.5)


def run(args: argparse.Namespace) -> list[str]:
    """Make the film; return no shortcomings; raise AiATrackError for what went wrong."""
    path = shutil.which('chromium') or shutil.which('chromium-browser')
    if path is None:
        raise AiATrackError('needs Chromium: apt install chromium')
    output = Path(args.output).expanduser()
    if not output.parent.is_dir() or output.suffix != '.webp':
        raise InputError(f"output '{output}' must be a .webp in a folder that exists")
    cyclist = Cyclist()
    with running(args) as (address, _), sync_playwright() as driver:
        options = ['--no-sandbox', '--disable-gpu']
        browser = driver.chromium.launch(executable_path=path, args=options)
        page = browser.new_page(viewport=SIZE, color_scheme='dark')
        page.goto(address)
        film = Film(page)
        play(page, film, cyclist)
        browser.close()
    film.write(output)
    print(f'{output}: {output.stat().st_size / 1024:.0f} KB')
    return []


def main() -> int:
    """Return the exit code: 0, or 2 after one line that says what went wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--output', default='picker.webp', metavar='FILE.webp')
    add_arguments(parser)
    args = parser.parse_args()
    if args.video:
        parser.error('only the demonstration video will do')
    return exit_code('record_picker', lambda: run(args))


if __name__ == '__main__':
    sys.exit(main())
