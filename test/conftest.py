# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
What every test may rely on.

Set NO_SKIPS=1 to have every skipped test counted as a failure, except for a missing GPU. .ci/run
does so: there, data or a library that is not there must not pass for a good run.
"""

from collections.abc import Generator
from collections.abc import Iterator
import os
from pathlib import Path
import signal

from aiatrack_ros.nodes.common.middleware import configurations
from aiatrack_ros.nodes.common.ros_domain import reserve_domain
import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / 'shared'

# On a busy machine threads that wait for each other cost more than they bring.
os.environ.setdefault('OMP_NUM_THREADS', '1')

# For every ROS context of this session and for the processes that tests start. The domain keeps
# two sessions on one machine apart; the profile lets images through (config/fastdds.xml says why).
os.environ['ROS_DOMAIN_ID'] = str(reserve_domain())
os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
os.environ['ROS_LOG_DIR'] = str(ROOT / 'build' / 'ros_log')
os.environ |= configurations(ROOT / 'config')

# Processes inherit that a signal is ignored, and tests send some to those that they start. This
# session may itself be one of the background, where a shell has Ctrl-C ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """Put the signals' handlers back: a node that ends within a test leaves them ignored."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, handlers):
        signal.signal(number, handler)


@pytest.fixture(scope='session')
def shared() -> Path:
    """Return the folder of reference data beside the checkout; skip the test without it."""
    if not SHARED.is_dir():
        pytest.skip(f'needs the reference data in {SHARED}')
    return SHARED


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge the report of one test."""
    return _judged((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Judge the report of one test module, which may be skipped as a whole."""
    return _judged((yield))


def _judged(report: pytest.CollectReport | pytest.TestReport) -> pytest.CollectReport:
    if os.environ.get('NO_SKIPS') and report.skipped and not hasattr(report, 'wasxfail'):
        reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
        if 'GPU' not in str(reason):
            report.outcome = 'failed'
            report.longrepr = f'{reason} (skipped, and NO_SKIPS forbids that)'
    return report
