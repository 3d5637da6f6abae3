# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What names of devices stand for on this machine."""

from aiatrack_ros.errors import DeviceError
from aiatrack_ros.model.device import choose_device
import pytest
import torch


def test_device_names() -> None:
    assert choose_device('cpu') == torch.device('cpu')
    assert choose_device('auto').type == ('cuda' if torch.cuda.is_available() else 'cpu')
    with pytest.raises(DeviceError, match="'gpu' is unknown; use auto, cpu or cuda:N"):
        choose_device('gpu')
    with pytest.raises(DeviceError, match="'cuda:99' is not there: torch sees"):
        choose_device('cuda:99')
    with pytest.raises(DeviceError, match="'meta' is not supported"):
        choose_device('meta')
