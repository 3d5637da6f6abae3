# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The rooms of the package and who may know whom; and the licence line of every source file."""

import ast
from pathlib import Path
import re
import runpy
import signal
import subprocess
import sys
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = 'aiatrack_ros'
LICENCE = 'Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0'

# Modules that every room may import.
FLOOR = {'daemon_thread', 'errors', 'lazy', 'settings', 'timing'}
# Rooms of the package that each room may import, besides itself and the floor.
ARROWS = {
    'daemon_thread': set(),
    'errors': set(),
    'lazy': set(),
    'settings': set(),
    'timing': set(),
    'model': set(),
    'tracking': {'model'},
    'clips': {'tracking'},
    'picker': {'tracking'},
    'datasets': set(),
    'simulation': set(),
    'nodes': {'tracking', 'clips', 'picker', 'simulation', 'msg', 'srv'},
    'evaluation': {'tracking', 'datasets', 'model'},
    'benchmark': {'evaluation', 'tracking', 'datasets', 'model'},
    'training': {'model', 'datasets'},
    'commands': {
        'model',
        'tracking',
        'clips',
        'picker',
        'datasets',
        'evaluation',
        'benchmark',
        'training',
    },
    'cli': {'commands'},
}
ROS = {'rclpy', 'cv_bridge', 'launch', 'launch_ros', 'ament_index_python', 'message_filters'}
IMAGES = {'cv2', 'PIL'}

# Packages that package.xml need not name.
STANDARD = sys.stdlib_module_names | {PACKAGE}
FROM_PIP = {'safetensors', 'torch'}  # on all distributions but one, says README.md
OPTIONAL = {'av', 'cv_bridge', 'onnx', 'onnxruntime', 'openvino', 'rosbags', 'tensorboard'}


def forbidden_imports(root: Path) -> list[str]:
    """Return a line for each import of the package in this folder that the rooms forbid."""
    found = []
    for path in sorted((root / PACKAGE).rglob('*.py')):
        parts = path.relative_to(root / PACKAGE).with_suffix('').parts
        room = parts[0]
        for name, line in imports(path):
            top, *rest = name.split('.')
            if top == PACKAGE and room in ARROWS:
                # `from aiatrack_ros import __version__` names no room.
                known = not rest or rest[0] in ARROWS[room] | FLOOR | {room, '__version__'}
            elif top == PACKAGE:
                known = False
            elif top in ROS or top.endswith(('_msgs', '_srvs', '_interfaces')):
                known = room == 'nodes'
            elif top in IMAGES:
                known = room not in FLOOR | {'model'}
            elif top == 'torch':
                known = room not in FLOOR | {'datasets', 'picker', 'simulation'}
            else:
                known = True
            if not known:
                found.append(f'{path.relative_to(root)}:{line}: {room} must not know {name}')
    return found


