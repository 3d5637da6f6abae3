# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Checkpoints from one form to another: which model they fit, safetensors of them, their mean."""

from collections.abc import Mapping
from collections.abc import Sequence
from functools import lru_cache
import hashlib
from pathlib import Path

from aiatrack_ros.errors import CheckpointError
from aiatrack_ros.model.checkpoint import load_tensors
from aiatrack_ros.model.checkpoint import mismatch
from aiatrack_ros.model.checkpoint import read_state_dict
from aiatrack_ros.model.checkpoint import variant
from aiatrack_ros.model.config import VARIANTS
from aiatrack_ros.model.network import AiATrack
import safetensors.torch
from torch import Tensor


def fitting_model(tensors: Mapping[str, Tensor], source: str, model: str | None = None) -> str:
    """Return the variant that tensors fit strictly: the one named, or else any.

    Raises:
        CheckpointError: they fit none, or hold numbers that are not finite; names `source`.
    """
    if model is None:
        differences = {
            name: mismatch(network, tensors) for name, network in blank_networks().items()
        }
        model = next((name for name, text in differences.items() if not text), None)
        if model is None:
            each = '; '.join(f'{name}: {text}' for name, text in differences.items())
            raise CheckpointError(f"checkpoint '{source}' fits no model; {each}")
    load_tensors(AiATrack(variant(model)), tensors, source)
    return model


@lru_cache
def blank_networks() -> dict[str, AiATrack]:
    """Return a network of each variant, to compare names and shapes with."""
    return {name: AiATrack(config) for name, config in VARIANTS.items()}


def convert(source: Path, target: Path, model: str | None = None, half: bool = False) -> None:
    """Write a checkpoint as safetensors, with the model it fits and where it is from as metadata.

    Raises:
        CheckpointError: the source can't be used, or the target can't be written.
    """
    tensors, metadata = read_state_dict(source)
    model = fitting_model(tensors, str(source), model)
    metadata = {**metadata, 'model': model, 'source': source.name, 'source_sha256': sha256(source)}
    _write(tensors, metadata, target, half)


def average(
    sources: Sequence[Path], target: Path, model: str | None = None, half: bool = False
) -> None:
    """Write the mean of checkpoints; the metadata are the last one's and name all.

    Raises:
        CheckpointError: a source can't be used or fits another model, or the target can't be
            written.
    """
    total: dict[str, Tensor] = {}
    fitted = model
    for source in sources:
        tensors, metadata = read_state_dict(source)
        fitted = fitting_model(tensors, str(source), fitted)
        for name, tensor in tensors.items():
            # In double precision; counters, which are no numbers to average, stay the last one's.
            if tensor.is_floating_point() and name in total:
                tensor = total[name] + tensor.double()
            total[name] = tensor.double() if tensor.is_floating_point() else tensor
    mean = {
        name: (tensor / len(sources)).float() if tensor.is_floating_point() else tensor
        for name, tensor in total.items()
    }
    averaged = ', '.join(f'{source.name} {sha256(source)}' for source in sources)
    _write(mean, {**metadata, 'model': str(fitted), 'averaged': averaged}, target, half)


def _write(
    tensors: Mapping[str, Tensor], metadata: Mapping[str, str], target: Path, half: bool
) -> None:
    if target.suffix != '.safetensors':
        raise CheckpointError(f"'{target}' must end in .safetensors")
    tensors = {
        name: (tensor.half() if half and tensor.is_floating_point() else tensor).contiguous()
        for name, tensor in tensors.items()
    }
    endless = [name for name, tensor in tensors.items() if not tensor.isfinite().all()]
    if endless:
        raise CheckpointError(
            f"'{target}': '{endless[0]}' is too large for half precision; do without --fp16"
        )
    part = target.with_name(target.name + '.part')
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # Not save_file, which makes files that nobody else may read.
        part.write_bytes(safetensors.torch.save(tensors, dict(metadata)))
        part.replace(target)
    except (OSError, safetensors.SafetensorError) as error:
        raise CheckpointError(
            f"'{target}' can't be written ({error}); name another file"
        ) from None


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    digest = hashlib.sha256()
    with path.open('rb') as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
