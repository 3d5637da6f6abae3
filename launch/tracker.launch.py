# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Start the tracker node and bring it up.

  ros2 launch aiatrack_ros tracker.launch.py image:=/camera/image_raw
  ros2 launch aiatrack_ros tracker.launch.py --show-args
"""

import os
from pathlib import Path

from aiatrack_ros.nodes.common.middleware import configurations
from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext
from launch import LaunchDescription
from launch.action import Action
from launch.actions import DeclareLaunchArgument
from launch.actions import OpaqueFunction
from launch.actions import SetEnvironmentVariable
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import LifecycleNode
from launch_ros.actions import Node

CONFIG = Path(get_package_share_directory('aiatrack_ros')) / 'config'

ARGUMENTS = (
    DeclareLaunchArgument(
        'image',
        default_value='image',
        description='topic of the camera; for compressed images without /compressed',
    ),
    DeclareLaunchArgument(
        'image_transport',
        default_value='',
        choices=['', 'raw', 'compressed'],
        description='kind of images; empty: as in params_file',
    ),
    DeclareLaunchArgument(
        'model',
        default_value='',
        choices=['', 'aiatrack_lite', 'aiatrack_r50'],
        description='variant of the network; empty: as in params_file',
    ),
    DeclareLaunchArgument(
        'checkpoint', default_value='', description='weights file; empty: as in params_file'
    ),
    DeclareLaunchArgument(
        'device',
        default_value='',
        description='auto, cpu, cuda or cuda:N; empty: as in params_file',
    ),
    DeclareLaunchArgument(
        'params_file',
        default_value=str(CONFIG / 'tracker.yaml'),
        description='parameters of the node, see config/tracker.yaml',
    ),
    DeclareLaunchArgument(
        'namespace', default_value='', description='namespace of the node, one for each camera'
    ),
    DeclareLaunchArgument(
        'autostart',
        default_value='true',
        choices=['true', 'false'],
        description='configure and activate the node; false where a lifecycle manager does it',
    ),
    DeclareLaunchArgument(
        'select',
        default_value='false',
        choices=['web', 'true', 'false'],
        description='how to choose the target: web serves a page for any browser, see '
        'docs/picker.md; true starts box_selector_node for RViz, see docs/rviz.md',
    ),
    DeclareLaunchArgument(
        'web_host',
        default_value='',
        description='address that the page listens on: 0.0.0.0 for phones and other machines, '
        'which need a token; empty: as in params_file, else this machine alone',
    ),
    DeclareLaunchArgument(
        'web_port', default_value='', description='port of the page; empty: as in params_file'
    ),
    DeclareLaunchArgument(
        'use_sim_time',
        default_value='false',
        choices=['true', 'false'],
        description='take the time from /clock',
    ),
    DeclareLaunchArgument(
        'log_level',
        default_value='info',
        choices=['debug', 'info', 'warn', 'error', 'fatal'],
        description='least severity that is logged',
    ),
)


def make_nodes(context: LaunchContext) -> list[Action]:
    """Return the nodes; arguments that were given win over the parameter file."""

    def get(name: str) -> str:
        return LaunchConfiguration(name).perform(context)

    params_file = Path(get('params_file')).expanduser()
    if not params_file.is_file():
        raise RuntimeError(f"params_file '{params_file}' does not exist")
    # What all nodes have. The tracker's own would be strange to the others, which say so.
    shared: dict[str, str | bool] = {'use_sim_time': get('use_sim_time') == 'true'}
    if get('image_transport'):
        shared['image_transport'] = get('image_transport')
    given = {name: get(name) for name in ('model', 'checkpoint', 'device') if get(name)}
    own = {**given, 'autostart': get('autostart') == 'true', **shared}
    file = str(params_file)
    common = {
        'package': 'aiatrack_ros',
        'namespace': get('namespace'),
        'output': 'screen',
        'remappings': [('image', get('image'))],
        'ros_arguments': ['--log-level', get('log_level')],
    }
    nodes = [
        LifecycleNode(executable='tracker_node', name='tracker', parameters=[file, own], **common)
    ]
    if get('select') == 'true':
        nodes.append(
            Node(
                executable='box_selector_node',
                name='box_selector',
                parameters=[file, shared],
                **common,
            )
        )
    if get('select') == 'web':
        page = {name: get(f'web_{name}') for name in ('host', 'port') if get(f'web_{name}')}
        if 'port' in page:
            if not page['port'].isdecimal():
                raise RuntimeError(f"web_port '{page['port']}' is no port; give 0 to 65535")
            page['port'] = int(page['port'])
        nodes.append(
            Node(
                executable='target_picker_node',
                name='target_picker',
                parameters=[file, shared, page],
                **common,
            )
        )
    return nodes


def generate_launch_description() -> LaunchDescription:
    """Return the launch description."""
    actions = [*ARGUMENTS, OpaqueFunction(function=make_nodes)]
    missing = [each for each in configurations(CONFIG).items() if each[0] not in os.environ]
    return LaunchDescription([SetEnvironmentVariable(*each) for each in missing] + actions)
