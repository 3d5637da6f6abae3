# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Values that their field does not allow, or of another type, are refused by name."""

from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import Literal

from aiatrack_ros.settings import CheckedSettings
from aiatrack_ros.settings import complaint
from aiatrack_ros.settings import POSITIVE
from aiatrack_ros.settings import Rule
from aiatrack_ros.settings import rules
from aiatrack_ros.settings import setting
from aiatrack_ros.settings import text_setting
from aiatrack_ros.settings import within
import pytest


@dataclass(frozen=True)
class Oven(CheckedSettings):
    """One setting of each type."""

    shape: tuple[int, int] = field(metadata=within(1, 9))
    trays: int = setting(1, 0, 3, 'trays in it')
    share: float = setting(0.5, 0.0, 1.0, 'share of its power')
    hours: float = setting(1.0, POSITIVE)
    heat: Literal['top', 'bottom'] = 'top'
    light: bool = False
    name: str = text_setting('oven', 'small letters', pattern='[a-z]*')
    maker: str = text_setting('ours', 'who made it', ('ours', 'theirs'))
    notes: list[str] = field(default_factory=list)
    books: tuple[str, ...] = ()
    spare: int | None = None
    owner: Any = None


def oven(**changes: object) -> Oven:
    return Oven(**{'shape': (2, 3), **changes})


def test_both_ends_are_included() -> None:
    assert oven(trays=0, share=0).share == 0
    assert oven(trays=3, share=1.0).trays == 3
    assert oven(shape=(1, 9), notes=['a'], spare=-4, owner=5).spare == -4
    assert oven(books=('a', 'b', 'c')).books[2] == 'c'


@pytest.mark.parametrize(
    ('name', 'value', 'reason'),
    [
        ('trays', 4, 'trays is 4; it must be in [0, 3]'),
        ('trays', 2.0, 'trays is 2.0; it must be a whole number'),
        ('trays', True, 'trays is True; it must be a whole number'),
        ('share', -0.1, 'share is -0.1; it must be in [0, 1]'),
        ('share', float('nan'), 'share is nan; it must be in [0, 1]'),
        ('share', 'half', "share is 'half'; it must be a number"),
        ('hours', 0, 'hours is 0; it must be above 0'),
        ('hours', float('inf'), 'hours is inf; it must be above 0'),
        ('heat', 'left', "heat is 'left'; it must be one of top, bottom"),
        ('heat', ['top'], "heat is ['top']; it must be one of top, bottom"),
        ('light', 1, 'light is 1; it must be true or false'),
        ('name', 'Oven', "name is 'Oven'; it must be small letters"),
        ('name', 5, 'name is 5; it must be text'),
        ('maker', 'mine', "maker is 'mine'; it must be one of ours, theirs"),
        ('notes', 'none', "notes is 'none'; it must be a list"),
        ('notes', ['a', 2], 'notes[1] is 2; it must be text'),
        ('books', ('a', 2), 'books[1] is 2; it must be text'),
        ('shape', (2, 3, 4), 'shape is (2, 3, 4); it must have 2 items'),
        ('shape', (2, 10), 'shape[1] is 10; it must be in [1, 9]'),
        ('spare', 'one', "spare is 'one'; it must be a whole number"),
        ('spare', float('nan'), 'spare is nan; it must be a whole number'),
    ],
)
def test_what_is_refused(name: str, value: object, reason: str) -> None:
    with pytest.raises(ValueError) as caught:
        oven(**{name: value})
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    ('low', 'high', 'text'),
    [
        (0, 1, 'in [0, 1]'),
        (2, float('inf'), 'at least 2'),
        (float('-inf'), 2, 'at most 2'),
        (POSITIVE, float('inf'), 'above 0'),
        (POSITIVE, 3600, 'above 0 and at most 3600'),
        (float('-inf'), float('inf'), ''),
    ],
)
def test_how_a_range_is_said(low: float, high: float, text: str) -> None:
    assert Rule((low, high)).limits() == text


def test_without_a_range_a_number_is_finite() -> None:
    assert complaint('x', -1e300, float, Rule()) == ''
    assert complaint('x', float('inf'), float, Rule()) == 'x is inf; it must be finite'


def test_the_fields_tell_their_rules() -> None:
    kind, rule = rules(Oven)['trays']
    assert kind is int and rule.range == (0, 3) and rule.help == 'trays in it'
    assert rules(Oven)['light'] == (bool, Rule())
