# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""From the command line to a node and back: in processes of their own, as users start them."""

import os
import signal
import subprocess
import sys

import pytest
from ros_harness import DEADLINE
from ros_harness import ROOT

NODE = """
import signal
import sys
import time
from aiatrack_ros.errors import InputError
from aiatrack_ros.nodes.common.run_node import run_node
import rclpy
from rclpy.node import Node
from rclpy.task import Future

class Tester(Node):
    def __init__(self):
        kind = sys.argv[1]
        if kind == 'middleware':  # what rclpy raises if, say, Cyclone DDS lacks room in the kernel
            raise RuntimeError('error creating node: error not set, at node.c:252')
        super().__init__('tester')
        if kind == 'error':
            raise InputError('this video is torn')
        if kind == 'parameter':
            self.declare_parameter('number', 3)
        if kind == 'refuse':
            self.start = lambda: False
        if kind == 'done':
            self.done = Future()
            self.create_timer(0.01, lambda: self.done.set_result(7))
        if kind == 'unfit':
            self.start = self.raise_error
        if kind in ('bug', 'late'):
            self.create_timer(0.01, self.raise_error)
        self.timer = self.create_timer(0.0, self.say)
        if kind == 'early':
            signal.raise_signal(signal.SIGTERM)
            while rclpy.ok():
                time.sleep(0.01)
    def raise_error(self):
        raise InputError('late') if sys.argv[1] == 'late' else ValueError('not a number')
    def say(self):
        self.timer.cancel()
        print('up', flush=True)
    def destroy_node(self):
        print('destroying', flush=True)
        super().destroy_node()
        print('destroyed', flush=True)

sys.exit(run_node(Tester))
"""


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, '-c', NODE, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=dict(os.environ),
    )


@pytest.mark.parametrize(
    'arguments, code, error',
    [
        (['error'], 2, 'error: this video is torn\n'),
        (['parameter', '--ros-args', '-p', 'number:=three'], 2, 'number'),
        (['refuse'], 2, ''),
        (['unfit'], 2, 'error: not a number\n'),
        (['middleware'], 2, 'error: the middleware does not start, for the reason above'),
        (['done'], 7, ''),
    ],
)
def test_ends_with_a_code_and_at_most_one_line(arguments, code, error):
    process = start(*arguments)
    out, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == code, err
    assert error in err
    assert 'Traceback' not in err
    assert len(err.splitlines()) <= 1
    assert ('destroyed' in out) == (arguments[0] in ('refuse', 'unfit', 'done'))


@pytest.mark.parametrize('kind, error', [('bug', 'ValueError'), ('late', 'InputError')])
def test_a_bug_in_a_callback_is_no_mistake_of_the_user(kind, error):
    process = start(kind)
    out, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 1, err
    assert 'Traceback' in err and error in err.splitlines()[-1]
    assert 'in raise_error' in err
    assert out.endswith('destroying\ndestroyed\n')


@pytest.mark.parametrize(
    'arguments, words',
    [
        (['-r', 'foo'], "Couldn't parse remap rule: '-r foo'"),
        (['-p', 'foo'], "Couldn't parse parameter override rule: '-p foo'"),
        (['-p', 'number:=[1,'], 'give -r FROM:=TO, or -p NAME:=VALUE'),
        (
            ['--params-file', 'broken.yaml'],
            "Couldn't parse params file: '--params-file broken.yaml'",
        ),
        (['--params-file', 'none.yaml'], 'Error opening YAML file'),
        (['--params-file', 'flat.yaml'], 'give a YAML file of NODE: ros__parameters: NAME: VALUE'),
        (['--log-level', 'loud'], "Couldn't parse log level: '--log-level loud'"),
        (['--colour'], "ROS knows no arguments ['--colour']"),
    ],
)
def test_wrong_arguments_of_ros_are_one_line(arguments, words, tmp_path):
    (tmp_path / 'broken.yaml').write_text('a: [1,\n b: }')
    (tmp_path / 'flat.yaml').write_text('number: 1')
    arguments = [str(tmp_path / word) if word.endswith('yaml') else word for word in arguments]
    words = words.replace('broken.yaml', str(tmp_path / 'broken.yaml'))
    process = start('parameter', '--ros-args', *arguments)
    out, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 2, err
    assert err.startswith('error: ') and words in err
    assert len(err.splitlines()) == 1 and '.c:' not in err
    assert out == ''


