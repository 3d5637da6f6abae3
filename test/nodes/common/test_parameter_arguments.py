# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Parameters that nobody takes are said; all others are not."""

from aiatrack_ros.nodes.common.parameter_arguments import unused_parameters
import pytest
import rclpy
from rclpy.node import Node
import ros_harness  # noqa: F401 (skips without ROS)


@pytest.fixture
def node():
    context = rclpy.Context()
    rclpy.init(context=context)
    node = Node('tracker', namespace='/robot', context=context)
    node.declare_parameter('lost_threshold', 0.6)
    node.declare_parameter('gains.turn', 1.0)
    yield node
    node.destroy_node()
    rclpy.shutdown(context=context)


def lines_for(node, tmp_path, text, name='p.yaml'):
    (tmp_path / name).write_text(text)
    return unused_parameters(node, ['x', '--ros-args', '--params-file', str(tmp_path / name)])


@pytest.mark.parametrize(
    'text',
    [
        '/robot/tracker: {ros__parameters: {lost_threshold: 0.5, gains: {turn: 2.0}}}',
        '/robot: {tracker: {ros__parameters: {gains.turn: 2.0, use_sim_time: true}}}',
        'robot: {tracker: {ros__parameters: {gains.turn: 2.0}}, other: {ros__parameters: {x: 1}}}',
        '/**: {ros__parameters: {lost_threshold: 0.5, somebody_elses: 1}}',
        '/**/tracker: {ros__parameters: {lost_threshold: 0.5}}',
        '/*/tracker: {ros__parameters: {qos_overrides: {/image: {subscription: {depth: 9}}}}}',
    ],
)
def test_what_is_right_is_passed_over(node, tmp_path, text):
    assert lines_for(node, tmp_path, text) == []


@pytest.mark.parametrize(
    'text, words',
    [
        (
            'tracker: {ros__parameters: {lost_threshold: 0.5}}',
            'only for /tracker; call the section',
        ),
        ('/*: {ros__parameters: {lost_threshold: 0.5}}', 'nothing for /robot/tracker'),
        ('/robot/traker: {ros__parameters: {lost_threshold: 0.5}}', 'only for /robot/traker'),
        ('', 'for no node at all; call the section /robot/tracker, or /** for any node'),
        ('just text', 'for no node at all'),
        (
            '/**: {ros__parameters: {lost_treshold: 0.5}}',
            "is none of /robot/tracker; did you mean 'lost_threshold'?",
        ),
        ('/robot/tracker: {ros__parameters: {gains: {trun: 0.5}}}', "did you mean 'gains.turn'?"),
        ('/robot/tracker: {ros__parameters: {colour: 5}}', "parameter 'colour' in '"),
    ],
)
def test_slips_are_said(node, tmp_path, text, words):
    (line,) = lines_for(node, tmp_path, text)
    assert words in line
    assert 'p.yaml' in line


def test_the_command_line(node):
    arguments = [
        '-p',
        'lost_threshold:=0.5',
        '-p',
        'tracker:gains.turn:=2.0',
        '--log-level',
        'info',
    ]
    assert unused_parameters(node, ['x', '--ros-args', *arguments]) == []
    slips = ['-p', 'lost:=1', '--param', 'follower:lost_threshold:=1', '--', '-p', 'no:=1']
    assert unused_parameters(node, ['-p', 'no:=1', '--ros-args', *slips]) == [
        "parameter 'lost' of the command line is none of /robot/tracker",
        "parameter 'follower:lost_threshold:=1' is for a node 'follower', and this is "
        '/robot/tracker',
    ]
