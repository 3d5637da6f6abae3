# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What the name of a device stands for on this machine."""

from aiatrack_ros.errors import DeviceError
import torch


def choose_device(device: str) -> torch.device:
    """Return the device that ``auto``, ``cpu``, ``cuda`` or ``cuda:N`` stands for on this machine.

    Raises:
        DeviceError: The name is unknown, or this machine has no such device.
    """
    if device == 'auto':
        return torch.device('cuda', 0) if torch.cuda.is_available() else torch.device('cpu')
    try:
        chosen = torch.device(device)
    except RuntimeError as error:
        raise DeviceError(f"device '{device}' is unknown; use auto, cpu or cuda:N") from error
    if chosen.type not in ('cpu', 'cuda'):
        raise DeviceError(f"device '{device}' is not supported; use auto, cpu or cuda:N")
    if chosen.type == 'cuda':
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if (chosen.index or 0) >= count:
            raise DeviceError(
                f"device '{device}' is not there: torch sees {count} CUDA devices; use auto or cpu"
            )
        return torch.device('cuda', chosen.index or 0)
    return chosen
