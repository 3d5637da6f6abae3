# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""An explanation as one HTML file that needs nothing else, and no network."""

import base64
from collections.abc import Sequence
from html import escape
import math
from pathlib import Path
from string import Template

from aiatrack_ros.clips import events
from aiatrack_ros.clips.explanation import Explanation
from aiatrack_ros.tracking.drawing import draw
import cv2
import numpy as np

_TEMPLATE = Path(__file__).with_name('explanation.html')
_WIDEST, _QUALITY = 480, 82
# The size of the curves, in units of the drawing.
_WIDTH, _HEIGHT, _LEFT, _TOP = 1000, 150, 46, 18


def page(explanation: Explanation) -> str:
    """Return the page."""
    clip, cause = explanation.clip, explanation.cause
    name = cause.name[:1].upper() + cause.name[1:]
    numbers = {
        'title': escape(f'{cause.name}: {clip.path.name}'),
        'name': escape(clip.path.name),
        'cause': escape(name),
        'sentence': escape(cause.sentence),
        'problems': ''.join(f'<p class="warn">{escape(line)}</p>' for line in clip.problems),
        'strip': _strip(explanation),
        'curves': _curves(explanation),
        'map': _map(explanation),
        'looks_note': _looks_note(explanation),
        'memory': _memory(explanation),
        'memory_note': _memory_note(explanation),
        'facts': _facts(explanation),
    }
    return Template(_TEMPLATE.read_text(encoding='utf-8')).substitute(numbers)


def _data(picture: np.ndarray, widest: int = _WIDEST) -> str:
    """Return a picture (H, W, 3) uint8, RGB, as the address of an image."""
    height, width = picture.shape[:2]
    scale = min(1.0, widest / width)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        picture = cv2.resize(np.ascontiguousarray(picture), size, interpolation=cv2.INTER_AREA)
    jpeg = cv2.imencode('.jpg', picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1]
    return 'data:image/jpeg;base64,' + base64.b64encode(jpeg.tobytes()).decode()


def _figure(picture: np.ndarray, caption: str, kind: str = '') -> str:
    return (
        f'<figure class="{kind}"><img alt="{escape(caption)}" src="{_data(picture)}">'
        f'<figcaption>{escape(caption)}</figcaption></figure>'
    )


def _strip(explanation: Explanation) -> str:
    moment = explanation.seen[explanation.moment].time
    figures = []
    for index, picture in explanation.strip:
        seen = explanation.seen[index]
        state = 'lost' if seen.lost else 'tracking'
        drawn = draw(picture, state, seen.box, seen.score)
        caption = f'{seen.time - moment:+.2f} s, image {seen.number}, score {seen.score:.2f}'
        figures.append(_figure(drawn, caption, 'at' if index == explanation.moment else ''))
    return ''.join(figures)


def _curves(explanation: Explanation) -> str:
    seen = explanation.seen
    times = [each.time for each in seen]
    sizes = [each.size for each in seen]
    motion = [0.0] + [
        math.dist(a.center, b.center) / max(a.size, 1.0) for a, b in zip(seen, seen[1:])
    ]
    settings = explanation.clip.header.get('settings', {})
    lines = {
        name: settings[key]
        for name, key in (('lost below', 'lost_threshold'), ('regained from', 'regain_threshold'))
        if key in settings
    }
    moment = times[explanation.moment]
    lost = [each.lost for each in seen]
    return ''.join(
        (
            _curve(
                'score', times, [each.score for each in seen], 1.0, '--score', moment, lost, lines
            ),
            _curve(
                'identity',
                times,
                [each.identity for each in seen],
                1.0,
                '--identity',
                moment,
                lost,
            ),
            _curve('size of the box, pixels', times, sizes, max(sizes), '--other', moment, lost),
            _curve(
                'motion from image to image, sizes',
                times,
                motion,
                max(1.0, *motion),
                '--other',
                moment,
                lost,
            ),
        )
    )


