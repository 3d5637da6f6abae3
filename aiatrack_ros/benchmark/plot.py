# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The rows of a benchmark as bars: medians with their stages, whiskers to the 95th percentile."""

from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aiatrack_ros.benchmark.report import inner_stages
from aiatrack_ros.benchmark.report import is_peer
from aiatrack_ros.benchmark.report import label
from aiatrack_ros.benchmark.report import Row
from aiatrack_ros.benchmark.report import scene
from aiatrack_ros.evaluation.plots import figure
from aiatrack_ros.evaluation.plots import save

_WHOLE = 'track'  # the only part of a row whose stages are not known
_REST = 'other'  # what is left of a median when all known parts are taken away
# These parts have the same colour in every plot; all others get theirs in the order they come in.
_FIXED = {'network': 'C0', _WHOLE: '0.6', _REST: '0.85'}


def parts_of(row: Row) -> dict[str, float]:
    """Return the parts of a row's median in ms, which add up to it."""
    stages, total = row['stages'], row['p50_ms']
    if 'network' not in stages:
        return {_WHOLE: total}
    network = stages['network']
    inner = inner_stages(row) or {'network': network}
    # An engine may be slower while it times its stages than it is otherwise.
    scale = min(1.0, network / (sum(inner.values()) or 1.0))
    parts = {'crop': stages['crop'], **{name: scale * value for name, value in inner.items()}}
    parts['memory'] = stages['memory']
    known = sum(parts.values())
    if known > total:
        return {name: value * total / known for name, value in parts.items()}
    return {**parts, _REST: total - known}


def roofline_ms(row: Row) -> float | None:
    """Return the ms that a row's network needs at the machine's rate of products, if known."""
    if not (row['gmac'] and row['matmul_gflops']):
        return None
    return 2e3 * row['gmac'] / row['matmul_gflops']


def plot_rows(rows: Sequence[Row], path: Path) -> Path:
    """Draw a bar for each row and write it as PNG; return the path.

    Each model has a scale of its own; OpenCV's trackers share that of the first model. A mark
    shows how long the network would take if it computed at the rate of large matrix products.
    """
    panels: dict[str, list[Row]] = {}
    for row in rows:
        panels.setdefault(rows[0]['model'] if is_peer(row) else row['model'], []).append(row)
    parts = [name for row in rows for name in parts_of(row)]
    coloured = [name for name in dict.fromkeys(parts) if name not in _FIXED]
    colours = {name: f'C{(k + 1) % 10}' for k, name in enumerate(coloured)} | _FIXED
    drawing, axes = figure(11, 1.2 * len(panels) + 0.42 * len(rows))
    axes.remove()
    ratios = [len(panel) + 1 for panel in panels.values()]
    places = drawing.subplots(len(panels), 1, squeeze=False, height_ratios=ratios)[:, 0]
    for place, panel in zip(places, panels.values()):
        _draw(place, panel, colours)
    places[-1].set_xlabel('ms a frame: median, with a whisker to the 95th percentile')
    return save(drawing, path)


def _draw(axes: Any, rows: Sequence[Row], colours: Mapping[str, str]) -> None:
    parts = [parts_of(row) for row in rows]
    left = [0.0] * len(rows)
    for name, colour in colours.items():
        widths = [part.get(name, 0.0) for part in parts]
        if any(widths):
            axes.barh(range(len(rows)), widths, left=left, color=colour, label=name)
        left = [a + b for a, b in zip(left, widths)]
    p50 = [row['p50_ms'] for row in rows]
    beyond = [max(row['p95_ms'] - row['p50_ms'], 0.0) for row in rows]
    axes.errorbar(
        p50, range(len(rows)), xerr=([0.0] * len(rows), beyond), fmt='none', ecolor='k', capsize=3
    )
    # The mark is the roofline: the arithmetic of the network at the rate of large products.
    bound = [roofline_ms(row) for row in rows]
    if any(bound):
        axes.plot(bound, range(len(rows)), 'k|', ms=14, mew=2, label='network at matmul rate')
    reach = max(a + b for a, b in zip(p50, beyond))
    for index, (median, more) in enumerate(zip(p50, beyond)):
        axes.text(median + more + 0.01 * reach, index, f'{median:.3g}', va='center', fontsize=8)
    axes.set_yticks(range(len(rows)), [f'{label(row)}\n{scene(row)}' for row in rows], fontsize=8)
    axes.set(xlim=(0, 1.08 * reach), ylim=(len(rows) - 0.4, -0.6))
    axes.grid(True, axis='x', alpha=0.3)
    axes.legend(loc='center left', bbox_to_anchor=(1, 0.5), fontsize=8)
