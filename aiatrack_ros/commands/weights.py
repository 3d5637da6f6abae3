# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""``aiatrack weights``: list, verify, convert, average and fetch weights."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from aiatrack_ros.errors import CheckpointError
from aiatrack_ros.model.checkpoint import mismatch
from aiatrack_ros.model.checkpoint import read_state_dict
from aiatrack_ros.model.checkpoint import shipped_weights
from aiatrack_ros.model.config import VARIANTS
from aiatrack_ros.model.conversion import average
from aiatrack_ros.model.conversion import blank_networks
from aiatrack_ros.model.conversion import convert
from aiatrack_ros.model.conversion import fitting_model
from aiatrack_ros.model.conversion import sha256
from aiatrack_ros.model.download import cache_folder
from aiatrack_ros.model.download import download
from aiatrack_ros.model.download import unpack
from torch import Tensor

DESCRIPTION = """\
Look after weights: those that come with the package, those that were fetched, and files of yours.
Fetched weights are kept in AIATRACK_HOME, or else in aiatrack_ros in the user's cache folder.
"""

# Where the authors of AiATrack publish their trained models.
REPOSITORY = 'Little-Podi/AiATrack'
RELEASE = 'downloads'
ARCHIVE = 'Trained_Models.zip'
PUBLISHED_URL = f'https://github.com/{REPOSITORY}/releases/download/{RELEASE}/{ARCHIVE}'
PUBLISHED = 'published'  # the folder of these models in the cache

CHECKPOINTS = ('.safetensors', '.pth', '.pth.tar', '.pt')
SHOWN_METADATA = 72  # the most characters of a value that are shown


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions and their options."""
    actions = parser.add_subparsers(dest='action', metavar='ACTION', required=True)
    action = actions.add_parser('list', help='show the weights that are there')
    action.set_defaults(act=_list)

    action = actions.add_parser('verify', help='check that a file is whole and fits a model')
    action.add_argument('file', metavar='FILE', type=Path, help='.safetensors or .pth')
    action.add_argument(
        '--model', choices=sorted(VARIANTS), help='the model it must fit (default: any)'
    )
    action.add_argument('--sha256', metavar='HEX', help='the hash that the file must have')
    action.set_defaults(act=_verify)

    action = actions.add_parser('convert', help='turn a published checkpoint into safetensors')
    action.add_argument('source', metavar='PUBLISHED.pth', type=Path, help='the file to read')
    action.add_argument('target', metavar='OUT.safetensors', type=Path, help='the file to write')
    action.add_argument(
        '--model', choices=sorted(VARIANTS), help='the model it must fit (default: any)'
    )
    action.add_argument('--fp16', action='store_true', help='store in half precision')
    action.set_defaults(act=_convert)

    action = actions.add_parser(
        'average',
        help='make the mean of checkpoints of one run, which often tracks better than each',
        description='Write the mean of checkpoints. They must go back to one: of weights and what '
        'they were tuned to, the mean keeps what the first could and has most of what the second '
        'learned. Name a file twice to give it twice the weight.',
    )
    action.add_argument('sources', metavar='FILE', type=Path, nargs='+', help='files to read')
    action.add_argument(
        '--output', metavar='OUT.safetensors', type=Path, required=True, help='the file to write'
    )
    action.add_argument(
        '--model', choices=sorted(VARIANTS), help='the model they must fit (default: any)'
    )
    action.add_argument('--fp16', action='store_true', help='store in half precision')
    action.set_defaults(act=_average)

    action = actions.add_parser(
        'fetch', help='download the published models; goes on where it was cut off'
    )
    action.add_argument(
        '--url', default=PUBLISHED_URL, help='zip of checkpoints (default: %(default)s)'
    )
    action.set_defaults(act=_fetch)


def run(args: argparse.Namespace) -> int:
    """Carry out the action that was asked for; return the exit code."""
    args.act(args)
    return 0


def _list(args: argparse.Namespace) -> None:
    for model in VARIANTS:
        path = shipped_weights(model)
        if path is None:
            print(f'{model}: none comes with the package')
        else:
            print(f'{model}: comes with the package')
            _show(path)
    fetched = fetched_weights()
    print(f'{cache_folder()}: {len(fetched) or "nothing"} fetched')
    for path in fetched:
        _show(path)


def _show(path: Path) -> None:
    print(f'  {path}')
    try:
        tensors, metadata = read_state_dict(path)
    except CheckpointError as error:
        print(f'    {error}')
        return
    fits = [model for model, net in blank_networks().items() if not mismatch(net, tensors)]
    print(f'    {_size(path)}, {_precision(tensors)}, fits {", ".join(fits) or "no model"}')
    print(f'    SHA-256 {sha256(path)}')
    _show_metadata(metadata)


def _show_metadata(metadata: Mapping[str, str]) -> None:
    for key, value in metadata.items():
        shown = value if len(value) <= SHOWN_METADATA else f'{value[: SHOWN_METADATA - 3]}...'
        print(f'    {key}: {shown}')


def fetched_weights() -> list[Path]:
    """Return the checkpoints in the cache folder."""
    return sorted(
        path
        for path in cache_folder().rglob('*')
        if path.is_file() and path.name.endswith(CHECKPOINTS)
    )


def _verify(args: argparse.Namespace) -> None:
    tensors, metadata = read_state_dict(args.file)
    model = fitting_model(tensors, str(args.file), args.model or metadata.get('model'))
    digest = sha256(args.file)
    if args.sha256 and args.sha256.lower() != digest:
        raise CheckpointError(
            f"checkpoint '{args.file}' has the SHA-256 {digest}, not {args.sha256}; copy it anew"
        )
    count = sum(tensor.numel() for tensor in tensors.values() if tensor.is_floating_point())
    print(f'{args.file}: whole, fits {model}')
    print(f'    {len(tensors)} tensors of {count:,} numbers, {_precision(tensors)}')
    print(f'    {_size(args.file)}, SHA-256 {digest}')
    _show_metadata(metadata)


def _convert(args: argparse.Namespace) -> None:
    convert(args.source, args.target, args.model, args.fp16)
    print(f'{args.target}: {_size(args.target)}, SHA-256 {sha256(args.target)}')


def _average(args: argparse.Namespace) -> None:
    average(args.sources, args.output, args.model, args.fp16)
    print(f'{args.output}: {_size(args.output)}, SHA-256 {sha256(args.output)}')


def _fetch(args: argparse.Namespace) -> None:
    folder = cache_folder() / PUBLISHED
    if folder.is_dir():
        print(f'fetched before; to fetch anew, remove {folder}')
    else:
        archive = download(args.url, cache_folder() / ARCHIVE)
        print(f'{args.url}: {_size(archive)}, SHA-256 {sha256(archive)}')
        try:
            unpack(archive, folder, CHECKPOINTS)
        finally:
            # What it held is unpacked, or else it is of no use, and the next call has to fetch it
            # anew.
            archive.unlink()
    for path in fetched_weights():
        _show(path)
    print('to use one: aiatrack track VIDEO --model MODEL --checkpoint FILE')


def _size(path: Path) -> str:
    return f'{path.stat().st_size / 1e6:.1f} MB'


def _precision(tensors: Mapping[str, Tensor]) -> str:
    kinds = {str(t.dtype) for t in tensors.values() if t.is_floating_point()}
    return ', '.join(sorted(kinds)).replace('torch.', '') or 'no numbers'
