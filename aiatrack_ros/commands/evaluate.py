# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""``aiatrack eval``: one-pass evaluation on folders of sequences."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiatrack_ros.commands.options import add_tracker_arguments
from aiatrack_ros.commands.options import other_tracker
from aiatrack_ros.commands.options import tracker_from_arguments
from aiatrack_ros.datasets.sequences import find_sequences
from aiatrack_ros.datasets.sequences import LAYOUTS
from aiatrack_ros.datasets.sequences import Sequence
from aiatrack_ros.evaluation import reliability
from aiatrack_ros.evaluation import report
from aiatrack_ros.evaluation import robustness
from aiatrack_ros.evaluation.agreement import agreement
from aiatrack_ros.evaluation.agreement import agreement_table
from aiatrack_ros.evaluation.metrics import SequenceScores
from aiatrack_ros.evaluation.one_pass import evaluate
from aiatrack_ros.evaluation.one_pass import Evaluated
from aiatrack_ros.evaluation.one_pass import score_all
from aiatrack_ros.evaluation.one_pass import Trajectory
from aiatrack_ros.evaluation.peers import find_peers
from aiatrack_ros.evaluation.plots import plot_precision
from aiatrack_ros.evaluation.plots import plot_success
from aiatrack_ros.evaluation.results import write_raw
from aiatrack_ros.evaluation.robustness import Robustness
from aiatrack_ros.evaluation.timeline import plot_timeline

DESCRIPTION = """\
Run the tracker over every sequence of a folder and compare its boxes with the true ones.

The layout is found by looking: OTB (SEQ/img/*.jpg, SEQ/groundtruth_rect.txt), GOT-10k (SEQ/*.jpg,
SEQ/groundtruth.txt), LaSOT (CLASS/SEQ/img/*.jpg, SEQ/groundtruth.txt), TrackingNet (frames/SEQ,
anno/SEQ.txt), clips that `aiatrack label` wrote (SEQ/*.jpg, SEQ/boxes.csv), or the folder of
one such sequence. Where only the first box is given, as in test sets, the raw results are all
there is.
"""
EPILOG = f"""\
figures:
{report.LEGEND}
{robustness.LEGEND}

examples:
  aiatrack eval OTB100 --json otb.json --plots otb_plots
  aiatrack eval OTB100 LaSOT                     both, with tables of their own
  aiatrack eval GOT-10k/test --raw results       then zip results/aiatrack_lite for the server
  aiatrack eval OTB100 --realtime 30 --device cpu
"""

Trajectories = Mapping[str, Trajectory]  # by the name of the sequence


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument(
        'folders', metavar='FOLDER', nargs='+', help='data sets or single sequences'
    )
    output = parser.add_argument_group('output')
    output.add_argument('--json', metavar='OUT', help='write the figures to this file')
    output.add_argument(
        '--raw', metavar='DIR', help="write the boxes in the benchmark's format to DIR/TRACKER"
    )
    output.add_argument(
        '--raw-format',
        choices=LAYOUTS,
        help='format of the boxes (default: that of the layout of each sequence)',
    )
    output.add_argument(
        '--plots',
        metavar='DIR',
        help='draw success.png and precision.png into this folder, and for each sequence overlap, '
        'score and state over time into its folder timelines',
    )
    how = parser.add_argument_group('what is measured')
    how.add_argument(
        '--peers',
        metavar='DIR',
        help="measure OpenCV's trackers too, with the ONNX files of NanoTrack and VitTrack in DIR",
    )
    how.add_argument(
        '--against',
        metavar='ENGINE:PRECISION',
        help='run the same network with this engine too, such as eager:fp32, and tell how far '
        'apart the boxes are',
    )
    how.add_argument(
        '--realtime',
        type=_rate,
        default=0.0,
        metavar='FPS',
        help='frames come at this rate, and one that comes while the tracker is busy is missed '
        '(its last box stands)',
    )
    how.add_argument(
        '--reliability',
        action='store_true',
        help='compare the score with the true overlap, let targets vanish, suggest thresholds; '
        'with --plots also draw reliability.png and absence.png',
    )
    add_tracker_arguments(parser)


def _rate(text: str) -> float:
    """Return the frames per second that a text stands for; it is a type for argparse."""
    value = float(text)
    if not 0 < value < float('inf'):
        raise argparse.ArgumentTypeError(f'expected a rate above 0, not {text}')
    return value


