# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""``aiatrack bench``: how long a frame takes on this machine, and how near its limit that is."""

import argparse
from collections.abc import Collection
from collections.abc import Mapping
import dataclasses
from pathlib import Path
from typing import Any

from aiatrack_ros.benchmark import report as bench_report
from aiatrack_ros.benchmark.plot import plot_rows
from aiatrack_ros.benchmark.rows import Configuration
from aiatrack_ros.benchmark.rows import SETTINGS
from aiatrack_ros.benchmark.scenes import draw_scene
from aiatrack_ros.benchmark.scenes import Scene
from aiatrack_ros.benchmark.scenes import TARGETS
from aiatrack_ros.benchmark.scenes import video_scene
from aiatrack_ros.benchmark.session import measure
from aiatrack_ros.benchmark.session import Plan
from aiatrack_ros.benchmark.session import steps
from aiatrack_ros.commands.options import add_setting_arguments
from aiatrack_ros.commands.options import settings_from_arguments
from aiatrack_ros.errors import InputError
from aiatrack_ros.evaluation import report
from aiatrack_ros.evaluation.peers import find_peers
from aiatrack_ros.model.config import VARIANTS
from aiatrack_ros.tracking.box_text import read_size
from aiatrack_ros.tracking.boxes import parse_box
from aiatrack_ros.tracking.settings import ENGINES
from aiatrack_ros.tracking.settings import NetworkSettings
from aiatrack_ros.tracking.settings import PRECISIONS
from tqdm import tqdm

DESCRIPTION = """\
Time the tracker on this machine: every engine that it has, in every precision that it can.

Without options: both models in fp32 and bf16 on a drawn target half as high as a 1920x1080 frame,
and the main configuration (the first of the table) also on 640x480, on a target of 30 px, and with
a busy process beside it."""
EPILOG = f"""\
how it is measured:
  Each configuration has a process of its own; all rows are gone through in turn, several times,
  and the samples pooled, so that a slow minute hits all alike. Every frame enters the memory, the
  most that a frame can cost (update_threshold 0), and from the first measured frame on there are
  {SETTINGS.short_term_memory_size} distinct short-term references. Drawn frames lead the search \
region along the true
  target, so that all cut the same regions. aiatrack_r50 comes without weights: unless --checkpoint
  names some, it has seeded ones, which cost the same.

figures:
{bench_report.LEGEND}

examples:
  aiatrack bench --json bench.json --plot bench.png
  aiatrack bench --models aiatrack_r50 --precisions fp32,bf16 --threads 1,2
  aiatrack bench --models aiatrack_lite --compare PEERS    (a folder of ONNX files)
  aiatrack bench --engines openvino --load 1               (all rows with and without load)
  aiatrack bench --video street.mp4 --box 310,120,60,150
"""
DEFAULT_PRECISIONS = ('fp32', 'bf16')
DEFAULT_SIZES = ('640x480', '1920x1080')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    group = parser.add_argument_group('what is measured (lists are A,B,..)')

    def add_list(option: str, default: Collection[str], text: str, shown: str = '') -> None:
        shown = shown or ','.join(default)
        group.add_argument(option, metavar='LIST', help=f'{text}; default: {shown}')

    add_list('--engines', ENGINES[1:], f'of {", ".join(ENGINES[1:])}')
    add_list('--models', tuple(VARIANTS), 'of ' + ', '.join(VARIANTS))
    add_list('--precisions', DEFAULT_PRECISIONS, f'of {", ".join(PRECISIONS)}')
    add_list('--threads', ('0',), "CPU threads; 0 is the tracker's own choice")
    add_list(
        '--sizes',
        DEFAULT_SIZES,
        'drawn frames, WIDTHxHEIGHT, for all configurations',
        f'{",".join(DEFAULT_SIZES)} for the main one, the last for all',
    )
    add_list(
        '--targets',
        TARGETS,
        f'of {", ".join(TARGETS)} (30 px, half of the height), for all configurations',
        'likewise',
    )
    add_setting_arguments(group, Plan, ('load',))
    group.add_argument(
        '--compare',
        metavar='PATH',
        help="measure OpenCV's trackers on the same frames, with the ONNX files of NanoTrack and "
        'VitTrack in the folder PATH',
    )
    group.add_argument('--video', metavar='FILE', help='frames of a video or a folder of pictures')
    group.add_argument('--box', metavar='x,y,w,h', help='the target in its first frame, in pixels')
    add_setting_arguments(group, NetworkSettings, ('device',))
    group.add_argument(
        '--checkpoint', default='', metavar='FILE', help='weights, where --models names one model'
    )
    group = parser.add_argument_group('how long')
    add_setting_arguments(group, Plan, ('frames', 'seconds', 'rounds'))
    group = parser.add_argument_group('output')
    group.add_argument('--json', metavar='OUT', help='write all figures to this file')
    group.add_argument('--plot', metavar='OUT.png', help='draw a bar with its stages per row')


