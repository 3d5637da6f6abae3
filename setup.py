# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Let pip install the half that needs no ROS; pyproject.toml says what.

colcon builds by package.xml and CMakeLists.txt instead.
"""

from setuptools import setup

setup()
