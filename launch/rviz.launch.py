# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
RViz, ready to choose a target: docs/rviz.md.

  ros2 launch aiatrack_ros rviz.launch.py

For the machine with the screen; it needs the package rviz2 there.
"""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.actions import SetEnvironmentVariable
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

CONFIG = Path(get_package_share_directory('aiatrack_ros')) / 'config'


def generate_launch_description() -> LaunchDescription:
    """Return the launch description."""
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'rviz_config',
                default_value=str(CONFIG / 'tracker.rviz'),
                description='configuration of RViz',
            ),
            # The pictures that RViz replaces leave its heap in fragments: some 100 kB a picture.
            # Pieces of this size then come from the system, and go back to it.
            SetEnvironmentVariable('MALLOC_MMAP_THRESHOLD_', '262144'),
            Node(
                package='rviz2',
                executable='rviz2',
                arguments=['-d', LaunchConfiguration('rviz_config')],
                output='screen',
            ),
        ]
    )
