# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""``aiatrack export``: a whole frame of a network as an ONNX file for other programs."""

import argparse
import importlib.util
from pathlib import Path

from aiatrack_ros.commands.options import add_network_arguments
from aiatrack_ros.errors import DeviceError
from aiatrack_ros.errors import InputError
from aiatrack_ros.model.checkpoint import load_network
from aiatrack_ros.model.inference import for_inference
from aiatrack_ros.tracking.engines.frame_function import FOUND
from aiatrack_ros.tracking.engines.frame_function import MEMORY
from aiatrack_ros.tracking.engines.frame_function import OPSET
from aiatrack_ros.tracking.engines.frame_function import to_onnx
from aiatrack_ros.tracking.engines.onnx_export import graph_error
from aiatrack_ros.tracking.engines.onnx_export import LIMIT
from aiatrack_ros.tracking.engines.onnx_export import shapes
from aiatrack_ros.tracking.engines.onnx_export import write

DESCRIPTION = f"""\
Write the whole frame as one ONNX graph (opset {OPSET}), and check it against eager torch.

Inputs: a search crop in RGB (uint8, 1 x S x S x 3), its position embeddings, and what the network
keeps of the long-term reference and of n short-term ones; n is open. Outputs: '{FOUND}', which is
x1, y1, x2, y2 in [0, 1] of the crop and 2 * IoU - 1; and '{MEMORY}', tokens of a new reference.
The shapes are printed. How references are made: aiatrack_ros.model.network.AiATrack.refer; who is
in a box, which not every frame asks, is not in the graph: AiATrack.identify.

  aiatrack export --output aiatrack_lite.onnx
  aiatrack export --model aiatrack_r50 --checkpoint AIATRACK.safetensors --output aiatrack_r50.onnx
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_network_arguments(parser)
    parser.add_argument('--format', choices=('onnx',), default='onnx', help='default: %(default)s')
    parser.add_argument('--output', required=True, metavar='FILE.onnx', help='file to write')


def run(args: argparse.Namespace) -> int:
    """Export, check and write; return the exit code: 1 if the graph does not agree."""
    path = Path(args.output).expanduser()
    if path.suffix != '.onnx':
        raise InputError(f"output '{path}' must end in .onnx")
    if not path.parent.is_dir():
        raise InputError(f"output '{path}' can't be written: its folder does not exist")
    missing = [name for name in ('onnx', 'onnxruntime') if not importlib.util.find_spec(name)]
    if missing:
        raise DeviceError(f'export needs libraries: pip install {" ".join(missing)}')
    loaded = load_network(args.model, args.checkpoint)
    network = for_inference(loaded)
    graph = to_onnx(for_inference(loaded, factored=True))
    error = graph_error(network, graph)
    write(path, graph, network)
    print(f'{path}: {len(graph) / 2**20:.1f} MiB, opset {OPSET}')
    for name, shape in shapes(graph):
        print(f'  {name:22} {shape}')
    print(f'largest error against eager torch: {error:.1e} of the maximum (limit {LIMIT:g})')
    return 0 if error <= LIMIT else 1
