# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Values outside the range of their field, or of another type, are refused by name."""

from dataclasses import dataclass

from aiatrack_ros.settings import CheckedSettings
from aiatrack_ros.settings import setting
import pytest


@dataclass(frozen=True)
class Oven(CheckedSettings):
    """Two settings."""

    trays: int = setting(1, 0, 3, 'trays in it')
    share: float = setting(0.5, 0.0, 1.0, 'share of its power')


def test_both_ends_are_included() -> None:
    assert Oven(0, 0).share == 0
    assert Oven(3, 1.0).trays == 3


@pytest.mark.parametrize(
    ('name', 'value', 'reason'),
    [
        ('trays', 4, r'trays is 4; it must be in \[0, 3\]'),
        ('trays', 2.0, 'trays is 2.0; it must be a whole number'),
        ('trays', True, 'trays is True; it must be a whole number'),
        ('share', -0.1, r'share is -0.1; it must be in \[0, 1\]'),
        ('share', float('nan'), 'share is nan'),
        ('share', 'half', "share is 'half'; it must be a number"),
    ],
)
def test_what_is_refused(name: str, value: object, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Oven(**{name: value})