def _curve(
    name: str,
    times: Sequence[float],
    values: Sequence[float],
    top: float,
    color: str,
    moment: float,
    lost: Sequence[bool],
    lines: dict[str, float] | None = None,
) -> str:
    """Return a curve over time, with the state below it and the moment marked."""
    span = max(times[-1] - times[0], 1e-9)
    top = top or 1.0
    inner_width, inner_height = _WIDTH - _LEFT - 10, _HEIGHT - _TOP - 26

    def x(time: float) -> float:
        return _LEFT + inner_width * (time - times[0]) / span

    def y(value: float) -> float:
        return _TOP + inner_height * (1 - min(max(value / top, 0.0), 1.0))

    parts = []
    for label, value in (lines or {}).items():
        parts.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - 10}" y1="{y(value):.1f}" y2="{y(value):.1f}" '
            'stroke="var(--line)" stroke-dasharray="4 4"/>'
            f'<text x="{_WIDTH - 12}" y="{y(value) - 3:.1f}" text-anchor="end">'
            f'{label} {value:g}</text>'
        )
    points = ' '.join(f'{x(t):.1f},{y(v):.1f}' for t, v in zip(times, values))
    parts.append(
        f'<polyline points="{points}" fill="none" stroke="var({color})" stroke-width="2"/>'
    )
    below = _TOP + inner_height + 5
    for begin, end, is_lost in _runs(lost):
        left, right = x(times[begin]), x(times[min(end, len(times) - 1)])
        state = 'lost' if is_lost else 'tracking'
        parts.append(
            f'<rect x="{left:.1f}" y="{below}" width="{max(right - left, 1.5):.1f}" height="5" '
            f'fill="var(--{state})"/>'
        )
    parts.append(
        f'<line x1="{x(moment):.1f}" x2="{x(moment):.1f}" y1="{_TOP - 6}" y2="{below + 5}" '
        'stroke="var(--lost)" stroke-width="1.5"/>'
        f'<text x="{_LEFT - 6}" y="{_TOP + 4}" text-anchor="end">{top:.3g}</text>'
        f'<text x="{_LEFT - 6}" y="{_TOP + inner_height}" text-anchor="end">0</text>'
        f'<text x="{_LEFT}" y="{_HEIGHT - 3}">{times[0] - moment:+.1f} s</text>'
        f'<text x="{_WIDTH - 10}" y="{_HEIGHT - 3}" text-anchor="end">{times[-1] - moment:+.1f} s'
        f'</text><text x="{_LEFT + 4}" y="{_TOP - 6}">{escape(name)}</text>'
    )
    label = f'{name} over time; the moment is the red line'
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(label)}">'
        f'{"".join(parts)}</svg>'
    )


def _runs(flags: Sequence[bool]) -> list[tuple[int, int, bool]]:
    """Return begin, end and value of the runs of equal flags."""
    runs = []
    begin = 0
    for index in range(1, len(flags) + 1):
        if index == len(flags) or flags[index] != flags[begin]:
            runs.append((begin, index, flags[begin]))
            begin = index
    return runs


def _map(explanation: Explanation) -> str:
    scene = explanation.scene
    if scene is None:
        return ''
    height, width = scene.shape[:2]
    parts = [f'<image href="{_data(scene, 960)}" width="{width}" height="{height}"/>']
    unit = max(width, height) / 400
    for look in explanation.looks:
        x, y, w, h = look['around']
        side = look['side']
        left, top = x + w / 2 - side / 2, y + h / 2 - side / 2
        color = f'hsl({120 * min(max(look["score"], 0.0), 1.0):.0f} 85% 50%)'
        parts.append(
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{side}" height="{side}" fill="none" '
            f'stroke="{color}" stroke-width="{unit:.1f}" stroke-opacity=".7"/>'
        )
    last = explanation.seen[explanation.moment]
    x, y, w, h = last.box
    parts.append(
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" fill="none" '
        f'stroke="#fff" stroke-width="{unit:.1f}" stroke-dasharray="{3 * unit:.1f}"/>'
    )
    label = 'the picture of the moment with the search regions around it'
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{label}">'
        f'{"".join(parts)}</svg>'
    )


def _looks_note(explanation: Explanation) -> str:
    return (
        f'{len(explanation.looks)} search regions, from the last image in which it was surely '
        'found until shortly after the loss. Green: what was found there fits well; red: it does '
        'not. Dashed: the box of the moment.'
    )


def _memory(explanation: Explanation) -> str:
    figures = []
    for reference in explanation.memory:
        caption = 'first box' if reference.number == 0 else f'image {reference.number}'
        if reference.in_use:
            caption += ', in use'
        figures.append(_figure(reference.picture, caption, 'used' if reference.in_use else ''))
    return ''.join(figures)


def _memory_note(explanation: Explanation) -> str:
    if not explanation.memory:
        return 'The clip has no picture of it.'
    fill = explanation.events[explanation.moment].get('memory_fill', len(explanation.memory))
    return (
        f'{fill} images are in the short-term memory; some of them are shown. Blue: those that '
        'the network was comparing with. A wrong one among them is a cause by itself.'
    )


def _facts(explanation: Explanation) -> str:
    clip, header = explanation.clip, explanation.clip.header
    missed = sum(event.get('missed', 0) for event in explanation.events)
    quality = header.get('quality')
    reason = header.get('reason', '')
    facts = {
        'Recorded because': events.REASONS.get(reason, reason),
        'Images': f'{len(explanation.seen)} tracked in, {missed} passed over in between',
        'Lasts': f'{explanation.seen[-1].time:.1f} s',
        'Pictures': f'JPEG, quality {quality}, where they came raw' if quality else 'as they came',
        'Tracker': header.get('description', ''),
        'Model': header.get('model', ''),
        'Weights': header.get('checkpoint') or 'those that come with the model',
        'Version': header.get('version', ''),
        'Settings': ', '.join(f'{k} {v:g}' for k, v in header.get('settings', {}).items()),
        'Play it again': f'aiatrack replay {clip.path.name}',
    }
    return ''.join(f'<dt>{k}</dt><dd>{escape(str(v))}</dd>' for k, v in facts.items())
