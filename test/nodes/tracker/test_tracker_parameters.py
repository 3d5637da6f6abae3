# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The tracker's parameters: config/tracker.yaml, what is refused, and how changes are applied."""

from aiatrack_ros.nodes.tracker.tracker_parameters import TRACKER_NODE
from aiatrack_ros.nodes.tracker.tracker_parameters import TrackerParameters
from aiatrack_ros.tracking import TrackerSettings
import pytest
from rcl_interfaces.msg import ParameterType
import rclpy
from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.parameter import Parameter
from ros_harness import ROOT
import yaml


def test_the_annotated_file_is_what_the_node_declares(make_node):
    declared = {setting.name: setting.default for setting in TRACKER_NODE}
    content = yaml.safe_load((ROOT / 'config' / 'tracker.yaml').read_text())
    assert content == {'/**': {'ros__parameters': declared}}
    values = content['/**']['ros__parameters']
    assert {name: type(value) for name, value in values.items()} == {
        name: type(value) for name, value in declared.items()
    }


def test_every_parameter_of_the_file_is_annotated():
    lines = (ROOT / 'config' / 'tracker.yaml').read_text().splitlines()
    for setting in TRACKER_NODE:
        (index,) = [
            i for i, line in enumerate(lines) if line.strip().startswith(f'{setting.name}:')
        ]
        above = next(
            line
            for line in reversed(lines[:index])
            if ':' not in line or line.lstrip().startswith('#')
        )
        assert above.lstrip().startswith('#'), setting.name
        comment = []
        while lines[index - 1].lstrip().startswith('#'):
            index -= 1
            comment.append(lines[index])
        if comment:
            assert ('# *' in comment[-1]) == setting.read_only, setting.name


def test_descriptors(make_node):
    node = make_node()
    parameters = TrackerParameters(node, lambda: None)
    for setting in TRACKER_NODE:
        descriptor = node.describe_parameter(setting.name)
        assert descriptor.description
        assert descriptor.read_only == setting.read_only
    assert node.describe_parameter('lost_after').integer_range[0].to_value == 1000
    assert node.describe_parameter('update_threshold').floating_point_range[0].to_value == 1.0
    assert node.describe_parameter('threads').type == ParameterType.PARAMETER_INTEGER
    assert 'compressed' in node.describe_parameter('image_transport').additional_constraints
    assert parameters['model'] == 'aiatrack_lite'
    assert parameters.tracker_settings() == TrackerSettings()


@pytest.mark.parametrize(
    'name, value',
    [
        ('model', 'aiatrack_huge'),
        ('device', 'gpu'),
        ('device', 'cuda:x'),
        ('precision', 'int4'),
        ('image_transport', 'theora'),
        ('threads', -1),
        ('lost_after', 0),
        ('update_threshold', 2.0),
        ('update_threshold', float('nan')),
        ('search_factor', 0.5),
        ('memory_capacity', 'many'),
        ('white_level', -5.0),
    ],
)
def test_bad_start_values_name_the_parameter(make_node, name, value):
    with pytest.raises((ParameterException, ValueError), match=name):
        TrackerParameters(make_node(**{name: value}), lambda: None)


class HumbleNode(Node):
    """A node without the callback that runs after a change."""

    @property
    def add_post_set_parameters_callback(self):
        raise AttributeError


@pytest.mark.parametrize('kind', [Node, HumbleNode])
def test_changes_are_applied_after_they_are_made(make_node, kind):
    node = make_node(kind, lost_after=4)
    seen = []
    parameters = TrackerParameters(node, lambda: seen.append(parameters.tracker_settings()))
    (result,) = node.set_parameters([Parameter('lost_after', value=5)])
    assert result.successful
    if kind is HumbleNode:
        assert seen == []
        executor = rclpy.executors.SingleThreadedExecutor(context=node.context)
        executor.add_node(node)
        for _ in range(20):
            executor.spin_once(timeout_sec=0.1)
            if seen:
                break
    assert [settings.lost_after for settings in seen] == [5]


@pytest.mark.parametrize(
    'name, value, word',
    [
        ('lost_after', 0, 'lost_after'),
        ('update_threshold', 1.01, 'update_threshold'),
        ('search_factor', 0.2, 'search_factor'),
        ('model', 'aiatrack_r50', 'read-only'),
        ('device', 'cpu', 'read-only'),
        ('lost_after', 3.5, 'type'),
        ('regain_threshold', float('nan'), 'regain_threshold'),
    ],
)
def test_bad_changes_are_refused_and_nothing_is_applied(make_node, name, value, word):
    node = make_node()
    seen = []
    parameters = TrackerParameters(node, lambda: seen.append(1))
    before = parameters[name]
    (result,) = node.set_parameters([Parameter(name, value=value)])
    assert not result.successful
    assert word in result.reason
    assert parameters[name] == before
    assert seen == []


def test_white_must_be_above_black_unless_it_is_chosen(make_node):
    node = make_node(black_level=29000.0)
    parameters = TrackerParameters(node, lambda: None)
    assert parameters.levels() == (29000.0, 0.0)
    (result,) = node.set_parameters([Parameter('white_level', value=5000.0)])
    assert not result.successful
    assert result.reason == 'white_level is 5000; it must be 0 or above black_level, 29000'
    (result,) = node.set_parameters([Parameter('white_level', value=31000.0)])
    assert result.successful
    assert parameters.levels() == (29000.0, 31000.0)
    (result,) = node.set_parameters([Parameter('black_level', value=31000.0)])
    assert not result.successful
    with pytest.raises(ValueError, match='white_level is 5'):
        TrackerParameters(make_node(black_level=7.0, white_level=5.0), lambda: None)


def test_several_changes_at_once_are_judged_together(make_node):
    node = make_node()
    parameters = TrackerParameters(node, lambda: None)
    good, bad = Parameter('lost_after', value=9), Parameter('search_factor', value=0.9)
    assert not node.set_parameters_atomically([good, bad]).successful
    assert parameters['lost_after'] == TrackerSettings().lost_after