def run(args: argparse.Namespace) -> int:
    """Measure, print the tables and write what was asked for."""
    plan = plan_from_arguments(args)
    report.make_folders(path and Path(path).parent for path in (args.json, args.plot))
    with tqdm(total=steps(plan), unit='step', leave=False, disable=None) as bar:

        def progress(what: str, done: int) -> None:
            if what:
                bar.set_description(what)
            bar.update(done)

        content = measure(plan, progress)
    if args.json:
        report.write_json(args.json, content)
    print(describe(content))
    if args.plot:
        plot_rows(content['rows'], Path(args.plot))
    return 0


def plan_from_arguments(args: argparse.Namespace) -> Plan:
    """Read the options.

    Raises:
        InputError: One of them can't be used.
    """
    # What the numbers are is known at once, and drawing scenes takes seconds.
    plan = settings_from_arguments(args, Plan, configurations=(), scenes=(), every_scene=False)
    models = _listed('model', args.models, tuple(VARIANTS), tuple(VARIANTS))
    if args.checkpoint and len(models) != 1:
        raise InputError('a checkpoint belongs to one model; say which with --models')
    threads = [_whole(text) for text in _listed('threads', args.threads, ('0',))]
    configurations = [
        Configuration(engine, model, precision, count)
        for model in models
        for engine in _listed('engine', args.engines, ENGINES[1:], ENGINES[1:])
        for precision in _listed('precision', args.precisions, DEFAULT_PRECISIONS, PRECISIONS)
        for count in threads
    ]
    peers = [
        Configuration(bench_report.PEER_ENGINE, name, 'fp32', count)
        for name in (find_peers(args.compare) if args.compare else ())
        for count in threads
    ]
    return dataclasses.replace(
        plan,
        configurations=tuple(configurations),
        scenes=_scenes(args),
        every_scene=bool(args.sizes or args.targets),
        peers=tuple(peers),
        peer_folder=Path(args.compare or ''),
    )


def _listed(
    name: str, text: str | None, default: tuple[str, ...], known: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Return the parts of a list A,B,.., each once.

    Args:
        name: What errors call a part.
        text: The list; without one, the default is returned.
        default: The parts that are meant without a list.
        known: What a part may be; empty allows everything.

    Raises:
        InputError: A part is not known.
    """
    parts = tuple(dict.fromkeys(part.strip() for part in text.split(','))) if text else default
    for part in parts:
        if known and part not in known:
            raise InputError(f"{name} '{part}' is unknown; use {', '.join(known)}")
    return parts


def _whole(text: str) -> int:
    """Return the number of threads that a text stands for; raise InputError if it is none."""
    if not text.isdecimal():
        raise InputError(f"threads '{text}' is not a whole number of 0 or more")
    return int(text)


def _scenes(args: argparse.Namespace) -> tuple[Scene, ...]:
    """Return the scenes that the options ask for; raise InputError if they cannot be had."""
    if args.video or args.box:
        if not (args.video and args.box):
            raise InputError('--video and --box go together: a video, and the target in it')
        if args.sizes or args.targets:
            raise InputError('--sizes and --targets are for drawn frames; leave out --video')
        return (video_scene(args.video, parse_box(args.box)),)
    sizes = [read_size(text) for text in _listed('size', args.sizes, DEFAULT_SIZES)]
    targets = _listed('target', args.targets, TARGETS, TARGETS)
    return tuple(draw_scene(size, target) for size in sizes for target in targets)


def describe(content: Mapping[str, Any]) -> str:
    """Return all figures, as `measure` returns them, as the text that is printed."""
    rows = content['rows']
    loaded, peers = content['loaded'], content['peers']
    parts = [
        bench_report.machine_text(content['machine']),
        bench_report.times_table(rows),
        bench_report.stages_table(rows),
        'crop alone, in a 1920x1080 frame:\n' + bench_report.crops_table(content['crop']),
        bench_report.loads_table(loaded) if loaded else '',
        bench_report.peers_table(peers) if peers else '',
        bench_report.LEGEND,
    ]
    notes = [f'left out: {reason}' for reason in content['left_out']]
    seeded = sorted({row['model'] for row in rows if row['weights'] == 'seeded'})
    if seeded:
        notes.append(f'{", ".join(seeded)}: seeded weights (no checkpoint), which cost the same')
    parts.append('\n'.join(notes))
    return '\n\n'.join(part for part in parts if part)
