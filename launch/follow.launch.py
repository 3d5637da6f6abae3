# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Start the follower: it drives the robot after whatever the tracker of the same namespace tracks.

  ros2 launch aiatrack_ros tracker.launch.py image:=/camera/image_raw
  ros2 launch aiatrack_ros follow.launch.py camera_info:=/camera/camera_info \
      depth:=/camera/aligned_depth/image_raw cmd_vel:=/cmd_vel

The robot moves as soon as a target is given to the tracker. Keep its emergency stop at hand.
"""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext
from launch import LaunchDescription
from launch.action import Action
from launch.actions import DeclareLaunchArgument
from launch.actions import OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import LifecycleNode

CONFIG = Path(get_package_share_directory('aiatrack_ros')) / 'config'

TOPICS = {
    'camera_info': 'calibration of the camera of the tracker',
    'depth': 'depth image, registered to the image of the tracker; need not exist',
    'cmd_vel': 'commands to the robot',
}

ARGUMENTS = (
    *(
        DeclareLaunchArgument(name, default_value=name, description=f'topic: {what}')
        for name, what in TOPICS.items()
    ),
    DeclareLaunchArgument(
        'params_file',
        default_value=str(CONFIG / 'follow.yaml'),
        description='parameters of the node, see config/follow.yaml',
    ),
    DeclareLaunchArgument(
        'namespace', default_value='', description='namespace of the node and of its tracker'
    ),
    DeclareLaunchArgument(
        'autostart',
        default_value='true',
        choices=['true', 'false'],
        description='configure and activate the node; false where a lifecycle manager does it',
    ),
    DeclareLaunchArgument(
        'use_sim_time',
        default_value='false',
        choices=['true', 'false'],
        description='take the time from /clock',
    ),
)


def make_node(context: LaunchContext) -> list[Action]:
    """Return the node."""

    def get(name: str) -> str:
        return LaunchConfiguration(name).perform(context)

    params_file = Path(get('params_file')).expanduser()
    if not params_file.is_file():
        raise RuntimeError(f"params_file '{params_file}' does not exist")
    switches = {name: get(name) == 'true' for name in ('autostart', 'use_sim_time')}
    return [
        LifecycleNode(
            package='aiatrack_ros',
            executable='follow_node',
            name='follow',
            namespace=get('namespace'),
            output='screen',
            parameters=[str(params_file), switches],
            remappings=[(name, get(name)) for name in TOPICS],
        )
    ]


def generate_launch_description() -> LaunchDescription:
    """Return the launch description."""
    return LaunchDescription([*ARGUMENTS, OpaqueFunction(function=make_node)])
