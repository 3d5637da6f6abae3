# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Light modules stay light, and every public name is there."""

import subprocess
import sys

from aiatrack_ros import model
from aiatrack_ros import tracking
import pytest


@pytest.mark.parametrize('package', [model, tracking], ids=lambda package: package.__name__)
def test_every_public_name_is_there(package) -> None:
    for name in package.__all__:
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = package.nonsense


def test_light_modules_do_not_import_torch() -> None:
    nodes = (
        'follow.follow_node',
        'selection.box_selector_node',
        'playback.track_recorder',
        'playback.video_player',
    )
    lines = ['import aiatrack_ros.cli', *(f'import aiatrack_ros.nodes.{name}' for name in nodes)]
    program = '\n'.join([*lines, 'import sys', "sys.exit('torch' in sys.modules)"])
    assert subprocess.run([sys.executable, '-c', program], timeout=50).returncode == 0
