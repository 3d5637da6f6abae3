# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Which middleware runs, and whether it is set up for images; docs/middleware.md says what to set.

It looks at variables of the environment and at one limit of the kernel, and needs no ROS, so that
launch files and scripts can use it.
"""

from collections.abc import Mapping
import os
from pathlib import Path

# Fast DDS 3 has renamed the variable. It heeds the older name too, with a warning; Fast DDS 2
# heeds that one alone.
_NAMES = ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE')
_FAST_DDS_2 = ('humble', 'iron', 'jazzy')

_CYCLONE_DDS = 'CYCLONEDDS_URI'
# What a process gets at most as a receive buffer, in bytes. Some containers do not show it.
_RECEIVE_LIMIT = Path('/proc/sys/net/core/rmem_max')


def profile_variable(environment: Mapping[str, str] = os.environ) -> str:
    """Return the name of the variable that names the profile to Fast DDS."""
    return _heeded(environment)[0]


def configurations(folder: Path, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables that name the files in `folder`, our config/, to each middleware."""
    return {
        profile_variable(environment): str(folder / 'fastdds.xml'),
        _CYCLONE_DDS: f'file://{folder / "cyclonedds.xml"}',
    }


def describe(rmw: str, environment: Mapping[str, str] = os.environ) -> str:
    """
    Return which middleware runs and what it was told, for the log.

    `rmw` is what rclpy calls it, such as rmw_fastrtps_cpp.
    """
    if rmw.startswith('rmw_fastrtps'):
        return f'{rmw}, {_fast_dds_profile(environment)}'
    if rmw.startswith('rmw_cyclonedds'):
        given = environment.get(_CYCLONE_DDS)
        uri = f'{_CYCLONE_DDS} is {given}' if given else f'no {_CYCLONE_DDS}'
        return f'{rmw}, {uri}{_receive_limit()}'
    if rmw.startswith('rmw_zenoh'):
        told = [
            f'{name} is {environment[name]}'
            for name in ('ZENOH_SESSION_CONFIG_URI', 'ZENOH_CONFIG_OVERRIDE')
            if environment.get(name)
        ]
        return f'{rmw}, {", ".join(told) or "with its own configuration: no shared memory"}'
    return rmw


def _receive_limit() -> str:
    try:
        return f', net.core.rmem_max is {_RECEIVE_LIMIT.read_text().strip()}'
    except OSError:
        return ''


def _fast_dds_profile(environment: Mapping[str, str]) -> str:
    heeded = _heeded(environment)
    for name in heeded:
        given = environment.get(name)
        if given and Path(given).is_file():
            return f'profile {given}'
        if given:
            return f'no profile: {name} names {given}, which does not exist'
    if environment.get(_NAMES[0]):
        return f'no profile: {_NAMES[0]} is set, this Fast DDS heeds {heeded[0]}'
    return f'no profile: {heeded[0]} is not set'


def _heeded(environment: Mapping[str, str]) -> tuple[str, ...]:
    return _NAMES[1:] if environment.get('ROS_DISTRO') in _FAST_DDS_2 else _NAMES
