# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""config/tracker.rviz fits what the nodes publish; config/box_selector.yaml what they take."""

from aiatrack_ros.nodes.selection.box_selector_node import BOX_SELECTOR
from aiatrack_ros.nodes.selection.box_selector_node import BoxSelectorNode
from aiatrack_ros.nodes.selection.picture_plane import PicturePlane
from aiatrack_ros.nodes.selection.plane_markers import text_marker
import pytest
from ros_harness import ROOT
from ros_harness import Ros
import yaml

# The plugins that ros2/rviz names in the files plugins_description.xml of rviz_default_plugins and
# rviz_common.
CLASSES = {
    'rviz_default_plugins/MarkerArray',
    'rviz_default_plugins/Image',
    'rviz_default_plugins/PublishPoint',
    'rviz_default_plugins/MoveCamera',
    'rviz_default_plugins/TopDownOrtho',
    'rviz_default_plugins/TF',
    'rviz_common/Displays',
    '',
}


@pytest.fixture(scope='module')
def config():
    return yaml.safe_load((ROOT / 'config' / 'tracker.rviz').read_text())


@pytest.fixture
def node():
    ros = Ros()
    yield ros.spin(BoxSelectorNode)
    ros.close()


def entries(tree, key):
    """Return all values of a key, anywhere in a tree of lists and dictionaries."""
    if isinstance(tree, dict):
        found = [tree[key]] if key in tree else []
        return found + [entry for value in tree.values() for entry in entries(value, key)]
    if isinstance(tree, list):
        return [entry for value in tree for entry in entries(value, key)]
    return []


def test_topics_and_frame_are_those_of_the_node(config, node):
    manager = config['Visualization Manager']
    assert manager['Global Options']['Fixed Frame'] == node.picture_frame
    picture, overlay = manager['Displays']
    topics = dict(node.get_topic_names_and_types())
    assert topics[picture['Topic']['Value']] == ['visualization_msgs/msg/MarkerArray']
    assert picture['Topic']['Value'] == node._markers.topic_name
    assert picture['Topic']['Reliability Policy'] == 'Reliable'
    # The overlay is the tracker's; on it the selector takes rqt's clicks.
    assert f'{overlay["Topic"]["Value"]}_mouse_left' in topics
    tool = manager['Tools'][0]
    assert tool['Class'] == 'rviz_default_plugins/PublishPoint'
    assert topics[tool['Topic']['Value']] == ['geometry_msgs/msg/PointStamped']
    assert tool['Single click'] is False


def test_view_shows_the_whole_plane(config):
    view = config['Visualization Manager']['Views']['Current']
    assert view['Class'] == 'rviz_default_plugins/TopDownOrtho'
    assert (view['X'], view['Y'], view['Angle']) == (0, 0, 0)
    (width,) = (setting.default for setting in BOX_SELECTOR if setting.name == 'picture_width')
    window = config['Window Geometry']['Width']
    assert 0.5 * window < width * view['Scale'] < 0.75 * window  # beside the left dock


def test_the_line_above_a_picture_of_5_to_4_is_in_view(config):
    view = config['Visualization Manager']['Views']['Current']
    marker = text_marker('picture', PicturePlane(1280, 1024, 1.6), 'words', (0, 0, 0))
    top = marker.pose.position.y + marker.scale.z / 2
    bars = 95  # pixels that RViz takes for title, menu, tools and status
    assert 2 * top * view['Scale'] < config['Window Geometry']['Height'] - bars


def test_classes_are_known(config):
    assert set(entries(config, 'Class')) == CLASSES
    assert all(
        display['Enabled'] and display['Value']
        for display in config['Visualization Manager']['Displays']
    )


def test_parameter_file_has_all_parameters_with_their_defaults():
    text = (ROOT / 'config' / 'box_selector.yaml').read_text()
    given = yaml.safe_load(text)['/**']['ros__parameters']
    assert given == {setting.name: setting.default for setting in BOX_SELECTOR}
