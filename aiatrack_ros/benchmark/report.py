# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""From samples to figures, and from figures to tables."""

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from aiatrack_ros.evaluation.report import table
from aiatrack_ros.timing import milliseconds
import numpy as np

Row = Mapping[str, Any]  # one entry of `rows` in the JSON file

LEGEND = """\
p50, p95, p99, mean, init: ms that track() and initialize() took; fps: 1000 / mean.
GFLOP/s: 2 GMAC over the median time of the network; matmul: the machine's own rate of large matrix
products in torch in that precision, with the same threads, measured beside it; share: of that.
Stages in ms: decode (a JPEG of that frame size) is apart from track(); those between network and
memory are the engine's own count, where it can tell; identity is asked for in doubt, and else in
one of five sure frames.
load: busy processes beside it; RSS: the most memory of the process, in MiB."""

PEER_ENGINE = 'opencv'
# Stages in the order of a frame; 'network' stands for all between crop and memory. Of 'decode' and
# 'identity' a frame may do without.
OUTER = ('decode', 'crop', 'network', 'memory', 'identity')
_INNER = ('upload', 'backbone', 'encoder', 'decoder', 'heads', 'graph', 'readback')


def summarise(seconds: Sequence[float]) -> dict[str, float]:
    """Return mean, median, 95th and 99th percentile, in ms."""
    return {
        'mean_ms': float(np.mean(seconds)) * 1000,
        **{f'p{percent}_ms': milliseconds(seconds, percent) for percent in (50, 95, 99)},
    }


def row_figures(
    times: Mapping[str, Sequence[float]],
    engine_stages: Mapping[str, Sequence[float]],
    matmul: Sequence[float],
    gmac: float | None,
) -> dict[str, Any]:
    """Return the figures of a row from pooled samples.

    Args:
        times: Seconds by name: 'init', 'total', and any of OUTER.
        engine_stages: Seconds by name of what the engine tells of 'network'.
        matmul: GFLOP/s of large matrix products.
        gmac: 1e9 multiply-adds of a frame, None if not known.
    """
    figures = summarise(times['total'])
    medians = {name: milliseconds(times[name]) for name in OUTER if name in times}
    stages = {
        name: milliseconds(engine_stages[name]) for name in sorted(engine_stages, key=_stage_order)
    }
    rate = gflops = None
    if gmac and 'network' in medians:
        gflops = 2 * gmac / (medians['network'] / 1000)
    if matmul:
        rate = float(np.median(matmul))
    return {
        'init_ms': milliseconds(times['init']),
        **figures,
        'fps': 1000 / figures['mean_ms'],
        'frames': len(times['total']),
        'gmac': gmac,
        'gflops': gflops,
        'matmul_gflops': rate,
        'fraction': gflops / rate if gflops and rate else None,
        'stages': {
            **{name: medians[name] for name in ('decode', 'crop', 'network') if name in medians},
            **stages,
            **{name: medians[name] for name in ('memory',) if name in medians},
        },
    }


def _stage_order(name: str) -> tuple[int, str]:
    return (_INNER.index(name), name) if name in _INNER else (len(_INNER), name)


def inner_stages(row: Row) -> dict[str, float]:
    """Return the stages that the engine told of a row, in ms; empty where it told none."""
    return {name: value for name, value in row['stages'].items() if name not in OUTER}


def is_peer(row: Row) -> bool:
    """Return whether a row is of one of OpenCV's trackers."""
    return row['engine'] == PEER_ENGINE


def label(row: Row) -> str:
    """Return engine, model, precision and threads or device of a row, as tables show them."""
    threads = f'{row["threads"]} thread{"s" if row["threads"] > 1 else ""}'
    where = threads if row['device'] == 'cpu' else row['device']
    return f'{row["engine"]} {row["model"]} {row["precision"]}, {where}'


def scene(row: Row) -> str:
    """Return the frames and the load of a row, as a table names them."""
    load = f', load {row["load"]}' if row['load'] else ''
    return f'{row["frame"]} {row["target"]}{load}'


def _number(value: float | None, places: int = 1) -> str:
    return '-' if value is None else f'{value:.{places}f}'


def _ms(value: float | None) -> str:
    """Return milliseconds with three significant digits."""
    if value is None:
        return '-'
    return f'{value:.{0 if value >= 100 else 1 if value >= 10 else 2}f}'


def times_table(rows: Sequence[Row]) -> str:
    """Return the main figures as text, a line for each row; LEGEND says what they are."""
    on_gpu = any(row['gpu_mib'] is not None for row in rows)
    header = ['engine, model', 'frame, target', 'init', 'mean', 'p50', 'p95', 'p99', 'fps']
    header += ['GMAC', 'GFLOP/s', 'matmul', 'share', 'RSS'] + ['GPU MiB'] * on_gpu
    lines = []
    for row in rows:
        names = ('init_ms', 'mean_ms', 'p50_ms', 'p95_ms', 'p99_ms')
        cells = [label(row), scene(row), *(_ms(row[name]) for name in names), _ms(row['fps'])]
        cells += [_number(row['gmac'], 2), _number(row['gflops'], 0)]
        cells += [_number(row['matmul_gflops'], 0), _number(row['fraction'], 2)]
        cells += [_number(row['peak_rss_mib'], 0)] + [_number(row['gpu_mib'], 0)] * on_gpu
        lines.append(cells)
    return table(header, lines)


