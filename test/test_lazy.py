# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Light modules stay light, and every public name is there, for type checkers as well."""

import ast
from importlib import resources
from pathlib import Path
import subprocess
import sys

from aiatrack_ros import model
from aiatrack_ros import tracking
import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize('package', [model, tracking], ids=lambda package: package.__name__)
def test_every_public_name_is_there(package) -> None:
    for name in package.__all__:
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = package.nonsense


@pytest.mark.parametrize('package', [model, tracking], ids=lambda package: package.__name__)
def test_type_checkers_see_the_same_names(package) -> None:
    tree = ast.parse(Path(package.__file__).read_text())
    seen = {
        statement.names[0].asname: statement.module
        for block in tree.body
        if isinstance(block, ast.If) and ast.unparse(block.test) == 'TYPE_CHECKING'
        for statement in block.body
    }
    assert seen == package._HOMES


@pytest.mark.timeout(300)  # without a cache it reads all of torch
def test_types_reach_the_caller(tmp_path) -> None:
    pytest.importorskip('mypy', reason='needs mypy: run make setup')
    caller = tmp_path / 'caller.py'
    caller.write_text(
        'from aiatrack_ros.model import load_network\n'
        'from aiatrack_ros.tracking import create_tracker\n'
        'reveal_type(create_tracker())\n'
        'reveal_type(create_tracker().track)\n'
        "reveal_type(load_network('aiatrack_lite'))\n"
        'from aiatrack_ros.tracking import nonsense\n'
    )
    command = [sys.executable, '-m', 'mypy', '--strict', str(caller)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout
    assert 'Revealed type is "aiatrack_ros.tracking.tracker.Tracker"' in told
    assert 'def (image: numpy.ndarray' in told and 'tracking.tracker.TrackResult"' in told
    assert 'Revealed type is "aiatrack_ros.model.network.AiATrack"' in told
    assert 'has no attribute "nonsense"' in told


def test_package_says_that_it_has_types() -> None:
    assert (resources.files('aiatrack_ros') / 'py.typed').is_file()


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
