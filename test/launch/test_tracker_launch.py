# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The launch file of the tracker: which nodes it starts, and how."""

from aiatrack_ros.nodes.selection.box_selector_node import BOX_SELECTOR
from aiatrack_ros.nodes.selection.target_picker_node import TARGET_PICKER
from aiatrack_ros.nodes.tracker.tracker_parameters import TRACKER_NODE
from aiatrack_ros.tracking import VARIANTS
from launch_stand_ins import load_launch_file
import pytest
from ros_harness import ROOT


@pytest.fixture
def load(monkeypatch):
    """Return a function that reads the launch file."""
    return lambda: load_launch_file('tracker', monkeypatch)


def arguments(module):
    return {argument.values[0]: argument for argument in module.ARGUMENTS}


def nodes(module, **given):
    context = {name: argument.default_value for name, argument in arguments(module).items()}
    return module.make_nodes({**context, **given})


def start(module, **given):
    return nodes(module, **given)[0]


def test_arguments_are_described_and_their_choices_are_those_of_the_node(load):
    declared = arguments(load())
    assert all(argument.description for argument in declared.values())
    assert declared['model'].choices == ['', *VARIANTS]
    settings = {setting.name: setting for setting in TRACKER_NODE}
    assert declared['image_transport'].choices == ['', *settings['image_transport'].choices]
    assert {
        'image',
        'model',
        'checkpoint',
        'device',
        'params_file',
        'namespace',
        'autostart',
    } <= set(declared)


def test_by_default_the_parameter_file_decides_all_but_the_start(load):
    node = start(load())
    assert (node.package, node.executable, node.name, node.namespace) == (
        'aiatrack_ros',
        'tracker_node',
        'tracker',
        '',
    )
    assert node.parameters == [
        str(ROOT / 'config' / 'tracker.yaml'),
        {'autostart': True, 'use_sim_time': False},
    ]
    assert node.remappings == [('image', 'image')]


def test_given_arguments_win(load):
    node = start(
        load(),
        image='/cam/image',
        model='aiatrack_r50',
        checkpoint='a.pth',
        device='cuda:1',
        image_transport='compressed',
        namespace='front',
        autostart='false',
        log_level='debug',
    )
    names = {setting.name for setting in TRACKER_NODE}
    assert node.parameters[1] == {
        'model': 'aiatrack_r50',
        'checkpoint': 'a.pth',
        'device': 'cuda:1',
        'image_transport': 'compressed',
        'autostart': False,
        'use_sim_time': False,
    }
    assert set(node.parameters[1]) <= names | {'use_sim_time'}
    assert node.remappings == [('image', '/cam/image')]
    assert node.namespace == 'front'
    assert node.ros_arguments == ['--log-level', 'debug']


def test_a_missing_parameter_file_is_named(load):
    with pytest.raises(RuntimeError, match='nowhere.yaml'):
        start(load(), params_file='nowhere.yaml')


@pytest.mark.parametrize(
    'distribution, variable',
    [
        ('humble', 'FASTRTPS_DEFAULT_PROFILES_FILE'),
        ('jazzy', 'FASTRTPS_DEFAULT_PROFILES_FILE'),
        ('kilted', 'FASTDDS_DEFAULT_PROFILES_FILE'),
        ('lyrical', 'FASTDDS_DEFAULT_PROFILES_FILE'),
    ],
)
def test_the_middleware_gets_our_files_unless_the_user_has_others(
    load, monkeypatch, distribution, variable
):
    config = ROOT / 'config'
    ours = {
        variable: str(config / 'fastdds.xml'),
        'CYCLONEDDS_URI': f'file://{config / "cyclonedds.xml"}',
    }

    def set_by_launch():
        actions = load().generate_launch_description()
        return dict(action.values for action in actions if len(action.values) == 2)

    monkeypatch.setenv('ROS_DISTRO', distribution)
    for name in ours:
        monkeypatch.delenv(name, raising=False)
    assert set_by_launch() == ours
    monkeypatch.setenv('CYCLONEDDS_URI', '')  # empty is a choice too
    assert set_by_launch() == {variable: ours[variable]}
    monkeypatch.setenv(variable, 'my.xml')
    assert set_by_launch() == {}


@pytest.mark.parametrize(('select', 'settings'), [('true', BOX_SELECTOR), ('web', TARGET_PICKER)])
def test_who_lets_people_choose_gets_no_parameters_of_the_tracker(load, select, settings):
    selector = nodes(load(), select=select, model='aiatrack_r50', image_transport='compressed')[1]
    given = set().union(*selector.parameters[1:])
    assert given == {'image_transport', 'use_sim_time'}
    assert given <= {setting.name for setting in settings} | {'use_sim_time'}


def test_select_starts_what_lets_people_choose(load):
    module = load()
    assert len(nodes(module)) == 1
    selector = nodes(module, select='true', image='/cam')[1]
    assert (selector.executable, selector.name) == ('box_selector_node', 'box_selector')
    picker = nodes(module, select='web', image='/cam', namespace='front')[1]
    assert (picker.executable, picker.name) == ('target_picker_node', 'target_picker')
    assert (picker.namespace, picker.remappings) == ('front', [('image', '/cam')])
    assert picker.parameters[-1] == {}
    open_picker = nodes(module, select='web', web_host='0.0.0.0', web_port='9000')[1]
    assert open_picker.parameters[-1] == {'host': '0.0.0.0', 'port': 9000}
    with pytest.raises(RuntimeError, match='web_port'):
        nodes(module, select='web', web_port='http')
    names = {setting.name for setting in TARGET_PICKER}
    assert set(open_picker.parameters[-1]) <= names
