# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Tables of parameters: what they declare and what they refuse."""

from dataclasses import dataclass

from aiatrack_ros.nodes.common.parameters import declare
from aiatrack_ros.nodes.common.parameters import mirrored
from aiatrack_ros.nodes.common.parameters import Setting
from aiatrack_ros.nodes.common.parameters import settings_of
from aiatrack_ros.settings import CheckedSettings
from aiatrack_ros.settings import setting
from aiatrack_ros.settings import text_setting
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
    (result,) = node.set_parameters([Parameter('color', value='mauve')])
    assert not result.successful
    assert result.reason == "color is 'mauve'; it must be one of red, blue"
    assert node.set_parameters([Parameter('color', value='blue')])[0].successful


def test_no_number_is_refused_when_it_changes(make_node):
    node = make_node()
    declare(node, [Setting('rate', 1.0, 'a rate', (0.0, 5.0))])
    (result,) = node.set_parameters([Parameter('rate', value=float('nan'))])
    assert not result.successful
    # Some versions of rclpy find it themselves, in words of their own.
    assert 'rate' in result.reason and 'nan' in result.reason
    with pytest.raises(ParameterException, match='rate'):
        declare(make_node(rate=float('nan')), [Setting('rate', 1.0, 'a rate', (0.0, 5.0))])


@dataclass(frozen=True)
class Oven(CheckedSettings):
    """Settings that have parameters."""

    trays: int = setting(1, 0, 3, 'trays in it')
    share: float = setting(0.5, 0.0, 1.0, 'share of its power')
    heat: str = text_setting('top', 'where from', ('top', 'bottom'))

    def __post_init__(self):
        super().__post_init__()
        if self.trays == 3 and self.share > 0.9:
            raise ValueError('share is too much for 3 trays')


def test_rows_are_those_of_the_fields(make_node):
    assert mirrored(Oven) == (
        Setting('trays', 1, 'trays in it', (0, 3)),
        Setting('share', 0.5, 'share of its power', (0.0, 1.0)),
        Setting('heat', 'top', 'where from', choices=('top', 'bottom')),
    )
    assert all(row.read_only for row in mirrored(Oven, read_only=True))
    node = make_node(trays=2)
    declare(node, mirrored(Oven))
    descriptor = node.describe_parameter('trays')
    assert descriptor.description == 'trays in it'
    assert descriptor.integer_range[0].to_value == 3
    assert settings_of(node, Oven) == Oven(trays=2)
    changes = [Parameter('share', value=0.25), Parameter('another', value=1)]
    assert settings_of(node, Oven, changes) == Oven(trays=2, share=0.25)


def test_values_that_do_not_go_together_are_refused(make_node):
    node = make_node(trays=3)
    declare(node, mirrored(Oven), lambda changes: settings_of(node, Oven, changes))
    (result,) = node.set_parameters([Parameter('share', value=1.0)])
    assert not result.successful
    assert result.reason == 'share is too much for 3 trays'
    assert settings_of(node, Oven) == Oven(trays=3)
    other = make_node(trays=3, share=1.0)
    with pytest.raises(ValueError, match='too much for 3 trays'):
        declare(other, mirrored(Oven), lambda changes: settings_of(other, Oven, changes))