def run(args: argparse.Namespace) -> int:
    """Evaluate, print the tables and write what was asked for."""
    sets = {folder: find_sequences(folder) for folder in dict.fromkeys(args.folders)}
    report.make_folders((args.raw, args.plots, args.json and Path(args.json).parent))
    ours = tracker_from_arguments(args)
    trackers: dict[str, Evaluated] = {args.model: ours}
    if args.peers:
        trackers.update(find_peers(args.peers))
    if args.against:
        trackers[args.against] = other_tracker(args, args.against)
    contents: dict[str, dict[str, Any]] = {folder: {} for folder in sets}
    try:
        for folder, sequences in sets.items():
            _run_set(args, folder, sequences, trackers, ours.description, contents[folder])
    finally:
        # What was measured is written even if the score could not be examined after it.
        measured = {folder: content for folder, content in contents.items() if content}
        if args.json and measured:
            first = next(iter(measured.values()))
            report.write_json(args.json, first if len(sets) == 1 else {'sets': measured})
    return 0


def _run_set(
    args: argparse.Namespace,
    folder: str,
    sequences: list[Sequence],
    trackers: Mapping[str, Evaluated],
    description: str,
    content: dict[str, Any],
) -> None:
    """Evaluate one folder and print the tables.

    `content` gets the figures for JSON as soon as they are known, so that it has what there is if
    something is raised after that.
    """
    several = len(args.folders) > 1

    def keep(name: str, sequence: Sequence, trajectory: Trajectory) -> None:
        if args.raw:
            layout = args.raw_format or sequence.layout
            write_raw(Path(args.raw) / name, layout, sequence.name, trajectory)

    ours = trackers[args.model]
    trajectories = evaluate(trackers, sequences, args.realtime, keep)
    scores = {name: score_all(sequences, rows) for name, rows in trajectories.items()}
    robust = {name: robustness.judge_all(sequences, rows) for name, rows in trajectories.items()}
    print(description + (f'\n{folder}' if several else ''))
    if args.realtime:
        print(_missed(trajectories, args.realtime))
    content |= to_json(args, folder, description, scores, robust, trajectories)
    if args.against:
        content['agreement'] = agreement(trajectories[args.model], trajectories[args.against])
        print(agreement_table(content['agreement']) + '\n')
    if not scores[args.model]:
        print(f'{folder}: only first boxes are known, so there are no figures')
        return
    _print_figures(args.model, scores, robust)
    plots = Path(args.plots) if args.plots else None
    if plots is not None and several:
        plots /= Path(folder).resolve().name
    if plots is not None:
        _plot(args.model, plots, sequences, scores, trajectories[args.model])
    if args.reliability:
        outcome = reliability.examine(ours, sequences, trajectories[args.model])
        print('\n' + reliability.describe(outcome))
        content['reliability'] = outcome.as_dict()
        if plots is not None:
            reliability.plot(outcome, plots)


def _print_figures(
    model: str,
    scores: Mapping[str, dict[str, SequenceScores]],
    robust: Mapping[str, Mapping[str, Robustness]],
) -> None:
    print(report.sequences_table(scores[model]))
    print('\n' + robustness.robustness_table(robust[model]))
    if len(scores) > 1:
        print('\n' + report.comparison_table(scores))
        print('\n' + robustness.trackers_table(robust))
    print(f'\n{report.LEGEND}\n{robustness.LEGEND}')


def _plot(
    model: str,
    folder: Path,
    sequences: list[Sequence],
    scores: Mapping[str, dict[str, SequenceScores]],
    trajectories: Trajectories,
) -> None:
    rows = {name: list(of_tracker.values()) for name, of_tracker in scores.items()}
    plot_success(rows, folder / 'success.png')
    plot_precision(rows, folder / 'precision.png')
    for sequence in sequences:
        if sequence.name in scores[model]:
            path = folder / 'timelines' / f'{sequence.name}.png'
            plot_timeline(sequence, trajectories[sequence.name], path)


def to_json(
    args: argparse.Namespace,
    folder: str,
    description: str,
    scores: Mapping[str, report.Scores],
    robust: Mapping[str, Mapping[str, Robustness]],
    trajectories: Mapping[str, Trajectories],
) -> dict[str, Any]:
    """Return all figures of a folder for JSON: ours at the top, those of the peers in 'peers'."""

    def of(name: str) -> dict[str, Any]:
        content = report.as_dict(scores[name])
        for sequence, figures in content['sequences'].items():
            figures['missed'] = int((~trajectories[name][sequence].seen).sum())
            figures['robustness'] = robust[name][sequence].as_dict()
        if robust[name]:
            content['robustness'] = robustness.total(robust[name]).as_dict()
        return content

    return {
        'tracker': args.model,
        'description': description,
        'folder': folder,
        'realtime_fps': args.realtime or None,
        'figures': report.LEGEND,
        **of(args.model),
        'peers': {name: of(name) for name in scores if name != args.model},
    }


def _missed(trajectories: Mapping[str, Trajectories], fps: float) -> str:
    """Return how many frames each tracker missed in real time, a line for each tracker."""
    lines = []
    for name, rows in trajectories.items():
        missed = sum(int((~row.seen).sum()) for row in rows.values())
        total = sum(len(row.seen) for row in rows.values())
        lines.append(f'{name}: missed {missed} of {total} frames at {fps:g} frames a second')
    return '\n'.join(lines)