def test_parameters_that_nobody_takes_are_said(tmp_path):
    (tmp_path / 'p.yaml').write_text('other: {ros__parameters: {number: 4}}')
    arguments = ['-p', 'nubmer:=4', '--params-file', str(tmp_path / 'p.yaml')]
    process = start('parameter', '--ros-args', *arguments)
    assert process.stdout.readline() == 'up\n'
    process.send_signal(signal.SIGINT)
    err = process.communicate(timeout=DEADLINE)[1]
    assert process.returncode == 0
    assert '[WARN]' in err and "did you mean 'number'?" in err
    assert 'has nothing for /tester: it is only for /other' in err


@pytest.mark.parametrize('end', [signal.SIGINT, signal.SIGTERM])
def test_ends_cleanly_when_asked_to(end):
    process = start('spin')
    assert process.stdout.readline() == 'up\n'
    process.send_signal(end)
    assert process.stdout.readline() == 'destroying\n'
    process.send_signal(end)  # ros2 launch and the terminal both send it
    out, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0, err
    assert out == 'destroyed\n'
    assert err == ''


def test_a_signal_before_the_node_spins_ends_it_without_a_word():
    process = start('early')
    out, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0, err
    assert out == 'destroying\ndestroyed\n'
    assert err == ''


@pytest.mark.parametrize(
    'module',
    sorted(
        f'{path.parent.name}.{path.stem}'
        for path in (ROOT / 'aiatrack_ros' / 'nodes').glob('*/*.py')
        if 'return run_node(' in path.read_text()
    ),
)
def test_a_node_that_cannot_be_made_says_why_in_one_line(module):
    parameters = {
        'tracker_node': 'lost_after:=0',
        'track_recorder': 'output:=no/where.mp4',
        'sim_recorder': 'video:=no/where.mp4',
        'video_player': 'rate:=-1.0',
    }
    parameter = parameters.get(module.rpartition('.')[2], 'use_sim_time:=soon')
    code = f'import sys; from aiatrack_ros.nodes.{module} import main; sys.exit(main())'
    process = subprocess.run(
        [sys.executable, '-c', code, '--ros-args', '-p', parameter],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=DEADLINE,
    )
    assert process.returncode == 2, process.stderr
    assert process.stderr.startswith('error: ')
    assert len(process.stderr.splitlines()) == 1, process.stderr
    assert process.stdout == ''


WAY = """
import os
import sys
from aiatrack_ros.nodes.common.run_node import run_node
from rclpy.node import Node
from rclpy.task import Future

class Tester(Node):
    def __init__(self):
        super().__init__('tester')
        self.done = Future()
        self.create_timer(0.01, lambda: self.done.set_result(0))
        # Libraries may have started theirs when they were imported.
        threads = set(os.listdir('/proc/self/task')) - earlier
        policies = {os.sched_getscheduler(int(thread)) for thread in threads}
        nices = {os.getpriority(os.PRIO_PROCESS, int(thread)) for thread in threads}
        print(len(threads) > 1, policies, nices, flush=True)

earlier = set(os.listdir('/proc/self/task')) - {str(os.getpid())}
sys.exit(run_node(Tester, gives_way=sys.argv[1] == 'True'))
"""


@pytest.mark.skipif(sys.platform != 'linux', reason='other systems schedule otherwise')
@pytest.mark.parametrize('gives_way', [True, False])
def test_a_node_gives_way_with_all_its_threads_or_not_at_all(gives_way):
    before = os.getpriority(os.PRIO_PROCESS, 0)
    answer = subprocess.run(
        [sys.executable, '-c', WAY, str(gives_way)],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        cwd=ROOT,
    )
    assert answer.returncode == 0, answer.stderr
    policy = os.SCHED_BATCH if gives_way else os.SCHED_OTHER
    nice = min(19, before + 5 * gives_way)
    assert answer.stdout.split('\n')[0] == f'True {{{policy}}} {{{nice}}}'
