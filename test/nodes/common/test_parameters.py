# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Tables of parameters: what they declare and what they refuse."""

from aiatrack_ros.nodes.common.parameters import declare
from aiatrack_ros.nodes.common.parameters import Setting
import pytest
from rclpy.exceptions import ParameterException
from rclpy.parameter import Parameter
import ros_harness  # noqa: F401 (skips without ROS)


def test_a_changeable_choice_is_checked_when_it_changes(make_node):
    node = make_node()
    declare(node, [Setting('color', 'red', 'a color', choices=('red', 'blue'))])
    assert not node.set_parameters([Parameter('color', value='green')])[0].successful
    assert node.get_parameter('color').value == 'red'
    with pytest.raises(ParameterException, match='color'):
        declare(
            make_node(color='mauve'), [Setting('color', 'red', 'a color', choices=('red', 'blue'))]
        )