def imports(path: Path) -> list[tuple[str, int]]:
    """Return the absolute names that a module imports, anywhere in it, and their lines."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                found.append((f'{PACKAGE}.{"." * node.level}{node.module or ""}', node.lineno))
            elif node.module == PACKAGE:
                found += [(f'{PACKAGE}.{alias.name}', node.lineno) for alias in node.names]
            else:
                found.append((node.module, node.lineno))
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node.value.startswith(f'{PACKAGE}.')
            and node.value.isascii()
            and all(part.isidentifier() for part in node.value.split('.'))
        ):
            found.append((node.value, node.lineno))  # for importlib
    return found


def declared(*kinds: str) -> set[str]:
    """Return the modules that package.xml declares in elements of these kinds."""
    tree = ElementTree.parse(ROOT / 'package.xml')
    keys = {element.text for kind in kinds for element in tree.iter(kind)}
    modules = {
        'python3-opencv': 'cv2',
        'python3-pil': 'PIL',
        'python3-pytest-timeout': 'pytest_timeout',
    }
    return {modules.get(key, key.removeprefix('python3-')) for key in keys}


def imported(*folders: str) -> set[str]:
    """Return what the modules in these folders import from outside of the standard library."""
    paths = [path for folder in folders for path in (ROOT / folder).rglob('*.py')]
    return {name.split('.')[0] for path in paths for name, _ in imports(path)} - STANDARD


def unlicensed(paths: list[Path]) -> list[Path]:
    """Return those of the files whose beginning has no licence line."""
    return [
        path
        for path in paths
        if not any(LICENCE in line for line in path.read_text().splitlines()[:4])
    ]


def sources(root: Path) -> list[Path]:
    """Return the files of a checkout that need a licence line."""
    top = ('.ci/run', 'CMakeLists.txt', 'Makefile', 'package.xml', 'pyproject.toml', 'setup.py')
    folders = 'aiatrack_ros cmake config docs examples launch msg scripts srv test tools'.split()
    kinds = (
        '*.py',
        '*.html',
        '*.sh',
        '*.txt',
        '*.in',
        '*.msg',
        '*.srv',
        '*.xml',
        '*.yaml',
        '*.rviz',
    )
    found = [root / name for name in top]
    found += [path for folder in folders for kind in kinds for path in (root / folder).rglob(kind)]
    return found


def test_rooms_are_named():
    content = (ROOT / PACKAGE).iterdir()
    rooms = {path.stem for path in content if path.suffix in ('', '.py')} - {
        '__init__',
        '__pycache__',
    }
    assert rooms <= set(ARROWS), 'a new room: give it its arrows here and in docs'


def test_imports_point_one_way():
    assert not forbidden_imports(ROOT)


def test_every_source_names_its_licence():
    assert len(sources(ROOT)) > 50
    assert not unlicensed(sources(ROOT))


@pytest.mark.parametrize(
    ('module', 'code'),
    [
        ('model/x.py', 'import rclpy'),
        ('model/x.py', 'import cv2'),
        ('datasets/x.py', 'import torch'),
        ('clips/x.py', 'from aiatrack_ros.nodes.common import messages'),
        ('picker/x.py', 'import rclpy'),
        ('picker/x.py', 'from aiatrack_ros.nodes.common import images'),
        ('datasets/x.py', 'from aiatrack_ros.tracking.video import natural_key'),
        ('model/x.py', 'from aiatrack_ros.tracking import Tracker'),
        ('tracking/x.py', 'def f():\n    from sensor_msgs.msg import Image'),
        ('tracking/x.py', 'from aiatrack_ros import evaluation'),
        ('tracking/x.py', 'from ..evaluation import metrics'),
        ('nodes/x.py', 'import aiatrack_ros.model.network'),
        ('training/x.py', 'from aiatrack_ros.tracking.crop import crop_region'),
        ('evaluation/x.py', 'from aiatrack_ros.training import losses'),
        ('evaluation/x.py', 'from aiatrack_ros.benchmark.machine import cpu_name'),
        ('benchmark/x.py', 'import aiatrack_ros.training.run'),
        ('training/x.py', 'from aiatrack_ros.evaluation.metrics import overlap'),
        ('tracking/engines/x.py', 'from aiatrack_ros.commands import options'),
        ('nodes/tracker/x.py', 'from aiatrack_ros.model import AiATrack'),
        ('cli.py', 'import aiatrack_ros.tracking'),
        ('commands/x.py', 'importlib.import_module("aiatrack_ros.nodes.tracker.tracker_node")'),
        ('errors.py', 'from aiatrack_ros.model import AiATrack'),
        ('elsewhere.py', 'from aiatrack_ros.model import AiATrack'),
    ],
)
def test_forbidden_import_is_found(module, code, tmp_path):
    path = tmp_path / PACKAGE / module
    path.parent.mkdir(parents=True)
    path.write_text(code)
    assert len(forbidden_imports(tmp_path)) == 1


@pytest.mark.parametrize(
    ('module', 'code'),
    [
        ('model/x.py', 'import torch\nfrom aiatrack_ros.model.norm import fold'),
        ('tracking/x.py', 'import cv2\nfrom aiatrack_ros import errors'),
        ('nodes/x.py', 'import rclpy\nfrom aiatrack_ros.msg import TrackerStatus'),
        ('cli.py', 'from aiatrack_ros import __version__\nprint("aiatrack_ros.no module")'),
    ],
)
def test_allowed_import_is_not(module, code, tmp_path):
    path = tmp_path / PACKAGE / module
    path.parent.mkdir(parents=True)
    path.write_text(code)
    assert not forbidden_imports(tmp_path)


def test_package_xml_names_what_is_used():
    used = imported(PACKAGE, 'launch') - OPTIONAL
    for_the_messages = {'rosidl_default_runtime'}
    assert used == declared('depend', 'exec_depend') - for_the_messages


def test_package_xml_names_what_comes_from_pip_where_the_distribution_has_it():
    tree = ElementTree.parse(ROOT / 'package.xml')
    conditions = {each.text: each.get('condition') for each in tree.getroot()}
    only_there = {key for key, condition in conditions.items() if condition}
    assert only_there == {f'python3-{name}' for name in FROM_PIP}
    assert {conditions[key] for key in only_there} == {'$ROS_DISTRO == lyrical'}


def test_the_version_is_the_same_everywhere():
    version = ElementTree.parse(ROOT / 'package.xml').findtext('version')
    released = re.findall(r'^(\d+\.\d+\.\d+) \(', (ROOT / 'CHANGELOG.rst').read_text(), re.M)
    told = {
        path: re.search(pattern, (ROOT / path).read_text(), re.M)[1]
        for path, pattern in {
            'pyproject.toml': r"^version = '(.*)'$",
            'CITATION.cff': r'^version: (.*)$',
            f'{PACKAGE}/__init__.py': r"^__version__ = '(.*)'$",
        }.items()
    }
    assert told == dict.fromkeys(told, version)
    assert released[0] == version


def test_package_xml_names_what_only_tests_use():
    folders = ('examples', 'test', 'tools')
    ours = {path.stem for folder in folders for path in (ROOT / folder).rglob('*.py')}
    used = imported(*folders) - OPTIONAL - ours - {'got10k', 'playwright'}
    by_name = {'ament_cmake_pytest', 'pytest_timeout'}  # not by an import
    assert used - declared('depend', 'exec_depend') == declared('test_depend') - by_name


def test_every_executable_also_starts_with_python_m():
    listed = re.search(
        r'foreach\(NODE\s+(.*?)\)', (ROOT / 'CMakeLists.txt').read_text(), re.DOTALL
    )
    names = listed[1].split()
    assert 'tracker.tracker_node' in names
    for name in names:
        path = ROOT / PACKAGE / 'nodes' / f'{name.replace(".", "/")}.py'
        # Without this, python3 -m ends at once, without a word.
        assert path.read_text().endswith("if __name__ == '__main__':\n    sys.exit(main())\n"), (
            name
        )


def executable(folder, module):
    """Write what is installed as an executable for a module of this source; return its path."""
    (folder / 'some_node.py').write_text(module)
    template = (ROOT / 'cmake' / 'executable.in').read_text()
    path = folder / 'executable'
    path.write_text(template.replace('@MODULE@', 'some_node'))
    return path


def test_an_executable_starts_its_node_and_not_when_it_is_imported(tmp_path, monkeypatch):
    # Processes of multiprocessing import the script of their parent, from Python 3.14 on.
    monkeypatch.syspath_prepend(tmp_path)
    path = executable(tmp_path, "def main():\n    return 'started'\n")
    runpy.run_path(str(path), run_name='__mp_main__')
    with pytest.raises(SystemExit, match='started'):
        runpy.run_path(str(path), run_name='__main__')


LOADING = "print('loading', flush=True)\nimport time\ntime.sleep(60)\nmain = None\n"
LOADED = """
import time
def main():
    try:
        print('loading', flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        return 5
"""


@pytest.mark.parametrize('module, code', [(LOADING, -signal.SIGINT), (LOADED, 5)])
def test_ctrl_c_while_libraries_load_ends_an_executable_without_a_word(tmp_path, module, code):
    process = subprocess.Popen(
        [sys.executable, executable(tmp_path, module)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # As in a terminal, even if these tests run in the background.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout.readline() == 'loading\n'
    process.send_signal(signal.SIGINT)
    err = process.communicate(timeout=20)[1]
    assert process.returncode == code
    assert err == ''


def test_missing_licence_is_found(tmp_path):
    (tmp_path / 'good.py').write_text(f'#!/usr/bin/env python3\n# {LICENCE}\n')
    (tmp_path / 'bad.py').write_text('# Copyright somebody\n')
    assert unlicensed(sorted(tmp_path.iterdir())) == [tmp_path / 'bad.py']
