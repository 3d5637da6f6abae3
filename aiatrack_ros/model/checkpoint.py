# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Reading weights, safely and strictly.

Two forms are read: safetensors, and the ``torch.save`` files of published checkpoints, which hold
the tensors under the key ``net`` and are opened with ``weights_only=True`` so that nothing in
them is run.
"""

from collections import OrderedDict
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from importlib import resources
import json
from pathlib import Path
import pickle
from typing import Any
import zipfile

from aiatrack_ros.errors import CheckpointError
from aiatrack_ros.model.config import ModelConfig
from aiatrack_ros.model.config import VARIANTS
from aiatrack_ros.model.network import AiATrack
import safetensors
import safetensors.torch
import torch
from torch import Tensor

_SHOWN = 4  # how many names an error message lists
# The errors that reading a torn or foreign pickle may end in.
TORN = (
    pickle.UnpicklingError,
    zipfile.BadZipFile,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


def shipped_weights(model: str) -> Path | None:
    """Return the weights that come with the package for this variant, or None."""
    path = Path(str(resources.files('aiatrack_ros.model') / 'weights' / f'{model}.safetensors'))
    return path if path.is_file() else None


def read_state_dict(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read a checkpoint.

    Returns:
        The tensors by name, as stored, and the file's metadata (empty for published checkpoints).

    Raises:
        CheckpointError: The file is missing, torn, or not a checkpoint.
    """
    if not path.is_file():
        raise CheckpointError(
            f"checkpoint '{path}' does not exist: give the path of a .safetensors or .pth file"
        )
    if path.suffix == '.safetensors':
        try:
            with safetensors.safe_open(path, framework='pt') as file:
                tensors = {name: file.get_tensor(name) for name in file.keys()}
                return tensors, file.metadata() or {}
        except (safetensors.SafetensorError, OSError) as error:
            raise CheckpointError(_unreadable(path, error)) from error
    try:
        content = _load_published(path)
    except TORN as error:
        raise CheckpointError(_unreadable(path, error)) from error
    net = content.get('net', content) if isinstance(content, dict) else None
    if not isinstance(net, dict) or not all(isinstance(t, Tensor) for t in net.values()):
        raise CheckpointError(
            f"checkpoint '{path}' holds no network: its key 'net' should map names to tensors"
        )
    return net, {}


class _StandIn:
    """A class that takes the place of one that is not here, and does nothing.

    The training loop of published checkpoints stored its own settings and statistics beside the
    network. They are neither needed nor imported, but have to be stepped over.
    """

    def __new__(cls, *_: object) -> Any:
        return OrderedDict()  # which takes attributes as well as items


class _NumpyStandIn(_StandIn):
    """The same for NumPy's numbers and types, whose state is no dictionary."""

    def __new__(cls, *_: object) -> '_NumpyStandIn':
        return object.__new__(cls)

    def __setstate__(self, state: object) -> None:
        pass


def _load_published(path: Path) -> object:
    """Read a ``torch.save`` file with ``weights_only=True``, inert objects for unknown classes."""
    unknown = []
    if zipfile.is_zipfile(path):
        unknown = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    stand_ins: list[Any] = []
    for path_of_class in unknown:
        module, _, name = path_of_class.rpartition('.')
        base = _NumpyStandIn if module.startswith('numpy') else _StandIn
        stand_ins.append(type(name, (base,), {'__module__': module}))
    with torch.serialization.safe_globals(stand_ins):
        return torch.load(path, map_location='cpu', weights_only=True)


def _unreadable(path: Path, error: Exception) -> str:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return (
        f"checkpoint '{path}' can't be read, it is torn or of another format; "
        f'copy it anew ({reason})'
    )


def mismatch(network: AiATrack, tensors: Mapping[str, Tensor]) -> str:
    """Return in one line how tensors differ from what a network needs; empty if they fit."""
    wanted = {name: tuple(t.shape) for name, t in network.state_dict().items()}
    found = {name: tuple(t.shape) for name, t in tensors.items()}
    differences = [
        f"missing '{name}' {shape}" for name, shape in wanted.items() if name not in found
    ]
    differences += [
        f"unknown '{name}' {shape}" for name, shape in found.items() if name not in wanted
    ]
    differences += [
        f"'{name}' is {found[name]}, not {shape}"
        for name, shape in wanted.items()
        if name in found and found[name] != shape
    ]
    shown = ', '.join(differences[:_SHOWN])
    rest = len(differences) - _SHOWN
    return f'{shown} and {rest} more' if rest > 0 else shown


def load_tensors(network: AiATrack, tensors: Mapping[str, Tensor], source: str) -> None:
    """Put tensors into a network, strictly; half precision becomes float32.

    Raises:
        CheckpointError: A name or a shape differs, or a number is not finite.
    """
    difference = mismatch(network, tensors)
    if difference:
        others = [
            name
            for name, config in VARIANTS.items()
            if name != network.config.name and not mismatch(AiATrack(config), tensors)
        ]
        remedy = f"; it fits model '{others[0]}'" if others else ''
        raise CheckpointError(
            f"checkpoint '{source}' does not fit model '{network.config.name}': "
            f'{difference}{remedy}'
        )
    with _one_thread():
        broken = [
            n for n, t in tensors.items() if t.is_floating_point() and not t.isfinite().all()
        ]
        if broken:
            raise CheckpointError(
                f"checkpoint '{source}' holds numbers that are not finite in '{broken[0]}'"
            )
        network.load_state_dict(
            {n: t.float() if t.is_floating_point() else t for n, t in tensors.items()}
        )


@contextmanager
def _one_thread() -> Iterator[None]:
    """Have torch compute with one thread.

    It shares out hundreds of small tensors, one by one, and waits for each with all of them: on
    cores that are busy with something else these waits take seconds.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def variant(model: str) -> ModelConfig:
    """Return the configuration of a named variant.

    Raises:
        CheckpointError: There is no such variant.
    """
    if model not in VARIANTS:
        raise CheckpointError(
            f"model '{model}' is unknown: choose from {', '.join(sorted(VARIANTS))}"
        )
    return VARIANTS[model]


def load_network(model: str, checkpoint: str = '') -> AiATrack:
    """Build a variant and load its weights.

    Args:
        model: The variant's name.
        checkpoint: A .safetensors or .pth file; empty for the weights that come with the package.

    Raises:
        CheckpointError: No such variant, or the weights are missing, torn or do not fit.

    A file of our own training says which changes of the variant it was trained with, if any.
    """
    config = variant(model)
    path = Path(checkpoint).expanduser() if checkpoint else shipped_weights(model)
    if path is None:
        raise CheckpointError(
            f"no weights come with model '{model}': name a checkpoint, for example one that "
            "'aiatrack weights fetch' brought"
        )
    tensors, metadata = read_state_dict(path)
    network = AiATrack(_configuration(config, metadata, path))
    load_tensors(network, tensors, str(path))
    return network.eval()


def _configuration(named: ModelConfig, metadata: dict[str, str], path: Path) -> ModelConfig:
    """Return what a file says of its network where that is a change of the named variant."""
    if metadata.get('model') != named.name or 'network' not in metadata:
        return named
    try:
        content = json.loads(metadata['network'])
        content['corner_channels'] = tuple(content['corner_channels'])
        return ModelConfig(**content)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"checkpoint '{path}' speaks of a network that this program does not know ({error}); "
            'use the version that trained it'
        ) from error