def stages_table(rows: Sequence[Row]) -> str:
    """Return the stages in ms as text, a line for each row that has more of them than decoding."""
    rows = [row for row in rows if 'network' in row['stages']]
    found = {name for row in rows for name in inner_stages(row)}
    names = ['decode', 'crop', 'network', *sorted(found, key=_stage_order), 'memory']
    names += ['identity'] * any('identity' in row['stages'] for row in rows)
    lines = [
        [label(row), scene(row), *(_ms(row['stages'].get(name)) for name in names)] for row in rows
    ]
    return table(['ms', 'frame, target', *names], lines)


def crops_table(crops: Sequence[Row]) -> str:
    """Return as text what cutting the search region out costs, for each size of the target."""
    lines = [
        [f'{c["target_px"]}', f'{c["side_px"]}', *(_ms(c[k]) for k in ('p50_ms', 'p95_ms'))]
        for c in crops
    ]
    return table(['target px', 'region px', 'p50 ms', 'p95 ms'], lines)


def crop_figures(
    targets: Iterable[int], seconds: Iterable[Sequence[float]], factor: float
) -> list[dict[str, Any]]:
    """Return the figures of cutting search regions out, one entry for each size of the target.

    Args:
        targets: Width and height of the targets, in pixels.
        seconds: The samples for each target.
        factor: Side of the region over that of the target.
    """
    return [
        {'target_px': target, 'side_px': round(target * factor), **summarise(times)}
        for target, times in zip(targets, seconds, strict=True)
    ]


_SAME = ('engine', 'model', 'precision', 'threads', 'device', 'frame', 'target')


def loaded_ratios(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return for each row with load the ratio of its median to that of the same without load."""
    idle = {tuple(row[k] for k in _SAME): row for row in rows if not row['load']}
    return [
        {
            **{name: row[name] for name in (*_SAME, 'load')},
            'idle_p50_ms': idle[key]['p50_ms'],
            'loaded_p50_ms': row['p50_ms'],
            'ratio': row['p50_ms'] / idle[key]['p50_ms'],
        }
        for row in rows
        if row['load'] and (key := tuple(row[k] for k in _SAME)) in idle
    ]


def peer_ratios(rows: Sequence[Row], peers: Sequence[Row]) -> list[dict[str, Any]]:
    """Return for each row and each peer on the same frames the ratio of their medians."""
    same = ('frame', 'target', 'load', 'threads')
    return [
        {
            **{name: row[name] for name in (*_SAME, 'load')},
            'peer': peer['model'],
            'p50_ms': row['p50_ms'],
            'peer_p50_ms': peer['p50_ms'],
            'ratio': row['p50_ms'] / peer['p50_ms'],
        }
        for row in rows
        for peer in peers
        if all(row[name] == peer[name] for name in same)
    ]


def loads_table(ratios: Sequence[Row]) -> str:
    """Return as text how much longer rows take with load, a line for each of them."""
    lines = [
        [label(r), scene(r), *(_ms(r[name]) for name in ('idle_p50_ms', 'loaded_p50_ms', 'ratio'))]
        for r in ratios
    ]
    return table(['p50 in ms, without and with load', '', 'idle', 'loaded', 'ratio'], lines)


def peers_table(ratios: Sequence[Row]) -> str:
    """Return as text the times of rows and of peers, a line for each pair of them."""
    lines = [
        [label(r), scene(r), r['peer'], *(_ms(r[k]) for k in ('p50_ms', 'peer_p50_ms', 'ratio'))]
        for r in ratios
    ]
    return table(['p50 in ms, ours and a peer', '', 'peer', 'ours', 'peer', 'ratio'], lines)


def machine_text(machine: Mapping[str, Any]) -> str:
    """Return the machine as two lines of text, and a third if it was busy before the benchmark."""
    cores = f'{machine["cores"]} core{"s" if machine["cores"] > 1 else ""}'
    gpu = f', {machine["gpu"]}' if machine['gpu'] else ''
    lines = [
        f'{machine["cpu"]}, {cores}{gpu}; native: {", ".join(machine["native"])}',
        ', '.join(f'{name} {version}' for name, version in machine['libraries'].items()),
    ]
    busy = machine['load_average']
    if busy > 0.25 * machine['cores']:
        lines.append(f'load average before it began: {busy:.1f}; figures hold for that only')
    return '\n'.join(lines)
