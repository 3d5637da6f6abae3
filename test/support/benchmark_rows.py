# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""A row of a benchmark as in its JSON file, from made-up times."""

from aiatrack_ros.benchmark.report import row_figures

TIMES = {
    'init': [0.2, 0.1, 0.3],
    'total': [k / 1000 for k in range(1, 102)],
    'decode': [0.004],
    'crop': [0.001],
    'network': [0.010, 0.020, 0.030],
    'memory': [0.002],
}


def row(**changes: object) -> dict:
    """Return a row of the JSON file."""
    return {
        'engine': 'eager',
        'model': 'aiatrack_lite',
        'precision': 'fp32',
        'threads': 1,
        'device': 'cpu',
        'load': 0,
        'frame': '640x480',
        'target': 'small',
        **row_figures(TIMES, {'heads': [0.003], 'backbone': [0.005]}, [100, 200], 2),
        'peak_rss_mib': 300.0,
        'gpu_mib': None,
        **changes,
    }
